"""When a function is wrong, the caller and the log get AWS's words and shapes."""

from __future__ import annotations

import sys

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.lifecycle import State
from support.workbench import Open, Workbench, response_of

pytestmark = pytest.mark.also_on_macos

KEYS = ["errorMessage", "errorType", "requestId", "stackTrace"]

RAISES = """
class OutOfStock(Exception):
    pass

def lambda_handler(event, context):
    return reserve(event)

def reserve(event):
    raise OutOfStock("no more " + event)
"""


def task_root(workbench: Workbench) -> str:
    """Where the function sees its code."""
    assert workbench.pool.sandbox is not None
    isolated = workbench.pool.sandbox.level == "namespaces"
    return "/var/task" if isolated else str(workbench.directory)


@pytest.mark.rule("6.1.1", "6.2.1")
async def test_a_handler_that_raises_answers_with_its_error(open_project: Open) -> None:
    workbench = await open_project(RAISES)
    invocation = await workbench.invoke("tea")
    payload = response_of(invocation)
    assert list(payload) == KEYS
    assert payload["errorMessage"] == "no more tea"
    assert payload["errorType"] == "OutOfStock"
    assert payload["requestId"] == invocation.request_id
    file = f"{task_root(workbench)}/lambda_function.py"
    first, second = payload["stackTrace"]
    assert first.startswith(
        f'  File "{file}", line 6, in lambda_handler\n    return reserve(event)'
    )
    assert second.startswith(f'  File "{file}", line 9, in reserve\n    raise OutOfStock(')
    assert second.endswith("\n")
    assert (invocation.status, invocation.function_error) == ("error", "Unhandled")


@pytest.mark.rule("1.4.6")
async def test_a_handler_that_raises_is_a_success_of_its_runtime(open_project: Open) -> None:
    workbench = await open_project(RAISES)
    invocation = await workbench.invoke("tea")
    (done,), (report,) = workbench.records(events.RuntimeDone), workbench.records(events.Report)
    assert (done.status, done.error_type) == ("success", None)
    assert (report.status, report.error_type) == ("success", None)
    assert "Status" not in workbench.log()[-1]
    assert workbench.reasons(State.RESET) == []
    await workbench.until_frozen()
    second = await workbench.invoke("tea")
    assert (second.environment_id, second.cold_start) == (invocation.environment_id, False)


@pytest.mark.rule("5.5.5")
async def test_the_log_has_the_error_as_one_record(open_project: Open) -> None:
    workbench = await open_project(RAISES)
    invocation = await workbench.invoke("tea")
    (record,) = workbench.records(events.FunctionLog)
    assert record.request_id == invocation.request_id
    first, second, third, *_ = record.message.split("\n")
    assert first == "[ERROR] OutOfStock: no more tea"
    assert second == "Traceback (most recent call last):"
    assert third.startswith("\u00a0\u00a0File ")


INIT_ERRORS = {
    "a_missing_dependency": (
        "lambda_function.lambda_handler",
        "import nothing_like_it",
        "Runtime.ImportModuleError",
        "Unable to import module 'lambda_function': No module named 'nothing_like_it'",
    ),
    "a_missing_module": (
        "gone.handler",
        "",
        "Runtime.ImportModuleError",
        "Unable to import module 'gone': No module named 'gone'",
    ),
    "a_missing_handler": (
        "lambda_function.gone",
        "",
        "Runtime.HandlerNotFound",
        "Handler 'gone' missing on module 'lambda_function'",
    ),
    "a_handler_without_a_dot": (
        "handler",
        "",
        "Runtime.MalformedHandlerName",
        "Bad handler 'handler': not enough values to unpack (expected 2, got 1)",
    ),
    "a_built_in_module": (
        "sys.exit",
        "",
        "Runtime.BuiltInModuleConflict",
        "Cannot use built-in module sys as a handler module",
    ),
}


@pytest.mark.rule("6.2.4", "6.3.5")
@pytest.mark.parametrize("name", INIT_ERRORS)
async def test_an_init_error_has_awss_type_and_text(open_project: Open, name: str) -> None:
    handler, source, error_type, message = INIT_ERRORS[name]
    workbench = await open_project(source, handler=handler)
    invocation = await workbench.invoke()
    payload = response_of(invocation)
    assert payload == {
        "errorMessage": message,
        "errorType": error_type,
        "requestId": "",
        "stackTrace": [],
    }
    assert list(payload) == KEYS
    assert (invocation.status, invocation.function_error) == ("error", "Unhandled")
    assert {report.error_type for report in workbench.records(events.InitReport)} == {error_type}
    assert workbench.records(events.Report)[0].error_type == error_type
    await workbench.until_state(State.RESET)


