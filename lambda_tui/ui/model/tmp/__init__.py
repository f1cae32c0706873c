"""The ``/tmp`` of environments: its files, its tree, and what each invocation has changed in it."""

from __future__ import annotations

from lambda_tui.ui.model.tmp.changes import TMP, TmpChange, TmpChanges
from lambda_tui.ui.model.tmp.files import (
    COMPARED,
    CONTENT,
    TmpContent,
    TmpEntry,
    TmpError,
    TmpFiles,
    TmpPath,
    shown_path,
)
from lambda_tui.ui.model.tmp.tree import TmpMarks, TmpRow, TmpTree

__all__ = [
    "COMPARED",
    "CONTENT",
    "TMP",
    "TmpChange",
    "TmpChanges",
    "TmpContent",
    "TmpEntry",
    "TmpError",
    "TmpFiles",
    "TmpMarks",
    "TmpPath",
    "TmpRow",
    "TmpTree",
    "shown_path",
]
