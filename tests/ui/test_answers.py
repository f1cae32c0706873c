"""Errors and HTTP responses are recognised in whatever a function returns."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_tui.ui.model.responses import error_answer, http_answer, is_users

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def payload(value: object) -> bytes:
    """Return a response."""
    return json.dumps(value).encode()


def http(value: object) -> Any:
    """Return what a response describes, which must be an HTTP response."""
    found = http_answer(payload(value))
    assert found is not None
    return found


def test_an_error_of_python_has_its_stack() -> None:
    frame = '  File "/var/task/app.py", line 11, in handler\n    raise KeyError("id")\n'
    found = error_answer(
        payload({"errorType": "KeyError", "errorMessage": "'id'", "stackTrace": [frame]})
    )
    assert found is not None
    assert (found.type, found.message) == ("KeyError", "'id'")
    assert found.frames == tuple(frame.rstrip("\n").split("\n"))


def test_an_error_of_node_has_its_stack_without_type_and_message_again() -> None:
    found = error_answer(
        payload(
            {
                "errorType": "TypeError",
                "errorMessage": "two\nlines",
                "trace": [
                    "TypeError: two",
                    "lines",
                    "    at handler (file:///var/task/index.mjs:3:9)",
                    "    at node:internal/process/task_queues:95:5",
                ],
            }
        )
    )
    assert found is not None
    assert [line.strip() for line in found.frames] == [
        "at handler (file:///var/task/index.mjs:3:9)",
        "at node:internal/process/task_queues:95:5",
    ]
    assert [is_users(line) for line in found.frames] == [True, False]


def test_the_cause_of_an_error_is_read_too() -> None:
    cause = {"errorType": "java.io.IOException", "errorMessage": "broken", "stackTrace": ["at A.b"]}
    found = error_answer(payload({"errorType": "RuntimeException", "cause": cause}))
    assert found is not None
    assert found.cause is not None
    assert found.cause.frames == ("at A.b",)


def test_an_http_response_is_read_with_all_its_headers() -> None:
    found = http(
        {
            "statusCode": 201,
            "headers": {"Content-Type": "application/json", "X-Count": 3},
            "cookies": ["a=1", "b=2"],
            "body": '{"id": 7}',
        }
    )
    assert found.status_line == "201 Created"
    assert found.headers == (
        ("Content-Type", "application/json"),
        ("X-Count", "3"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
    )
    assert found.body == b'{"id": 7}'
    assert found.content_type == "application/json"
    assert found.warnings == ()


def test_headers_with_several_values_are_sent_one_by_one() -> None:
    found = http({"statusCode": 200, "multiValueHeaders": {"Vary": ["A", "B"]}, "body": ""})
    assert found.headers == (("Vary", "A"), ("Vary", "B"))
    assert found.warnings == ()


def test_a_body_in_base64_is_decoded() -> None:
    body = base64.b64encode(b"\x89PNG\r\n").decode()
    assert http({"statusCode": 200, "isBase64Encoded": True, "body": body}).body == b"\x89PNG\r\n"


@pytest.mark.parametrize(
    ("value", "warning"),
    [
        ({"statusCode": 200, "body": {"id": 7}}, "body is an object"),
        ({"statusCode": 200, "body": [1]}, "body is a list"),
        ({"statusCode": "200", "body": ""}, "statusCode is a string"),
        ({"statusCode": 20, "body": ""}, "no HTTP status"),
        ({"statusCode": None, "body": ""}, "no HTTP status"),
        ({"statusCode": True, "body": ""}, "no HTTP status"),
        ({"body": "x", "headers": {}}, "statusCode is missing"),
        ({"statusCode": 200, "headers": ["a"]}, "headers is a list"),
        ({"statusCode": 200, "headers": {"a": ["1"]}}, "multiValueHeaders takes lists"),
        ({"statusCode": 200, "headers": {"a": None}}, "headers a is null"),
        ({"statusCode": 200, "multiValueHeaders": {"a": "1"}}, "multiValueHeaders a is a string"),
        ({"statusCode": 200, "cookies": "a=1"}, "cookies is a string"),
        ({"statusCode": 200, "isBase64Encoded": True, "body": "?"}, "no base64"),
        ({"statusCode": 200, "isBase64Encoded": "true", "body": ""}, "isBase64Encoded is a string"),
        ({"statusCode": 200, "cookies": [], "multiValueHeaders": {}}, "no service reads both"),
    ],
)
def test_what_an_api_would_not_take_is_said_in_words(value: object, warning: str) -> None:
    warnings = http(value).warnings
    assert len(warnings) == 1
    assert warning in warnings[0]


@pytest.mark.parametrize(
    "value", [{"ok": True}, [{"statusCode": 200}], "statusCode", {"body": "x"}, 7, None]
)
def test_other_responses_are_no_http(value: object) -> None:
    assert http_answer(payload(value)) is None


def test_a_streamed_response_has_its_status_and_headers_in_front() -> None:
    prelude = payload({"statusCode": 202, "headers": {"x": "y"}, "cookies": ["a=1"]})
    found = http_answer(prelude + bytes(8) + b"<p>hello")
    assert found is not None
    assert (found.status, found.body) == (202, b"<p>hello")
    assert found.headers == (("x", "y"), ("set-cookie", "a=1"))
    assert http_answer(b"{}" + bytes(8) + b"\0\1") is None


KEYS = (
    *("statusCode", "headers", "multiValueHeaders", "cookies", "body", "isBase64Encoded"),
    *("errorType", "errorMessage", "stackTrace", "trace", "cause"),
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, JSON_VALUES)))
def test_no_response_is_too_odd_to_be_read(value: object) -> None:
    http_answer(payload(value))
    error_answer(payload(value))
