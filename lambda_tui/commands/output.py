"""Writes to standard output and standard error: at once, or through a bounded buffer."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Final, Literal

from lambda_tui.commands.errors import CommandError
from lambda_tui.terminal_text import plain_text

STANDARD_OUTPUT: Final = 1
STANDARD_ERROR: Final = 2
HIGH_WATER = 1 << 20
"""Bytes that may be buffered before ``drain`` waits."""
BUFFER_LIMIT = 64 << 20
"""Bytes that may be buffered at all. A single invocation may log faster than somebody reads."""

Descriptor = Literal[1, 2]


def hold_standard_descriptors() -> None:
    """Give a standard stream that the shell has closed a descriptor, and the object in ``sys``.

    Otherwise the next file or socket that is opened would get its number. What is written to
    standard output fails as before; what is written to standard error is lost.
    """
    for number, name, flags in (
        (0, "stdin", os.O_RDONLY),
        # Readable only: writing to it fails as it does on a closed descriptor.
        (STANDARD_OUTPUT, "stdout", os.O_RDONLY),
        (STANDARD_ERROR, "stderr", os.O_WRONLY),
    ):
        if getattr(sys, name) is None:
            _open_nowhere(number, flags)
            mode = "r" if name == "stdin" else "w"
            # Stays open for as long as the command runs.
            stream = os.fdopen(number, mode, encoding="utf-8", closefd=False)
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def writes_unicode() -> bool:
    """Return whether standard output can have any character as it is."""
    return sys.stdout.encoding.lower().replace("-", "").startswith("utf")


def write_error(text: str) -> None:
    """Write a text to standard error, as far as that is possible."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        # As below: nobody is left to be told.
        _open_nowhere(STANDARD_ERROR, os.O_WRONLY)


def write_output(text: str) -> None:
    """Write a text to standard output, and flush it.

    What a terminal would act upon is removed for a terminal.

    Raises ``BrokenPipeError`` when the reader has gone, and ``CommandError`` when it cannot be
    written for another reason, such as a full disk.
    """
    try:
        sys.stdout.write(plain_text(text) if sys.stdout.isatty() else text)
        sys.stdout.flush()
    except OSError as error:
        # Python would try to write what is left once more when it ends, and complain again.
        _open_nowhere(STANDARD_OUTPUT, os.O_WRONLY)
        raise unwritable(error) from error


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows of cells as lines, the headings first, without columns that have nothing else."""
    columns = [column for column in zip(*rows, strict=True) if any(column[1:])]
    rows = list(zip(*columns, strict=True))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)


def _open_nowhere(number: int, flags: int) -> None:
    """Make a descriptor one of the null device."""
    nowhere = os.open(os.devnull, flags)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)


def unwritable(error: OSError) -> BrokenPipeError | CommandError:
    """Return the error to raise for a failure to write standard output."""
    if isinstance(error, BrokenPipeError):
        return error
    reason = (error.strerror or str(error)).lower()
    return CommandError(f"standard output cannot be written: {reason}.")


class OutputStream:
    """Writes standard output and error in a thread, so that a slow reader does not block the loop.

    The order of what is written to both is kept. Construct it inside an event loop.
    """

    def __init__(self, on_broken: Callable[[], None]) -> None:
        """``on_broken`` is called in the loop when standard output cannot be written any more."""
        self.dropped = 0
        """The number of texts for which the buffer had no room."""
        self.failure: OSError | None = None
        """Why standard output cannot be written any more."""
        self._loop = asyncio.get_running_loop()
        self._on_broken = on_broken
        self._pieces: list[tuple[Descriptor, bytes]] = []
        self._broken: set[Descriptor] = set()
        self._buffered = 0
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self._terminals = {
            number for number in (STANDARD_OUTPUT, STANDARD_ERROR) if os.isatty(number)
        }
        self._change = threading.Condition()
        # A daemon: a reader that never reads again must not keep the command from ending.
        threading.Thread(target=self._write_all, name="output", daemon=True).start()

    def put(self, text: str, descriptor: Descriptor = STANDARD_OUTPUT) -> None:
        """Buffer a text to be written. What a terminal would act upon is removed for a terminal."""
        if descriptor in self._terminals:
            text = plain_text(text)
        piece = text.encode("utf-8", "backslashreplace")
        if self._buffered + len(piece) > BUFFER_LIMIT:
            self.dropped += 1
            return
        self._buffered += len(piece)
        self._is_empty.clear()
        if self._buffered > HIGH_WATER:
            self._has_room.clear()
        with self._change:
            self._pieces.append((descriptor, piece))
            self._change.notify()

    async def drain(self) -> None:
        """Wait until the reader has caught up."""
        await self._has_room.wait()

    async def flush(self) -> None:
        """Wait until everything is written."""
        await self._is_empty.wait()

    def _write_all(self) -> None:
        """Write whatever is put, for ever; the thread runs this."""
        while True:
            with self._change:
                self._change.wait_for(lambda: self._pieces)
                pieces, self._pieces = self._pieces, []
            for descriptor, group in groupby(pieces, key=lambda piece: piece[0]):
                data = b"".join(piece for _, piece in group)
                self._write(descriptor, data)
                # The loop is closed when the command has ended without waiting for the reader.
                with suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(self._note_written, len(data))

    def _write(self, descriptor: Descriptor, data: bytes) -> None:
        if descriptor in self._broken:
            return
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except OSError as error:
            self._broken.add(descriptor)
            if descriptor == STANDARD_OUTPUT:
                self.failure = error
                with suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(self._on_broken)

    def _note_written(self, size: int) -> None:
        self._buffered -= size
        if self._buffered <= HIGH_WATER:
            self._has_room.set()
        if self._buffered == 0:
            self._is_empty.set()
