"""An invocation's outcome in a word, and the place of its failure in the user's code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambda_tui.history.answers import LARGEST_LOOKED_INTO, answer_word, failing

_STACK = ['  File "/var/task/app.py", line 3, in handler']


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ({"statusCode": 404, "body": ""}, "404"),
        ({"statusCode": "201"}, "201"),
        ({}, "{0 keys}"),
        ({"one": 1}, "{1 key}"),
        ({"a": 1, "b": 2}, "{2 keys}"),
        ([1, 2, 3], "[3 items]"),
        (None, "null"),
        (True, "true"),
        ("short", '"short"'),
        ("long" * 20, '"longlonglonglonglonglo…'),
        (12.5, "12.5"),
        ("\x1b[2J", '""'),
    ],
)
def test_a_success_is_told_by_what_it_returned(value: object, word: str) -> None:
    assert answer_word("success", json.dumps(value).encode()) == word


def test_a_failure_is_told_by_its_type() -> None:
    payload = json.dumps({"errorType": "KeyError", "errorMessage": "'x'"}).encode()
    assert answer_word("error", payload) == "KeyError"
    assert answer_word("error", b"no JSON") == "error"
    assert answer_word("timeout", payload) == "timeout"
    assert answer_word("throttled", b"{}") == "throttled"
    assert answer_word("running", None) == ""


def test_a_large_response_is_told_by_its_status_or_its_size() -> None:
    large = "x" * LARGEST_LOOKED_INTO
    page = json.dumps({"body": large, "statusCode": 404, "message": large}).encode()
    failed = {"errorType": "KeyError", "errorMessage": large, "stackTrace": _STACK}

    assert answer_word("success", page) == "404"
    for other in (large, [large], {"a": large}, {"statusCode": large}):
        assert answer_word("success", json.dumps(other).encode()) == "64 KB"
    assert answer_word("success", b"<" * 5_000_000) == "4,882 KB"
    assert answer_word("error", json.dumps(failed).encode()) == "KeyError"
    assert failing(json.dumps(failed).encode()).place == "app.py:3"


@pytest.mark.parametrize(
    ("payload", "place"),
    [
        (
            {
                "stackTrace": [
                    '  File "/var/task/app.py", line 16, in handler\n    book(order)\n',
                    '  File "/var/task/shop/books.py", line 21, in book\n    print(order["x"])\n',
                ]
            },
            "shop/books.py:21",
        ),
        (
            {
                "stackTrace": [
                    '  File "/var/task/app.py", line 16, in handler\n',
                    '  File "/var/task/site-packages/lib.py", line 3, in call\n',
                    '  File "/var/lang/lib/python3.13/json/__init__.py", line 3, in loads\n',
                ]
            },
            "app.py:16",
        ),
        (
            {
                "trace": [
                    "TypeError: customer is missing",
                    "    at inner (/var/task/node_modules/lib/index.js:9:1)",
                    "    at Runtime.handler (file:///var/task/index.mjs:6:11)",
                    "    at file:///var/runtime/index.mjs:1173:29",
                ]
            },
            "index.mjs:6",
        ),
        ({"stackTrace": []}, ""),
        ({"errorType": "Sandbox.Timedout"}, ""),
        ({"trace": "none"}, ""),
    ],
)
def test_the_place_is_the_innermost_line_of_the_users_own_code(
    payload: dict[str, Any], place: str
) -> None:
    assert failing(json.dumps(payload).encode()).place == place


def test_a_message_is_one_safe_line() -> None:
    error = failing(json.dumps({"errorType": "E", "errorMessage": "a\nb\x1b[31m"}).encode())
    assert "\n" not in error.message
    assert "\x1b" not in error.message
