"""Runtime clients that others have published run unchanged, from their own packages.

Of the packages that sound like one, ``lambda-u`` is a library of functional tools, and ``lef``,
which is for extensions, calls their API over TLS and with a body that is no bytes: neither runs on
AWS.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.engine import events
from lambda_tui.project.function import Function, Project
from support.files import write_program
from support.workbench import Open, Workbench, response_of

AWSLAMBDARIC = ("awslambdaric==4.2.2", "awslambdaric==3.1.1")
PURE_LAMBDA_RIC = "pure-lambda-ric==1.0.1"
INSTALLATION_SECONDS = 300

WITH_AWSLAMBDARIC = f"""#!/bin/bash
export PYTHONPATH="$LAMBDA_TASK_ROOT/packages"
exec {sys.executable} -m awslambdaric "$_HANDLER"
"""
APP = """
import json, logging, os, sys
count = 0

def handler(event, context):
    global count
    count += 1
    print("printed")
    logging.warning("warned")
    if "raise" in event:
        raise ValueError(event["raise"])
    if "size" in event:
        return "x" * event["size"]
    return {
        "count": count,
        "event": event,
        "request_id": context.aws_request_id,
        "function_name": context.function_name,
        "arn": context.invoked_function_arn,
        "log_stream": context.log_stream_name,
        "remaining": context.get_remaining_time_in_millis(),
        "custom": context.client_context and context.client_context.custom,
        "trace": os.environ["_X_AMZN_TRACE_ID"],
        "client": sys.modules["awslambdaric"].__version__,
    }
"""
WITH_PURE_LAMBDA_RIC = f"""#!/bin/bash
export PYTHONPATH="$LAMBDA_TASK_ROOT/packages"
exec {sys.executable} "$LAMBDA_TASK_ROOT/main.py"
"""
MAIN = """
import logging
from fa_purity import Cmd, FrozenDict, Result
from pure_lambda_ric import HandlerId, LambdaError, start_lambda_listener

def echo(event, context):
    if "raise" in event.raw:
        return Cmd.wrap_value(Result.failure(LambdaError.new("My.Error", "no luck", ())))
    return Cmd.wrap_value(Result.success(event.raw))

handlers = FrozenDict({HandlerId("echo"): echo})
start_lambda_listener(logging.getLogger(), lambda: handlers).compute()
"""

OpenClient = Callable[..., Any]


@pytest.fixture
def open_client(open_project: Open, tmp_path: Path) -> OpenClient:
    """Start the engine on a function with a bootstrap and the packages that it needs."""

    async def open_client(
        packages: Path, bootstrap: str, files: dict[str, str], **configuration: Any
    ) -> Workbench:
        folder = tmp_path / "client"
        shutil.copytree(packages, folder / "packages")
        write_program(folder / "bootstrap", bootstrap)
        for name, text in files.items():
            (folder / name).write_text(text)
        settings = {"handler": "app.handler", "runtime": "provided.al2023", "memory_size": 512}
        settings |= {"timeout": 30, **configuration}
        function = Function("client", code_directory=folder, **settings)  # type: ignore[arg-type]
        return await open_project(Project(folder, (function,)))

    return open_client


@pytest.mark.rule("2.2.2")
@pytest.mark.timeout(INSTALLATION_SECONDS + 60)
@pytest.mark.parametrize("requirement", AWSLAMBDARIC)
async def test_awss_client_for_python_serves_as_on_aws(
    open_client: OpenClient, install: Callable[[str], Path], requirement: str
) -> None:
    workbench = await open_client(install(requirement), WITH_AWSLAMBDARIC, {"app.py": APP})
    for number in range(1, 4):
        invocation = workbench.pool.invoke(b'{"a": [1]}', client_context='{"custom": {"b": "ü"}}')
        await workbench.until(lambda invocation=invocation: invocation.is_over)
        answer = response_of(invocation)
        assert 0 < answer.pop("remaining") <= 30_000
        assert answer == {
            "count": number,
            "event": {"a": [1]},
            "request_id": invocation.request_id,
            "function_name": "client",
            "arn": "arn:aws:lambda:us-east-1:123456789012:function:client",
            "log_stream": workbench.environment.log_stream,
            "custom": {"b": "ü"},
            "trace": invocation.trace_id,
            "client": requirement.partition("==")[2],
        }
        await workbench.until_frozen()
    messages = [one.message.strip() for one in workbench.records(events.FunctionLog)]
    assert messages[0] == "printed"
    assert messages[1].endswith("\twarned")


@pytest.mark.rule("2.3.3")
@pytest.mark.timeout(INSTALLATION_SECONDS + 60)
@pytest.mark.parametrize("requirement", AWSLAMBDARIC)
async def test_awss_client_for_python_reports_errors_as_on_aws(
    open_client: OpenClient, install: Callable[[str], Path], requirement: str
) -> None:
    workbench = await open_client(install(requirement), WITH_AWSLAMBDARIC, {"app.py": APP})
    failed = await workbench.invoke({"raise": "no luck"})

    assert failed.function_error == "Unhandled"
    payload = response_of(failed)
    assert list(payload) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert payload["errorMessage"] == "no luck"
    assert payload["requestId"] == failed.request_id
    too_large = await workbench.invoke({"size": 6_300_000})
    assert response_of(too_large)["errorType"] == "Function.ResponseSizeTooLarge"
    assert (await workbench.answer({}))["count"] == 1, "it takes the refusal for its end"


@pytest.mark.timeout(INSTALLATION_SECONDS + 60)
@pytest.mark.parametrize("requirement", AWSLAMBDARIC)
async def test_awss_client_for_python_fails_at_init_as_on_aws(
    open_client: OpenClient, install: Callable[[str], Path], requirement: str
) -> None:
    files = {"app.py": "import nothing_of_this_name"}
    workbench = await open_client(install(requirement), WITH_AWSLAMBDARIC, files)
    invocation = await workbench.invoke({})

    payload = response_of(invocation)
    assert payload["errorType"] == "Runtime.ImportModuleError"
    assert payload["errorMessage"] == (
        "Unable to import module 'app': No module named 'nothing_of_this_name'"
    )
    reports = [(one.phase, one.error_type) for one in workbench.records(events.InitReport)]
    assert reports == [
        ("init", "Runtime.ImportModuleError"),
        ("invoke", "Runtime.ImportModuleError"),
    ]


@pytest.mark.timeout(INSTALLATION_SECONDS + 60)
async def test_pure_lambda_ric_serves_and_reports_errors(
    open_client: OpenClient, install: Callable[[str], Path]
) -> None:
    workbench = await open_client(
        install(PURE_LAMBDA_RIC),
        WITH_PURE_LAMBDA_RIC,
        {"main.py": MAIN},
        environment={"HANDLER_ID": "echo"},
    )
    for number in range(2):
        assert await workbench.answer({"number": number}) == {"number": number}
    failed = await workbench.invoke({"raise": True})
    assert failed.function_error == "Unhandled"
    assert response_of(failed) == {
        "errorMessage": "no luck",
        "errorType": "My.Error",
        "stackTrace": [],
    }
    assert await workbench.answer({"number": 3}) == {"number": 3}
