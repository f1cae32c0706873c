"""The log of an environment's processes: standard output and error, parsed into records."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
import struct
import termios
import time
from collections.abc import Callable

from lambda_tui import limits
from lambda_tui.engine.event_loop import released

_READ_SIZE = 1 << 16
_PIPE_SIZE = 1 << 20
# Linux has it; elsewhere pipes stay as they are.
_F_SETPIPE_SZ = getattr(fcntl, "F_SETPIPE_SZ", None)

_NONE_WAITING = struct.pack("i", 0)

# AWS's framing of records that a runtime logs as a whole: type, length, microseconds, text. No
# character in UTF-8 begins with the first byte, so ordinary text is not mistaken for a frame.
_FRAME = struct.Struct("!IIQ")
_FRAME_LEVELS = ("NOTSET", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
FRAME_TYPES = {
    0xA55A0000 | level << 2 | mark: (log_format, name)
    for log_format, mark in (("JSON", 2), ("Text", 3))
    for level, name in enumerate(_FRAME_LEVELS)
}
"""The format and level of each type of frame; a runtime that writes another is not understood."""
_FRAME_START = re.compile(
    b"|".join(re.escape(frame_type.to_bytes(4)) for frame_type in FRAME_TYPES), re.DOTALL
)
_PLAUSIBLE_SECONDS = 86_400.0
_FRAME_START_CUT = re.compile(rb"\xa5(\x5a\x00?)?\Z")


OnRecord = Callable[[str, str | None], None]
"""Receives the text of a record, and the level that its frame has; None for a line."""


class LogPipe:
    """Reads a pipe in the event loop and passes on each record: a line, or the text of a frame.

    A record has no final line end. Lines inside one are separated by ``\\r`` when it was written as
    a line, by ``\\n`` when it was written in a frame. Empty ones are left out: CloudWatch takes no
    event without a message.
    """

    def __init__(self, on_record: OnRecord) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_record: OnRecord = on_record
        self._unread = bytearray()
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        if _F_SETPIPE_SZ is not None:
            # A user's share of pipe memory may be exhausted. The default size works too.
            with contextlib.suppress(OSError):
                fcntl.fcntl(self._read_end, _F_SETPIPE_SZ, _PIPE_SIZE)
        self._loop.add_reader(self._read_end, self._read)

    def drain(self) -> None:
        """Read everything that is in the pipe at this moment, and end an unfinished line.

        It reads no more than that: a thread that writes endlessly must not hold the loop.
        """
        waiting = fcntl.ioctl(self._read_end, termios.FIONREAD, _NONE_WAITING)
        if waiting == _NONE_WAITING and not self._unread:
            return
        (remaining,) = struct.unpack("i", waiting)
        while remaining > 0:
            remaining -= self._read(remaining)
        # An incomplete frame is kept: a thread is writing it.
        frame = self._find_frame()
        end = len(self._unread) if frame is None else frame
        if end:
            self._emit(bytes(self._unread[:end]))
            del self._unread[:end]

    def close(self) -> None:
        """Read what is left, and close both ends."""
        self.drain()
        self._loop.remove_reader(self._read_end)
        os.close(self._read_end)
        os.close(self.write_end)
        self._on_record = released

    def _read(self, size: int = _READ_SIZE) -> int:
        try:
            data = os.read(self._read_end, size)
        except BlockingIOError:
            return size
        self._unread += data
        while (start := self._find_frame()) is not None:
            start = self._take_lines(start)
            if not self._take_frame(start):
                return len(data)
        cut = _FRAME_START_CUT.search(self._unread)
        self._take_lines(cut.start() if cut else len(self._unread))
        return len(data)

    def _find_frame(self) -> int | None:
        """Return where the first frame begins. Ignore bytes that only look like one."""
        for found in _FRAME_START.finditer(self._unread):
            header = self._unread[found.start() : found.start() + _FRAME.size]
            if len(header) < _FRAME.size:
                return found.start()
            _type, length, microseconds = _FRAME.unpack(header)
            is_recent = abs(microseconds / 1e6 - time.time()) < _PLAUSIBLE_SECONDS
            if is_recent and length <= limits.LOG_RECORD_BYTES:
                return found.start()
        return None

    def _take_lines(self, end: int) -> int:
        """Emit the complete lines before ``end``; return the size of the rest, which is kept."""
        text = bytes(self._unread[:end])
        *lines, rest = text.split(b"\n")
        for line in lines:
            self._emit(line)
        # Without the last piece, which may be incomplete.
        whole = max(len(rest) - 1, 0) // limits.LOG_RECORD_BYTES * limits.LOG_RECORD_BYTES
        if whole:
            self._emit(rest[:whole])
        self._unread[:end] = rest[whole:]
        return len(rest) - whole

    def _take_frame(self, start: int) -> bool:
        """Emit the frame that begins at ``start``, if it is complete; return whether it was."""
        if len(self._unread) < start + _FRAME.size:
            return False
        kind, length, _microseconds = _FRAME.unpack_from(self._unread, start)
        begin, end = start + _FRAME.size, start + _FRAME.size + length
        if len(self._unread) < end:
            return False
        record = bytes(self._unread[begin:end])
        del self._unread[start:end]
        _format, level = FRAME_TYPES[kind]
        self._emit(record.removesuffix(b"\n"), None if level == "NOTSET" else level)
        return True

    def _emit(self, record: bytes, level: str | None = None) -> None:
        for start in range(0, len(record), limits.LOG_RECORD_BYTES):
            text = record[start : start + limits.LOG_RECORD_BYTES].decode("utf-8", errors="replace")
            self._on_record(text, level)
