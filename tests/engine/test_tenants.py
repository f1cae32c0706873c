"""Functions that isolate their tenants: whose environment serves whom, and who learns of it."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.events import telemetry
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.lifecycle import State
from lambda_tui.project.function import AsyncConfig, Function, LoggingConfig, Project
from support.files import write_program
from support.node_process import NODE
from support.workbench import TIMEOUT, Open, Workbench, one_function, response_of

ONE_LEVEL = pytest.mark.parametrize("level", ["processes"])
COUNTS = """
import time
calls = 0
def lambda_handler(event, context):
    global calls
    calls += 1
    time.sleep(event or 0)
    return [context.tenant_id, calls]
"""

ANSWERS_ITS_TENANT = """
import json, os
from urllib.request import Request, urlopen
base = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    head = urlopen(base + "next").headers
    path = base + head["Lambda-Runtime-Aws-Request-Id"] + "/response"
    urlopen(Request(path, json.dumps(head["Lambda-Runtime-Aws-Tenant-Id"]).encode()))
"""


async def invoke(workbench: Workbench, *tenants: str) -> list[Invocation]:
    """Invoke for one tenant after the other."""
    invocations = []
    for tenant in tenants:
        invocations.append(workbench.pool.invoke(b"null", tenant_id=tenant))
        await invocations[-1].wait()
    return invocations


@pytest.mark.rule("8.4.11")
@ONE_LEVEL
async def test_tenants_share_no_environment(open_project: Open) -> None:
    workbench = await open_project(COUNTS, is_tenant_isolated=True)

    answers = await invoke(workbench, "blue", "red", "blue", "red", "blue")

    assert [response_of(one) for one in answers] == [
        ["blue", 1],
        ["red", 1],
        ["blue", 2],
        ["red", 2],
        ["blue", 3],
    ]
    assert [one.tenant_id for one in workbench.pool.environments] == ["blue", "red"]


@pytest.mark.rule("8.4.11")
@ONE_LEVEL
async def test_an_environment_that_is_replaced_or_reset_keeps_its_tenant(
    open_project: Open,
) -> None:
    workbench = await open_project(COUNTS, is_tenant_isolated=True)
    await invoke(workbench, "blue", "red")
    before = list(workbench.pool.environments)

    workbench.pool.change(workbench.pool.function, ("lambda_function.py",))
    await workbench.until(lambda: not set(before) & set(workbench.pool.environments))
    await workbench.until_all(2, State.FROZEN)

    assert sorted(one.tenant_id or "" for one in workbench.pool.environments) == ["blue", "red"]
    (answer,) = await invoke(workbench, "red")
    assert not answer.cold_start
    assert workbench.serving(answer).tenant_id == "red"


@pytest.mark.rule("8.4.11")
@ONE_LEVEL
async def test_a_new_tenant_takes_the_room_of_the_one_that_has_waited_longest(
    open_project: Open,
) -> None:
    workbench = await open_project(COUNTS, is_tenant_isolated=True, maximum_environments=2)
    await invoke(workbench, "blue", "red")
    await workbench.until_all(2, State.FROZEN)

    (answer,) = await invoke(workbench, "green")

    assert answer.status == "success"
    await workbench.until(lambda: len(workbench.pool.environments) == 2)
    assert [one.tenant_id for one in workbench.pool.environments] == ["red", "green"]


@ONE_LEVEL
async def test_a_new_tenant_takes_the_room_of_none_that_is_at_work(open_project: Open) -> None:
    workbench = await open_project(COUNTS, is_tenant_isolated=True, maximum_environments=1)
    busy = workbench.pool.invoke(b"0.3", tenant_id="blue")

    (answer,) = await invoke(workbench, "red")

    assert answer.status == "throttled"
    await busy.wait()
    assert busy.status == "success"


@pytest.mark.rule("8.4.5")
@ONE_LEVEL
@pytest.mark.parametrize(
    ("is_isolated", "tenant", "message"),
    [
        (
            True,
            None,
            "The invoked function is enabled with tenancy configuration. "
            "Add a valid tenant ID in your request and try again.",
        ),
        (
            False,
            "blue",
            "The invoked function is not enabled with tenancy configuration. "
            "Remove the tenant ID from your request and try again.",
        ),
    ],
)
async def test_a_tenant_is_named_where_it_must_be_and_nowhere_else(
    open_project: Open, is_isolated: bool, tenant: str | None, message: str
) -> None:
    workbench = await open_project(COUNTS, is_tenant_isolated=is_isolated)

    invocation = workbench.pool.invoke(b"null", tenant_id=tenant)

    assert invocation.refusal == ("InvalidParameterValueException", message)
    assert workbench.pool.environments == []


@pytest.mark.rule("4.3.7")
@ONE_LEVEL
async def test_records_of_the_platform_name_the_tenant(open_project: Open, tmp_path: Path) -> None:
    (tmp_path / "lambda_function.py").write_text(COUNTS)
    logging = LoggingConfig("JSON", system_level="DEBUG")
    project = one_function(tmp_path, is_tenant_isolated=True, logging=logging)
    workbench = await open_project(project)
    await invoke(workbench, "blue")

    envelopes = [envelope for event in workbench.events if (envelope := telemetry(event))]

    told = {one["type"]: one["record"].get("tenantId") for one in envelopes}
    assert {kind for kind, tenant in told.items() if tenant == "blue"} == {
        "platform.start",
        "platform.runtimeDone",
        "platform.report",
    }


@ONE_LEVEL
async def test_an_event_keeps_its_tenant_over_all_tries(open_project: Open, tmp_path: Path) -> None:
    fails = "def lambda_handler(event, context):\n    raise LookupError(context.tenant_id)\n"
    (tmp_path / "lambda_function.py").write_text(fails)
    project = one_function(tmp_path, is_tenant_isolated=True)
    workbench = await open_project(project, retry_delays=(0.01, 0.01))

    workbench.engine.asynchronous.accept(workbench.pool, b"{}", tenant_id="blue")
    await workbench.until(lambda: workbench.engine.asynchronous.waiting == 0)

    messages = [json.loads(one.response or b"") for one in workbench.pool.invocations]
    assert [one["errorMessage"] for one in messages] == ["blue"] * 3


@ONE_LEVEL
@pytest.mark.parametrize("destination", ["tenants", "tenants:dead"])
async def test_a_destination_that_does_not_take_a_record_is_told(
    open_project: Open, tmp_path: Path, destination: str
) -> None:
    (tmp_path / "lambda_function.py").write_text("def lambda_handler(event, context): ...\n")
    (sender,) = one_function(tmp_path).functions
    tenants = replace(sender, name="tenants", is_tenant_isolated=True)
    arn = tenants.arn.replace("tenants", destination)
    sender = replace(sender, asynchronous=AsyncConfig(on_success=arn))
    workbench = await open_project(Project(tmp_path, (sender, tenants)))

    workbench.engine.asynchronous.accept(workbench.pool, b"{}")
    await workbench.until(lambda: workbench.engine.asynchronous.waiting == 0)

    assert not workbench.engine.pools["tenants"].invocations
    (notice,) = workbench.records(events.Notice)
    assert notice.message.startswith("tenants does not get the record of ")


@ONE_LEVEL
async def test_a_function_on_node_knows_its_tenant(open_project: Open, tmp_path: Path) -> None:
    (tmp_path / "index.js").write_text("exports.handler = async (_, context) => context.tenantId;")
    function = Function(
        "function",
        "index.handler",
        tmp_path,
        runtime="nodejs22.x",
        timeout=TIMEOUT,
        is_tenant_isolated=True,
    )
    workbench = await open_project(Project(tmp_path, (function,)), node=NODE)

    answers = await invoke(workbench, "blue", "red")

    assert [response_of(one) for one in answers] == ["blue", "red"]
    assert len(workbench.pool.environments) == 2


@ONE_LEVEL
async def test_a_custom_runtime_gets_the_tenant_in_a_header(
    open_project: Open, tmp_path: Path
) -> None:
    write_program(tmp_path / "bootstrap", f"#!{sys.executable}\n{ANSWERS_ITS_TENANT}")
    function = Function(
        "function",
        "any",
        tmp_path,
        runtime="provided.al2023",
        timeout=TIMEOUT,
        is_tenant_isolated=True,
    )
    workbench = await open_project(Project(tmp_path, (function,)))

    (answer,) = await invoke(workbench, "blue")

    assert response_of(answer) == "blue"
