"""What a process that was forked from the init process does to become a runtime or an extension."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from . import linux
from .frames import Channel
from .python.logs import LOG_DESCRIPTOR

MAXIMUM_DESCRIPTORS = 1024
MAXIMUM_PROCESSES = 1024
RESTORED_PROCESSES = 16 * MAXIMUM_PROCESSES
"""Of all environments together that come from one snapshot: the kernel counts them as one."""
# High, so that a function sees descriptors from 3 on as it would on AWS; lower where the machine
# allows fewer.
_RUNTIME_DESCRIPTOR = 1000
# Node.js keeps those up to 15 from what it starts, and can be told of no others.
_EXECUTED_LOG, _EXECUTED_CHANNEL = 14, 15
# Where a runtime that is executed finds the number of its channel, and of the log.
_CHANNEL_VARIABLE = "_LAMBDA_TUI_CHANNEL"
_LOG_VARIABLE = "_LAMBDA_TELEMETRY_LOG_FD"
# From this release on the limit counts a user namespace's processes, not all of the user's.
_PROCESS_LIMIT_IS_OURS = (5, 14)


class Streams(NamedTuple):
    """The descriptors that a new process gets."""

    log: int
    """Its standard output and error."""
    channel: int | None = None
    """To the engine; None for what speaks to it over HTTP."""


class Started(NamedTuple):
    """A process that was started, or why it was not."""

    pid: int
    problem: str
    """As Go words it, in which AWS's own service is written; empty when it runs."""


def fork_runtime(
    streams: Streams,
    serve: Callable[[Channel], int],
    *,
    is_isolated: bool,
    kept: int | None = None,
) -> Started:
    """Forks a process that serves as a runtime and speaks over its channel.

    Of the other descriptors it gets none but one that is to be ``kept``, as a snapshot's has it.
    """

    def become() -> int:
        _limit(is_isolated=is_isolated, may_rise=kept is not None)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        numbers = _numbers(streams, is_executed=False)
        _take(streams, numbers, inheritable=False, kept=kept)
        assert numbers.channel is not None
        own_end = Channel(numbers.channel)
        # Still held here: it closes when the process ends, and not when the function is done with.
        os._exit(serve(own_end))

    return Started(_fork(become), "")


def fork_restored(
    streams: Streams, serve: Callable[[Channel], int], *, is_isolated: bool
) -> Started:
    """Forks a runtime that has initialised the function; its descriptors are the function's."""

    def become() -> int:
        _limit(is_isolated=is_isolated, processes=RESTORED_PROCESSES)
        numbers = _numbers(streams, is_executed=False)
        _point_streams(streams, numbers, inheritable=False)
        assert streams.channel is not None
        assert numbers.channel is not None
        os.close(streams.log)
        os.close(streams.channel)
        own_end = Channel(numbers.channel)
        os._exit(serve(own_end))

    return Started(_fork(become), "")


def execute(
    command: Sequence[str],
    variables: Mapping[str, str],
    streams: Streams,
    *,
    is_isolated: bool,
    processes: int = MAXIMUM_PROCESSES,
) -> Started:
    """Forks a process that executes a program, and waits until it does or cannot."""
    read_end, write_end = os.pipe()

    def become() -> int:
        _limit(is_isolated=is_isolated, processes=processes)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        answer = _move_up(write_end)
        moved = Streams(_move_up(streams.log), streams.channel and _move_up(streams.channel))
        numbers = _numbers(moved, is_executed=True)
        _take(moved, numbers, inheritable=True, kept=answer)
        own = dict(variables)
        if numbers.channel is not None:
            own[_CHANNEL_VARIABLE] = str(numbers.channel)
            own[_LOG_VARIABLE] = str(numbers.log)
        # Python ignores them, and what is executed would too.
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        try:
            os.execve(command[0], list(command), own)
        except OSError as error:
            os.write(answer, os.strerror(error.errno or 0).lower().encode())
        return 127

    pid = _fork(become)
    os.close(write_end)
    with open(read_end, "rb") as told:
        problem = told.read().decode(errors="replace")
    if problem:
        os.waitpid(pid, 0)
    return Started(pid, problem)


def _fork(become: Callable[[], int]) -> int:
    """Forks a process in a group of its own; its pid."""
    pid = os.fork()
    if pid != 0:
        return pid
    status = 1
    try:
        os.setpgid(0, 0)
        status = become()
    finally:
        os._exit(status)


def _numbers(streams: Streams, *, is_executed: bool) -> Streams:
    """Where a process has its log and its channel."""
    if streams.channel is None:
        return Streams(LOG_DESCRIPTOR)
    if is_executed:
        return Streams(_EXECUTED_LOG, _EXECUTED_CHANNEL)
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return Streams(LOG_DESCRIPTOR, min(_RUNTIME_DESCRIPTOR, soft - 1))


def _move_up(descriptor: int) -> int:
    """A copy with a number above those that are about to be given."""
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, LOG_DESCRIPTOR + 1)


def _take(
    streams: Streams, numbers: Streams, *, inheritable: bool, kept: int | None = None
) -> None:
    """Leaves a process its standard streams, the log and its channel."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    _point_streams(streams, numbers, inheritable=inheritable)
    low = 3
    for descriptor in sorted(one for one in (kept, *numbers) if one is not None):
        os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, soft)


def _point_streams(streams: Streams, numbers: Streams, *, inheritable: bool) -> None:
    """Puts the channel and the log where a process has them."""
    if streams.channel is not None and numbers.channel is not None:
        os.dup2(streams.channel, numbers.channel, inheritable=inheritable)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    if null > 0:
        os.close(null)
    os.dup2(streams.log, 1)
    os.dup2(streams.log, 2)
    os.dup2(streams.log, numbers.log, inheritable=inheritable)


def _limit(
    *, is_isolated: bool, processes: int = MAXIMUM_PROCESSES, may_rise: bool = False
) -> None:
    """Sets AWS's limits, and ties the process's life to the init process's."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_NOFILE, MAXIMUM_DESCRIPTORS)
    if not sys.platform.startswith("linux"):
        return
    linux.die_with_parent(signal.SIGKILL)
    linux.drop_capabilities()
    release = tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])
    if is_isolated and release >= _PROCESS_LIMIT_IS_OURS:
        _lower(resource.RLIMIT_NPROC, processes, may_rise=may_rise)


def _lower(limit: int, number: int, *, may_rise: bool = False) -> None:
    """Sets a limit, as far as the machine allows so much."""
    _soft, hard = resource.getrlimit(limit)
    if hard != resource.RLIM_INFINITY:
        number = min(number, hard)
    resource.setrlimit(limit, (number, hard if may_rise else number))
