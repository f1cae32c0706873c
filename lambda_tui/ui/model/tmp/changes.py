"""Finds out what each invocation has added to its environment's ``/tmp``, changed and removed."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
from msgspec import Struct

from lambda_tui.engine.engine import Engine
from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.events import Event, StateChange
from lambda_tui.engine.lifecycle import State
from lambda_tui.history import InvocationRecord
from lambda_tui.ui.model.tmp.files import COMPARED, TmpError, TmpFiles, TmpPath

TMP = "tmp"
"""The name of the history's extra with what an invocation has changed."""
LISTED = 500
"""Paths that are kept of each kind of change; the counts are exact."""
_KEPT = 2_000
"""Invocations whose changes are kept."""
_KEPT_PATHS = 50_000
"""Paths that are kept of all of them together."""
_SHARE = 0.1
"""The part of one core's time that readings may take."""
_STILL = (State.FROZEN, State.RESET)
"""States in which nothing in the environment runs, so that a reading is of one moment."""


class TmpChange(Struct, frozen=True, kw_only=True):
    """The difference between two readings of an environment's ``/tmp``."""

    function: str
    environment: int
    """The environment's number."""
    invocations: tuple[int, ...]
    """The numbers of the invocations that ran between the readings; mostly there is one."""
    with_init: bool = False
    """Whether Init, or Restore, ran between them too."""
    problem: str = ""
    """A sentence why nothing is known, if so."""
    added: tuple[str, ...] = ()
    """Paths below ``/tmp``, sorted and at most ``LISTED``; so are the others."""
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    added_count: int = 0
    changed_count: int = 0
    removed_count: int = 0

    @classmethod
    def counted(cls, record: InvocationRecord) -> TmpChange:
        """Return as much as a record tells: how many changes there were, and not which."""
        return cls(
            function=record.function,
            environment=record.environment or 0,
            invocations=(record.number,),
            added_count=record.tmp_added,
            changed_count=record.tmp_changed,
            removed_count=record.tmp_removed,
        )

    def to_json(self) -> bytes:
        """Return it as the history keeps it."""
        return msgspec.json.encode(self)

    @classmethod
    def from_json(cls, kept: bytes | None) -> TmpChange | None:
        """Return what the history has kept; None for what is not there, or not understood."""
        try:
            return None if kept is None else msgspec.json.decode(kept, type=cls)
        except msgspec.DecodeError:
            return None

    @property
    def covers(self) -> str:
        """The invocations in words: ``#7``, ``init and #7``, ``#7 to #9 together``."""
        first, last = f"#{self.invocations[0]}", f"#{self.invocations[-1]}"
        several = len(self.invocations) > 1
        text = f"{first} to {last} together" if several else first
        return f"init and {text}" if self.with_init else text

    @property
    def counts(self) -> str:
        """The counts that are not zero, as the tab shows them: ``+1 ~2 −1``."""
        signs = (("+", self.added_count), ("~", self.changed_count), ("−", self.removed_count))
        return " ".join(f"{sign}{count:,}" for sign, count in signs if count)


@dataclass(slots=True)
class _Watched:
    """An environment between two readings of its ``/tmp``."""

    environment: ExecutionEnvironment
    states: Mapping[str, int] | None = field(default_factory=dict)
    """The last reading; None when there was too much to read."""
    moves: int = 0
    """Changes of its state so far, to notice one during a reading."""
    invocations: list[int] = field(default_factory=list)
    """Numbers of the invocations since the last reading."""
    with_init: bool = True


