"""Tells whether an assembly is older than the app that it was synthesised from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from lambda_tui.project.function import NODE_SUFFIXES

CDK_JSON = "cdk.json"
"""The file in an app's folder that says how it is synthesised."""

_SUFFIXES = (".py", ".tsx", ".java", ".kt", ".go", ".cs", ".fs", ".vb", *NODE_SUFFIXES)
_TESTS = re.compile(
    r"(?:.*/)?(?:tests?|__tests__)/.*|.*\.(?:test|spec)\.\w+|(?:.*/)?test_[^/]*\.py"
)


def app_files(paths: Iterable[str], directory: Path, live: Iterable[Path]) -> list[str]:
    """Return those of the paths below a folder that a synthesis reads, as far as names tell.

    ``live`` are folders that functions are run from: a save in one counts without a synthesis.
    """
    folders = [os.path.relpath(one, directory) for one in live if one != directory]
    inside = tuple(f"{one}/" for one in folders if not one.startswith(os.pardir))
    return [
        path
        for path in paths
        if (path.endswith(_SUFFIXES) or path == CDK_JSON)
        and not path.startswith(inside)
        and not _TESTS.fullmatch(path)
    ]


def newer_files(paths: Iterable[str], directory: Path, manifest: Path) -> list[str]:
    """Return the paths below a folder that were saved since a synthesis, the latest first."""
    saved: dict[str, float] = {}
    with suppress(OSError):
        synthesised = manifest.stat().st_mtime
        for path in paths:
            with suppress(OSError):
                saved[path] = (directory / path).stat().st_mtime
        return sorted(
            (one for one in saved if saved[one] > synthesised), key=lambda one: -saved[one]
        )
    return []
