"""The Runtime API's order rules: every state of a runtime × every call that it may make."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from lambda_tui.engine.runtime_api import RuntimeState as S
from support.environment_host import (
    INIT_ERROR,
    NEXT,
    REQUEST_ID,
    RESTORE_ERROR,
    RESTORE_NEXT,
    Connection,
    Host,
    environment_host,
    error_path,
    head,
    response_path,
)

OK = 200
TAKEN = 202
WAITS = "waits"
CALLS = {
    "next": ("GET", NEXT, S.READY),
    "response": ("POST", response_path(), S.RESPONSE),
    "error": ("POST", error_path(), S.ERROR_RESPONSE),
    "init/error": ("POST", INIT_ERROR, S.INIT_ERROR),
}
# Per state, in the order of the calls above. A response and an error name the invocation: where
# there is none, the id is what is refused, with 400.
TABLE: dict[S, tuple[int | str, ...]] = {
    S.STARTED: (WAITS, 400, 400, TAKEN),
    S.READY: (WAITS, 400, 400, 403),
    S.RUNNING: (OK, TAKEN, TAKEN, 403),
    S.RESPONSE: (403, 403, 403, 403),
    S.ERROR_RESPONSE: (403, 403, 403, 403),
    S.RESPONSE_SENT: (WAITS, 403, 403, 403),
    S.INIT_ERROR: (403, 400, 400, 403),
}
CASES = [
    pytest.param(state, call, expected, id=f"{state}-{call}")
    for state, row in TABLE.items()
    for call, expected in zip(CALLS, row, strict=True)
]


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    async with environment_host() as host:
        yield host


@pytest.mark.rule("2.1.3", "2.3.5", "2.5.1", "2.5.2", "2.6.1", "2.6.3")
@pytest.mark.parametrize(("state", "call", "expected"), CASES)
async def test_a_call_is_taken_or_refused_by_the_runtimes_state(
    host: Host, state: S, call: str, expected: int | str
) -> None:
    waiting = await ROADS[state](host)
    assert host.runtime.state is state
    method, path, wanted = CALLS[call]

    if expected == WAITS:
        await _serves_who_waits(host, await host.wait(path), waiting)
        return
    answer = await host.call(method, path, b"{}" if method == "POST" else b"")
    assert answer.status == expected
    if expected == TAKEN:
        assert answer.json == {"status": "OK"}
    elif expected == 400:
        assert answer.error == (400, "InvalidRequestID", "Invalid request ID")
    elif expected == 403:
        assert host.runtime.state is state
        assert answer.error == (
            403,
            "InvalidStateTransition",
            f"State transition from {state} to {wanted} failed for runtime. "
            "Error: State transition is not allowed",
        )


async def _serves_who_waits(host: Host, caller: Connection, waiting: Connection | None) -> None:
    """The call is answered once there is something to say."""
    if waiting is not None:
        # One that waited before goes first.
        host.invoke()
        assert (await waiting.answer()).status == OK
        await host.call("POST", response_path())
    host.invoke(request_id="another")
    answer = await caller.answer()
    assert (answer.status, answer.headers["lambda-runtime-aws-request-id"]) == (OK, "another")


# How a runtime gets into a state, and who waits for an event by then. -----------------------------


async def _started(host: Host) -> None:
    return


async def _ready(host: Host) -> Connection:
    return await host.wait()


async def _running(host: Host) -> None:
    assert (await host.begin()).status == OK


async def _responding(host: Host) -> None:
    await _posting(host, response_path(), S.RESPONSE)


async def _reporting(host: Host) -> None:
    await _posting(host, error_path(), S.ERROR_RESPONSE)


async def _posting(host: Host, path: str, state: S) -> None:
    await _running(host)
    posting = await host.connect()
    posting.send(head("POST", path, {"Content-Length": "1000", "Expect": "100-continue"}))
    # Answered when the head has been read.
    await posting.goes_on()
    assert host.runtime.state is state


async def _response_sent(host: Host) -> None:
    await _running(host)
    assert (await host.call("POST", response_path(), b"1")).status == TAKEN


async def _init_failed(host: Host) -> None:
    assert (await host.call("POST", INIT_ERROR, b"{}")).status == TAKEN


ROADS: dict[S, Callable[[Host], Awaitable[Connection | None]]] = {
    S.STARTED: _started,
    S.READY: _ready,
    S.RUNNING: _running,
    S.RESPONSE: _responding,
    S.ERROR_RESPONSE: _reporting,
    S.RESPONSE_SENT: _response_sent,
    S.INIT_ERROR: _init_failed,
}


@pytest.mark.rule("2.6.1")
def test_the_table_knows_every_state() -> None:
    assert set(TABLE) == set(ROADS) == set(S)


@pytest.mark.rule("2.6.2")
async def test_an_id_is_checked_before_the_state(host: Host) -> None:
    await _responding(host)

    answer = await host.call("POST", response_path("8476a536-0000-0000-0000-000000000000"), b"1")

    assert answer.error == (400, "InvalidRequestID", "Invalid request ID")


@pytest.mark.rule("2.5.1")
async def test_an_id_is_stale_once_the_runtime_has_asked_for_more(host: Host) -> None:
    await _response_sent(host)
    waiting = await host.wait()

    assert (await host.call("POST", response_path(), b"1")).status == 400
    host.invoke(request_id="another")
    await waiting.answer()
    assert (await host.call("POST", response_path(REQUEST_ID), b"1")).status == 400
    assert (await host.call("POST", error_path(REQUEST_ID), b"1")).status == 400
    assert (await host.call("POST", response_path("another"), b"1")).status == TAKEN


@pytest.mark.rule("2.6.4")
async def test_a_runtime_that_owes_an_answer_gets_the_same_event_again(host: Host) -> None:
    first = await host.begin()
    again = await host.call("GET", NEXT)

    assert again.body == first.body
    assert _without_date(again.headers) == _without_date(first.headers)
    assert (await host.call("POST", response_path(), b"1")).status == TAKEN
    assert host.kinds == ["ready", "response"]


async def test_an_event_that_comes_before_the_call_waits_for_it(host: Host) -> None:
    host.invoke()

    assert (await host.call("GET", NEXT)).status == OK
    assert host.runtime.state is S.RUNNING


async def test_an_event_that_comes_before_the_runtime_asks_for_more_is_not_lost(
    host: Host,
) -> None:
    await _response_sent(host)
    host.invoke(request_id="another")

    answer = await host.call("GET", NEXT)
    assert answer.headers["lambda-runtime-aws-request-id"] == "another"


async def test_the_environment_is_told_of_each_step_once(host: Host) -> None:
    await host.begin()
    await host.call("POST", response_path(), b"1")
    for number in range(3):
        waiting = await host.wait()
        host.invoke(request_id=f"id-{number}")
        await waiting.answer()
        await host.call("POST", response_path(f"id-{number}"), b"1")

    assert host.kinds == ["ready", "response", *(["next", "response"] * 3)]


async def test_who_hangs_up_while_waiting_leaves_the_event_to_the_next_one(host: Host) -> None:
    for _ in range(3):
        leaving = await _ready(host)
        leaving.hang_up()
    staying = await host.wait()
    host.invoke()

    assert (await staying.answer()).body == b'{"name": "value"}'


async def test_who_has_said_all_and_waits_has_hung_up(host: Host) -> None:
    leaving = await _ready(host)
    leaving.say_no_more()

    assert await leaving.ends()
    host.invoke()
    assert (await host.call("GET", NEXT)).status == OK


@pytest.mark.rule("2.5.6")
async def test_a_reset_ends_the_waiting(host: Host) -> None:
    waiting = await _ready(host)
    host.runtime.close()

    assert (await waiting.answer()).error == (500, "InternalServerError", "Internal Server Error")


async def test_what_a_dead_runtime_has_begun_has_no_effect(host: Host) -> None:
    await host.begin()
    posting = await host.connect()
    posting.send(head("POST", response_path(), {"Content-Length": "3", "Expect": "100-continue"}))
    await posting.goes_on()

    host.runtime.close()
    posting.send(b"abc")

    assert (await posting.answer()).status == TAKEN
    assert host.kinds == ["ready"]


@pytest.mark.rule("2.1.9")
async def test_without_snapstart_there_is_nothing_to_restore() -> None:
    async with environment_host() as host:
        assert (await host.call("GET", RESTORE_NEXT)).status == 404
        assert (await host.call("POST", RESTORE_ERROR, b"{}")).status == 404
        assert host.runtime.state is S.STARTED


def _without_date(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "date"}
