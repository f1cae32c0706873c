"""Tells other commands of the same user where a project's Lambda API is served at present.

Each server has a file in the user's state folder, which the user alone can read. Its process holds
a lock on it, which the system lets go of however the process ends: a file without one is stale.
"""

from __future__ import annotations

import fcntl
import ipaddress
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct
from platformdirs import user_state_path

_LARGEST_FILE = 64 * 1024
_SUFFIX = ".json"


class RunningServer(Struct, frozen=True):
    """A server of the Lambda API that runs, or ran: the content of its file."""

    project: str
    """The project's folder, absolute."""
    address: str
    """The URL of the server, on loopback."""
    since: float
    """The time of its start, in seconds since the epoch."""


class Registration:
    """The file of a server of this process, until it is removed."""

    def __init__(self, project: Path, address: str | None) -> None:
        """Write the file, unless the server is none of loopback or the folder refuses it."""
        self._file: Path | None = None
        self._descriptor: int | None = None
        if address is not None and _is_loopback(address):
            with suppress(OSError):
                self._write(RunningServer(str(project), address, time.time()))

    def _write(self, server: RunningServer) -> None:
        folder = _folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Locked and complete before it has its name, by which others look for it. Its mode is 0600.
        self._descriptor, name = tempfile.mkstemp(dir=folder)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(self._descriptor, msgspec.json.encode(server))
        self._file = Path(name).rename(f"{name}{_SUFFIX}")

    def remove(self) -> None:
        """Remove the file: the server ends."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._file = self._descriptor = None


def find_running(project: Path) -> RunningServer | None:
    """Return the newest server of a project that runs, if there is one. Stale files are removed."""
    servers = [server for file in _files() if (server := _read(file)) is not None]
    ours = [server for server in servers if server.project == str(project)]
    return max(ours, key=lambda server: server.since, default=None)


def _folder() -> Path:
    return user_state_path("lambda-tui") / "running"


def _files() -> list[Path]:
    try:
        return [file for file in _folder().iterdir() if file.suffix == _SUFFIX]
    except OSError:
        return []


def _read(file: Path) -> RunningServer | None:
    """Return the server of a file; None, and remove the file, where its process has ended."""
    with suppress(OSError, msgspec.DecodeError), file.open("rb") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            server = msgspec.json.decode(opened.read(_LARGEST_FILE), type=RunningServer)
            return server if _is_loopback(server.address) else None
        file.unlink(missing_ok=True)
    return None


def _is_loopback(address: str) -> bool:
    try:
        host = urlsplit(address).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
