"""Provisioned concurrency: environments that are initialised ahead of invocations."""

from __future__ import annotations

import math
import re

import psutil
import pytest

from lambda_tui import limits
from lambda_tui.engine import events
from lambda_tui.engine.lifecycle import State
from support.function_sources import answers_its_initialization_type
from support.workbench import Open, response_of

ONE_LEVEL = pytest.mark.parametrize("level", ["namespaces"])


@pytest.mark.rule("1.3.1", "1.3.2")
@ONE_LEVEL
async def test_provisioned_environments_are_initialised_ahead_of_invocations(
    open_project: Open,
) -> None:
    workbench = await open_project(answers_its_initialization_type(), provisioned_concurrency=2)

    await workbench.until_all(2, State.FROZEN)

    assert workbench.records(events.Start) == []
    assert workbench.reasons(State.CREATING) == ["provisioned"] * 2
    kinds = {start.initialization_type for start in workbench.records(events.InitStart)}
    assert kinds == {"provisioned-concurrency"}
    invocation = await workbench.invoke()
    assert response_of(invocation) == "provisioned-concurrency"
    assert not invocation.cold_start


@pytest.mark.rule("5.1.4")
@ONE_LEVEL
async def test_an_init_ahead_of_invocations_is_always_reported(open_project: Open) -> None:
    workbench = await open_project(answers_its_initialization_type(), provisioned_concurrency=1)

    await workbench.until_all(1, State.FROZEN)

    assert re.fullmatch(r"INIT_REPORT Init Duration: \d+\.\d\d ms", workbench.log()[-1])


@pytest.mark.rule("1.3.5")
@ONE_LEVEL
async def test_the_first_report_of_a_provisioned_environment_has_no_init_duration(
    open_project: Open,
) -> None:
    workbench = await open_project(answers_its_initialization_type(), provisioned_concurrency=1)
    await workbench.until_all(1, State.FROZEN)

    report = (await workbench.invoke()).report

    assert report is not None
    assert report.init_duration_ms is None
    assert report.billed_duration_ms == math.ceil(report.duration_ms)
    assert "Init Duration" not in workbench.log()[-1]


@pytest.mark.rule("1.3.3")
@ONE_LEVEL
async def test_what_exceeds_the_provisioned_environments_spills_over_to_on_demand(
    open_project: Open,
) -> None:
    workbench = await open_project(answers_its_initialization_type(), provisioned_concurrency=1)
    await workbench.until_all(1, State.FROZEN)

    invocations = [workbench.pool.invoke(b'"busy"') for _ in range(2)]
    for invocation in invocations:
        await invocation.wait()

    assert [response_of(one) for one in invocations] == ["provisioned-concurrency", "on-demand"]
    assert [one.cold_start for one in invocations] == [False, True]
    assert [one.init_duration_ms is None for one in invocations] == [True, False]


@pytest.mark.rule("1.3.4")
@ONE_LEVEL
async def test_provisioned_environments_are_not_removed_when_they_are_idle(
    open_project: Open,
) -> None:
    workbench = await open_project(
        answers_its_initialization_type(), provisioned_concurrency=1, idle_timeout=0.05
    )
    await workbench.until_all(1, State.FROZEN)
    provisioned = workbench.environment

    invocations = [workbench.pool.invoke(b'"busy"') for _ in range(2)]
    for invocation in invocations:
        await invocation.wait()

    # The other one's time begins no sooner, and is over.
    await workbench.until_all(1, State.FROZEN)
    assert workbench.environment is provisioned
    assert provisioned.removal_at is None


@pytest.mark.rule("1.3.4")
@ONE_LEVEL
async def test_provisioned_environments_are_replaced_when_they_are_gone(
    open_project: Open,
) -> None:
    workbench = await open_project(answers_its_initialization_type(), provisioned_concurrency=1)
    await workbench.until_all(1, State.FROZEN)
    first = workbench.environment

    psutil.Process(first.pid).kill()

    await workbench.until(lambda: first not in workbench.pool.environments)
    await workbench.until(lambda: workbench.pool.environments)
    await workbench.until_all(1, State.FROZEN)
    assert workbench.environment.initialization_type == "provisioned-concurrency"


@pytest.mark.rule("1.3.4")
@ONE_LEVEL
async def test_a_change_of_the_code_provisions_the_same_number_again(open_project: Open) -> None:
    workbench = await open_project(answers_its_initialization_type(), provisioned_concurrency=2)
    await workbench.until_all(2, State.FROZEN)
    before = list(workbench.pool.environments)

    workbench.pool.change(workbench.pool.function, ("lambda_function.py",))

    await workbench.until(lambda: not set(before) & set(workbench.pool.environments))
    await workbench.until_all(2, State.FROZEN)
    assert await workbench.answer() == "provisioned-concurrency"


@pytest.mark.rule("1.2.5")
@ONE_LEVEL
async def test_the_limit_on_demand_does_not_hold_for_provisioned_concurrency(
    open_project: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "INIT_SECONDS", 0.05)
    source = answers_its_initialization_type("time.sleep(0.3)")
    workbench = await open_project(source, provisioned_concurrency=1)

    await workbench.until_all(1, State.FROZEN)

    assert [report.status for report in workbench.records(events.InitReport)] == ["success"]


@pytest.mark.rule("1.2.5")
@ONE_LEVEL
async def test_a_provisioned_init_may_take_as_long_as_the_function_if_that_is_more(
    open_project: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PROVISIONED_INIT_SECONDS", 0.1)
    source = answers_its_initialization_type("time.sleep(60)")
    workbench = await open_project(source, provisioned_concurrency=1, timeout=1)

    await workbench.until_all(1, State.RESET)

    (report,) = workbench.records(events.InitReport)
    assert report.duration_ms >= 1000
    assert workbench.log()[-1].endswith(" ms\tPhase: init\tStatus: timeout")
