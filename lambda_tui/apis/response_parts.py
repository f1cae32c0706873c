"""The body of a response that is written as it comes, in HTTP's chunks."""

from __future__ import annotations

from collections.abc import Callable

Write = Callable[[bytes], None]


class ResponseParts:
    """Takes parts before and after the head was written; each is sent at once when it can be."""

    def __init__(self) -> None:
        self._write: Write | None = None
        self._on_end: Callable[[], None] | None = None
        self._kept = b""
        self._is_over = False

    def add(self, part: bytes) -> None:
        """One more part; an empty one would end the body, and is left out."""
        if part:
            self._send(b"%x\r\n%b\r\n" % (len(part), part))

    def end(self) -> None:
        """There is no more."""
        self._is_over = True
        self._send(b"0\r\n\r\n")
        if self._on_end is not None:
            self._on_end()

    def connect(self, write: Write, on_end: Callable[[], None]) -> None:
        """The head has been written: what has come by now goes behind it."""
        self._write, self._on_end = write, on_end
        if self._kept:
            write(self._kept)
        if self._is_over:
            on_end()

    def _send(self, data: bytes) -> None:
        if self._write is None:
            self._kept += data
        else:
            self._write(data)
