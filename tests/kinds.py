"""The ways in which a Python function can be run, for tests that hold for each of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

WRAPPER = """#!/bin/bash
export WRAPPED=yes
exec "$@"
"""
FORKED = "forked"
WRAPPED = "wrapped"
AWSLAMBDARIC = "awslambdaric"
KINDS = (FORKED, WRAPPED, AWSLAMBDARIC)
"""Our runtime as a fork and behind a wrapper, and AWS's own client over the Runtime API."""


def options_of(kind: str, directory: Path) -> dict[str, Any]:
    """What the function in a directory is configured with."""
    if kind == WRAPPED:
        write_program(directory / "wrapper", WRAPPER)
        return {"environment": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper"}}
    if kind == AWSLAMBDARIC:
        return {"bootstrap": (sys.executable, "-m", "awslambdaric")}
    return {}


def write_program(path: Path, text: str) -> Path:
    """A file that can be executed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.chmod(path, 0o755)
    return path
