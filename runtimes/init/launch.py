"""Launching runtimes and extensions: processes that are forked from the init process."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from ..confinement import RESTORED_PROCESSES, confine_process
from ..frames import Channel
from ..processes import Step
from ..python import LOG_DESCRIPTOR

# High, so that a function gets descriptors from 3 on as it would on AWS; lower where the machine
# allows fewer.
_RUNTIME_CHANNEL = 1000
# Node.js closes descriptors up to 15 in what it starts, and can be told of no others.
_EXECUTED_LOG, _EXECUTED_CHANNEL = 14, 15
# Variables that tell an executed runtime the numbers of its channel and of the log, and the address
# of the Runtime API, which a wrapper may change in the variable that everybody reads.
_CHANNEL_VARIABLE = "_LAMBDA_TUI_CHANNEL"
_LOG_VARIABLE = "_LAMBDA_TELEMETRY_LOG_FD"
_API_VARIABLE = "_LAMBDA_TUI_RUNTIME_API"


class Streams(NamedTuple):
    """The descriptors that a new process gets, by their numbers here or there."""

    log: int
    """For its standard output and error, and for whole log records."""
    channel: int | None = None
    """To the engine; None for a process that speaks to it over HTTP."""


class Launch(NamedTuple):
    """A process that was launched, or why it could not be."""

    pid: int
    problem: str
    """In the words of Go, as in AWS's own messages; empty when the process runs."""
    step: Step | None = None
    """The work of the new process; None in the one that has launched it."""


def fork_runtime(
    streams: Streams,
    serve: Callable[[Channel], Step],
    *,
    is_isolated: bool,
    processes: int,
    writable: Iterable[str] | None,
    kept: int | None = None,
) -> Launch:
    """Fork a process that serves as a runtime over its channel; return in it too.

    ``writable`` goes to ``confine_process``. It inherits no other descriptor but ``kept``, on which
    a snapshot's runtime is asked to fork.
    """

    def become() -> Step:
        # Limits first: the number of the channel depends on that of descriptors.
        confine_process(
            is_isolated=is_isolated,
            processes=processes,
            writable=writable,
            may_build_sandboxes=kept is not None,
        )
        # The zygote ignores it, so that Ctrl-C in its terminal is the engine's alone.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        numbers = _target_numbers(streams, is_executed=False)
        _keep_only(streams, numbers, inheritable=False, kept=kept)
        assert numbers.channel is not None
        return serve(Channel(numbers.channel))

    return _fork_to(become)


def fork_restored_runtime(
    streams: Streams, serve: Callable[[Channel], Step], *, is_isolated: bool
) -> Launch:
    """Fork a runtime that has initialised the function, with all descriptors of the function's."""

    def become() -> Step:
        confine_process(is_isolated=is_isolated, processes=RESTORED_PROCESSES)
        numbers = _target_numbers(streams, is_executed=False)
        _install_streams(streams, numbers, inheritable=False)
        assert streams.channel is not None
        assert numbers.channel is not None
        # Only these two: all other open descriptors are the function's.
        os.close(streams.log)
        os.close(streams.channel)
        return serve(Channel(numbers.channel))

    return _fork_to(become)


def execute(
    command: Sequence[str],
    variables: Mapping[str, str],
    streams: Streams,
    *,
    is_isolated: bool,
    processes: int,
    writable: Iterable[str] | None,
) -> Launch:
    """Fork a process that executes a program, and wait until it does or cannot."""
    read_end, write_end = os.pipe()

    def become() -> int:
        confine_process(is_isolated=is_isolated, processes=processes, writable=writable)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        # Out of the way first: any of these may have a number that another one is about to take.
        answer = _duplicate_high(write_end)
        high = Streams(
            _duplicate_high(streams.log), streams.channel and _duplicate_high(streams.channel)
        )
        numbers = _target_numbers(high, is_executed=True)
        _keep_only(high, numbers, inheritable=True, kept=answer)
        own = dict(variables)
        if numbers.channel is not None:
            own[_CHANNEL_VARIABLE] = str(numbers.channel)
            own[_LOG_VARIABLE] = str(numbers.log)
            own[_API_VARIABLE] = own["AWS_LAMBDA_RUNTIME_API"]
        # Python ignores them, and an executed program inherits that.
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        try:
            os.execve(command[0], list(command), own)
        except OSError as error:
            os.write(answer, os.strerror(error.errno or 0).lower().encode())
        return 127

    pid = _fork(become)
    # Before reading. The other end closes as the program is executed, which ends the answer.
    os.close(write_end)
    with open(read_end, "rb") as answer_file:
        problem = answer_file.read().decode(errors="replace")
    if problem:
        # Reaped here, lest its end be reported as a runtime's.
        os.waitpid(pid, 0)
    return Launch(pid, problem)


def _fork_to(become: Callable[[], Step]) -> Launch:
    """Fork a process in a group of its own; return in it what it has to do."""
    pid = os.fork()
    if pid != 0:
        return Launch(pid, "")

    def become_leader() -> Step:
        os.setpgid(0, 0)
        return become()

    return Launch(0, "", become_leader)


def _fork(become: Callable[[], int]) -> int:
    """Fork a process in a group of its own; return its pid."""
    pid = os.fork()
    if pid != 0:
        return pid
    status = 1
    try:
        # A group, so that it and what it starts can be signalled without the environment's others.
        os.setpgid(0, 0)
        status = become()
    finally:
        os._exit(status)


def _target_numbers(streams: Streams, *, is_executed: bool) -> Streams:
    """Return the numbers that the log and the channel get in the new process."""
    if streams.channel is None:
        return Streams(LOG_DESCRIPTOR)
    if is_executed:
        return Streams(_EXECUTED_LOG, _EXECUTED_CHANNEL)
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return Streams(LOG_DESCRIPTOR, min(_RUNTIME_CHANNEL, soft - 1))


def _duplicate_high(descriptor: int) -> int:
    """Return a duplicate with a number above those that an executed program gets."""
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, LOG_DESCRIPTOR + 1)


def _keep_only(
    streams: Streams, numbers: Streams, *, inheritable: bool, kept: int | None = None
) -> None:
    """Install the streams and close every other descriptor of the init process's."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    _install_streams(streams, numbers, inheritable=inheritable)
    low = 3
    for descriptor in sorted(one for one in (kept, *numbers) if one is not None):
        os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, soft)


def _install_streams(streams: Streams, numbers: Streams, *, inheritable: bool) -> None:
    """Give the channel and the log their numbers, and the standard streams their targets."""
    # The channel first: what follows may take the number that it has here.
    if streams.channel is not None and numbers.channel is not None:
        os.dup2(streams.channel, numbers.channel, inheritable=inheritable)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    if null > 0:
        os.close(null)
    os.dup2(streams.log, 1)
    os.dup2(streams.log, 2)
    os.dup2(streams.log, numbers.log, inheritable=inheritable)
