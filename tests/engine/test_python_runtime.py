"""The surroundings of a Python handler: context, variables, import path and log format."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.engine import events
from lambda_tui.project.function import LoggingConfig
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from support.workbench import Open, response_of

EVALUATES = """
import logging, os, sys
def lambda_handler(event, context):
    return eval(event)
"""


@pytest.mark.rule("8.4.1")
async def test_the_context_has_every_field_of_awss(open_project: Open) -> None:
    workbench = await open_project(EVALUATES, memory_size=512, timeout=30)
    names = "aws_request_id log_group_name log_stream_name function_name memory_limit_in_mb"
    names += " function_version invoked_function_arn tenant_id client_context"
    pairs = ", ".join(f"{name!r}: context.{name}" for name in names.split())
    answer: dict[str, Any] = await workbench.answer(f"{{{pairs}}}")
    assert answer == {
        "aws_request_id": workbench.pool.invocations[-1].request_id,
        "log_group_name": "/aws/lambda/function",
        "log_stream_name": workbench.environment.log_stream,
        "function_name": "function",
        "memory_limit_in_mb": "512",
        "function_version": "$LATEST",
        "invoked_function_arn": "arn:aws:lambda:us-east-1:123456789012:function:function",
        "tenant_id": None,
        "client_context": None,
    }
    pattern = r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}"
    assert re.fullmatch(pattern, answer["log_stream_name"])
    identity = "[context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id]"
    assert await workbench.answer(identity) == [None, None]


@pytest.mark.rule("1.4.5", "8.4.2")
async def test_the_context_tells_the_time_that_remains(open_project: Open) -> None:
    workbench = await open_project(EVALUATES, timeout=30)
    before = time.monotonic()
    remaining = await workbench.answer("context.get_remaining_time_in_millis()")
    passed_ms = (time.monotonic() - before) * 1000
    assert 30_000 - passed_ms - 5 <= remaining <= 30_000


async def test_a_plain_dictionary_may_stand_in_the_place_of_the_variables(
    open_project: Open,
) -> None:
    workbench = await open_project("import os\nos.environ = dict(os.environ)\n" + EVALUATES)
    traces = set()
    for _ in range(2):
        name, trace = await workbench.answer(
            "[context.function_name, os.environ['_X_AMZN_TRACE_ID']]"
        )
        assert name == "function"
        traces.add(trace)
    assert len(traces) == 2


@pytest.mark.rule("8.4.3")
@pytest.mark.parametrize("logging", [LoggingConfig(), LoggingConfig("JSON")])
async def test_what_the_context_logs_is_one_record(
    open_project: Open, logging: LoggingConfig
) -> None:
    workbench = await open_project(EVALUATES, logging=logging)
    await workbench.answer("context.log('a') or context.log('b\\nc\\n') or print('d')")
    messages = [record.message for record in workbench.records(events.FunctionLog)]
    assert messages == ["a", "b\nc", "d"]


async def test_what_the_context_logs_is_printed_where_the_function_has_no_handler(
    open_project: Open,
) -> None:
    workbench = await open_project("import logging\nlogging.root.handlers.clear()\n" + EVALUATES)
    await workbench.answer("context.log('a') or context.log('b\\n')")
    assert [record.message for record in workbench.records(events.FunctionLog)] == ["ab"]


@pytest.mark.rule("5.5.9")
@pytest.mark.parametrize("logging", [LoggingConfig(), LoggingConfig("JSON")], ids=["text", "JSON"])
async def test_a_log_call_that_fails_fails_the_invocation(
    open_project: Open, logging: LoggingConfig
) -> None:
    workbench = await open_project(EVALUATES, logging=logging)
    invocation = await workbench.invoke("logging.error('order %d', 'x')")
    assert invocation.function_error == "Unhandled"
    payload = response_of(invocation)
    assert payload["errorType"] == "TypeError"
    assert payload["errorMessage"] == "%d format: a real number is required, not str"
    (record,) = workbench.records(events.FunctionLog)
    assert "--- Logging error ---" not in record.message
    assert await workbench.answer("1") == 1


def expected_variables(directory: Path, level: str, stream: str) -> dict[str, str]:
    root, language = "/var/task", "/var/lang/bin"
    if level == "processes":
        root, language = str(directory), os.path.dirname(os.path.realpath(sys.executable))
    return {
        "_HANDLER": "lambda_function.lambda_handler",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/function",
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "LAMBDA_TASK_ROOT": root,
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LANG": "en_US.UTF-8",
        "PATH": f"{language}:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "LD_LIBRARY_PATH": (
            "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:"
            f"{root}:{root}/lib:/opt/lib"
        ),
        "TZ": ":UTC",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1:2000",
        "_AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1",
        "_AWS_XRAY_DAEMON_PORT": "2000",
        "PWD": root,
        "SHLVL": "0",
        "PYTHONPATH": "/var/runtime",
        "COLOUR": "green",
    }


@pytest.mark.rule("1.3.1")
async def test_the_environment_is_awss_and_the_functions_own_and_nothing_of_the_shells(
    open_project: Open, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SHELL", "do not tell")
    # An interpreter may need it to start; a function does not get it.
    monkeypatch.setenv("DYLD_LIBRARY_PATH", "/nowhere")
    workbench = await open_project(
        EVALUATES, runtime="python3.11", environment={"COLOUR": "green", "AWS_REGION": "moon"}
    )
    variables: dict[str, str] = await workbench.answer("dict(os.environ)")
    trace = variables.pop("_X_AMZN_TRACE_ID", "")
    credentials = {name: variables.pop(name) for name in list(variables) if "KEY" in name}
    credentials["AWS_SESSION_TOKEN"] = variables.pop("AWS_SESSION_TOKEN")
    assert set(credentials) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
    assert all(credentials.values())
    assert re.fullmatch(r"127\.0\.0\.1:\d+", variables.pop("AWS_LAMBDA_RUNTIME_API"))
    first_environments = "[open('/proc/self/environ').read()]"
    assert "SECRET" not in str(await workbench.answer(first_environments))
    stream = workbench.environment.log_stream
    assert variables == expected_variables(workbench.directory, level, stream)
    assert re.match(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};", trace)


async def test_a_child_process_sees_the_same_variables(open_project: Open) -> None:
    workbench = await open_project(EVALUATES)
    expression = "__import__('subprocess').check_output(['env', '-0']).decode().split(chr(0))"
    lines = await workbench.answer(expression)
    # Programs get their storage by this one, at the level where the paths lead elsewhere.
    names = {line.partition("=")[0] for line in lines if line} - {"_", "TMPDIR"}
    assert names == set(await workbench.answer("list(os.environ)"))


@pytest.mark.rule("8.2.6")
async def test_the_code_is_first_on_the_import_path_then_the_layers(
    open_project: Open, level: str
) -> None:
    workbench = await open_project(EVALUATES)
    root = "/var/task" if level == "namespaces" else str(workbench.directory)
    path, cwd, version = await workbench.answer("[sys.path, os.getcwd(), sys.version_info[:2]]")
    assert cwd == root
    layer = f"/opt/python/lib/python{version[0]}.{version[1]}/site-packages"
    assert path[:3] == [root, layer, "/opt/python"]


@pytest.mark.rule("8.4.7")
@pytest.mark.parametrize("handler", ["orders/index.handler", "orders.index.handler"])
async def test_a_handler_may_lie_in_a_folder(open_project: Open, handler: str) -> None:
    workbench = await open_project("", handler=handler)
    workbench.write("def handler(event, context): return __name__\n", "orders/index.py")
    assert await workbench.answer() == "orders.index"


TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


@pytest.mark.rule("5.5.2")
async def test_logging_has_awss_format_and_level(open_project: Open) -> None:
    workbench = await open_project(
        """
