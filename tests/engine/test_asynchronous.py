"""Asynchronous invocations: their queue, their further tries, and what is delivered where."""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.asynchronous import queue as asynchronous
from lambda_tui.engine.events import AsyncDelivered, AsyncRetried
from lambda_tui.engine.pool import Pool
from lambda_tui.project.function import Alias, AsyncConfig, Function, Project
from lambda_tui.project.load import load_project
from support import SECONDS
from support.workbench import TIMEOUT, Open, Workbench, published, response_of

RECORDED: dict[str, Any] = json.loads(
    Path(__file__).with_name("destinations.json").read_text(encoding="utf-8")
)
"""The records that AWS sent to destinations and dead-letter queues, ids and times masked."""
QUEUE = "arn:aws:sqs:us-east-1:123456789012:queue"
BUS = "arn:aws:events:us-east-1:123456789012:event-bus/orders"
SHORT = (0.05, 0.1)

# The recorded traces say line 4 of index.py, and lines 7 and 55 of handler.py.
BY_MODE = """
def handler(event, context):
    if event.get("mode") == "failure":
        raise Exception("intentional failure!")
    return {"hello": "world", "test": "abc", "val": 5, "success": True}
"""[1:].replace("def", "\ndef", 1)
FAILS = '''"""Always fails."""




def handler(event, context):
    raise Exception("intentional failure")
'''
ECHOES = """
FIELDS = (
    "aws_request_id", "client_context", "function_name", "function_version",
    "invoked_function_arn", "log_group_name", "log_stream_name", "memory_limit_in_mb",
)
def handler(event, context):
    if "raise_error" in event:
{gap}
        raise Exception("Test exception (this is intentional)")
    return {{"context": {{name: getattr(context, name) for name in FIELDS}}, "event": event}}
""".format(gap="\n" * 46)
KEEPS = """
def handler(event, context):
    return event
"""
CRASHES_ONCE = """
import os, tempfile
TRIED = tempfile.gettempdir() + "/tried"
def handler(event, context):
    if not os.path.exists(TRIED):
        open(TRIED, "w").close()
        os._exit(1)
    return "at last"
"""
WAITS = """
import os, time
def handler(event, context):
    print("waiting")
    while not os.path.exists(os.environ["LAMBDA_TASK_ROOT"] + "/release"):
        time.sleep(0.002)
"""


@pytest.fixture
def level() -> str:
    """Return the level that the machine gives: queues know nothing of sandboxes."""
    return "auto"


def function(
    folder: Path, name: str, source: str, module: str = "index", **fields: Any
) -> Function:
    code = folder / name
    code.mkdir(exist_ok=True)
    (code / f"{module}.py").write_text(source)
    return Function(name, f"{module}.handler", code, **{"timeout": TIMEOUT, **fields})


def with_config(function: Function, **fields: Any) -> Function:
    return replace(function, asynchronous=AsyncConfig(**fields))


async def see_through(workbench: Workbench, event: object, pool: Pool | None = None) -> str:
    """Send an event, wait until all that follows from it is over, and return its request id."""
    request_id = workbench.engine.asynchronous.accept(
        pool or workbench.pool, json.dumps(event).encode()
    )
    assert request_id is not None
    await workbench.until(lambda: workbench.engine.asynchronous.waiting == 0)
    return request_id


def delivered(workbench: Workbench, request_id: str) -> AsyncDelivered:
    """Return the record of the only delivery to a destination for an event."""
    (record,) = [
        record
        for record in workbench.records(AsyncDelivered)
        if record.request_id == request_id and not record.is_dead_letter
    ]
    return record


def attempts(workbench: Workbench, request_id: str) -> int:
    return [record.request_id for record in workbench.records(events.Start)].count(request_id)


def masked(record: object, function: Function) -> Any:
    """Return a record, ours or AWS's, with ids, times and names replaced by the same words."""
    text = json.dumps(record)
    text = text.replace("arn:<partition>", "arn:aws").replace("<region>", function.region)
    text = text.replace("111111111111", function.account_id)
    text = re.sub(r"<(resource:\d|input-fn-name)>", function.name, text)
    text = text.replace("<event-bus-name>", "orders").replace("<test-msg-id>", "hello")
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|<uuid:\d>", "<uuid>", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "date", text)
    text = re.sub(r"20\d\d/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", "<log-stream-name:1>", text)
    text = text.replace(str(function.code_directory), "/var/task")
    return json.loads(text)


