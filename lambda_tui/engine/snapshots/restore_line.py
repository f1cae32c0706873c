"""What the engine hears of an init process that was forked from a snapshot, not from a zygote."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable

from lambda_tui.engine.wire import Spawned

_LONGEST = 4096
# Process, user and group: ``struct ucred``.
_CREDENTIALS = struct.Struct("iii")
# Linux, from its headers; Python has no name for it.
_SCM_CREDENTIALS = 2


class RestoreLine:
    """A socket that the init process writes to once, and that closes with its end.

    It knows itself by a process id of its own namespace. The kernel tells ours.
    """

    def __init__(
        self, end: socket.socket, who: Spawned, on_change: Callable[[RestoreLine], None]
    ) -> None:
        self.is_answered = False
        """Whether it runs, or will not."""
        self.is_over = False
        """Whether it has ended."""
        self._end = end
        self._who = who
        self._on_change = on_change
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(end.fileno(), self._read)

    @classmethod
    def open(
        cls, who: Spawned, on_change: Callable[[RestoreLine], None]
    ) -> tuple[RestoreLine, socket.socket]:
        """Our end, watched, and theirs."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        if hasattr(socket, "SO_PASSCRED"):
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        return cls(ours, who, on_change), theirs

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
            self._who.on_spawned(_sender(ancillary) or int(data))
        else:
            self._close()
            if is_first:
                text = data.decode(errors="replace") or "its process has ended"
                self._who.on_spawn_failed(f"The snapshot could not be restored: {text}.")
            else:
                self._who.on_ended()
        self._on_change(self)

    def _close(self) -> None:
        self.is_over = True
        self._loop.remove_reader(self._end.fileno())
        self._end.close()


def _sender(ancillary: list[tuple[int, int, bytes]]) -> int | None:
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == _SCM_CREDENTIALS:
            pid: int = _CREDENTIALS.unpack(content)[0]
            return pid
    return None
