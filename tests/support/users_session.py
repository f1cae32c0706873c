"""A script: runs functions of every kind from a session in which everything is unusual.

Arguments: the sandbox level, and an empty folder. Prints as JSON, for each kind, what the kernel
says of each process in an environment, and under ``host`` what it says of this one.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import fcntl
import json
import os
import pty
import resource
import signal
import sys
import termios
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.lifecycle import State
from lambda_tui.project.function import Function, Project, PublishedVersion
from lambda_tui.project.settings import Settings
from support.runtime_kinds import EXTENSION_SETUPS, RUNTIME_KINDS, SETTINGS
from support.workbench import until

NICE = 5
_ADDR_NO_RANDOMIZE = 0x0040000
_PR_SET_TIMERSLACK = 29
_SPOILED = "SPOILED"
_CHOSEN = ("python", "wrapped", "bash", "nodejs22.x")
_FIELDS = ("SigBlk", "SigIgn", "Umask", "Groups", "NoNewPrivs", "Seccomp", "CapEff")
_LIMITS = ("FSIZE", "CPU", "DATA", "AS", "NICE", "RTPRIO", "CORE", "NOFILE", "MEMLOCK", "NPROC")
_NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts")


def spoil() -> None:
    """Give this process whatever a user's session may have, and a terminal."""
    libc = ctypes.CDLL(None)
    os.setsid()
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for end in (master, terminal):
        os.set_inheritable(end, True)
    os.nice(NICE)
    os.umask(0o077)
    psutil.Process().ionice(psutil.IOPRIO_CLASS_IDLE)
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGCHLD, signal.SIGRTMIN + 2):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2, signal.SIGTERM])
    for limit in (resource.RLIMIT_FSIZE, resource.RLIMIT_DATA):
        resource.setrlimit(limit, (1 << 40, resource.getrlimit(limit)[1]))
    resource.setrlimit(resource.RLIMIT_CPU, (10_000, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    # A machine's configuration may allow a user these; here it takes a capability.
    with contextlib.suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_NICE, (30, 30))
        resource.setrlimit(resource.RLIMIT_RTPRIO, (50, 50))
    libc.prctl(_PR_SET_TIMERSLACK, ctypes.c_ulong(7_000_000), 0, 0, 0)
    libc.personality(ctypes.c_ulong(_ADDR_NO_RANDOMIZE))


async def look_at_all(level: str, folder: Path) -> dict[str, list[dict[str, Any]]]:
    functions = {name: _function(name, folder) for name in _CHOSEN}
    functions["extended"] = _function("python", folder / "extended", "external")
    functions["restored"] = replace(
        _function("python", folder / "restored"),
        snap_start=True,
        published=(PublishedVersion("1"),),
    )
    named = tuple(replace(function, name=name) for name, function in functions.items())
    choices: dict[str, Any] = {"sandbox": level, "watch": False, **SETTINGS}
    engine = Engine(Project(folder, named), Settings(**choices), open_environment_api)
    await engine.start()
    seen = {"host": [_facts(os.getpid())]}
    for name, pool in engine.pools.items():
        invocation = pool.invoke(b"null", qualifier="1" if name == "restored" else None)
        await invocation.wait()
        assert invocation.status == "success", (name, invocation.response)
        (environment,) = (one for one in pool.environments if one.id == invocation.environment_id)
        await until(engine, partial(_is_frozen, environment))
        children = psutil.Process(environment.pid).children(recursive=True)
        seen[name] = []
        for child in children:
            # A program that the runtime has started may just be ending, such as bash's curl.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError, psutil.NoSuchProcess):
                seen[name].append(_facts(child.pid))
    await engine.close()
    return seen


def _is_frozen(environment: ExecutionEnvironment) -> bool:
    return environment.state is State.FROZEN and environment.pid is not None


def _function(kind: str, folder: Path, setup: str = "alone") -> Function:
    (folder / kind).mkdir(parents=True)
    (function,) = EXTENSION_SETUPS[setup].project(RUNTIME_KINDS[kind], folder / kind).functions
    for path in folder.rglob("*"):
        path.chmod(0o755)
    return function


def _facts(pid: int) -> dict[str, Any]:
    proc = Path(f"/proc/{pid}")
    lines = (proc / "status").read_text().splitlines()
    status = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    stat = (proc / "stat").read_text().rpartition(")")[2].split()
    process = psutil.Process(pid)
    facts: dict[str, Any] = {name: status.get(name, "") for name in _FIELDS}
    facts.update(name=status["Name"], session=int(stat[3]), terminal=int(stat[4]))
    facts.update(nice=int(stat[16]), policy=int(stat[38]))
    facts["io"] = int(process.ionice().ioclass)
    facts["oom_score_adj"] = int((proc / "oom_score_adj").read_text())
    facts["coredump_filter"] = (proc / "coredump_filter").read_text().strip()
    facts["personality"] = int((proc / "personality").read_text(), 16)
    with contextlib.suppress(OSError):
        facts["timer_slack"] = int((proc / "timerslack_ns").read_text())
    facts["limits"] = {
        name: list(process.rlimit(getattr(resource, f"RLIMIT_{name}"))) for name in _LIMITS
    }
    facts["namespaces"] = {name: os.readlink(proc / "ns" / name) for name in _NAMESPACES}
    facts["files"] = []
    for descriptor in (proc / "fd").iterdir():
        # One is gone: that of the listing itself.
        with contextlib.suppress(FileNotFoundError):
            facts["files"].append(os.readlink(descriptor))
    facts["variables"] = (proc / "environ").read_bytes().decode(errors="replace")
    return facts


if __name__ == "__main__":
    if _SPOILED not in os.environ:
        spoil()
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, _SPOILED: "yes"})
    seen_by_kind = asyncio.run(
        asyncio.wait_for(look_at_all(sys.argv[1], Path(sys.argv[2])), timeout=200)
    )
    print(json.dumps(seen_by_kind))
