"""Asks programs for their versions by running them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

_VERSION = re.compile(r"\d+\.\d+\.\d+")
_SECONDS = 10.0
"""How long a program may take."""


def version_of(executable: Path) -> str | None:
    """Return the version that an interpreter says it has; None for one that does not run."""
    found = _VERSION.search(output_of_version(executable) or "")
    return None if found is None else found[0]


def output_of_version(program: str | Path) -> str | None:
    """Return what a program says of its version; None for one that does not run."""
    try:
        done = subprocess.run(
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
