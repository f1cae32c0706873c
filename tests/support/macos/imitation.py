"""macOS as far as a zygote and its forks can see it, on Linux; started as their interpreter.

``sys.platform`` says so, ``/proc`` is hidden from Python, calls that only Linux has are absent,
libproc and libsandbox are the small library whose path comes first among the arguments, and a
kqueue is an epoll with a timer.
"""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import fcntl
import os
import resource
import runpy
import select
import struct
import sys
import time
import types
import weakref
from typing import Any, ClassVar

_LINUX_ONLY = {
    os: ("memfd_create", "pidfd_open", "pipe2", "posix_fadvise", "sched_getaffinity", "unshare"),
    select: ("epoll",),
}
_MACOS_LIBRARIES = ("/usr/lib/libproc.dylib", "/usr/lib/libsandbox.1.dylib")
_LINUX_CALLS = ("mount", "prctl", "setns", "syscall", "tgkill", "umount2", "unshare")
_LOOK_NANOSECONDS = 5_000_000
# Many times as long: the machine may be busy.
_TELLING_SECONDS = 0.3
# Forked from the zygote are the init processes, and from these the runtimes.
_DEPTH_OF_RUNTIMES = 2
_CLOCK_MONOTONIC = 1
_F_GETPATH = 50
_epoll = select.epoll
_READ, _WRITE, _PROCESSES = -1, -2, -5
_MASKS = {_READ: select.EPOLLIN, _WRITE: select.EPOLLOUT}
_HANG_UP = select.EPOLLHUP | select.EPOLLERR
_ADD, _DELETE = 1, 2


class _Fork:
    """Forks, and gives a look at a function's processes the time that macOS needs for telling."""

    def __init__(self) -> None:
        self._fork, self._depth = os.fork, 0

    def __call__(self) -> int:
        pid = self._fork()
        if pid == 0:
            self._depth += 1
            _Kqueue.lose_all()
        elif self._depth >= _DEPTH_OF_RUNTIMES:
            time.sleep(_TELLING_SECONDS)
        return pid


class _Library(ctypes.CDLL):
    """A library in which no call of Linux's own is found."""

    def __getattr__(self, name: str) -> Any:
        if name in _LINUX_CALLS:
            raise AttributeError(name)
        return super().__getattr__(name)


class _Kevent:
    def __init__(self, ident: int, filter: int, flags: int = _ADD, fflags: int = 0) -> None:
        self.ident, self.filter, self.flags = ident, filter, flags


class _Kqueue:
    """Waits with an epoll, and says again and again that one of the processes may have forked.

    Forks do not inherit it.
    """

    _opened: ClassVar[weakref.WeakSet[_Kqueue]] = weakref.WeakSet()

    @classmethod
    def lose_all(cls) -> None:
        for one in cls._opened:
            one.close()
        cls._opened = weakref.WeakSet()

    def __init__(self) -> None:
        self._epoll = _epoll()
        self._masks: dict[int, int] = {}
        self._timer: int | None = None
        self._opened.add(self)

    def __del__(self) -> None:
        # Whatever has the number by now, as Python does before 3.13.
        with contextlib.suppress(AttributeError, OSError):
            os.close(self._number)

    def close(self) -> None:
        self._number = self._epoll.fileno()
        self._epoll.close()
        if self._timer is not None:
            os.close(self._timer)

    def fileno(self) -> int:
        return int(self._epoll.fileno())

    def control(
        self, changes: list[_Kevent] | None, most: int, timeout: float | None = None
    ) -> list[_Kevent]:
        for change in changes or ():
            if change.filter == _PROCESSES:
                os.kill(change.ident, 0)
                self._begin_looking()
            else:
                self._change(change)
        if most == 0:
            return []
        found = []
        for descriptor, mask in self._epoll.poll(timeout, most):
            if descriptor == self._timer:
                os.read(descriptor, 8)
            for kind, bits in _MASKS.items():
                if mask & (bits | _HANG_UP) and self._masks.get(descriptor, 0) & bits:
                    found.append(_Kevent(descriptor, kind))
        return found

    def _change(self, change: _Kevent) -> None:
        before, bits = self._masks.get(change.ident, 0), _MASKS[change.filter]
        now = before | bits if change.flags == _ADD else before & ~bits
        self._masks[change.ident] = now
        if not now:
            self._epoll.unregister(change.ident)
        elif before:
            self._epoll.modify(change.ident, now)
        else:
            self._epoll.register(change.ident, now)

    def _begin_looking(self) -> None:
        if self._timer is None:
            libc = ctypes.CDLL(None)
            self._timer = libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
            times = struct.pack("qqqq", *[0, _LOOK_NANOSECONDS] * 2)
            libc.timerfd_settime(self._timer, 0, times, None)
            self._epoll.register(self._timer, select.EPOLLIN)