@pytest.mark.parametrize(
    ("recording", "source", "module", "event", "fields"),
    [
        ("success", BY_MODE, "index", {"mode": "success"}, {}),
        ("failure", BY_MODE, "index", {"mode": "failure"}, {"maximum_retry_attempts": 0}),
        ("success with the context", ECHOES, "handler", {}, {"maximum_retry_attempts": 0}),
        (
            "failure without retries",
            ECHOES,
            "handler",
            {"raise_error": 1},
            {"maximum_retry_attempts": 0},
        ),
        ("failure after two retries", ECHOES, "handler", {"raise_error": 1}, {}),
        (
            "too old after one attempt",
            FAILS,
            "handler",
            {"message": "hello"},
            {"maximum_event_age": 60},
        ),
    ],
    ids=[
        "success",
        "failure",
        "success with the context",
        "failure without retries",
        "failure after two retries",
        "too old after one attempt",
    ],
)
async def test_a_destination_gets_the_record_that_aws_sent(
    open_project: Open,
    tmp_path: Path,
    recording: str,
    source: str,
    module: str,
    event: object,
    fields: dict[str, Any],
) -> None:
    one = function(tmp_path, "recorded", source, module)
    one = with_config(one, on_success=QUEUE, on_failure=QUEUE, **fields)
    # An event of at most a minute's age has no time for a try that comes later than that.
    delays = (60.1, 60.1) if fields.get("maximum_event_age") else SHORT
    workbench = await open_project(Project(tmp_path, (one,)), retry_delays=delays)

    request_id = await see_through(workbench, event)

    record = delivered(workbench, request_id)
    assert record.target == QUEUE
    assert masked(json.loads(record.payload), one) == masked(RECORDED[recording], one)
    assert record.condition == RECORDED[recording]["requestContext"]["condition"]


async def test_the_second_try_of_an_event_that_is_then_too_old_is_in_its_record(
    open_project: Open, tmp_path: Path
) -> None:
    one = with_config(function(tmp_path, "recorded", FAILS, "handler"), maximum_event_age=60)
    workbench = await open_project(Project(tmp_path, (one,)), retry_delays=(0.05, 60.1))

    request_id = await see_through(workbench, {"message": "hello"})

    recorded = RECORDED["too old after two attempts"]
    record = json.loads(delivered(workbench, request_id).payload)
    assert masked(record, one) == masked(recorded, one)


@pytest.mark.parametrize("outcome", ["success", "failure"])
async def test_a_function_of_the_project_is_invoked_with_the_record(
    open_project: Open, tmp_path: Path, outcome: str
) -> None:
    keeper = function(tmp_path, "keeper", KEEPS)
    other = function(tmp_path, "other", KEEPS)
    targets = {"on_success": other.arn, "on_failure": other.arn, f"on_{outcome}": keeper.arn}
    one = with_config(function(tmp_path, "sender", BY_MODE), maximum_retry_attempts=0, **targets)
    workbench = await open_project(Project(tmp_path, (one, keeper, other)))

    request_id = await see_through(workbench, {"mode": outcome})

    record = delivered(workbench, request_id)
    assert record.target == keeper.arn
    (invocation,) = workbench.engine.pools["keeper"].invocations
    assert response_of(invocation) == json.loads(record.payload)
    assert invocation.request_id != request_id, "it is an event of its own"
    assert not workbench.engine.pools["other"].invocations


@pytest.mark.parametrize("qualifier", ["$LATEST", "live"])
async def test_a_function_is_found_by_its_qualified_arn_and_not_by_a_longer_name(
    open_project: Open, tmp_path: Path, qualifier: str
) -> None:
    keeper, longer = (function(tmp_path, name, KEEPS) for name in ("keep", "keeper"))
    longer = replace(longer, **published())
    one = with_config(function(tmp_path, "sender", KEEPS), on_success=f"{longer.arn}:{qualifier}")
    workbench = await open_project(Project(tmp_path, (one, keeper, longer)))

    await see_through(workbench, {})

    assert not workbench.engine.pools["keep"].invocations
    assert len(workbench.engine.pools["keeper"].invocations) == 1


