"""The Init phases of environments, kept from the engine's events until nobody asks for them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec
from msgspec import structs

from lambda_tui.engine import events
from lambda_tui.engine.events import severity
from lambda_tui.history import MOST_OF_EACH, InvocationRecord

INIT = "init"
"""The name of the history's extra with the phases before an invocation."""
ENVIRONMENTS = 500
"""Environments whose phases are kept, the newest."""
PHASES = 5
"""Phases of one environment that are kept, the newest."""
PROFILES = 60
"""Phases whose modules are kept, the newest: they are hundreds each."""
ERROR_LIMIT = 16_000
"""Characters of an error that are kept."""


@dataclass(slots=True)
class SeenInit:
    """An Init phase, or a Restore phase in its place, as far as it has come."""

    environment: str
    began: float
    """Seconds since the epoch at which its first process was started."""
    phase: events.PhaseName = "init"
    is_restore: bool = False
    is_snapshot: bool = False
    """Whether a snapshot is taken after it, and environments are restored from that."""
    profile: events.InitProfile | None = None
    spans: tuple[events.Span, ...] = ()
    """The sub-phases, once it is over."""
    duration_ms: float | None = None
    """None while it lasts."""
    status: events.Status | None = None
    """None while it lasts."""
    error_type: str | None = None
    error: str = ""
    """The record of the error that ended it, as the function has logged it. Untrusted."""
    served: str = ""
    """The request id of the first invocation that was begun after it; empty before that."""


def to_json(phases: Sequence[SeenInit]) -> bytes:
    """Return phases as the history keeps them: without their modules, where these are too many."""
    whole = msgspec.json.encode(phases)
    if len(whole) <= MOST_OF_EACH:
        return whole
    return msgspec.json.encode([_without_modules(seen) for seen in phases])


def from_json(kept: bytes | None) -> Sequence[SeenInit]:
    """Return phases that the history has kept; none for what is not there, or not understood."""
    try:
        return () if kept is None else msgspec.json.decode(kept, type=list[SeenInit])
    except msgspec.DecodeError:
        return ()


def _without_modules(seen: SeenInit) -> SeenInit:
    profile = seen.profile
    return replace(seen, profile=profile and structs.replace(profile, modules=()))


@dataclass(slots=True)
class _Environment:
    function: str
    is_snapshot: bool = False
    phases: list[SeenInit] = field(default_factory=list)


class Inits:
    """Remembers the phases by their environments."""

    def __init__(self) -> None:
        self._environments: dict[str, _Environment] = {}
        """By the id, the oldest first."""
        self._profiled: deque[SeenInit] = deque()
        """The phases whose modules are kept, the oldest first."""
        self.changes = 0
        """The number of changes so far; whoever draws compares it."""

    def on_event(self, event: events.Event) -> None:
        """Take notice of an event."""
        match event.record:
            case events.StateChange(previous=None, reason=reason):
                self._environments[event.environment] = _Environment(
                    event.function, reason == "snapshot"
                )
                if len(self._environments) > ENVIRONMENTS:
                    del self._environments[next(iter(self._environments))]
            case events.InitStart(phase=phase):
                self._begin(event, phase, is_restore=False)
            case events.RestoreStart():
                self._begin(event, "init", is_restore=True)
            case events.InitProfile() as profile if seen := self._under_way(event):
                seen.profile = profile
                self._profiled.append(seen)
                if len(self._profiled) > PROFILES:
                    oldest = self._profiled.popleft()
                    oldest.profile = _without_modules(oldest).profile
            case events.FunctionLog(message=message) as log if seen := self._under_way(event):
                if severity(log) == "error":
                    seen.error = message[:ERROR_LIMIT]
            case events.InitReport() | events.RestoreReport() as report if seen := self._under_way(
                event
            ):
                seen.duration_ms, seen.status = report.duration_ms, report.status
                seen.error_type = report.error_type
                if isinstance(report, events.InitReport):
                    seen.spans = report.spans
            case events.Start(request_id=request_id):
                known = self._environments.get(event.environment)
                unserved = [one for one in known.phases if not one.served] if known else []
                for one in unserved:
                    one.served = request_id
                if not unserved:
                    return
            case _:
                return
        self.changes += 1

    def before(self, record: InvocationRecord) -> Sequence[SeenInit]:
        """Return the phases of the environment that serves an invocation, without later ones."""
        return [
            one
            for one in self.of(record.environment_id)
            if one.is_snapshot
            or one.began <= record.started
            or one.served == record.request_id
            or not (record.is_over or one.served)
        ]

    def to_keep(self, record: InvocationRecord) -> Mapping[str, bytes]:
        """Return the history's extras for an invocation: the phases that it waited for, if any."""
        phases = self.before(record)
        is_own = record.is_cold or any(one.served == record.request_id for one in phases)
        return {INIT: to_json(phases)} if phases and is_own else {}

    def of(self, environment: str) -> Sequence[SeenInit]:
        """Return the phases of an environment, by its id, the oldest first.

        What was restored from a snapshot has the Init of the snapshot before its own phases.
        """
        known = self._environments.get(environment)
        if known is None:
            return ()
        phases = known.phases
        if any(one.is_restore for one in phases):
            return (*self._of_snapshot(known.function, phases[0].began), *phases)
        return phases

    def _of_snapshot(self, function: str, until: float) -> Sequence[SeenInit]:
        """Return the Init of the snapshot that was the function's newest at a time."""
        found = [
            phase
            for one in self._environments.values()
            if one.is_snapshot and one.function == function
            for phase in one.phases
            if phase.began <= until
        ]
        return found[-1:]

    def _begin(self, event: events.Event, phase: events.PhaseName, *, is_restore: bool) -> None:
        known = self._environments.setdefault(event.environment, _Environment(event.function))
        seen = SeenInit(event.environment, event.time, phase, is_restore, known.is_snapshot)
        known.phases.append(seen)
        del known.phases[:-PHASES]

    def _under_way(self, event: events.Event) -> SeenInit | None:
        known = self._environments.get(event.environment)
        if known is None or not known.phases or known.phases[-1].status is not None:
            return None
        return known.phases[-1]
