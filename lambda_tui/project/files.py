"""Reads the user's files with a limit on their size, and says in a sentence what goes wrong."""

from __future__ import annotations

import os
from pathlib import Path

from lambda_tui.project.native_code import build_of, this_machine

_FIRST_LINE_BYTES = 256


class UnreadableFileError(Exception):
    """A file cannot be read; ``str()`` is a sentence that follows the file's name."""


def read_bytes(file: Path, limit: int) -> bytes:
    """Return a file's content.

    Raise ``UnreadableFileError`` when it cannot be read or has more than ``limit`` bytes.
    """
    try:
        # Opening a pipe would block.
        if not file.is_file():
            raise UnreadableFileError("the file does not exist, or is not a file.")
        with file.open("rb") as stream:
            content = stream.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableFileError(f"the file cannot be read: {reason}.") from error
    if len(content) > limit:
        raise UnreadableFileError(f"the file is larger than {limit / 1024**2:g} MB.")
    return content


def read_text(file: Path, limit: int) -> str:
    """Return a file's UTF-8 text without a byte order mark.

    Raise ``UnreadableFileError`` when it cannot be read or has more than ``limit`` bytes.
    """
    content = read_bytes(file, limit)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableFileError(
            f"the file is not UTF-8 text: line {line} holds the byte "
            f"0x{content[error.start]:02x}; save it as UTF-8."
        ) from error


def is_executable(file: str | os.PathLike[str]) -> bool:
    """Return whether a path is a file, or a link to one, that may be executed."""
    return os.path.isfile(file) and os.access(file, os.X_OK)


def launch_obstacle(program: Path) -> str | None:
    """Return why a program that is there cannot be executed, with the remedy; else None."""
    if not is_executable(program):
        return "cannot be executed; run chmod +x on it."
    try:
        with program.open("rb") as file:
            line = file.readline(_FIRST_LINE_BYTES)
    except OSError:
        return None
    if line.startswith(b"#!") and line.endswith(b"\r\n"):
        return "has lines that end in CR LF, and no interpreter has that name; save it with LF."
    build = build_of(program)
    if build is not None and not build.is_executable:
        here = this_machine()
        remedy = f"build it for {here.platform}"
        if build == ("Linux", here.machine, ""):
            remedy += ", or run lambda-tui with --in docker"
        return f"is built for {build.platform}, and cannot run on {here.platform}; {remedy}."
    return None
