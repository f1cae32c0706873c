"""The init process of a snapshot: its runtime initialises the function once, and is then forked.

Frames from the engine, beside those to any init process: ``restore`` (descriptors: the new
environment's control channel and its line to the engine), which is handed on to the runtime;
``freeze`` stops the runtime again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import socket
from functools import partial

from . import init, levels, nested, start
from .frames import Channel, Frame, Message
from .init import Signalled
from .levels import Environment
from .machine import Machine
from .processes import CONTINUE, STOP
from .python import runtime
from .restore import Restores

# High, and below the runtime's own channel.
_REQUESTS_DESCRIPTOR = 990


def run_in_namespaces(
    control: Channel, environment: Environment, machine: Machine, outer_namespace: str
) -> None:
    """Serves as process 1 of its namespaces; returns when the engine has gone."""
    namespaces: list[int] = []
    levels.run_in_namespaces(
        control,
        environment,
        machine,
        outer_namespace,
        make_init=partial(_SnapshotInit, namespaces=namespaces),
        prepare=lambda proc: namespaces.append(nested.make_user_namespace(proc)),
    )


def run_as_process(control: Channel, environment: Environment) -> None:
    """Serves without isolation, where namespaces are refused; returns when the engine has gone."""
    levels.run_as_process(control, environment, make_init=partial(_SnapshotInit, namespaces=[]))


class _SnapshotInit(init.Init):
    def __init__(
        self, control: Channel, processes: Signalled, created: Message, namespaces: list[int]
    ) -> None:
        super().__init__(control, processes, created)
        self._namespaces = namespaces
        """The user namespace of what is restored, at level ``namespaces``."""
        self._requests: Channel | None = None
        self._is_taken = False

    def _handle(self, frame: Frame) -> None:
        kind = frame.message["kind"]
        if kind == "restore":
            self._restore(frame)
        elif kind == "freeze" and self._is_taken:
            self._signal_runtime(STOP)
        else:
            super()._handle(frame)
            if kind == "freeze":
                self._is_taken = True
                # What is restored has a limit of its own.
                self._memory = None

    def _restore(self, frame: Frame) -> None:
        # First, lest a runtime that ends meanwhile is not seen.
        self._signal_runtime(CONTINUE)
        if self._requests is not None:
            with contextlib.suppress(OSError):
                descriptors = [*frame.descriptors, *self._namespaces]
                self._requests.send(frame.message, descriptors=descriptors)
        for descriptor in frame.descriptors:
            os.close(descriptor)

    def _signal_runtime(self, number: int) -> None:
        """Signals it alone: below this process there are the restored environments too."""
        if self._runtime is not None:
            os.kill(self._runtime, number)

    def _fork_runtime(self, streams: start.Streams, message: Message) -> start.Started:
        ours, theirs = socket.socketpair()
        soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        number = fcntl.fcntl(theirs, fcntl.F_DUPFD_CLOEXEC, min(_REQUESTS_DESCRIPTOR, soft - 10))
        theirs.close()

        def serve(own_end: Channel) -> int:
            self._wakeup.forget()
            return runtime.main(own_end, message, Restores(number, self._storage))

        started = start.fork_runtime(streams, serve, is_isolated=self._is_isolated, kept=number)
        os.close(number)
        self._requests = Channel(ours.detach())
        return started
