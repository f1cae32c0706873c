"""Which environment serves an invocation, how many there are, and what a hand can do to them."""

from __future__ import annotations

import asyncio

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.lifecycle import State
from support.workbench import Open, Workbench, response_of

pytestmark = pytest.mark.also_on_macos

NAMES_ITSELF = """
import os, time, uuid
me = uuid.uuid4().hex
RELEASE = os.environ["LAMBDA_TASK_ROOT"] + "/.git/release"
def lambda_handler(event, context):
    if event == "wait":
        print("waiting")
        while not os.path.exists(RELEASE):
            time.sleep(0.001)
    if event == "sleep":
        time.sleep(0.2)
    return me
"""


def release(workbench: Workbench) -> None:
    """Lets handlers that wait go on; the file lies where no save is seen."""
    workbench.write("", ".git/release")


async def two_environments(workbench: Workbench) -> list[ExecutionEnvironment]:
    first, second = workbench.pool.invoke(b"1"), workbench.pool.invoke(b"2")
    await asyncio.gather(first.wait(), second.wait())
    environments = list(workbench.pool.environments)
    for environment in environments:
        await workbench.until_frozen(environment)
    assert len(environments) == 2
    return environments


@pytest.mark.rule("1.1.1")
async def test_concurrent_invocations_get_environments_of_their_own(open_project: Open) -> None:
    workbench = await open_project(NAMES_ITSELF)
    invocations = [workbench.pool.invoke(b'"sleep"') for _ in range(4)]
    await asyncio.gather(*(invocation.wait() for invocation in invocations))
    assert len({response_of(invocation) for invocation in invocations}) == 4
    assert [one.number for one in workbench.pool.environments] == [1, 2, 3, 4]
    assert len({one.id for one in workbench.pool.environments}) == 4
    assert all(invocation.cold_start for invocation in invocations)


@pytest.mark.rule("1.1.5")
async def test_more_than_the_maximum_is_throttled(open_project: Open) -> None:
    workbench = await open_project(NAMES_ITSELF, maximum_environments=2)
    served = [workbench.pool.invoke(b"{}") for _ in range(2)]
    throttled = workbench.pool.invoke(b"{}")
    assert throttled.is_over
    assert throttled.status == "throttled"
    assert response_of(throttled)["Reason"] == "ConcurrentInvocationLimitExceeded"
    assert workbench.pool.throttles == 1
    (record,) = workbench.records(events.Throttled)
    assert record.request_id == throttled.request_id
    await asyncio.gather(*(invocation.wait() for invocation in served))
    assert [invocation.status for invocation in served] == ["success"] * 2
    assert (await workbench.invoke()).status == "success"


@pytest.mark.rule("1.1.3")
async def test_the_most_recently_used_environment_is_preferred(open_project: Open) -> None:
    workbench = await open_project(NAMES_ITSELF)
    environments = await two_environments(workbench)
    chosen = workbench.serving(await workbench.invoke())
    (other,) = [one for one in environments if one is not chosen]
    for _ in range(3):
        await workbench.until_frozen(chosen)
        assert workbench.serving(await workbench.invoke()) is chosen
    assert (chosen.invocations, other.invocations) == (5, 1)


@pytest.mark.rule("1.5.2")
async def test_work_that_comes_before_the_freeze_needs_no_thaw(open_project: Open) -> None:
    workbench = await open_project(NAMES_ITSELF)
    for _ in range(20):
        await workbench.invoke()
    environment = await workbench.until_frozen()
    assert environment.invocations == 20
    changes = workbench.records(events.StateChange)
    thaws = sum(change.previous is State.FROZEN for change in changes)
    assert sum(change.state is State.FROZEN for change in changes) == thaws + 1


async def test_a_frozen_environment_that_is_killed_is_reset(open_project: Open) -> None:
    workbench = await open_project(NAMES_ITSELF)
    first = await workbench.answer()
    environment = await workbench.until_frozen()
    environment.kill()
    await workbench.until_state(State.RESET)
    assert workbench.reasons(State.RESET) == ["failure"]
    second = await workbench.invoke()
    assert second.environment_id == environment.id
    assert response_of(second) != first


async def test_killing_a_busy_environment_fails_its_invocation(open_project: Open) -> None:
    workbench = await open_project(NAMES_ITSELF, timeout=30)
    invocation = workbench.pool.invoke(b'"wait"')
    await workbench.until_logged("waiting")
    workbench.environment.kill()
    await invocation.wait()
    payload = response_of(invocation)
    assert payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].endswith("Runtime exited with error: signal: killed")


async def test_an_environment_is_thawed_and_frozen_by_hand(open_project: Open) -> None:
    workbench = await open_project(NAMES_ITSELF)
    await workbench.invoke()
    environment = await workbench.until_frozen()
    environment.thaw()
    await workbench.until_state(State.IDLE)
    assert workbench.types()[-2:] == ["environment.frozen", "environment.idle"]
    environment.freeze()
    await workbench.until_frozen()
    assert workbench.types()[-1] == "environment.frozen"
    environment.thaw()
    invocation = await workbench.invoke()
    assert (invocation.status, invocation.cold_start) == ("success", False)
    await workbench.until_frozen()