import logging
logging.warning("at init")
def lambda_handler(event, context):
    logging.info("not shown")
    logging.getLogger("shop").error("no %s", "tea")
"""
    )
    invocation = await workbench.invoke()
    at_init, error = (record.message for record in workbench.records(events.FunctionLog))
    assert re.fullmatch(rf"\[WARNING\]\t{TIME}\t\tat init", at_init)
    assert re.fullmatch(rf"\[ERROR\]\t{TIME}\t{invocation.request_id}\tno tea", error)


@pytest.mark.rule("5.5.2")
async def test_basic_config_changes_nothing_as_on_aws(open_project: Open) -> None:
    workbench = await open_project(EVALUATES)
    await workbench.answer("logging.basicConfig(format='other') or logging.warning('tea')")
    (record,) = workbench.records(events.FunctionLog)
    assert record.message.startswith("[WARNING]\t")


async def test_a_log_level_can_be_set_for_the_function(open_project: Open) -> None:
    workbench = await open_project(EVALUATES, environment={"AWS_LAMBDA_LOG_LEVEL": "TRACE"})
    await workbench.answer("logging.debug('seen')")
    (record,) = workbench.records(events.FunctionLog)
    assert record.message.endswith("\tseen")


@pytest.mark.rule("5.5.8")
async def test_an_exception_that_is_logged_is_one_record(open_project: Open) -> None:
    workbench = await open_project(
        """
import logging
def lambda_handler(event, context):
    try:
        1 / 0
    except ZeroDivisionError:
        logging.exception("it\\nfailed")
"""
    )
    await workbench.invoke()
    (record,) = workbench.records(events.FunctionLog)
    lines = record.message.split("\n")
    assert lines[0].endswith("\tit")
    assert lines[1:3] == ["failed", "Traceback (most recent call last):"]
    assert lines[-1] == "ZeroDivisionError: division by zero"


async def test_the_standard_input_is_empty_and_the_local_time_is_utc(open_project: Open) -> None:
    workbench = await open_project(EVALUATES)
    expression = "[sys.stdin.read(), __import__('time').localtime(0).tm_hour]"
    assert await workbench.answer(expression) == ["", 0]


TELLS_WHERE = """
import os
def handler(event, context):
    return {name: os.environ.get(name) for name in ("LAMBDA_TUI", "AWS_SAM_LOCAL")}
"""


@pytest.mark.parametrize(
    ("is_local", "own", "expected"),
    [(True, None, "true"), (False, None, None), (True, "mine", "mine")],
)
async def test_a_function_of_a_project_knows_that_it_does_not_run_on_aws(
    open_project: Open, tmp_path: Path, *, is_local: bool, own: str | None, expected: str | None
) -> None:
    (tmp_path / "app.py").write_text(TELLS_WHERE)
    (tmp_path / "own.env").write_text("" if own is None else f"AWS_SAM_LOCAL={own}\n")
    settings = Settings(sam_local=is_local, env_file=tmp_path / "own.env")
    workbench = await open_project(load_project(tmp_path, settings))

    assert await workbench.answer() == {"LAMBDA_TUI": "1", "AWS_SAM_LOCAL": expected}
