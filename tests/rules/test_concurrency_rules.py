"""Concurrency: what functions reserve, what the account has, what is refused and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.invocation import Invocation
from lambda_tui.project.function import Function, Project
from support.workbench import TIMEOUT, Open, Workbench, response_of

ONE_LEVEL = pytest.mark.parametrize("level", ["namespaces"])

SOURCE = """
import time
def lambda_handler(event, context):
    time.sleep(0.05)
    return len(event or "")
"""


def throttled(reason: str) -> dict[str, str]:
    return {"Reason": reason, "Type": "User", "message": "Rate Exceeded."}


ACCOUNT = throttled("ConcurrentInvocationLimitExceeded")
RESERVED = throttled("ReservedFunctionConcurrentInvocationLimitExceeded")


async def invoke_at_once(workbench: Workbench, name: str, count: int) -> list[Invocation]:
    invocations = [workbench.engine.pools[name].invoke(b"{}") for _ in range(count)]
    for invocation in invocations:
        await invocation.wait()
    return invocations


def write_project(directory: Path, **reserved: int | None) -> Project:
    (directory / "app.py").write_text(SOURCE)
    return Project(
        directory,
        tuple(
            Function(
                name,
                "app.lambda_handler",
                directory,
                timeout=TIMEOUT,
                reserved_concurrency=number,
            )
            for name, number in reserved.items()
        ),
    )


@pytest.mark.rule("1.1.4")
@ONE_LEVEL
async def test_more_than_the_reserved_concurrency_is_throttled_with_its_reason(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(write_project(tmp_path, orders=1))

    first, second = await invoke_at_once(workbench, "orders", 2)

    assert first.status == "success"
    assert (second.status, response_of(second)) == ("throttled", RESERVED)
    assert second.function_error is None
    assert second.report is None
    assert second.environment_id is None
    assert workbench.pool.throttles == 1
    (record,) = workbench.records(events.Throttled)
    assert (record.request_id, record.reason) == (second.request_id, RESERVED["Reason"])
    (third,) = await invoke_at_once(workbench, "orders", 1)
    assert third.status == "success", "there is room again"


@pytest.mark.rule("1.1.4")
@ONE_LEVEL
async def test_a_reserved_concurrency_of_zero_blocks_the_function(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(write_project(tmp_path, orders=0))

    (invocation,) = await invoke_at_once(workbench, "orders", 1)

    assert (invocation.status, response_of(invocation)) == ("throttled", RESERVED)
    assert workbench.pool.environments == []


@pytest.mark.rule("1.1.5", "9.10")
@ONE_LEVEL
async def test_what_is_reserved_is_taken_from_what_the_others_share(
    open_project: Open, tmp_path: Path
) -> None:
    project = write_project(tmp_path, orders=2, prices=None, images=None)
    workbench = await open_project(project, account_concurrency=3)

    prices = workbench.engine.pools["prices"].invoke(b"{}")
    (images,) = await invoke_at_once(workbench, "images", 1)
    orders = await invoke_at_once(workbench, "orders", 2)
    await prices.wait()

    assert (prices.status, response_of(images)) == ("success", ACCOUNT)
    assert [one.status for one in orders] == ["success", "success"]


@pytest.mark.rule("9.5")
@ONE_LEVEL
async def test_a_request_of_6291456_bytes_is_the_largest(open_project: Open) -> None:
    workbench = await open_project(SOURCE, memory_size=512, timeout=30)

    largest = workbench.pool.invoke(json.dumps("x" * 6_291_454).encode())
    refused = workbench.pool.invoke(json.dumps("x" * 6_291_455).encode())
    await largest.wait()

    assert response_of(largest) == 6_291_454
    assert refused.is_over
    assert refused.function_error is None
    assert refused.environment_id is None
    assert response_of(refused)["message"] == (
        "Request must be smaller than 6291456 bytes for the InvokeFunction operation"
    )
    assert len(workbench.records(events.Start)) == 1
