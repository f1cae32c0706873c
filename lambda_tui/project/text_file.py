"""Reading the user's text files, with a limit and with sentences for what goes wrong."""

from __future__ import annotations

from pathlib import Path


class UnreadableFileError(Exception):
    """A file cannot be read as text; ``str()`` is a sentence to go after the file's name."""


def read_bytes(file: Path, limit: int) -> bytes:
    """The file's content; raises ``UnreadableFileError``, also beyond ``limit`` bytes."""
    try:
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
    """The file's UTF-8 text without a byte order mark; raises ``UnreadableFileError``."""
    content = read_bytes(file, limit)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableFileError(
            f"the file is not UTF-8 text: line {line} holds the byte "
            f"0x{content[error.start]:02x}; save it as UTF-8."
        ) from error
