"""Opens a file in the user's editor, at a line: in this terminal, or in a window beside it."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from textual.app import App, SuspendNotSupported

_PLUS = (
    "vi", "vim", "nvim", "view", "gvim", "mvim", "nano", "pico", "emacs", "emacsclient", "kak",
    "joe", "jed", "mg", "ne", "gedit", "gnome-text-editor", "bbedit", "mcedit", "nvim-qt",
)  # fmt: skip
"""``editor +11 file``."""
_COLON = ("hx", "helix", "subl", "sublime_text", "zed", "zeditor", "micro", "lapce", "kakoune")
"""``editor file:11:3``."""
_GOTO = ("code", "code-insiders", "codium", "vscodium", "cursor", "windsurf", "positron")
"""``editor -g file:11:3``."""
_LINE = ("pycharm", "idea", "webstorm", "goland", "charm", "fleet", "phpstorm", "rubymine")
"""``editor --line 11 file``."""
_SHORT_LINE = ("mate", "kate", "kwrite", "mousepad")
"""``editor -l 11 file``."""
_WITH_WINDOW = frozenset(
    {
        *_GOTO, *_LINE, *_SHORT_LINE, "subl", "sublime_text", "zed", "zeditor", "lapce", "gvim",
        "mvim", "nvim-qt", "gedit", "gnome-text-editor", "bbedit", "open", "xdg-open",
    }
)  # fmt: skip
"""Editors with a window of their own."""
_WINDOW_OPTIONS = frozenset({"-n", "--no-wait", "-c", "--create-frame"})
"""Of emacsclient."""

NO_EDITOR = "Set VISUAL or EDITOR to your editor, such as nano or “code -g”, and start again."


@dataclass(frozen=True, slots=True)
class EditorCommand:
    """A command that opens a file."""

    arguments: tuple[str, ...]
    has_window: bool
    """Whether the editor has a window of its own, so that the screen stays."""


def editor_command(
    file: Path,
    line: int | None = None,
    column: int | None = None,
    environment: Mapping[str, str] = os.environ,
) -> EditorCommand | None:
    """Return the command of ``VISUAL``, else ``EDITOR``; None if neither names one.

    ``line`` and ``column`` are counted from 1. An editor whose way to name a line is not known gets
    the file alone.
    """
    chosen = environment.get("VISUAL", "").strip() or environment.get("EDITOR", "").strip()
    try:
        words = shlex.split(chosen)
    except ValueError:
        words = []
    if not words:
        return None
    name = Path(words[0]).name.removesuffix(".exe").lower()
    has_window = name in _WITH_WINDOW
    if name == "emacsclient":
        has_window = bool(_WINDOW_OPTIONS.intersection(words[1:]))
    return EditorCommand((*words, *_place(name, words, str(file), line, column)), has_window)


def _place(
    name: str, words: list[str], file: str, line: int | None, column: int | None
) -> tuple[str, ...]:
    """Return the arguments that name a place, in the editor's own way."""
    if line is None:
        return (file,)
    colon = f"{file}:{line}" if column is None else f"{file}:{line}:{column}"
    if name in _PLUS:
        return (f"+{line}", file)
    if name in _COLON:
        return (colon,)
    if name in _GOTO:
        is_given = words[-1] in ("-g", "--goto")
        return (colon,) if is_given else ("-g", colon)
    if name in _LINE:
        return ("--line", str(line), file)
    return ("-l", str(line), file) if name in _SHORT_LINE else (file,)


async def open_in_editor(
    app: App[object],
    file: Path,
    line: int | None = None,
    column: int | None = None,
    environment: Mapping[str, str] = os.environ,
) -> str:
    """Open a file in the user's editor; return a sentence if that fails, else nothing.

    Return when the editor has ended; one with a window of its own is only started. The functions
    go on while an editor has the terminal.
    """
    command = editor_command(file, line, column, environment)
    if command is None:
        return NO_EDITOR
    if shutil.which(command.arguments[0], path=environment.get("PATH")) is None:
        return f"{command.arguments[0]} is not found: VISUAL or EDITOR names it."
    try:
        if command.has_window:
            await asyncio.to_thread(_start_window, command.arguments, environment)
            return ""
        with app.suspend():
            status = await asyncio.to_thread(_run_in_terminal, command.arguments, environment)
    except SuspendNotSupported:
        return f"{command.arguments[0]} needs the terminal, which cannot be given to it here."
    except OSError as error:
        return f"{command.arguments[0]} cannot be started: {error.strerror}."
    app.refresh(layout=True)
    return f"{command.arguments[0]} ended with status {status}." if status else ""


def _start_window(arguments: tuple[str, ...], environment: Mapping[str, str]) -> None:
    # It outlives this process and has nothing to say to its terminal.
    process = subprocess.Popen(
        arguments,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    threading.Thread(target=process.wait, name="editor", daemon=True).start()


def _run_in_terminal(arguments: tuple[str, ...], environment: Mapping[str, str]) -> int:
    """Run a program in the foreground of the terminal; return its status.

    It is a job of its own there, so that its ctrl+c and ctrl+z do not end or stop this process.
    """
    terminal = sys.__stdin__.fileno() if sys.__stdin__ is not None else -1
    process = subprocess.Popen(arguments, env=dict(environment), process_group=0)
    try:
        _put_into_foreground(terminal, process.pid)
        # It may have asked for the terminal before it had it, which stops it.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGCONT)
        while True:
            _, status = os.waitpid(process.pid, os.WUNTRACED)
            if not os.WIFSTOPPED(status):
                process.returncode = os.waitstatus_to_exitcode(status)
                return process.returncode
            # There is no shell that could continue it.
            os.killpg(process.pid, signal.SIGCONT)
    finally:
        _put_into_foreground(terminal, os.getpgrp())


def _put_into_foreground(terminal: int, group: int) -> None:
    """Give the terminal to a process group; without job control there is nothing to give."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        with suppress(OSError):
            os.tcsetpgrp(terminal, group)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
