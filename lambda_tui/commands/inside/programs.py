"""Runs the programs of container engines and virtual machines."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import NoReturn

from lambda_tui.commands.errors import CommandError
from lambda_tui.terminal_text import plain_text


def output_of(*command: str) -> str:
    """Return what a program prints; raise ``CommandError`` with its complaint where it fails."""
    ran = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
    )
    if ran.returncode != 0:
        complaint = plain_text(ran.stderr.strip() or f"exit status {ran.returncode}")
        raise CommandError(f"{' '.join(command[:2])} fails: {complaint.splitlines()[0]}")
    return ran.stdout


def succeeds(*command: str) -> bool:
    """Return whether a program ends with success; it is neither heard nor seen."""
    null = subprocess.DEVNULL
    return subprocess.run(command, stdin=null, stdout=null, stderr=null).returncode == 0


def run_visibly(command: Sequence[str], failure: str) -> None:
    """Run a program whose output the user sees, on standard error; raise ``CommandError``."""
    ran = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno())
    if ran.returncode != 0:
        raise CommandError(f"{failure}; its messages are above.")


def become(command: Sequence[str]) -> NoReturn:
    """Execute a program in the place of this process: terminal, signals and status are its own."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execvp(command[0], list(command))
