"""Errors: what a wrong handler gives its caller and its log."""

from __future__ import annotations

import json

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.lifecycle import State
from support.workbench import Open, response_of

ONE_LEVEL = pytest.mark.parametrize("level", ["namespaces"])

BOOTSTRAP = '  File "/var/runtime/awslambdaric/bootstrap.py", line 178'


@pytest.mark.rule("6.2.9")
@ONE_LEVEL
@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("lambda_handler = 3", "'int' object is not callable"),
        (
            "def lambda_handler(): pass",
            "lambda_handler() takes 0 positional arguments but 2 were given",
        ),
    ],
    ids=["no function", "too few parameters"],
)
async def test_a_handler_that_cannot_be_called_is_a_type_error_in_the_bootstrap(
    open_project: Open, source: str, message: str
) -> None:
    workbench = await open_project(source)

    invocation = await workbench.invoke()

    payload = response_of(invocation)
    assert (payload["errorType"], payload["errorMessage"]) == ("TypeError", message)
    assert payload["requestId"] == invocation.request_id
    # Only leading frames of the bootstrap's are cut, and only when others follow.
    (frame,) = payload["stackTrace"]
    assert frame.startswith(BOOTSTRAP)
    assert frame.endswith(
        ", in handle_event_request\n    response = request_handler(event, lambda_context)\n"
    )
    await workbench.until_frozen(workbench.serving(invocation))


@pytest.mark.rule("5.5.5", "6.2.2")
@ONE_LEVEL
async def test_a_stack_trace_has_the_lines_and_no_marks_below_them(open_project: Open) -> None:
    workbench = await open_project(
        """
def lambda_handler(event, context):
    return 1 + divide(event)

def divide(number):
    return number / 0 + 1
"""
    )

    invocation = await workbench.invoke(1)

    trace = [
        '  File "/var/task/lambda_function.py", line 3, in lambda_handler\n'
        "    return 1 + divide(event)\n",
        '  File "/var/task/lambda_function.py", line 6, in divide\n    return number / 0 + 1\n',
    ]
    assert response_of(invocation)["stackTrace"] == trace
    (record,) = workbench.records(events.FunctionLog)
    lines = [line for entry in trace for line in entry.splitlines()]
    indented = [line.replace("    ", "\u00a0" * 4).replace("  ", "\u00a0" * 2) for line in lines]
    assert record.message.split("\n") == [
        "[ERROR] ZeroDivisionError: division by zero",
        "Traceback (most recent call last):",
        *indented,
    ]


@pytest.mark.rule("5.5.5")
@ONE_LEVEL
async def test_an_error_without_a_trace_has_its_heading_in_the_log_all_the_same(
    open_project: Open,
) -> None:
    workbench = await open_project("import nothing_like_it")

    await workbench.invoke()

    _warning, error, *_ = workbench.records(events.FunctionLog)
    assert error.message == (
        "[ERROR] Runtime.ImportModuleError: Unable to import module 'lambda_function': "
        "No module named 'nothing_like_it'\nTraceback (most recent call last):"
    )


@pytest.mark.rule("6.2.10")
@ONE_LEVEL
@pytest.mark.parametrize(
    ("raised", "end"),
    [
        ("KeyboardInterrupt()", "signal: interrupt"),
        ("GeneratorExit()", "exit status 1"),
        ("type('Stop', (BaseException,), {})()", "exit status 1"),
    ],
)
async def test_what_is_no_exception_but_a_base_exception_ends_the_runtime(
    open_project: Open, raised: str, end: str
) -> None:
    workbench = await open_project(f"def lambda_handler(event, context):\n    raise {raised}\n")

    invocation = await workbench.invoke()

    assert response_of(invocation) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": (
            f"RequestId: {invocation.request_id} Error: Runtime exited with error: {end}"
        ),
    }
    records = workbench.records(events.FunctionLog)
    assert records[0].message == "Traceback (most recent call last):"
    assert {record.request_id for record in records} == {invocation.request_id}
    await workbench.until_state(State.RESET)


@pytest.mark.rule("5.5.5")
@ONE_LEVEL
async def test_a_function_that_fails_without_a_word_answers_with_an_empty_message(
    open_project: Open,
) -> None:
    workbench = await open_project("def lambda_handler(event, context):\n    raise ValueError\n")

    invocation = await workbench.invoke()

    assert response_of(invocation)["errorMessage"] == ""
    (record,) = workbench.records(events.FunctionLog)
    assert record.message.split("\n")[0] == "[ERROR] ValueError"


SHOWS_ITS_CALLER = """
def lambda_handler(event, context):
    caller = context.client_context
    identity = context.identity.cognito_identity_id
    return [caller.custom, caller.env, caller.client.app_title, identity]
"""


@pytest.mark.rule("8.4.4")
@ONE_LEVEL
async def test_the_client_context_is_what_the_caller_sent(open_project: Open) -> None:
    workbench = await open_project(SHOWS_ITS_CALLER)
    sent = {"client": {"app_title": "shop"}, "custom": {"colour": "green"}, "env": {"make": "x"}}

    invocation = workbench.pool.invoke(b"{}", client_context=json.dumps(sent))
    await invocation.wait()

    assert response_of(invocation) == [{"colour": "green"}, {"make": "x"}, "shop", None]


@pytest.mark.rule("6.2.7")
@ONE_LEVEL
async def test_a_client_context_that_is_no_json_is_an_error_of_its_own(
    open_project: Open,
) -> None:
    workbench = await open_project(SHOWS_ITS_CALLER)

    invocation = workbench.pool.invoke(b"{}", client_context="{half")
    await invocation.wait()

    payload = response_of(invocation)
    assert payload["errorType"] == "Runtime.LambdaContextUnmarshalError"
    assert payload["errorMessage"].startswith("Unable to parse Client Context JSON: ")
    assert (payload["requestId"], payload["stackTrace"]) == (invocation.request_id, [])
