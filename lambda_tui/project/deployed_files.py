"""What of a folder of code would be deployed: all but what version control and tools keep in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lambda_tui.project.folder_walk import Entry, walk

_NOT_DEPLOYED = frozenset({"__pycache__", "cdk.out", "venv"})


def deployed_files(folder: Path) -> Iterator[Entry]:
    """The files, folders and links of a function's code. Raises ``OSError``."""
    return walk(folder, _is_left_out)


def _is_left_out(name: str) -> bool:
    return name.startswith(".") or name in _NOT_DEPLOYED
