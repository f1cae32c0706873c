"""The lives of execution environments on the wall clock, as the event stream tells them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lambda_tui.engine import events
from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.lifecycle import State
from lambda_tui.ui.model.lives.concurrency import Activity, AtOnce
from lambda_tui.ui.model.lives.segments import (
    INIT_KINDS,
    Segment,
    SegmentKind,
    joined,
)

MOST_SEGMENTS = 400
"""Segments that are kept of one life."""
MOST_ENDED = 200
"""Lives that are kept of environments that have ended, for one function."""

RECORDS: tuple[type[events.Record], ...] = (
    events.FunctionRemoved,
    events.StateChange,
    events.RestoreStart,
    events.InitReport,
    events.RestoreReport,
    events.Start,
    events.RuntimeDone,
    events.Report,
)
"""The records that lives are made of."""

FindEnvironment = Callable[[str, str], ExecutionEnvironment | None]
"""Returns an environment by the names of its function and its id; None if it is not known."""

_KINDS: dict[State, SegmentKind] = {
    State.CREATING: SegmentKind.CREATING,
    State.INITIALISING: SegmentKind.INIT,
    State.IDLE: SegmentKind.IDLE,
    State.INVOKING: SegmentKind.INVOKE,
    State.FROZEN: SegmentKind.FROZEN,
    State.RESETTING: SegmentKind.RESETTING,
    State.RESET: SegmentKind.RESET,
    State.SHUTTING_DOWN: SegmentKind.SHUTDOWN,
}
_PARTS: dict[str, SegmentKind] = {
    "extensionInit": SegmentKind.EXTENSION_INIT,
    "runtimeInit": SegmentKind.RUNTIME_INIT,
    "functionInit": SegmentKind.FUNCTION_INIT,
}
"""The kinds by the names of an Init report's spans."""


