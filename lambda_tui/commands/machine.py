"""Examines this machine: its kernel, its limits and its network."""

from __future__ import annotations

import os
import platform
import re
import resource
import shutil
import socket
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from lambda_tui.apis.http import DEFAULT_PORT
from lambda_tui.engine.launch import connector_remedy, find_connector, network_for
from lambda_tui.project.function import Function
from lambda_tui.project.settings import Settings
from lambda_tui.wording import counted

LEAST_DESCRIPTORS = 1024
LEAST_WATCHES = 8192
LEAST_KERNEL = (5, 12)
"""The first with ``mount_setattr``, which makes a sandbox read-only in one call."""

_MB = 1 << 20
_SYSTEM = Path("/proc/sys")
_CONTAINER_SIGNS = ("/.dockerenv", "/run/.containerenv")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report: a fact, and what to do about it."""

    text: str
    remedy: str = ""
    """An instruction; empty when all is well, or when the text says what to do."""
    is_problem: bool = False
    """Whether something falls short although there is no remedy."""

    @property
    def falls_short(self) -> bool:
        """Whether the user should do something about it."""
        return self.is_problem or bool(self.remedy)


def machine_findings(functions: Iterable[Function]) -> list[Finding]:
    """Return the findings on everything but the sandbox and the network."""
    chosen = list(functions)
    return [
        _kernel(),
        _memory(max((one.memory_size for one in chosen), default=0)),
        _storage(max((one.ephemeral_storage for one in chosen), default=0)),
        _descriptors(),
        *_watches(),
        _port(DEFAULT_PORT),
    ]


def sandbox_remedy() -> str:
    """Return what makes namespaces work here, as far as the system tells why they do not."""
    if platform.system() != "Linux":
        return "run it on Linux, in a virtual machine for example, for real sandboxes."
    if _number("kernel/apparmor_restrict_unprivileged_userns") == 1:
        return "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    if _number("kernel/unprivileged_userns_clone") == 0:
        return "sudo sysctl -w kernel.unprivileged_userns_clone=1"
    if _number("user/max_user_namespaces") == 0:
        return "sudo sysctl -w user.max_user_namespaces=15000"
    if any(map(os.path.exists, _CONTAINER_SIGNS)):
        return (
            "start the container with --security-opt seccomp=unconfined "
            "--security-opt apparmor=unconfined --security-opt systempaths=unconfined"
        )
    return "allow user, mount, process and IPC namespaces: `unshare -Urmpf true` has to work."


def network_finding(
    functions: Iterable[Function], settings: Settings, *, has_namespaces: bool
) -> Finding:
    """Return which network environments get, and what keeps functions from one that they need."""
    if not has_namespaces:
        return Finding("network: all environments share this machine's, for want of namespaces")
    connector = find_connector()
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
    available = memory.available // _MB
    text = f"memory: {available:,} of {memory.total // _MB:,} MB available"
    if available < needed_mb:
        return Finding(text, f"close something: a function may use {needed_mb:,} MB.")
    return Finding(text)


def _storage(needed_mb: int) -> Finding:
    directory = tempfile.gettempdir()
    free = shutil.disk_usage(directory).free // _MB
    text = f"{directory}: {free:,} MB free"
    if free < needed_mb:
        remedy = f"make room, or set TMPDIR: a function's /tmp may hold {needed_mb:,} MB."
        return Finding(text, remedy)
    return Finding(text)


def _descriptors() -> Finding:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    text = f"open files: {_limit(soft)} at most"
    if soft != resource.RLIM_INFINITY and soft < LEAST_DESCRIPTORS:
        wanted = LEAST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, 8192)
        return Finding(text, f"ulimit -n {wanted}, for many environments at a time.")
    return Finding(text)


def _watches() -> list[Finding]:
    watches = _number("fs/inotify/max_user_watches")
    if watches is None:
        return []
    text = f"watched folders: {watches:,} at most"
    if watches < LEAST_WATCHES:
        return [Finding(text, "sudo sysctl -w fs.inotify.max_user_watches=524288")]
    return [Finding(text)]


def _port(port: int) -> Finding:
    """Return whether a port is free; one in use does not fall short: the next one is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return Finding(f"port {port}: in use, so `lambda-tui serve` takes the next free one")
    return Finding(f"port {port}: free for `lambda-tui serve`")


def _number(name: str) -> int | None:
    """Return a setting of the kernel; None if it has no such setting."""
    try:
        return int((_SYSTEM / name).read_text())
    except (OSError, ValueError):
        return None


def _limit(number: int) -> str:
    return "any number" if number == resource.RLIM_INFINITY else f"{number:,}"
