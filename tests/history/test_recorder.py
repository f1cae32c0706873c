"""The way of an invocation into the history: its log from the stream, and later news."""

from __future__ import annotations

from lambda_tui.engine.events import Event, FunctionLog, Record, StateChange
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.lifecycle import State
from lambda_tui.history import Recorder, contents
from support.records import SESSION, OpenHistory, record


def served_by(environment: str, number: int = 1) -> Invocation:
    """Return an invocation that an environment has answered."""
    invocation = Invocation("Greet", number, b"{}")
    invocation.assign(environment, 1, "")
    invocation.finish("success", b'"done"')
    return invocation


def tell(recorder: Recorder, environment: str, *records: Record | str) -> None:
    """Pass records on as the engine's stream does; a text is a line of the function's."""
    for one in records:
        logged = FunctionLog(one) if isinstance(one, str) else one
        recorder.on_event(Event(record=logged, function="Greet", environment=environment))


async def test_each_invocation_has_the_log_of_its_own_environment_since_the_one_before(
    open_history: OpenHistory,
) -> None:
    recorder = Recorder({})
    async with open_history() as history:
        recorder.history = history
        tell(recorder, "a", "init of a", "one of a")
        tell(recorder, "b", "one of b")
        recorder.keep(record(1), served_by("a"), {"tmp": b"[]"})
        tell(recorder, "a", "two of a")
        recorder.keep(record(2), served_by("a", 2), {})
        recorder.keep(record(3), served_by("b", 3), {})
        found = [await history.open_one(SESSION, "Greet", number) for number in (1, 2, 3)]

    logs = [None if one is None else one.log.content for one in found]
    assert logs == [b"init of a\none of a\n", b"two of a\n", b"one of b\n"]
    assert found[0] is not None
    assert found[0].extras == {"tmp": b"[]"}


async def test_what_an_environment_logs_after_its_last_invocation_is_not_kept_for_ever(
    open_history: OpenHistory,
) -> None:
    recorder = Recorder({})
    async with open_history() as history:
        recorder.history = history
        tell(recorder, "a", "the last words", StateChange(State.ENDED, State.RESET, None))

        assert recorder._logs == {}


async def test_a_log_without_end_takes_bounded_memory(open_history: OpenHistory) -> None:
    recorder = Recorder({})
    async with open_history() as history:
        recorder.history = history
        tell(recorder, "a", *(f"{number:,} {'x' * 1_000}" for number in range(2_000)))
        assert recorder._logs["a"]._characters < 2 * contents.MOST_OF_EACH
        recorder.keep(record(1), served_by("a"), {})
        found = await history.open_one(SESSION, "Greet", 1)

    assert found is not None
    assert found.log.content.endswith(b"x\n")
    assert b"1,999 x" in found.log.content


async def test_what_becomes_known_later_is_kept(open_history: OpenHistory) -> None:
    recorder = Recorder({})
    async with open_history() as history:
        recorder.history = history
        recorder.keep(record(1), served_by("a"), {})
        recorder.update(record(1, follow_up="next attempt at 14:52:10"))
        (found,) = await history.rows()

    assert found.follow_up == "next attempt at 14:52:10"


def test_without_a_history_nothing_is_gathered() -> None:
    recorder = Recorder({})
    tell(recorder, "a", "a line")
    recorder.keep(record(1), served_by("a"), {})

    assert recorder._logs == {}