class Life:
    """One environment from the building of its sandbox to its end, as segments in their order.

    Segments follow one another without a gap and without overlap. All but the last have an end.
    """

    def __init__(self, id: str, function: str, number: int | None) -> None:
        self.id = id
        self.function = function
        self.number = number
        """Counted from 1 within the function: ``env 1``. None while it is not known."""
        self.environment: ExecutionEnvironment | None = None
        """The environment itself, until it has ended."""
        self.segments: list[Segment] = []
        self.ended: float | None = None
        """Seconds since the epoch."""
        self.end_reason = ""
        self.invocations = 0
        self.failures = 0
        self.last_duration_ms: float | None = None
        """Duration of the last invocation."""
        self.revision = 0
        """Changes with each change of the segments."""

    @property
    def start(self) -> float:
        """Seconds since the epoch at which its oldest segment begins."""
        return self.segments[0].start

    @property
    def current(self) -> Segment | None:
        """The segment that lasts; None once it has ended."""
        last = self.segments[-1] if self.segments else None
        return last if last is not None and last.end is None else None

    @property
    def is_working(self) -> bool:
        """Whether something is under way in it."""
        return self.current is not None and not self.current.is_quiet

    @property
    def is_invoking(self) -> bool:
        """Whether an invocation is under way in it, the work of extensions after it included."""
        current = self.current
        return current is not None and current.kind in (SegmentKind.INVOKE, SegmentKind.OVERHEAD)

    def add(self, record: events.Record, time: float) -> None:
        """Take a record of the environment into account."""
        if self.segments:
            # The wall clock may be set back.
            time = max(time, self.segments[-1].start)
        match record:
            case events.StateChange(state=State.ENDED, reason=reason):
                self._close(time)
                self.ended = time
                self.end_reason = reason or ""
                self.environment = None
            case events.StateChange(state=state, reason=reason):
                self._begin(Segment(_KINDS[state], time, reason=reason or ""))
                if state is State.INVOKING:
                    self._note_invocation()
            case events.RestoreStart():
                self._be_restored()
            case events.InitReport():
                self._split_init(record, time)
            case events.RestoreReport(status=status, error_type=error_type):
                self._end_init(status, error_type)
            case events.Start(request_id=request_id):
                self._note_request(request_id)
            case events.RuntimeDone():
                self._end_runtime(record, time)
            case events.Report():
                self._end_invocation(record)
        self.revision += 1

    def at(self, time: float) -> Segment | None:
        """Return the segment at a moment; None before its start and after its end."""
        for segment in reversed(self.segments):
            if segment.start <= time:
                return segment if segment.end is None or time < segment.end else None
        return None

    def _begin(self, segment: Segment) -> None:
        """End the segment that lasts, and begin another."""
        self._close(segment.start)
        self.segments.append(segment)
        if len(self.segments) > MOST_SEGMENTS:
            self.segments = joined(self.segments, MOST_SEGMENTS * 3 // 4)

    def _close(self, time: float) -> None:
        if (current := self.current) is not None:
            current.end = time

    # Init

    def _be_restored(self) -> None:
        if (current := self.current) is not None and current.kind is SegmentKind.INIT:
            current.kind = SegmentKind.RESTORE

    def _split_init(self, report: events.InitReport, time: float) -> None:
        """Put the parts of the phase in the place of the segment that stood for all of it."""
        init = self.current
        if init is None or init.kind is not SegmentKind.INIT:
            return
        spans = [(kind, span) for span in report.spans if (kind := _PARTS.get(span.name))]
        if spans:
            self.segments.pop()
            # The first process had been started before anybody heard of it.
            start = self._move_end(time - sum(span.duration_ms for _, span in spans) / 1000, init)
            for kind, span in spans:
                end = min(start + span.duration_ms / 1000, time)
                self.segments.append(Segment(kind, start, end, request_id=init.request_id))
                start = end
            # The state lasts until the next change.
            self.segments[-1].end = None
        self._end_init(report.status, report.error_type)

    def _move_end(self, time: float, following: Segment) -> float:
        """Let the last segment end at an earlier time, unless nothing was under way in it.

        Return where the one that follows begins then.
        """
        last = self.segments[-1] if self.segments else None
        if last is None or last.is_quiet or time >= following.start:
            return following.start
        last.end = max(last.start, time)
        return last.end

    def _end_init(self, status: events.Status, error_type: str | None) -> None:
        last = self.segments[-1] if self.segments else None
        if last is not None and last.kind in INIT_KINDS and status != "success":
            last.failure, last.error_type = status, error_type or ""

    # Invoke

    def _note_invocation(self) -> None:
        """Note which invocation the segment that has begun is about."""
        segment = self.segments[-1]
        segment.invocations = 1
        self.invocations += 1
        invocation = self.environment.invocation if self.environment is not None else None
        if invocation is not None:
            segment.request_id, segment.number = invocation.request_id, invocation.number

    def _note_request(self, request_id: str) -> None:
        """Note the request of the invocation, or of the Init that has failed inside it."""
        last = self.segments[-1] if self.segments else None
        if last is not None and (last.kind is SegmentKind.INVOKE or last.kind in INIT_KINDS):
            last.request_id = request_id

    def _end_runtime(self, done: events.RuntimeDone, time: float) -> None:
        """Note the outcome; whatever follows is the work of extensions."""
        segment = self._invoke_segment(done.request_id)
        if segment is None:
            return
        segment.spans, segment.duration_ms = done.spans, done.duration_ms
        self._note_failure(segment, done.status, done.error_type)
        if segment is self.current:
            overhead = Segment(SegmentKind.OVERHEAD, time, request_id=segment.request_id)
            overhead.number = segment.number
            self._begin(overhead)

    def _end_invocation(self, report: events.Report) -> None:
        self.last_duration_ms = report.duration_ms
        segment = self._invoke_segment(report.request_id)
        if segment is None:
            return
        self._note_failure(segment, report.status, report.error_type)
        segment.spans = (*segment.spans, *report.spans)
        last = self.segments[-1]
        if not report.spans and last.kind is SegmentKind.OVERHEAD:
            # Without extensions nothing is waited for.
            segment.duration_ms = report.duration_ms
            self.segments.pop()
            segment.end = last.end

    def _note_failure(
        self, segment: Segment, status: events.Status, error_type: str | None
    ) -> None:
        """Note a failure, of the platform's or of the handler's own."""
        failure = "" if status == "success" else status
        environment = self.environment
        invocation = environment.invocation if environment is not None else None
        # A handler that raises is a success to the platform.
        if not failure and invocation is not None and invocation.status == "error":
            failure = "error"
        if failure and not segment.failure:
            segment.failure, segment.error_type = failure, error_type or ""
            segment.failures = 1
            self.failures += 1

    def _invoke_segment(self, request_id: str) -> Segment | None:
        """Return the segment of an invocation that is under way or has just been cut off."""
        for segment in self.segments[-3:]:
            if segment.kind is SegmentKind.INVOKE and segment.request_id == request_id:
                return segment
        return None


class FunctionLives:
    """The lives of one function's environments, and what they did at the same time."""

    def __init__(self) -> None:
        self.at_once = AtOnce()
        """Environments that invoke."""
        self.activity = Activity()
        self.revision = 0
        """Changes with each change of a life."""
        self._living: dict[str, Life] = {}
        self._ended: dict[str, Life] = {}

    @property
    def living(self) -> list[Life]:
        """The lives of environments that exist, by their numbers."""
        return sorted(self._living.values(), key=_number)

    @property
    def ended(self) -> list[Life]:
        """The lives of environments that have ended, in the order of their ends."""
        return list(self._ended.values())

    @property
    def all(self) -> list[Life]:
        """All lives that are kept, by the numbers of their environments."""
        return sorted([*self._living.values(), *self._ended.values()], key=_number)

    def by_id(self, id: str) -> Life | None:
        """Return the life of an environment."""
        return self._living.get(id) or self._ended.get(id)

    def add(self, life: Life, record: events.Record, time: float) -> None:
        """Take a record of an environment into account."""
        was_invoking = life.is_invoking
        life.add(record, time)
        self.revision += 1
        if not isinstance(record, events.StateChange):
            return
        self.activity.note(life.id, time, is_working=life.is_working)
        if was_invoking != life.is_invoking:
            self.at_once.change(time, 1 if life.is_invoking else -1)
        if life.ended is None:
            self._living[life.id] = life
        else:
            self._living.pop(life.id, None)
            self._ended[life.id] = life
            while len(self._ended) > MOST_ENDED:
                del self._ended[next(iter(self._ended))]

    def notice(self, environments: Iterable[ExecutionEnvironment], now: float) -> None:
        """Begin the lives of environments whose beginning was not seen, with their state as it is.

        Those have none that were made before anybody listened.
        """
        for one in environments:
            if one.id not in self._living and one.id not in self._ended and one.state in _KINDS:
                life = Life(one.id, one.function.name, one.number)
                life.environment = one
                life.invocations = one.invocations
                self.add(life, events.StateChange(one.state), now)


class Lives:
    """The lives of all environments, by their functions."""

    def __init__(self, find: FindEnvironment) -> None:
        self._find = find
        self._functions: dict[str, FunctionLives] = {}

    def of(self, function: str) -> FunctionLives:
        """Return the lives of a function's environments."""
        return self._functions.setdefault(function, FunctionLives())

    def add(self, event: events.Event) -> None:
        """Take an event with one of the ``RECORDS`` into account; others do not matter here."""
        if isinstance(event.record, events.FunctionRemoved):
            self._functions.pop(event.function, None)
        if not event.environment or not isinstance(event.record, RECORDS):
            return
        lives = self.of(event.function)
        life = lives.by_id(event.environment)
        if life is None:
            life = self._begin(event)
        if life is not None:
            lives.add(life, event.record, event.time)

    def _begin(self, event: events.Event) -> Life | None:
        """Return a new life; None for what is no environment of the pool's, such as a snapshot."""
        record = event.record
        if not isinstance(record, events.StateChange) or record.previous is not None:
            return None
        if record.reason == "snapshot":
            return None
        environment = self._find(event.function, event.environment)
        number = environment.number if environment is not None else None
        life = Life(event.environment, event.function, number)
        life.environment = environment
        return life


def _number(life: Life) -> int:
    return life.number or 0
