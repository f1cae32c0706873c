"""A function's snapshots: the one that is restored now, and older ones in which some still run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from lambda_tui.engine import events
from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.runtime_api import OpenApi
from lambda_tui.engine.snapshots.restored_environment import RestoredEnvironment
from lambda_tui.engine.snapshots.snapshot import Snapshot
from lambda_tui.engine.wire import Zygote
from lambda_tui.project.function import Function


class SnapshotsOwner(Protocol):
    """What snapshots need of their pool."""

    environments: list[ExecutionEnvironment]

    def emit(self, record: events.Record, environment: str) -> events.Event:
        """Puts a record on the event stream; the event that it became."""

    def on_problem(self, problem: str) -> None:
        """No environment can be made, for this reason."""


class Snapshots:
    """Makes one when it is needed, and ends it when nothing runs in it and it is out of date."""

    def __init__(self, owner: SnapshotsOwner, open_api: OpenApi) -> None:
        self.all: list[Snapshot] = []
        """Oldest first; those that have not ended."""
        self._current: Snapshot | None = None
        self._owner = owner
        self._open_api = open_api

    @property
    def current(self) -> Snapshot | None:
        """The one that environments are restored from, or will be."""
        is_there = self._current is not None and self._current.can_restore
        return self._current if is_there else None

    def take(self, function: Function, zygote: Zygote) -> Snapshot:
        """The present one, which is begun now if there is none; raises ``OSError``."""
        if self.current is not None:
            return self.current
        self._current = Snapshot(function, zygote, self, self._open_api)
        self.all.append(self._current)
        self._current.start()
        return self._current

    def forget(self) -> None:
        """The function has changed: the present one is of no more use."""
        self._current = None
        self.end_unused("reload")

    def end_unused(self, reason: events.RemovalReason) -> None:
        """Ends those that are out of date, unless environments stand on them."""
        for snapshot in list(self.all):
            is_current = snapshot is self.current
            if not is_current and not self._restored_from(snapshot):
                snapshot.environment.shut_down(reason)

    # What snapshots tell -------------------------------------------------------------------------

    def emit(self, record: events.Record, environment: str) -> events.Event:
        """Puts a record of a snapshot's environment on the stream."""
        return self._owner.emit(record, environment)

    def on_snapshot_failed(self, snapshot: Snapshot) -> None:
        """Whoever waits for it waits in vain."""
        failure = snapshot.environment.failure
        for environment in self._restored_from(snapshot):
            if failure is not None:
                environment.give_up(failure)

    def on_snapshot_gone(self, snapshot: Snapshot) -> None:
        """It has ended."""
        self.all.remove(snapshot)
        if snapshot.problem is not None:
            self._owner.on_problem(snapshot.problem)

    def _restored_from(self, snapshot: Snapshot) -> Sequence[RestoredEnvironment]:
        return [
            one
            for one in self._owner.environments
            if isinstance(one, RestoredEnvironment) and one.fork_server is snapshot
        ]