@pytest.mark.rule("6.2.5")
async def test_a_syntax_error_names_the_line(open_project: Open) -> None:
    workbench = await open_project("import os\ndef lambda_handler(event context):\n    pass\n")
    payload = response_of(await workbench.invoke())
    assert payload["errorType"] == "Runtime.UserCodeSyntaxError"
    start = "Syntax error in module 'lambda_function': "
    assert payload["errorMessage"].startswith(start)
    assert payload["errorMessage"].endswith("(lambda_function.py, line 2)")
    (place,) = payload["stackTrace"]
    file = f"{task_root(workbench)}/lambda_function.py"
    assert place.startswith(f'  File "{file}" Line 2\n    def lambda_handler(event context):')
    assert payload["requestId"] == ""


@pytest.mark.rule("2.4.1", "6.2.3")
async def test_an_error_of_top_level_code_keeps_its_name_and_the_imports_frames(
    open_project: Open,
) -> None:
    workbench = await open_project("import os\nprices = {}['tea']\n")
    payload = response_of(await workbench.invoke())
    assert payload["errorType"] == "KeyError"
    assert payload["errorMessage"] == "'tea'"
    assert payload["requestId"] == ""
    assert "/importlib/__init__.py" in payload["stackTrace"][0]
    file = f"{task_root(workbench)}/lambda_function.py"
    assert payload["stackTrace"][-1].startswith(f'  File "{file}", line 2, in <module>\n')


@pytest.mark.rule("5.5.7")
async def test_an_init_error_logs_awss_warning_first(open_project: Open) -> None:
    workbench = await open_project("1 / 0")
    await workbench.invoke()
    warning, error, *_ = workbench.records(events.FunctionLog)
    assert warning.message.startswith("[WARNING]\t")
    assert "\t\tLAMBDA_WARNING: Unhandled exception." in warning.message
    assert error.message.startswith("[ERROR] ZeroDivisionError: division by zero\n")
    assert (warning.request_id, error.request_id) == (None, None)


RETURNS = """
import decimal
def lambda_handler(event, context):
    return eval(event)
"""


@pytest.mark.rule("6.2.11")
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("decimal.Decimal('1.10')", b"1.10"),
        ("{'prices': [decimal.Decimal('0.1'), 'x']}", b'{"prices": [0.1, "x"]}'),
        ("b'\\x00raw\\xff'", b"\x00raw\xff"),
        ("None", b"null"),
        ("(1, 2.5, True)", b"[1, 2.5, true]"),
        ("{1: 'a'}", b'{"1": "a"}'),
        ("float('nan')", b"NaN"),
        ("'na\\u00efve'", '"naïve"'.encode() if sys.version_info >= (3, 12) else b'"na\\u00efve"'),
    ],
)
async def test_a_result_reaches_the_caller_as_awss_runtime_writes_it(
    open_project: Open, expression: str, expected: bytes
) -> None:
    workbench = await open_project(RETURNS)
    invocation = await workbench.invoke(expression)
    assert (invocation.status, invocation.response) == ("success", expected)
    assert workbench.records(events.RuntimeDone)[0].produced_bytes == len(expected)


@pytest.mark.rule("6.2.6")
@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("{1, 2}", "Object of type set is not JSON serializable"),
        ("[object]", "Object of type type is not JSON serializable"),
        ("(lambda loop: loop.append(loop) or loop)([])", "Circular reference detected"),
    ],
)
async def test_a_result_that_json_cannot_say_is_a_marshal_error(
    open_project: Open, expression: str, reason: str
) -> None:
    workbench = await open_project(RETURNS)
    invocation = await workbench.invoke(expression)
    assert response_of(invocation) == {
        "errorMessage": f"Unable to marshal response: {reason}",
        "errorType": "Runtime.MarshalError",
        "requestId": invocation.request_id,
        "stackTrace": [],
    }
    assert await workbench.answer("1") == 1


@pytest.mark.rule("6.2.6")
async def test_an_event_that_is_not_json_is_an_unmarshal_error(open_project: Open) -> None:
    workbench = await open_project(RETURNS)
    invocation = workbench.pool.invoke(b"{not json")
    await invocation.wait()
    payload = response_of(invocation)
    assert payload["errorType"] == "Runtime.UnmarshalError"
    assert payload["errorMessage"].startswith("Unable to unmarshal input: ")


@pytest.mark.rule("6.3.4", "9.6")
async def test_a_response_of_six_megabytes_and_a_hundred_bytes_is_the_largest(
    open_project: Open,
) -> None:
    workbench = await open_project(RETURNS)
    largest = await workbench.invoke("'x' * 6291554")
    assert largest.status == "success"
    assert largest.response is not None
    assert len(largest.response) == 6291556
    invocation = await workbench.invoke("'x' * 6291555")
    assert invocation.response == (
        b'{"errorMessage":"Response payload size exceeded maximum allowed payload size '
        b'(6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}'
    )
    assert invocation.function_error == "Unhandled"
    assert workbench.records(events.Report)[-1].error_type == "Function.ResponseSizeTooLarge"
    assert await workbench.answer("1") == 1


async def test_an_event_of_six_megabytes_arrives_whole(open_project: Open) -> None:
    workbench = await open_project("def lambda_handler(event, context): return len(event)")
    assert await workbench.answer("x" * 6_000_000) == 6_000_000