async def test_without_a_destination_the_record_is_on_the_stream_all_the_same(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(Project(tmp_path, (function(tmp_path, "one", KEEPS),)))

    request_id = await see_through(workbench, {"a": 1})

    record = delivered(workbench, request_id)
    assert (record.target, record.condition) == (None, "Success")
    assert json.loads(record.payload)["responsePayload"] == {"a": 1}


async def test_accepting_an_event_waits_for_nothing(open_project: Open, tmp_path: Path) -> None:
    workbench = await open_project(Project(tmp_path, (function(tmp_path, "one", KEEPS),)))

    request_id = workbench.engine.asynchronous.accept(workbench.pool, b"{}")

    assert request_id is not None
    assert workbench.engine.asynchronous.waiting == 1
    assert not workbench.pool.invocations, "it was not even begun"
    await workbench.until(lambda: workbench.engine.asynchronous.waiting == 0)


async def test_a_failure_is_tried_twice_more_after_the_set_times_under_the_same_id(
    open_project: Open, tmp_path: Path
) -> None:
    one = function(tmp_path, "fails", FAILS)
    workbench = await open_project(Project(tmp_path, (one,)), retry_delays=(0.2, 0.4))

    request_id = await see_through(workbench, {})

    assert attempts(workbench, request_id) == 3
    assert {one.request_id for one in workbench.pool.invocations} == {request_id}
    assert workbench.records(AsyncRetried) == [
        AsyncRetried(request_id, "error", 0.2, 1),
        AsyncRetried(request_id, "error", 0.4, 2),
    ]
    starts = [e.time for e in workbench.events if isinstance(e.record, events.Start)]
    reports = [e.time for e in workbench.events if isinstance(e.record, events.Report)]
    assert starts[1] - reports[0] + 0.01 >= 0.2
    assert starts[2] - reports[1] + 0.01 >= 0.4


@pytest.mark.parametrize("maximum", [0, 1, 2])
async def test_there_are_no_more_tries_than_the_function_takes(
    open_project: Open, tmp_path: Path, maximum: int
) -> None:
    one = with_config(function(tmp_path, "fails", FAILS), maximum_retry_attempts=maximum)
    workbench = await open_project(Project(tmp_path, (one,)), retry_delays=SHORT)

    request_id = await see_through(workbench, {})

    assert attempts(workbench, request_id) == maximum + 1
    assert delivered(workbench, request_id).condition == "RetriesExhausted"


async def test_a_try_that_succeeds_ends_it(open_project: Open, tmp_path: Path) -> None:
    one = function(tmp_path, "crashes", CRASHES_ONCE)
    workbench = await open_project(Project(tmp_path, (one,)), retry_delays=SHORT)

    request_id = await see_through(workbench, {})

    record = delivered(workbench, request_id)
    assert record.condition == "Success"
    assert json.loads(record.payload)["requestContext"]["approximateInvokeCount"] == 2
    assert json.loads(record.payload)["responsePayload"] == "at last"


async def test_a_throttled_event_is_put_back_for_longer_each_time_and_loses_no_try(
    open_project: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asynchronous, "_FIRST_BACKOFF", 0.05)
    one = function(tmp_path, "waits", WAITS, reserved_concurrency=1)
    workbench = await open_project(Project(tmp_path, (one,)))
    blocking = workbench.pool.invoke(b"{}")
    await workbench.until_logged("waiting")

    request_id = workbench.engine.asynchronous.accept(workbench.pool, b"{}")
    await workbench.until(lambda: len(workbench.records(AsyncRetried)) == 3)
    (one.code_directory / "release").touch()
    await workbench.until(lambda: workbench.engine.asynchronous.waiting == 0)

    assert request_id is not None
    retried = workbench.records(AsyncRetried)
    assert [record.reason for record in retried] == ["throttled"] * len(retried)
    assert [record.delay_seconds for record in retried[:3]] == [0.05, 0.1, 0.2]
    record = delivered(workbench, request_id)
    assert record.condition == "Success"
    assert json.loads(record.payload)["requestContext"]["approximateInvokeCount"] == 1
    assert blocking.status == "success"


async def test_an_event_that_was_throttled_beyond_its_age_is_given_up(
    open_project: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asynchronous, "_FIRST_BACKOFF", 0.3)
    one = function(tmp_path, "waits", WAITS, reserved_concurrency=1)
    one = with_config(one, maximum_event_age=1)
    workbench = await open_project(Project(tmp_path, (one,)))
    blocking = workbench.pool.invoke(b"{}")
    await workbench.until_logged("waiting")

    request_id = await see_through(workbench, {})

    record = delivered(workbench, request_id)
    assert record.condition == "EventAgeExceeded"
    assert json.loads(record.payload)["requestContext"]["approximateInvokeCount"] == 0
    assert not blocking.is_over
    (one.code_directory / "release").touch()
    await asyncio.wait_for(blocking.wait(), SECONDS)


async def test_an_alias_is_tried_again_and_delivered_as_its_own_configuration_says(
    open_project: Open, tmp_path: Path
) -> None:
    one = function(tmp_path, "fails", FAILS, **published())
    one = replace(
        with_config(one, maximum_retry_attempts=0, on_failure=QUEUE),
        aliases=(Alias("live", "1"),),
        qualified_asynchronous={"live": AsyncConfig(maximum_retry_attempts=1, on_failure=BUS)},
    )
    workbench = await open_project(Project(tmp_path, (one,)), retry_delays=SHORT)

    for qualifier in (None, "live", "1"):
        workbench.engine.asynchronous.accept(workbench.pool, b"{}", qualifier=qualifier)
        await workbench.until(lambda: workbench.engine.asynchronous.waiting == 0)

    assert [record.target for record in workbench.records(AsyncDelivered)] == [QUEUE, BUS, None]
    retried = [record.request_id for record in workbench.records(AsyncRetried)]
    tries = [1 + retried.count(one.request_id) for one in workbench.records(AsyncDelivered)]
    assert tries == [1, 2, 3]


async def test_a_function_that_is_blocked_sends_its_events_straight_on(
    open_project: Open, tmp_path: Path
) -> None:
    one = function(tmp_path, "blocked", KEEPS, reserved_concurrency=0)
    one = with_config(one, on_failure=QUEUE, dead_letter=QUEUE)
    workbench = await open_project(Project(tmp_path, (one,)))

    request_id = await see_through(workbench, {"a": 1})

    record = delivered(workbench, request_id)
    assert (record.condition, record.target) == ("ZeroReservedConcurrency", QUEUE)
    payload = json.loads(record.payload)
    assert payload["requestContext"]["approximateInvokeCount"] == 0
    assert payload["requestPayload"] == {"a": 1}
    assert set(payload) == {"version", "timestamp", "requestContext", "requestPayload"}
    assert not workbench.pool.invocations


async def test_the_dead_letter_is_the_event_itself(open_project: Open, tmp_path: Path) -> None:
    one = function(tmp_path, "fails", FAILS)
    one = with_config(one, maximum_retry_attempts=0, on_failure=BUS, dead_letter=QUEUE)
    workbench = await open_project(Project(tmp_path, (one,)))
    event = b'{"raise_error":  1, "name": "\xc3\xa4"}'

    workbench.engine.asynchronous.accept(workbench.pool, event)
    await workbench.until(lambda: workbench.engine.asynchronous.waiting == 0)

    record, letter = workbench.records(AsyncDelivered)
    assert (record.target, record.is_dead_letter) == (BUS, False)
    assert (letter.target, letter.is_dead_letter) == (QUEUE, True)
    assert letter.payload.encode() == event, "to the byte"


async def test_a_dead_letter_has_the_attributes_that_aws_sent(
    open_project: Open, tmp_path: Path
) -> None:
    recorded = RECORDED["dead letter"]
    one = function(tmp_path, "recorded", ECHOES, "handler")
    one = with_config(one, maximum_retry_attempts=0, dead_letter=QUEUE)
    workbench = await open_project(Project(tmp_path, (one,)))

    request_id = await see_through(workbench, recorded["Body"])

    *_, letter = workbench.records(AsyncDelivered)
    assert json.loads(letter.payload) == recorded["Body"]
    attributes = {name: one["StringValue"] for name, one in recorded["MessageAttributes"].items()}
    assert letter.dead_letter_attributes == {**attributes, "RequestID": request_id}


async def test_an_event_that_becomes_a_dead_letter_is_not_said_to_go_to_nobody(
    open_project: Open, tmp_path: Path
) -> None:
    one = function(tmp_path, "recorded", BY_MODE)
    one = with_config(one, maximum_retry_attempts=0, dead_letter=QUEUE)
    workbench = await open_project(Project(tmp_path, (one,)))

    await see_through(workbench, {"mode": "failure"})

    (letter,) = workbench.records(AsyncDelivered)
    assert (letter.target, letter.is_dead_letter) == (QUEUE, True)


async def test_an_event_that_was_handled_is_no_dead_letter(
    open_project: Open, tmp_path: Path
) -> None:
    one = with_config(function(tmp_path, "one", KEEPS), dead_letter=QUEUE)
    workbench = await open_project(Project(tmp_path, (one,)))

    await see_through(workbench, {})

    assert [one.is_dead_letter for one in workbench.records(AsyncDelivered)] == [False]


@pytest.mark.parametrize("outcome", ["success", "failure"])
async def test_an_event_bus_gets_the_record_inside_its_own_event(
    open_project: Open, tmp_path: Path, outcome: str
) -> None:
    one = function(tmp_path, "recorded", BY_MODE)
    one = with_config(one, maximum_retry_attempts=0, on_success=BUS, on_failure=BUS)
    workbench = await open_project(Project(tmp_path, (one,)))

    request_id = await see_through(workbench, {"mode": outcome})

    sent = masked(json.loads(delivered(workbench, request_id).payload), one)
    recorded = masked(RECORDED[f"{outcome} to an event bus"], one)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", sent.pop("time"))
    del recorded["time"]
    assert sent == recorded


async def test_a_function_that_is_its_own_destination_does_not_run_for_ever(
    open_project: Open, tmp_path: Path
) -> None:
    one = function(tmp_path, "again", "def handler(event, context): ...")
    one = with_config(one, on_success=one.arn)
    workbench = await open_project(Project(tmp_path, (one,)))

    workbench.engine.asynchronous.accept(workbench.pool, b"{}")
    started = workbench.records
    await workbench.until(
        lambda: workbench.engine.asynchronous.waiting == 0 or len(started(events.Start)) > 40
    )

    # AWS drops the next one after about sixteen in one chain.
    assert len(started(events.Start)) <= 20


async def test_closing_drops_what_waits_and_disturbs_nothing_else(
    open_project: Open, tmp_path: Path
) -> None:
    fails, works = function(tmp_path, "fails", FAILS), function(tmp_path, "works", KEEPS)
    workbench = await open_project(Project(tmp_path, (fails, works)), retry_delays=(60, 60))
    for _ in range(3):
        workbench.engine.asynchronous.accept(workbench.pool, b"{}")
    await workbench.until(lambda: len(workbench.records(AsyncRetried)) == 3)
    assert await workbench.answer({"a": 1}, workbench.engine.pools["works"]) == {"a": 1}

    began = time.monotonic()
    await workbench.engine.close()

    assert time.monotonic() - began < 30, "the next try is a minute away"
    assert workbench.engine.asynchronous.waiting == 0
    assert workbench.records(AsyncDelivered) == []
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_function_that_was_taken_out_of_the_project_is_not_tried_again(
    open_project: Open, tmp_path: Path
) -> None:
    template = "Resources:\n" + "".join(
        f"  {name}:\n"
        "    Type: AWS::Serverless::Function\n"
        f"    Properties: {{CodeUri: {name}, Handler: index.handler, Runtime: python3.12}}\n"
        for name in ("stays", "goes")
    )
    for name in ("stays", "goes"):
        function(tmp_path, name, FAILS)
    (tmp_path / "template.yaml").write_text(template)
    workbench = await open_project(load_project(tmp_path), retry_delays=(4.0, 4.0))
    pool = workbench.engine.pools["goes"]
    request_id = workbench.engine.asynchronous.accept(pool, b"{}")
    assert request_id is not None
    await workbench.until(lambda: workbench.records(AsyncRetried))

    (tmp_path / "template.yaml").write_text(template.partition("  goes:")[0])
    await workbench.engine.reload_project()
    assert list(workbench.engine.pools) == ["stays"]
    await workbench.until(lambda: workbench.engine.asynchronous.waiting == 0)

    assert attempts(workbench, request_id) == 1
    (dropped,) = (one for one in workbench.records(events.Notice) if request_id in one.message)
    assert dropped.message == f"the event {request_id} is dropped, as its function is no more"
    await workbench.until(lambda: not pool.environments)


async def test_a_full_queue_takes_no_more(
    open_project: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asynchronous, "QUEUE_LIMIT", 2)
    workbench = await open_project(Project(tmp_path, (function(tmp_path, "one", KEEPS),)))
    queue = workbench.engine.asynchronous

    taken = [queue.accept(workbench.pool, b"{}") for _ in range(3)]

    assert [one is not None for one in taken] == [True, True, False]
    await workbench.until(lambda: queue.waiting == 0)
    assert queue.accept(workbench.pool, b"{}") is not None
    await workbench.until(lambda: queue.waiting == 0)
