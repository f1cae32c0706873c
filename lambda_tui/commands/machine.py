"""Examines this machine: its kernel, its limits and its network."""

from __future__ import annotations

import os
import platform
import re
import resource
import shutil
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil
from platformdirs import user_cache_path
from watchfiles import watch

from lambda_tui.apis.http import DEFAULT_HOST, DEFAULT_PORT, listen
from lambda_tui.commands.program_versions import output_of_version
from lambda_tui.engine.launch import connector_remedy, find_connector, network_for
from lambda_tui.project.function import Function
from lambda_tui.project.settings import Settings
from lambda_tui.project.wording import shown
from lambda_tui.wording import counted

LEAST_DESCRIPTORS = 1024
LEAST_WATCHES = 8192
LEAST_KERNEL = (5, 12)
"""The first with ``mount_setattr``, which makes a sandbox read-only in one call."""

_MB = 1 << 20
_SYSTEM = Path("/proc/sys")
_CGROUP = Path("/sys/fs/cgroup")
_CONTAINER_MEMORY = (
    ("memory.max", "memory.current"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
)
"""The files of the limit and of the use, in both versions of control groups."""
_TEMPORARY = "make /tmp writable, or set TMPDIR to a folder that is."


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report: a fact, and what to do about it."""

    text: str
    remedy: str = ""
    """An instruction; empty when all is well, or when the text says what to do."""
    is_problem: bool = False
    """Whether something falls short although there is no remedy."""
    is_note: bool = False
    """Whether it is neither good nor bad."""

    @property
    def falls_short(self) -> bool:
        """Whether the user should do something about it."""
        return self.is_problem or bool(self.remedy)


def machine_findings(directory: Path, functions: Iterable[Function]) -> list[Finding]:
    """Return the findings on everything but the sandbox and the network.

    ``directory`` is the project's.
    """
    chosen = list(functions)
    return [
        _kernel(),
        _memory(max((one.memory_size for one in chosen), default=0)),
        _storage(max((one.ephemeral_storage for one in chosen), default=0)),
        cache_finding(user_cache_path("lambda-tui")),
        _descriptors(),
        *_watches(directory),
        _port(DEFAULT_PORT),
    ]


def network_finding(
    functions: Iterable[Function], settings: Settings, *, has_namespaces: bool
) -> Finding:
    """Return which network environments get, and what keeps functions from one that they need."""
    if not has_namespaces:
        text = "network: all environments share this machine's, for want of namespaces"
        return Finding(text, is_note=True)
    connector = find_connector()
    if connector is not None and output_of_version(connector.command[0]) is None:
        text = f"network: {connector.command[0]}, which connects environments, does not run"
        return Finding(text, f"install {connector.name} anew, or remove it.")
    if connector is not None:
        return Finding(f"network: {connector.name} connects environments with one of their own")
    networks = [
        network_for(one, settings.network_of(one.name), has_namespaces=True) for one in functions
    ]
    if any(network.is_own for network in networks):
        text = "network: nothing connects environments with one of their own to the outside"
    elif any(network.refusal for network in networks):
        text = "network: functions with extensions get one environment at a time"
    else:
        return Finding(f"network: shared; for extensions on fixed ports, {connector_remedy()}")
    return Finding(text, f"{connector_remedy()}.")


def _kernel() -> Finding:
    text = f"{platform.system()} {platform.release()}"
    version = re.match(r"(\d+)\.(\d+)", platform.release())
    numbers = (int(version[1]), int(version[2])) if version else LEAST_KERNEL
    if platform.system() == "Linux" and numbers < LEAST_KERNEL:
        return Finding(text, f"namespaces need Linux {'.'.join(map(str, LEAST_KERNEL))} or later.")
    return Finding(f"{text}, {counted(os.cpu_count() or 1, 'core')}")


def _memory(needed_mb: int) -> Finding:
    memory = psutil.virtual_memory()
    available, total = memory.available // _MB, memory.total // _MB
    limit = _container_memory()
    if limit is not None and limit[1] // _MB < total:
        available, total = min(available, limit[0] // _MB), limit[1] // _MB
    text = f"memory: {available:,} of {total:,} MB available"
    if available < needed_mb:
        return Finding(text, f"close something: a function may use {needed_mb:,} MB.")
    return Finding(text)


def _storage(needed_mb: int) -> Finding:
    try:
        directory = tempfile.gettempdir()
    except OSError as error:
        return Finding(f"there is no folder for temporary files: {error.strerror}", _TEMPORARY)
    chosen = os.environ.get("TMPDIR")
    if chosen and os.path.abspath(chosen) != directory:
        return Finding(f"TMPDIR is {shown(chosen)}, which cannot be written", _TEMPORARY)
    free = shutil.disk_usage(directory).free // _MB
    text = f"{directory}: {free:,} MB free"
    if free < needed_mb:
        remedy = f"make room, or set TMPDIR: a function's /tmp may hold {needed_mb:,} MB."
        return Finding(text, remedy)
    return Finding(text)


def cache_finding(directory: Path) -> Finding:
    """Return whether the cache, for what is unpacked and installed, can be written."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        remedy = "make it writable, or name another with XDG_CACHE_HOME."
        return Finding(f"cache: {directory} cannot be written: {reason}", remedy)
    return Finding(f"cache: {directory}")


def _descriptors() -> Finding:
    # The engine raises the soft limit as far as the hard one allows.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    text = f"open files: {_limit(hard)} at most"
    if hard != resource.RLIM_INFINITY and hard < LEAST_DESCRIPTORS:
        wanted = f"sudo prlimit --nofile={LEAST_DESCRIPTORS} --pid $$"
        return Finding(text, f"{wanted}, for many environments at a time.")
    return Finding(text)


def _watches(directory: Path) -> list[Finding]:
    problem = _watching_problem(directory)
    if problem is not None:
        remedy = (
            "sudo sysctl -w fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=524288"
        )
        return [Finding(f"saved files are not noticed: {problem}", remedy)]
    watches = _number("fs/inotify/max_user_watches")
    if watches is None:
        return []
    text = f"watched folders: {watches:,} at most"
    if watches < LEAST_WATCHES:
        return [Finding(text, "sudo sysctl -w fs.inotify.max_user_watches=524288")]
    return [Finding(text)]


def _port(port: int) -> Finding:
    """Return whether a port is free; one in use does not fall short: the next one is taken."""
    try:
        listen(DEFAULT_HOST, port).close()
    except OSError:
        text = f"port {port}: in use, so `lambda-tui serve` takes the next free one"
        return Finding(text, is_note=True)
    return Finding(f"port {port}: free for `lambda-tui serve`")


def _watching_problem(directory: Path) -> str | None:
    """Return why the folder's files cannot be watched; None where they can."""
    stopped = threading.Event()
    stopped.set()
    try:
        for _ in watch(directory, stop_event=stopped, rust_timeout=1):
            break
    except (FileNotFoundError, PermissionError):
        # The report has a sentence for a folder that is not there, or cannot be read.
        return None
    except OSError as error:
        return shown(str(error))
    return None


def _container_memory() -> tuple[int, int] | None:
    """Return the bytes that are available and the most that this container may use, if limited."""
    for most, used in _CONTAINER_MEMORY:
        try:
            limit = int((_CGROUP / most).read_text())
            return max(0, limit - int((_CGROUP / used).read_text())), limit
        except (OSError, ValueError):
            continue
    return None


def _number(name: str) -> int | None:
    """Return a setting of the kernel; None if it has no such setting."""
    try:
        return int((_SYSTEM / name).read_text())
    except (OSError, ValueError):
        return None


def _limit(number: int) -> str:
    return "any number" if number == resource.RLIM_INFINITY else f"{number:,}"