async def test_a_hand_does_nothing_where_it_makes_no_sense(open_project: Open) -> None:
    workbench = await open_project(NAMES_ITSELF, timeout=30)
    invocation = workbench.pool.invoke(b'"wait"')
    await workbench.until_logged("waiting")
    environment = workbench.environment
    before = workbench.types()
    environment.freeze()
    environment.thaw()
    assert (environment.state, workbench.types()) == (State.INVOKING, before)
    release(workbench)
    await invocation.wait()
    assert invocation.status == "success"
    await workbench.until_frozen()
    environment.freeze()
    environment.kill()
    await workbench.until_state(State.RESET)
    before = workbench.types()
    environment.kill()
    environment.freeze()
    environment.thaw()
    assert (environment.state, workbench.types()) == (State.RESET, before)
    assert (await workbench.invoke()).status == "success"


async def test_reinitialising_one_replaces_it_ahead_of_need(open_project: Open) -> None:
    workbench = await open_project(NAMES_ITSELF)
    old, kept = await two_environments(workbench)
    workbench.pool.reinitialise(old)
    await workbench.until(
        lambda: (
            [(one.number, one.state) for one in workbench.pool.environments]
            == [(2, State.FROZEN), (3, State.FROZEN)]
        )
    )
    assert workbench.pool.environments[0] is kept
    assert old.state is State.ENDED
    assert workbench.reasons(State.ENDED) == ["request"]
    assert workbench.reasons(State.CREATING)[-1] == "request"
    assert (await workbench.invoke()).cold_start is False


async def test_reinitialising_all_replaces_all(open_project: Open) -> None:
    workbench = await open_project(NAMES_ITSELF)
    await two_environments(workbench)
    workbench.pool.reinitialise()
    await workbench.until(
        lambda: (
            [(one.number, one.state) for one in workbench.pool.environments]
            == [(3, State.FROZEN), (4, State.FROZEN)]
        )
    )


async def test_reinitialising_without_environments_makes_one(open_project: Open) -> None:
    workbench = await open_project(NAMES_ITSELF)
    workbench.pool.reinitialise()
    await workbench.until_frozen()
    invocation = await workbench.invoke()
    assert not invocation.cold_start


async def test_reinitialising_a_busy_environment_lets_it_answer_first(open_project: Open) -> None:
    workbench = await open_project(NAMES_ITSELF, timeout=30)
    invocation = workbench.pool.invoke(b'"wait"')
    await workbench.until_logged("waiting")
    old = workbench.environment
    workbench.pool.reinitialise(old)
    assert old.stale
    release(workbench)
    await invocation.wait()
    assert invocation.status == "success"
    await workbench.until(lambda: old.state is State.ENDED)
    fresh = await workbench.until_frozen()
    assert fresh.number == 2
    assert workbench.reasons(State.ENDED) == ["request"]


@pytest.mark.rule("1.5.6")
async def test_an_idle_environment_is_removed_when_its_time_is_up(open_project: Open) -> None:
    workbench = await open_project(NAMES_ITSELF, idle_timeout=0.05)
    invocation = await workbench.invoke("sleep")
    assert invocation.status == "success", "a busy environment is not idle"
    await workbench.until(lambda: not workbench.pool.environments)
    assert workbench.reasons(State.ENDED) == ["idle"]
    second = await workbench.invoke()
    assert second.cold_start
    assert second.environment_id != invocation.environment_id


@pytest.mark.rule("1.5.6")
async def test_a_busy_environment_is_not_counted_down(open_project: Open) -> None:
    workbench = await open_project(NAMES_ITSELF, timeout=30)
    await workbench.invoke()
    assert workbench.environment.removal_at is not None
    invocation = workbench.pool.invoke(b'"wait"')
    assert workbench.environment.removal_at is None
    release(workbench)
    await invocation.wait()
    assert workbench.environment.removal_at is not None


@pytest.mark.rule("6.3.6")
async def test_an_invocation_under_way_fails_when_its_environment_is_shut_down(
    open_project: Open,
) -> None:
    workbench = await open_project(NAMES_ITSELF, timeout=30)
    invocation = workbench.pool.invoke(b'"wait"')
    await workbench.until_logged("waiting")
    await workbench.engine.close()
    assert invocation.is_over
    assert response_of(invocation)["errorType"] == "Sandbox.Failure"
    assert workbench.pool.environments == []


async def test_usage_is_sampled_once_a_second(open_project: Open) -> None:
    workbench = await open_project(NAMES_ITSELF)
    await workbench.invoke()
    environment = workbench.environment
    await workbench.until(lambda: environment.usage.processes)
    assert environment.usage.processes == 1
    assert environment.usage.threads >= 1
    assert 1 < environment.usage.memory_mb < 500


@pytest.mark.parametrize("count", [16])
async def test_a_burst_is_answered_whole(open_project: Open, count: int) -> None:
    workbench = await open_project(NAMES_ITSELF)
    invocations = [workbench.pool.invoke(b"{}") for _ in range(count)]
    await asyncio.gather(*(invocation.wait() for invocation in invocations))
    assert {invocation.status for invocation in invocations} == {"success"}
    assert [invocation.number for invocation in invocations] == list(range(1, count + 1))
