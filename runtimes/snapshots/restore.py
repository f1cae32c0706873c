"""Restoring: an initialised runtime forks environments, each with a sandbox of its own.

Frames from the snapshot's init process: ``restore`` (descriptors: the new environment's control
channel, its line to the engine, and at level ``namespaces`` the user namespace to enter). On the
line the engine reads the new init process's id, or why there is none; the line closes when that
process ends.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import warnings
from collections.abc import Sequence

from .. import linux
from ..confinement import RESTORED_PROCESSES, confine_environment
from ..frames import Channel, Frame, Message
from ..init import (
    InitProcess,
    Launch,
    Streams,
    fork_restored_runtime,
    restored_storages,
)
from ..processes import (
    KILL,
    PidNamespace,
    ProcessSet,
    Step,
    current_pid_namespace,
    process_tree,
)
from ..python import LOG_DESCRIPTOR, Resume
from . import nested_sandbox
from .descriptors import renew_descriptors


class RestoreServer:
    """The work of a snapshot's runtime once the function is initialised."""

    def __init__(self, requests: int, storage: str | None) -> None:
        """``storage`` is in the place of ``/tmp`` at level ``processes``, and None otherwise."""
        self._requests = Channel(requests)
        self._storage = storage
        self._snapshot_init = os.getppid()

    def serve(self, channel: Channel, resume: Resume) -> Step:
        """Fork an environment for each request; return in its init process what that has to do.

        ``channel`` is the runtime's own to the engine, which no environment gets.
        """
        while True:
            frame = self._requests.receive()
            if frame is None:
                os._exit(0)
            step = self._restore(frame, channel, resume)
            if step is not None:
                return step

    def _restore(self, frame: Frame, channel: Channel, resume: Resume) -> Step | None:
        """Fork a process that forks the new environment's init process and ends.

        So the init process becomes a child of the snapshot's init process, which reaps it, and
        this runtime, whose state is the snapshot, stays as it is.
        """
        resume = _with_same_random_numbers(resume)

        # The engine stops this runtime as soon as the new process has answered. Had it not closed
        # its copies of the descriptors by then, the engine would never see that process's end.
        until_closed, closed = os.pipe()

        def become_init() -> Step | None:
            os.close(closed)
            os.read(until_closed, 1)
            os.close(until_closed)
            channel.close()
            self._requests.close()
            _silence()
            return self._build(frame, resume)

        middle = _fork()
        if middle == 0:
            return become_init
        for descriptor in (*frame.descriptors, until_closed, closed):
            os.close(descriptor)
        os.waitpid(middle, 0)
        return None

    def _build(self, frame: Frame, resume: Resume) -> Step | None:
        """Build the new environment; return, in the process between, at once."""
        control, line, *namespaces = frame.descriptors
        engine = socket.socket(fileno=line)
        try:
            if self._storage is None:
                return self._build_in_namespaces(frame.message, control, engine, namespaces, resume)
            return self._build_as_process(frame.message, control, engine, self._storage, resume)
        except OSError as error:
            engine.sendall(os.fsencode(str(error)))
            return None

    def _build_in_namespaces(
        self,
        message: Message,
        control: int,
        engine: socket.socket,
        namespaces: Sequence[int],
        resume: Resume,
    ) -> Step | None:
        (user_namespace,) = namespaces
        # Read before the new one is entered: process 1 proves by it that it is in another.
        outer_namespace = current_pid_namespace()
        nested_sandbox.enter(user_namespace, message["ephemeral_storage_mb"])
        os.close(user_namespace)
        # The child is process 1 of the new pid namespace; this process is not in it, and ends.
        if _fork() != 0:
            return None
        nested_sandbox.become_first()
        # Beside the snapshot's own confinement, which this process has inherited.
        confine_environment(is_isolated=True)
        processes = PidNamespace(outer_namespace)
        # 1, as it is in here: beside it the kernel tells the engine the sender's id out there.
        engine.sendall(str(os.getpid()).encode())
        return _RestoredInit(Channel(control), processes, None, None, engine, resume).run()

    def _build_as_process(
        self, message: Message, control: int, engine: socket.socket, storage: str, resume: Resume
    ) -> Step | None:
        # Removed with the snapshot's at the latest.
        own_storage = os.path.join(restored_storages(storage), message["id"])
        nested_sandbox.copy_files(storage, own_storage)
        if _fork() != 0:
            return None
        # The parent ends at once.
        processes = process_tree(guardian=self._snapshot_init)
        step = None
        try:
            if sys.platform.startswith("linux"):
                linux.become_subreaper()
            confine_environment(is_isolated=False)
            engine.sendall(str(os.getpid()).encode())
            restored = _RestoredInit(
                Channel(control), processes, own_storage, storage, engine, resume
            )
            step = restored.run()
        finally:
            if step is None:
                processes.signal_all(KILL)
                shutil.rmtree(own_storage, ignore_errors=True)
        return step


class _RestoredInit(InitProcess):
    """Forks the runtime from itself: it has the snapshot's state, and never runs its code."""

    def __init__(
        self,
        control: Channel,
        processes: ProcessSet,
        storage: str | None,
        snapshot_storage: str | None,
        engine: socket.socket,
        resume: Resume,
    ) -> None:
        super().__init__(control, processes, {"kind": "created", "tmp": storage}, [])
        # As the snapshot's runtime may: paths in its storage may be in the function's memory.
        self._writable = None
        self._snapshot_storage = snapshot_storage
        self._engine = engine
        self._resume = resume

    def _fork_runtime(self, streams: Streams, message: Message) -> Launch:
        def serve(channel: Channel) -> Step:
            # One by one: all others that are open are the function's, from before the snapshot.
            self._sigchld.close()
            self._control.close()
            self._engine.close()
            kept = {0, 1, 2, LOG_DESCRIPTOR, channel.fileno()}
            renew_descriptors(kept, self._path_in_copy)
            return self._resume(channel, message)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return fork_restored_runtime(streams, serve, is_isolated=self._is_isolated)

    def _maximum_processes(self) -> int:
        return RESTORED_PROCESSES

    def _path_in_copy(self, path: str) -> str:
        """Return where a file now lies whose path in the snapshot this is."""
        before, now = self._snapshot_storage, self._storage
        if before is None or now is None or not path.startswith(before + os.sep):
            return path
        return now + path[len(before) :]


def _fork() -> int:
    """Fork without Python's warning about threads, which the fork does not have.

    That a function has some was reported when the snapshot was taken.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return os.fork()


def _silence() -> None:
    """Take the log from an init process: it writes to none, and would keep the pipe open."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (1, 2, LOG_DESCRIPTOR):
        os.dup2(null, descriptor, inheritable=descriptor != LOG_DESCRIPTOR)
    os.close(null)


def _with_same_random_numbers(resume: Resume) -> Resume:
    """Return ``resume`` with the snapshot's random state, which AWS's environments all begin with.

    Python seeds the generator anew in each fork, so the state is read before.
    """
    random = sys.modules.get("random")
    if random is None:
        return resume
    state = random.getstate()

    def resume_with_state(channel: Channel, message: Message) -> Step:
        random.setstate(state)
        return resume(channel, message)

    return resume_with_state
