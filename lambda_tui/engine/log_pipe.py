"""What an environment's processes write to their standard output and error, as log records."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import struct
import termios
from collections.abc import Callable

MAXIMUM_RECORD = 256 * 1024
"""Bytes; a longer line becomes several records, as in CloudWatch."""
_READ_SIZE = 1 << 16
_PIPE_SIZE = 1 << 20
# Linux has it; elsewhere pipes stay as they are.
_F_SETPIPE_SZ = getattr(fcntl, "F_SETPIPE_SZ", None)


class LogPipe:
    """Reads lines from a pipe in the event loop and hands each on as a record.

    A line end is ``\\n``. A ``\\r`` inside a line is how runtimes keep the lines of one record
    together; the record has ``\\n`` in its place.
    """

    def __init__(self, on_record: Callable[[str], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_record = on_record
        self._partial = bytearray()
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        if _F_SETPIPE_SZ is not None:
            # A user's share of pipe memory may be used up; the default size serves as well.
            with contextlib.suppress(OSError):
                fcntl.fcntl(self._read_end, _F_SETPIPE_SZ, _PIPE_SIZE)
        self._loop.add_reader(self._read_end, self._read)

    def drain(self) -> None:
        """Reads all that is in the pipe at this moment, and ends an unfinished line.

        Not more: a thread that writes without end must not hold the loop.
        """
        waiting = fcntl.ioctl(self._read_end, termios.FIONREAD, struct.pack("i", 0))
        (remaining,) = struct.unpack("i", waiting)
        while remaining > 0:
            remaining -= self._read(remaining)
        if self._partial:
            self._emit(bytes(self._partial))
            self._partial.clear()

    def close(self) -> None:
        """Reads what is left and closes both ends."""
        self.drain()
        self._loop.remove_reader(self._read_end)
        os.close(self._read_end)
        os.close(self.write_end)

    def _read(self, size: int = _READ_SIZE) -> int:
        data = os.read(self._read_end, size)
        *lines, rest = data.split(b"\n")
        if lines:
            lines[0] = bytes(self._partial) + lines[0]
            self._partial.clear()
            for line in lines:
                self._emit(line)
        self._partial += rest
        while len(self._partial) >= MAXIMUM_RECORD:
            self._emit(bytes(self._partial[:MAXIMUM_RECORD]))
            del self._partial[:MAXIMUM_RECORD]
        return len(data)

    def _emit(self, line: bytes) -> None:
        for start in range(0, max(len(line), 1), MAXIMUM_RECORD):
            text = line[start : start + MAXIMUM_RECORD].decode("utf-8", errors="replace")
            self._on_record(text.rstrip("\r").replace("\r\n", "\n").replace("\r", "\n"))
