"""Calls one after the other are served by one environment, whatever follows each answer in it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.engine.events import InitStart, Notice, Throttled
from lambda_tui.engine.launch import network
from lambda_tui.engine.pool import pool
from support.extensions import PYTHON, RECORDER, project
from support.lambda_api import served
from support.network import put_connector
from support.runtime_kinds import RUNTIME_KINDS, SETTINGS, RuntimeKind
from support.workbench import Open, Workbench, response_of

COUNTS = """
count = 0
def lambda_handler(event, context):
    global count
    count += 1
    return count
"""
SLOW = f"""{PYTHON}
register("INVOKE")
while next_event():
    time.sleep(0.5)
"""


async def call_in_turn(workbench: Workbench, times: int) -> list[Any]:
    """Return the answers, or the statuses of the refusals, to calls by AWS's SDK."""

    def call(client: Any) -> Any:
        try:
            answer = client.invoke(FunctionName="function", Payload=b"null")
        except client.exceptions.ClientError as error:
            return error.response["ResponseMetadata"]["HTTPStatusCode"]
        return json.load(answer["Payload"])

    async with served(workbench.engine) as api:
        client = api.client(read_timeout=60)
        return await asyncio.to_thread(lambda: [call(client) for _ in range(times)])


@pytest.fixture
def no_connector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the machine without a program that connects networks."""
    monkeypatch.setenv("PATH", str(put_connector(tmp_path, None)))
    monkeypatch.setattr(network, "_DEVICE", Path("/dev/null"))


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for as long as a loaded machine may take."""
    monkeypatch.setattr(pool, "SETTLING_SECONDS", 30.0)


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("kind", RUNTIME_KINDS.values(), ids=list(RUNTIME_KINDS))
async def test_each_runtime_serves_them_in_one_environment(
    open_project: Open, tmp_path: Path, kind: RuntimeKind
) -> None:
    workbench = await open_project(kind.project(tmp_path / "function"), **SETTINGS)
    answers = await call_in_turn(workbench, 20)

    assert len(workbench.records(InitStart)) == 1
    assert [count for count, *_ in answers] == list(range(1, 21))


@pytest.mark.usefixtures("patient")
async def test_extensions_do_not_make_it_more(open_project: Open, tmp_path: Path) -> None:
    extended = project(tmp_path, {"recorder": RECORDER}, COUNTS)
    workbench = await open_project(extended, network="shared")

    assert await call_in_turn(workbench, 20) == list(range(1, 21))
    assert len(workbench.records(InitStart)) == 1


@pytest.mark.usefixtures("no_connector")
async def test_where_there_can_be_one_environment_only_they_wait_for_it(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(project(tmp_path, {"slow": SLOW}, COUNTS))

    assert await call_in_turn(workbench, 4) == [1, 2, 3, 4]
    assert workbench.records(Throttled) == []
    assert workbench.records(Notice) == []


async def test_the_maximum_of_environments_is_one_that_they_wait_for_too(
    open_project: Open, tmp_path: Path
) -> None:
    slow = project(tmp_path, {"slow": SLOW}, COUNTS)
    workbench = await open_project(slow, network="shared", maximum_environments=1)

    assert await call_in_turn(workbench, 3) == [1, 2, 3]


@pytest.mark.usefixtures("no_connector")
async def test_of_two_at_a_time_one_waits_and_one_is_refused(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(project(tmp_path, {"slow": SLOW}, COUNTS))
    first = workbench.pool.invoke(b"{}")
    answered = asyncio.Event()
    first.when_answered(lambda _: answered.set())
    await answered.wait()
    assert not first.is_over
    second, third = workbench.pool.invoke(b"{}"), workbench.pool.invoke(b"{}")

    assert third.status == "throttled"
    await second.wait()
    assert response_of(second) == 2
    (notice,) = workbench.records(Notice)
    assert notice.message.startswith("A second environment of function is refused: ")


async def test_an_extension_that_takes_long_is_not_waited_for_twice(
    open_project: Open, tmp_path: Path
) -> None:
    slow = project(tmp_path, {"slow": SLOW}, COUNTS)
    workbench = await open_project(slow, network="shared")
    answers = await call_in_turn(workbench, 4)

    # On AWS too the second call needs another environment; the others find one or the other.
    assert answers[:2] == [1, 1]
    environments = list(workbench.pool.environments)
    await workbench.until(lambda: not any(one.invocation for one in environments))
    assert all(one.settling_seconds > pool.SETTLING_SECONDS for one in environments)
    invocation = workbench.pool.invoke(b"{}")
    answered = asyncio.Event()
    invocation.when_answered(lambda _: answered.set())
    await answered.wait()
    others = [workbench.pool.invoke(b"{}") for _ in environments]

    assert all(one.environment_id is not None for one in others)
    await asyncio.gather(*(one.wait() for one in (invocation, *others)))


@pytest.mark.usefixtures("patient")
async def test_one_that_waits_is_served_when_the_environment_fails_instead(
    open_project: Open, tmp_path: Path
) -> None:
    crashes = SLOW.replace("time.sleep(0.5)", "sys.exit(3)")
    workbench = await open_project(project(tmp_path, {"crashes": crashes}, COUNTS))
    first = workbench.pool.invoke(b"{}")
    answered = asyncio.Event()
    first.when_answered(lambda _: answered.set())
    await answered.wait()
    second = workbench.pool.invoke(b"{}")
    assert second.environment_id is None
    await second.wait()

    assert response_of(second) == 1
    assert second.environment_id == first.environment_id


async def test_one_that_waits_at_the_end_of_the_engine_is_told_so(
    open_project: Open, tmp_path: Path
) -> None:
    slow = project(tmp_path, {"slow": SLOW.replace("0.5", "1000")}, COUNTS)
    workbench = await open_project(slow, network="shared", maximum_environments=1)
    first = workbench.pool.invoke(b"{}")
    answered = asyncio.Event()
    first.when_answered(lambda _: answered.set())
    await answered.wait()
    second = workbench.pool.invoke(b"{}")
    assert not second.is_over
    await workbench.engine.close()

    assert response_of(second)["errorType"] == "Sandbox.Failure"
