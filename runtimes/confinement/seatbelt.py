"""Seatbelt, the sandbox of macOS: files are read-only for an environment's processes."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable

_LIBRARY = "/usr/lib/libsandbox.1.dylib"
# As in an isolated environment on Linux, with one that every program opens as it starts.
_DEVICES = ("dtracehelper", "null", "random", "urandom", "zero")


def can_protect_files() -> bool:
    """Return whether this machine lets a process be confined.

    It does not where lambda-tui itself is confined. A fork tries it, as nothing takes it back.
    """
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            protect_files([])
            status = 0
        finally:
            os._exit(status)
    _pid, status = os.waitpid(pid, 0)
    return status == 0


def protect_files(writable: Iterable[str]) -> None:
    """Deny this process and its descendants all writing, but to these folders and some devices.

    That includes a file's mode, owner and times. The error is ``EPERM``. Descriptors that are open
    stay as they are. Raise ``OSError`` where the machine does not allow it.
    """
    library = ctypes.CDLL(_LIBRARY)
    library.sandbox_init.argtypes = (ctypes.c_char_p, ctypes.c_uint64, ctypes.c_void_p)
    message = ctypes.c_char_p()
    if library.sandbox_init(_profile(writable), 0, ctypes.byref(message)) != 0:
        why = (message.value or b"").decode(errors="replace")
        raise OSError(f"files cannot be made read-only: {why}")


def _profile(writable: Iterable[str]) -> bytes:
    """Return the rules in the language of Seatbelt, of which the last that fits counts."""
    # The kernel compares real paths: ``/tmp`` is a link on macOS.
    folders = [f"(subpath {_quoted(os.path.realpath(folder))})" for folder in writable]
    devices = [f"(literal {_quoted(f'/dev/{name}')})" for name in _DEVICES]
    rules = ["(version 1)", "(allow default)", "(deny file-write*)"]
    rules.append(f"(allow file-write-data {' '.join(devices)})")
    if folders:
        rules.append(f"(allow file-write* {' '.join(folders)})")
    return os.fsencode("\n".join(rules))


def _quoted(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
