"""Restoring: an initialised runtime forks environments, each with a sandbox of its own.

Frames from the snapshot's init process: ``restore`` (descriptors: the new environment's control
channel, its line to the engine, and at level ``namespaces`` the user namespace to enter). On the
line the engine hears once of the new init process's id, or why there is none; the line closes when
that process ends.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import warnings
from collections.abc import Callable, Sequence

from . import descriptors, linux, nested, start
from .frames import Channel, Frame, Message
from .init import Init, Signalled
from .processes import KILL, PidNamespace, ProcessTree, current_pid_namespace, run_and_exit
from .python.logs import LOG_DESCRIPTOR

Resume = Callable[[Channel, Message], int]
"""Serves as the runtime from where the snapshot was taken; the process's exit status."""


class Restores:
    """What the runtime of a snapshot does from its snapshot on."""

    def __init__(self, requests: int, storage: str | None) -> None:
        """``storage`` stands in for ``/tmp`` at level ``processes``, and is None otherwise."""
        self._requests = Channel(requests)
        self._storage = storage

    def serve(self, channel: Channel, resume: Resume) -> None:
        """Forks an environment for each request; never returns.

        ``channel`` is the runtime's own to the engine, which no environment gets.
        """
        while True:
            frame = self._requests.receive()
            if frame is None:
                os._exit(0)
            self._restore(frame, channel, resume)

    def _restore(self, frame: Frame, channel: Channel, resume: Resume) -> None:
        """Forks a process that forks the new environment's init process and ends."""
        resume = _with_same_random_numbers(resume)

        def become_init() -> None:
            channel.close()
            self._requests.close()
            _silence()
            self._build(frame, resume)

        middle = _fork()
        if middle == 0:
            run_and_exit(become_init)
        for descriptor in frame.descriptors:
            os.close(descriptor)
        os.waitpid(middle, 0)

    def _build(self, frame: Frame, resume: Resume) -> None:
        control, line, *namespaces = frame.descriptors
        engine = socket.socket(fileno=line)
        try:
            if self._storage is None:
                self._build_in_namespaces(frame.message, control, engine, namespaces, resume)
            else:
                self._build_as_process(frame.message, control, engine, self._storage, resume)
        except OSError as error:
            engine.sendall(str(error).encode())

    def _build_in_namespaces(
        self,
        message: Message,
        control: int,
        engine: socket.socket,
        namespaces: Sequence[int],
        resume: Resume,
    ) -> None:
        (user_namespace,) = namespaces
        outer = current_pid_namespace()
        nested.enter(user_namespace, message["ephemeral_storage_mb"])
        os.close(user_namespace)
        if _fork() != 0:
            return
        nested.become_first()
        processes = PidNamespace(outer)
        engine.sendall(str(os.getpid()).encode())
        _RestoredInit(Channel(control), processes, None, None, engine, resume).run()

    def _build_as_process(
        self, message: Message, control: int, engine: socket.socket, storage: str, resume: Resume
    ) -> None:
        # Named after the snapshot's, with which it goes at the latest.
        own_storage = f"{storage}.{message['id']}"
        nested.copy_files(storage, own_storage)
        if _fork() != 0:
            return
        processes = ProcessTree()
        try:
            if sys.platform.startswith("linux"):
                linux.become_subreaper()
            engine.sendall(str(os.getpid()).encode())
            _RestoredInit(Channel(control), processes, own_storage, storage, engine, resume).run()
        finally:
            processes.signal_all(KILL)
            shutil.rmtree(own_storage, ignore_errors=True)


class _RestoredInit(Init):
    """Forks the runtime from itself: it has the state of the snapshot's and never runs its code."""

    maximum_processes = start.RESTORED_PROCESSES

    def __init__(
        self,
        control: Channel,
        processes: Signalled,
        storage: str | None,
        snapshots_storage: str | None,
        engine: socket.socket,
        resume: Resume,
    ) -> None:
        super().__init__(control, processes, {"kind": "created", "tmp": storage})
        self._snapshots_storage = snapshots_storage
        self._engine = engine
        self._resume = resume

    def _fork_runtime(self, streams: start.Streams, message: Message) -> start.Started:
        def serve(own_end: Channel) -> int:
            self._wakeup.close()
            self._control.close()
            self._engine.close()
            descriptors.renew({0, 1, 2, LOG_DESCRIPTOR, own_end.fileno()}, self._moved)
            return self._resume(own_end, message)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return start.fork_restored(streams, serve, is_isolated=self._is_isolated)

    def _moved(self, path: str) -> str:
        """Where a file of the snapshot's lies now: a copy of it where it was in its ``/tmp``."""
        before, now = self._snapshots_storage, self._storage
        if before is None or now is None or not path.startswith(before + os.sep):
            return path
        return now + path[len(before) :]


def _fork() -> int:
    """Forks; that a function has threads, which a fork leaves behind, it was told already."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return os.fork()


def _silence() -> None:
    """Leaves the log to the runtime: an init process writes to none."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (1, 2, LOG_DESCRIPTOR):
        os.dup2(null, descriptor, inheritable=descriptor != LOG_DESCRIPTOR)
    os.close(null)


def _with_same_random_numbers(resume: Resume) -> Resume:
    """Undoes that Python seeds its random numbers anew in each fork: AWS's snapshots keep them."""
    random = sys.modules.get("random")
    if random is None:
        return resume
    state = random.getstate()

    def resume_with_state(channel: Channel, message: Message) -> int:
        random.setstate(state)
        return resume(channel, message)

    return resume_with_state
