"""Where on this machine the code lies that runs inside environments."""

from __future__ import annotations

from pathlib import Path


def runtimes_directory() -> Path:
    """Where ``runtimes/`` lies: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[2]
    installed = package / "_runtimes"
    return installed if installed.is_dir() else package.parent / "runtimes"
