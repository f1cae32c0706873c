"""The init process of a snapshot, whose runtime environments are restored from.

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
import sys
from functools import partial

from .. import init, python
from ..frames import Channel, Frame, Message
from ..init import (
    Environment,
    InitProcess,
    Launch,
    Streams,
    fork_runtime,
    restored_storages,
)
from ..macos import SeenProcesses
from ..processes import CONTINUE, STOP, EndedChild, ProcessSet, Step
from ..sandbox import HostFiles
from .nested_sandbox import make_user_namespace
from .restore import RestoreServer

# High, as the runtime's channel is, and below it.
_REQUESTS_DESCRIPTOR = 990


def run_in_namespaces(
    control: Channel, environment: Environment, host_files: HostFiles, outer_namespace: str
) -> Step | None:
    """Serve as process 1 of new namespaces; return when the engine has gone, or in a fork."""
    namespaces: list[int] = []
    return init.run_in_namespaces(
        control,
        environment,
        host_files,
        outer_namespace,
        make_init=partial(_SnapshotInit, namespaces=namespaces),
        prepare=lambda proc: namespaces.append(make_user_namespace(proc)),
    )


def run_as_process(
    control: Channel, environment: Environment, shared: SeenProcesses | None
) -> Step | None:
    """Serve without isolation, where namespaces are refused, as ``run_in_namespaces`` does."""
    make_init = partial(_SnapshotInit, namespaces=[])
    return init.run_as_process(control, environment, shared, make_init=make_init)


class _SnapshotInit(InitProcess):
    def __init__(
        self,
        control: Channel,
        processes: ProcessSet,
        created: Message,
        writable: list[str],
        namespaces: list[int],
    ) -> None:
        super().__init__(control, processes, created, writable)
        if self._writable is not None:
            # Restored environments are forks of the runtime, and may write only where it may.
            folder = restored_storages(self._writable[0])
            os.mkdir(folder, mode=0o700)
            self._writable.append(folder)
        self._namespaces = namespaces
        """Descriptor of the user namespace for restored environments, at level ``namespaces``."""
        self._requests: Channel | None = None
        self._is_taken = False
        self._in_flight: list[int] = []
        """On macOS: descriptors that were sent to the runtime, until it has certainly read them."""

    def _handle(self, frame: Frame) -> Step | None:
        kind = frame.message["kind"]
        if kind == "restore":
            self._restore(frame)
            return None
        if kind == "freeze" and self._is_taken:
            # The engine sends it once the new environment has answered.
            self._close_in_flight()
            self._signal_runtime(STOP)
            return None
        step = super()._handle(frame)
        if kind == "freeze":
            # The snapshot is taken. Restored environments, whose processes are below this one,
            # are frozen and limited by init processes of their own.
            self._is_taken = True
            self._memory = None
        return step

    def _restore(self, frame: Frame) -> None:
        # Before the request is sent: a stopped runtime reads nothing, so that a full socket would
        # block this process, which could then not notice the runtime's end.
        self._signal_runtime(CONTINUE)
        if self._requests is not None:
            with contextlib.suppress(OSError):
                descriptors = [*frame.descriptors, *self._namespaces]
                self._requests.send(frame.message, descriptors=descriptors)
        self._in_flight += frame.descriptors
        # The runtime has copies. Where it has gone, their closing tells the engine so. macOS may
        # lose what is open in a message alone.
        if sys.platform != "darwin" or self._runtime is None:
            self._close_in_flight()

    def _close_in_flight(self) -> None:
        while self._in_flight:
            os.close(self._in_flight.pop())

    def _report_exits(self, ended: list[EndedChild]) -> None:
        super()._report_exits(ended)
        if self._runtime is None:
            self._close_in_flight()

    def _signal_runtime(self, number: int) -> None:
        """Signal the runtime alone: below this process there are the restored environments too."""
        if self._runtime is not None:
            os.kill(self._runtime, number)

    def _fork_runtime(self, streams: Streams, message: Message) -> Launch:
        ours, theirs = socket.socketpair()
        soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        number = fcntl.fcntl(theirs, fcntl.F_DUPFD_CLOEXEC, min(_REQUESTS_DESCRIPTOR, soft - 10))
        theirs.close()

        sigchld, storage = self._sigchld, self._storage

        def serve(channel: Channel) -> Step:
            sigchld.uninstall()
            return python.main(channel, message, RestoreServer(number, storage).serve)

        launch = fork_runtime(
            streams,
            serve,
            is_isolated=self._is_isolated,
            processes=self._maximum_processes(),
            writable=self._writable,
            kept=number,
        )
        if launch.step is not None:
            return launch
        os.close(number)
        self._requests = Channel(ours.detach())
        return launch
