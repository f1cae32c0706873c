"""macOS as far as a zygote and its forks can see it, on Linux; started as their interpreter.

``sys.platform`` says so, ``/proc`` is hidden from Python, calls that only Linux has are absent,
libproc and libsandbox are the small library whose path comes first among the arguments, and kqueue
is a timer.
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
    def __init__(self, ident: int, filter: int, flags: int, fflags: int) -> None:
        self.ident = ident


class _Kqueue:
    """Says again and again that one of the processes may have forked; forks do not inherit it."""

    _opened: ClassVar[weakref.WeakSet[_Kqueue]] = weakref.WeakSet()

    @classmethod
    def lose_all(cls) -> None:
        for one in cls._opened:
            os.close(one.fileno())
        cls._opened = weakref.WeakSet()

    def __del__(self) -> None:
        # Whatever has the number by now, as Python does before 3.13.
        with contextlib.suppress(AttributeError, OSError):
            os.close(self._timer)

    def __init__(self) -> None:
        if sys._getframe(1).f_globals["__name__"] == "selectors":
            raise OSError("it knows about forks only: asyncio takes another one")
        libc = ctypes.CDLL(None)
        self._timer = libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        times = struct.pack("qqqq", *[0, _LOOK_NANOSECONDS] * 2)
        libc.timerfd_settime(self._timer, 0, times, None)
        self._opened.add(self)

    def fileno(self) -> int:
        return int(self._timer)

    def control(
        self, changes: list[_Kevent] | None, most: int, timeout: float | None = None
    ) -> list[_Kevent]:
        for event in changes or ():
            os.kill(event.ident, 0)
        with contextlib.suppress(BlockingIOError):
            os.read(self._timer, 8)
        return []


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
    for name in ("KQ_FILTER_PROC", "KQ_EV_ADD", "KQ_NOTE_EXIT", "KQ_NOTE_FORK"):
        setattr(polling, name, 0)
    polling.kqueue, polling.kevent = _Kqueue, _Kevent
    libraries.CDLL = lambda name, **options: _Library(
        library if name in _MACOS_LIBRARIES else name, **options
    )
    builtin.open, system.open = _WithoutProc(open), _WithoutProc(os.open)
    system.listdir, system.readlink = _WithoutProc(os.listdir), _WithoutProc(os.readlink)


if __name__ == "__main__":
    _, dylib, *sys.argv = sys.argv
    imitate(dylib)
    runpy.run_path(sys.argv[0], run_name="__main__")
