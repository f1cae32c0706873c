"""Reports the life of an init process that was forked from a snapshot instead of a zygote."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable

from lambda_tui.engine.wire import OnMessage

_LONGEST = 4096
# ``struct ucred``: process, user and group.
_CREDENTIALS = struct.Struct("iii")
# From the headers of Linux; Python has no name for it.
_SCM_CREDENTIALS = 2


class RestoreLine:
    """A socket that the init process writes to once, and that closes when it ends.

    The process writes its id, but that of its own namespace; the kernel attaches the one of ours.
    """

    def __init__(
        self, end: socket.socket, on_message: OnMessage, on_change: Callable[[RestoreLine], None]
    ) -> None:
        self.is_answered = False
        """Whether the process runs, or never will."""
        self.has_ended = False
        self._end = end
        self._on_message = on_message
        self._on_change = on_change
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(end.fileno(), self._read)

    @classmethod
    def open(
        cls, on_message: OnMessage, on_change: Callable[[RestoreLine], None]
    ) -> tuple[RestoreLine, socket.socket]:
        """Return a line, and the socket for the other end."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        if hasattr(socket, "SO_PASSCRED"):
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        return cls(ours, on_message, on_change), theirs

    def _read(self) -> None:
        space = socket.CMSG_SPACE(_CREDENTIALS.size)
        try:
            data, ancillary, _flags, _address = self._end.recvmsg(_LONGEST, space)
        except BlockingIOError:
            return
        except OSError:
            data, ancillary = b"", []
        is_first, self.is_answered = not self.is_answered, True
        if data.isdigit():
            self._on_message({"kind": "spawned", "pid": _sender(ancillary) or int(data)})
        else:
            self._close()
            if is_first:
                text = data.decode(errors="replace") or "its process has ended"
                problem = f"The snapshot could not be restored: {text}."
                self._on_message({"kind": "failed", "message": problem})
            else:
                self._on_message({"kind": "ended"})
        self._on_change(self)

    def _close(self) -> None:
        self.has_ended = True
        self._loop.remove_reader(self._end.fileno())
        self._end.close()


def _sender(ancillary: list[tuple[int, int, bytes]]) -> int | None:
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == _SCM_CREDENTIALS:
            pid: int = _CREDENTIALS.unpack(content)[0]
            return pid
    return None
