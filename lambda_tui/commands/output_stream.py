"""Standard output and error, written by a thread, so that a slow reader stops only callers."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import groupby
from typing import Final, Literal

from lambda_tui.terminal_text import plain_text

OUTPUT: Final = 1
ERRORS: Final = 2
ROOM = 1 << 20
"""Bytes that may wait before callers do."""
MOST = 64 << 20
"""Bytes that may wait at all; a single invocation may log faster than somebody reads."""

Descriptor = Literal[1, 2]


class OutputStream:
    """Keeps what is written to both descriptors in order; construct it inside an event loop."""

    def __init__(self, on_broken: Callable[[], None]) -> None:
        """``on_broken`` is called in the loop when the output cannot be written any more."""
        self.dropped = 0
        """Pieces that found no room at all."""
        self.failure: OSError | None = None
        """Why the output cannot be written any more."""
        self._loop = asyncio.get_running_loop()
        self._on_broken = on_broken
        self._pieces: list[tuple[Descriptor, bytes]] = []
        self._broken: set[Descriptor] = set()
        self._waiting = 0
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self._terminals = {number for number in (OUTPUT, ERRORS) if os.isatty(number)}
        self._change = threading.Condition()
        # A daemon, since a reader may never read again.
        threading.Thread(target=self._write_all, name="output", daemon=True).start()

    def put(self, text: str, descriptor: Descriptor = OUTPUT) -> None:
        """Hands over a text, at once; a terminal is given nothing that it would act upon."""
        if descriptor in self._terminals:
            text = plain_text(text)
        piece = text.encode("utf-8", "backslashreplace")
        if self._waiting + len(piece) > MOST:
            self.dropped += 1
            return
        self._waiting += len(piece)
        self._is_empty.clear()
        if self._waiting > ROOM:
            self._has_room.clear()
        with self._change:
            self._pieces.append((descriptor, piece))
            self._change.notify()

    async def room(self) -> None:
        """Waits until the reader has caught up."""
        await self._has_room.wait()

    async def flush(self) -> None:
        """Waits until all is written."""
        await self._is_empty.wait()

    def _write_all(self) -> None:
        """Runs in the thread."""
        while True:
            with self._change:
                self._change.wait_for(lambda: self._pieces)
                pieces, self._pieces = self._pieces, []
            for descriptor, group in groupby(pieces, key=lambda piece: piece[0]):
                data = b"".join(piece for _, piece in group)
                self._write(descriptor, data)
                # The loop is gone when the command has ended without waiting for the reader.
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
            if descriptor == OUTPUT:
                self.failure = error
                with suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(self._on_broken)

    def _note_written(self, size: int) -> None:
        self._waiting -= size
        if self._waiting <= ROOM:
            self._has_room.set()
        if self._waiting == 0:
            self._is_empty.set()
