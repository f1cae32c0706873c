"""Edits an event in the user's own editor, by a file that only the user can read."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from textual.app import App

from lambda_tui.project.event_files import EventProblem, read_event
from lambda_tui.project.files import UnreadableFileError
from lambda_tui.ui.editor import editor_command, open_in_editor

_WAIT = {
    **dict.fromkeys(
        ("code", "code-insiders", "codium", "vscodium", "cursor", "windsurf", "positron"), "--wait"
    ),
    **dict.fromkeys(("subl", "sublime_text", "zed", "zeditor", "gedit"), "--wait"),
    **dict.fromkeys(("gvim", "mvim"), "-f"),
    "mate": "-w",
    "bbedit": "--wait",
}
"""Options by which editors with a window of their own end when the file is closed."""


class EditorError(Exception):
    """The editor cannot be used; ``str()`` is a sentence."""


async def edit_elsewhere(
    app: App[object],
    text: str,
    problem: EventProblem | None,
    environment: Mapping[str, str] = os.environ,
) -> str:
    """Return what the user has made of a text in ``VISUAL`` or ``EDITOR``.

    The editor begins at the problem. Raise ``EditorError`` when there is no editor, when it fails,
    or when its file is no text of the size that Lambda takes.
    """
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="lambda-tui-"))
    try:
        file = folder / "event.json"
        await asyncio.to_thread(_write, file, text)
        line, column = (None, None) if problem is None else (problem.line, problem.column)
        sentence = await _edit(app, file, line, column, environment)
        if sentence:
            raise EditorError(sentence)
        try:
            return await asyncio.to_thread(read_event, file)
        except UnreadableFileError as error:
            raise EditorError(f"The event is as it was: {error}") from error
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _write(file: Path, text: str) -> None:
    number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb") as stream:
        stream.write(text.encode("utf-8", "replace"))


async def _edit(
    app: App[object],
    file: Path,
    line: int | None,
    column: int | None,
    environment: Mapping[str, str],
) -> str:
    """Return when the user has closed the file; a sentence if that cannot be known, or it fails."""
    command = editor_command(file, line, column, environment)
    if command is None or not command.has_window:
        return await open_in_editor(app, file, line, column, environment)
    program, *arguments = command.arguments
    option = _WAIT.get(Path(program).name.removesuffix(".exe").lower())
    if option is None:
        return f"{program} does not say when a file is closed: set EDITOR to one that does."
    if option not in arguments:
        arguments.insert(0, option)
    return await asyncio.to_thread(_run_beside, [program, *arguments], environment)


def _run_beside(command: list[str], environment: Mapping[str, str]) -> str:
    """Run an editor with a window of its own to its end."""
    nowhere = subprocess.DEVNULL
    try:
        done = subprocess.run(
            command,
            env=dict(environment),
            stdin=nowhere,
            stdout=nowhere,
            stderr=nowhere,
            start_new_session=True,
            check=False,
        )
    except OSError as error:
        return f"{command[0]} cannot be started: {error.strerror}."
    return f"{command[0]} ended with status {done.returncode}." if done.returncode else ""
