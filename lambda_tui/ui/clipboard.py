"""Copies text to the user's clipboard."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress

_COMMANDS: tuple[tuple[str, str | None, tuple[str, ...]], ...] = (
    ("pbcopy", None, ()),
    ("wl-copy", "WAYLAND_DISPLAY", ()),
    ("xclip", "DISPLAY", ("-selection", "clipboard")),
    ("xsel", "DISPLAY", ("--clipboard", "--input")),
    ("clip.exe", None, ()),
)
"""Commands, each with the variable that must be set for it to work, and its arguments."""
_PATIENCE = 2.0
"""Seconds until a clipboard command is given up."""


async def copy(
    text: str, osc52: Callable[[str], None], environment: Mapping[str, str] = os.environ
) -> str:
    """Copy with a command of the machine, else through the terminal; return how it was done.

    Over SSH the machine's clipboard is not the user's, so the text goes to the terminal. ``osc52``
    writes the escape sequence OSC 52, which no terminal acknowledges.
    """
    if not environment.get("SSH_CONNECTION") and not environment.get("SSH_TTY"):
        for name, variable, arguments in _COMMANDS:
            path = shutil.which(name, path=environment.get("PATH"))
            usable = path and (variable is None or environment.get(variable))
            if path and usable and await _run(path, arguments, text):
                return f"with {name}"
    osc52(text)
    return "sent to the terminal's clipboard (OSC 52)"


async def _run(path: str, arguments: tuple[str, ...], text: str) -> bool:
    """Run a command, and return whether it took the text."""
    process = _start([path, *arguments])
    if process is None:
        return False
    try:
        await asyncio.to_thread(process.communicate, text.encode("utf-8", "replace"), _PATIENCE)
    except (subprocess.TimeoutExpired, OSError):
        return False
    finally:
        # Not when it has ended: what it leaves behind keeps the text for others.
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return process.returncode == 0


def _start(command: list[str]) -> subprocess.Popen[bytes] | None:
    """Start a command that reads its input; return None where it does not start.

    Not by asyncio, which ends a command whose start is cancelled alone, without what the command
    has started by then.
    """
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return None