class _WithoutProc:
    """A function that takes a path, and finds none in ``/proc``."""

    def __init__(self, function: Any) -> None:
        self._function = function
        self.__name__ = function.__name__

    def __repr__(self) -> str:
        return repr(self._function)

    def __call__(self, path: Any = ".", *more: Any, **options: Any) -> Any:
        if isinstance(path, (str, bytes)) and os.fsdecode(path).startswith("/proc"):
            raise FileNotFoundError(2, "No such file or directory", path)
        return self._function(path, *more, **options)


class _Usage:
    """The resources that a process has used: macOS tells its largest memory in bytes."""

    def __init__(self, usage: resource.struct_rusage) -> None:
        self._usage = usage
        self.ru_maxrss = usage.ru_maxrss * 1024

    def __getattr__(self, name: str) -> Any:
        return getattr(self._usage, name)


class _Fcntl:
    """Calls fcntl(2), and knows the path of a descriptor."""

    def __init__(self) -> None:
        self._fcntl, self._readlink = fcntl.fcntl, os.readlink

    def __call__(self, descriptor: Any, command: int, argument: Any = 0) -> Any:
        if command != _F_GETPATH:
            return self._fcntl(descriptor, command, argument)
        path = os.fsencode(self._readlink(f"/proc/self/fd/{descriptor}"))
        return path.ljust(len(argument), b"\0")


def imitate(library: str) -> None:
    """Make this interpreter look like one on macOS."""
    own: Any = sys
    own.platform = "darwin"
    modules: Any = (os, select, ctypes, builtins, resource)
    system, polling, libraries, builtin, resources = modules
    for module, names in _LINUX_ONLY.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    system.fork = _Fork()
    controls: Any = fcntl
    controls.fcntl = _Fcntl()
    wait4, getrusage = os.wait4, resource.getrusage

    def wait4_in_bytes(pid: int, options: int) -> tuple[int, int, _Usage]:
        ended, status, usage = wait4(pid, options)
        return ended, status, _Usage(usage)

    system.wait4 = wait4_in_bytes
    resources.getrusage = lambda who: _Usage(getrusage(who))
    polling.KQ_FILTER_READ, polling.KQ_FILTER_WRITE = _READ, _WRITE
    polling.KQ_FILTER_PROC, polling.KQ_NOTE_EXIT, polling.KQ_NOTE_FORK = _PROCESSES, 0, 0
    polling.KQ_EV_ADD, polling.KQ_EV_DELETE = _ADD, _DELETE
    polling.kqueue, polling.kevent = _Kqueue, _Kevent
    libraries.CDLL = lambda name, **options: _Library(
        library if name in _MACOS_LIBRARIES else name, **options
    )
    builtin.open, system.open = _WithoutProc(open), _WithoutProc(os.open)
    system.listdir, system.readlink = _WithoutProc(os.listdir), _WithoutProc(os.readlink)

    # The settings of the system's network, which urllib asks for.
    settings: Any = types.ModuleType("_scproxy")
    settings._get_proxies, settings._get_proxy_settings = dict, lambda: {"exclude_simple": True}
    sys.modules["_scproxy"] = settings


if __name__ == "__main__":
    _, dylib, *sys.argv = sys.argv
    imitate(dylib)
    runpy.run_path(sys.argv[0], run_name="__main__")
