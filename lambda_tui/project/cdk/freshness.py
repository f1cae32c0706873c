"""Tells whether an assembly is older than the app that it was synthesised from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from lambda_tui.project.cdk.sources import ProjectFile
from lambda_tui.project.function import NODE_SUFFIXES

CDK_JSON = "cdk.json"

_SUFFIXES = (".py", ".tsx", ".java", ".kt", ".go", ".cs", ".fs", ".vb", *NODE_SUFFIXES)
_TESTS = re.compile(
    r"(?:.*/)?(?:tests?|__tests__)/.*|.*\.(?:test|spec)\.\w+|(?:.*/)?test_[^/]*\.py"
)


def app_files(
    files: Iterable[ProjectFile], directory: Path, live: Iterable[Path]
) -> list[ProjectFile]:
    """Return the files that a synthesis reads, as far as their names tell.

    ``live`` are folders that functions are run from: a save in one counts without a synthesis.
    """
    folders = [os.path.relpath(one, directory) for one in live if one != directory]
    inside = tuple(f"{one}/" for one in folders if not one.startswith(os.pardir))
    return [
        file
        for file in files
        if (file.path.endswith(_SUFFIXES) or file.path == CDK_JSON)
        and not file.path.startswith(inside)
        and not _TESTS.fullmatch(file.path)
    ]


def newer_files(files: Iterable[ProjectFile], manifest: Path) -> list[str]:
    """Return the paths of the files that were saved since a synthesis, the latest first."""
    try:
        synthesised = manifest.stat().st_mtime
    except OSError:
        return []
    newer = sorted((file for file in files if file.modified > synthesised), key=_age)
    return [file.path for file in newer]


def _age(file: ProjectFile) -> float:
    return -file.modified
