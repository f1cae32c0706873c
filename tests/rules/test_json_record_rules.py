"""``LoggingConfig`` with the JSON format: what Python's runtime writes."""

from __future__ import annotations

import json
import re
import sys
from typing import get_args

import pytest

from lambda_tui.engine import events
from lambda_tui.project.function import ApplicationLogLevel, LoggingConfig
from support.workbench import Open

ONE_LEVEL = pytest.mark.parametrize("level", ["namespaces"])

LOGS = """
import logging
logger = logging.getLogger("orders")
{top_level}
def lambda_handler(event, context):
    {body}
"""


async def logged(
    open_project: Open, body: str, level: ApplicationLogLevel | None = None
) -> tuple[str, list[str]]:
    """Invoke a function with this body; return the request id and what the function logged."""
    workbench = await open_project(
        LOGS.format(top_level="", body=body), logging=LoggingConfig("JSON", level)
    )
    invocation = await workbench.invoke()
    return invocation.request_id, [
        record.message for record in workbench.records(events.FunctionLog)
    ]


@pytest.mark.rule("5.5.3")
@ONE_LEVEL
async def test_a_record_of_the_runtime_has_awss_keys_in_awss_order(open_project: Open) -> None:
    request_id, (line,) = await logged(
        open_project, "logger.info('%d sold', 3, extra={'colour': 'green', 'sizes': [1, 2]})"
    )

    record = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record["timestamp"])
    assert list(record.items())[1:] == [
        ("level", "INFO"),
        ("message", "3 sold"),
        ("logger", "orders"),
        ("requestId", request_id),
        ("colour", "green"),
        ("sizes", [1, 2]),
    ]


@pytest.mark.rule("5.5.4")
@ONE_LEVEL
async def test_a_dict_as_the_message_stays_an_object(open_project: Open) -> None:
    _id, (line,) = await logged(open_project, "logger.error({'sold': 3, 'what': {'tea': None}})")

    assert json.loads(line)["message"] == {"sold": 3, "what": {"tea": None}}


@pytest.mark.rule("5.5.4")
@ONE_LEVEL
async def test_what_json_cannot_say_is_turned_into_text(open_project: Open) -> None:
    _id, (line,) = await logged(open_project, "logger.error('set', extra={'colours': {1}})")

    assert json.loads(line)["colours"] == "{1}"


@pytest.mark.rule("5.5.3")
@ONE_LEVEL
async def test_an_exception_that_is_logged_has_its_trace_and_place(open_project: Open) -> None:
    request_id, (line,) = await logged(
        open_project,
        """
    try:
        1 / 0
    except ZeroDivisionError:
        logger.exception("it failed")
    """,
    )

    record = json.loads(line)
    keys = "timestamp level message logger stackTrace errorType errorMessage requestId location"
    assert list(record) == keys.split()
    assert (record["level"], record["message"]) == ("ERROR", "it failed")
    assert (record["errorType"], record["errorMessage"]) == (
        "ZeroDivisionError",
        "division by zero",
    )
    (frame,) = record["stackTrace"]
    assert frame.startswith('  File "/var/task/lambda_function.py", line 8, in lambda_handler\n')
    assert record["requestId"] == request_id
    assert record["location"] == "/var/task/lambda_function.py:lambda_handler:10"


@pytest.mark.rule("5.5.6")
@ONE_LEVEL
async def test_an_unhandled_error_has_awss_keys_in_awss_order(open_project: Open) -> None:
    request_id, (line,) = await logged(open_project, "raise LookupError('na\\u00efve')")

    record = json.loads(line)
    assert list(record.items())[1:] == [
        ("level", "ERROR"),
        ("errorMessage", "naïve"),
        ("errorType", "LookupError"),
        ("requestId", request_id),
        ("stackTrace", record["stackTrace"]),
    ]
    assert next(iter(record)) == "timestamp"
    # Other letters than ASCII stay as they are from Python 3.12 on.
    assert ("naïve" in line) is (sys.version_info >= (3, 12))


@pytest.mark.rule("5.5.3")
@ONE_LEVEL
async def test_the_request_id_is_an_empty_text_during_init(open_project: Open) -> None:
    source = LOGS.format(top_level="logger.error('early')", body="pass")
    workbench = await open_project(source, logging=LoggingConfig("JSON"))

    await workbench.invoke()

    (record,) = workbench.records(events.FunctionLog)
    assert json.loads(record.message)["requestId"] == ""


@pytest.mark.rule("5.4.6")
@ONE_LEVEL
@pytest.mark.parametrize(
    ("application_level", "expected"),
    [
        (None, ["INFO", "WARNING", "ERROR", "CRITICAL"]),
        ("TRACE", ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]),
        ("WARN", ["WARNING", "ERROR", "CRITICAL"]),
        ("FATAL", ["CRITICAL"]),
    ],
)
async def test_the_application_log_level_is_the_root_loggers(
    open_project: Open, application_level: ApplicationLogLevel | None, expected: list[str]
) -> None:
    body = "[logger.log(number, 'told') for number in (10, 20, 30, 40, 50)]"

    _id, told = await logged(open_project, body, application_level)

    assert [json.loads(line)["level"] for line in told] == expected


@pytest.mark.rule("5.4.6")
@ONE_LEVEL
@pytest.mark.parametrize(
    ("call", "shown_at"),
    [
        ("logger.log(35, 'told')", "WARN"),
        ("logger.log(45, 'told')", "ERROR"),
        ("logger.log(25, 'told')", "INFO"),
        ("logger.error('told', extra={'level': 'DEBUG'})", "ERROR"),
        ("logging.addLevelName(40, 'CAREFUL') or logger.error('told')", "ERROR"),
        ("logging.addLevelName(35, 'NOTICE') or logger.log(35, 'told')", "WARN"),
    ],
)
async def test_a_record_passes_by_the_named_level_below_its_own(
    open_project: Open, call: str, shown_at: ApplicationLogLevel
) -> None:
    workbench = await open_project(
        LOGS.format(top_level="", body=call), logging=LoggingConfig("JSON")
    )
    await workbench.invoke()

    (event,) = [one for one in workbench.events if isinstance(one.record, events.FunctionLog)]
    levels = get_args(ApplicationLogLevel)
    passed = [one for one in levels if events.log_text(event, LoggingConfig("JSON", one))]
    assert passed == list(levels[: levels.index(shown_at) + 1])


@pytest.mark.rule("5.5.1")
@ONE_LEVEL
async def test_what_is_printed_is_never_made_json(open_project: Open) -> None:
    _id, told = await logged(open_project, "print('plain'); print('two\\nlines')")

    assert told == ["plain", "two", "lines"]
