"""Asks interpreters for their versions by running them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

_VERSION = re.compile(r"\d+\.\d+\.\d+")
_SECONDS = 10.0
"""How long an interpreter may take."""


def version_of(executable: Path) -> str | None:
    """Return the version that an interpreter says it has; None for one that does not run."""
    try:
        done = subprocess.run(
            [executable, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(done.stdout)
    return found[0] if found is not None and done.returncode == 0 else None