class TmpChanges:
    """Compares each environment's ``/tmp`` before and after an invocation.

    It is read in a thread while the environment is frozen or reset, so nothing changes meanwhile,
    and no invocation waits for it. When the next invocation begins before that, the next reading
    covers both. Where much runs, readings are rarer, so that they take little of the machine.
    """

    def __init__(self, engine: Engine, session: str, tell: Callable[[TmpChange], None]) -> None:
        """``tell`` receives each change, on the loop; ``session`` is that of the records."""
        self.session = session
        self._engine = engine
        self._tell = tell
        self._watched: dict[str, _Watched] = {}
        """By the environments' ids."""
        self._due: dict[str, None] = {}
        """Ids of the environments that are to be read, in this order."""
        self._changes: OrderedDict[tuple[str, int], TmpChange] = OrderedDict()
        """By function and number of the invocation."""
        self._paths = 0
        self._reader: asyncio.Task[None] | None = None
        self._stop_listening = engine.events.listen(self._on_event, StateChange)

    def close(self) -> None:
        """Stop listening, and read no more."""
        self._stop_listening()
        if self._reader is not None:
            self._reader.cancel()

    def of(self, record: InvocationRecord) -> TmpChange | None:
        """Return what an invocation of this session has changed; None where it is not known."""
        if record.session != self.session:
            return None
        return self._changes.get((record.function, record.number))

    def before(self, environment_id: str) -> Mapping[str, int] | None:
        """Return the last reading of an environment; None when there is none to compare with."""
        watched = self._watched.get(environment_id)
        return None if watched is None else watched.states

    def forget(self, environment_id: str, path: TmpPath) -> None:
        """Take note that the user has deleted something, which no invocation has removed then."""
        watched = self._watched.get(environment_id)
        if watched is not None and watched.states is not None:
            # A reading that is under way may have seen it.
            watched.moves += 1
            if watched.invocations:
                self._read_soon(environment_id)
            name = "/".join(path)
            watched.states = {
                each: state
                for each, state in watched.states.items()
                if each != name and not each.startswith(f"{name}/")
            }

    def _on_event(self, event: Event) -> None:
        if (watched := self._watched_environment(event)) is None:
            return
        watched.moves += 1
        environment = watched.environment
        invocation = environment.invocation
        if invocation is not None and invocation.number not in watched.invocations[-1:]:
            watched.invocations.append(invocation.number)
        if environment.state is State.INITIALISING:
            watched.with_init = True
        elif environment.state is State.ENDED:
            del self._watched[environment.id]
            self._due.pop(environment.id, None)
            if watched.invocations:
                self._note_end(watched)
        elif environment.state in _STILL and watched.invocations:
            self._read_soon(environment.id)

    def _read_soon(self, id: str) -> None:
        self._due[id] = None
        if self._reader is None:
            self._reader = asyncio.get_running_loop().create_task(self._read_due())

    def _watched_environment(self, event: Event) -> _Watched | None:
        watched = self._watched.get(event.environment)
        if watched is None and (pool := self._engine.pools.get(event.function)) is not None:
            for environment in pool.environments:
                if environment.id == event.environment and environment.state is not State.ENDED:
                    watched = self._watched[environment.id] = _Watched(environment)
        return watched

    async def _read_due(self) -> None:
        """Read one environment after the other until none is due."""
        try:
            while self._due:
                id = next(iter(self._due))
                del self._due[id]
                began = time.monotonic()
                if (watched := self._watched.get(id)) is not None:
                    await self._read(watched)
                await asyncio.sleep((time.monotonic() - began) * (1 / _SHARE - 1))
        finally:
            self._reader = None

    async def _read(self, watched: _Watched) -> None:
        environment, moves = watched.environment, watched.moves
        directory = environment.tmp_directory
        if environment.state not in _STILL or directory is None:
            return
        before = watched.states
        try:
            states, difference = await asyncio.to_thread(_compare, TmpFiles(directory), before)
        except (TmpError, OSError):
            # It has just ended, of which an event tells.
            return
        if watched.moves != moves:
            # It ran meanwhile: it is read again when it rests.
            return
        numbers, watched.invocations = tuple(watched.invocations), []
        with_init, watched.with_init = watched.with_init, False
        watched.states = states
        self._add(_change(environment, numbers, difference, with_init=with_init))

    def _note_end(self, watched: _Watched) -> None:
        environment = watched.environment
        self._add(
            TmpChange(
                function=environment.function.name,
                environment=environment.number,
                invocations=tuple(watched.invocations),
                problem=f"Not known: env {environment.number} ended before it was looked at.",
            )
        )

    def _add(self, change: TmpChange) -> None:
        for number in change.invocations:
            self._changes[change.function, number] = change
        self._paths += _paths(change)
        while len(self._changes) > _KEPT or (
            self._paths > _KEPT_PATHS and len(self._changes) > len(change.invocations)
        ):
            _, oldest = self._changes.popitem(last=False)
            if next(iter(self._changes.values()), None) is not oldest:
                self._paths -= _paths(oldest)
        self._tell(change)


def _paths(change: TmpChange) -> int:
    return len(change.added) + len(change.changed) + len(change.removed)


class _Difference(NamedTuple):
    """The paths that two readings of a ``/tmp`` do not share, sorted."""

    added: list[str]
    changed: list[str]
    removed: list[str]


def _compare(
    files: TmpFiles, before: Mapping[str, int] | None
) -> tuple[Mapping[str, int] | None, _Difference | None]:
    """Return a new reading, and how it differs from the one before if both are whole."""
    after = files.states()
    if before is None or after is None:
        return after, None
    both = after.keys() & before.keys()
    return after, _Difference(
        added=sorted(after.keys() - before.keys()),
        changed=sorted(path for path in both if after[path] != before[path]),
        removed=sorted(before.keys() - after.keys()),
    )


def _change(
    environment: ExecutionEnvironment,
    invocations: tuple[int, ...],
    difference: _Difference | None,
    *,
    with_init: bool,
) -> TmpChange:
    added, changed, removed = difference or _Difference([], [], [])
    too_much = f"Not known: /tmp has more than {COMPARED:,} entries, or hides some."
    return TmpChange(
        function=environment.function.name,
        environment=environment.number,
        invocations=invocations,
        with_init=with_init,
        problem="" if difference is not None else too_much,
        added=tuple(added[:LISTED]),
        changed=tuple(changed[:LISTED]),
        removed=tuple(removed[:LISTED]),
        added_count=len(added),
        changed_count=len(changed),
        removed_count=len(removed),
    )
