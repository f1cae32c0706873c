"""The content of the response pane: any response, bounded and safe for the terminal."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from lambda_tui.ui.panes.response import SHOWN_LIMIT, response_content


def invocation(response: bytes, status: str = "success") -> Any:
    return SimpleNamespace(response=response, status=status, is_over=True)


def test_a_response_of_megabytes_is_cut_with_a_note() -> None:
    payload = json.dumps({"rows": ["x" * 100] * 60_000}).encode()
    shown = response_content(invocation(payload)).plain
    assert len(shown) < SHOWN_LIMIT + 200
    assert "Y copies everything" in shown


@pytest.mark.parametrize("payload", [b"null", b"17", b'"text"', b"[]", b"\xff\x00", b"{broken"])
def test_any_response_can_be_shown(payload: bytes) -> None:
    shown = response_content(invocation(payload)).plain
    assert shown
    assert "\x00" not in shown


def test_escapes_in_a_response_are_shown_as_text() -> None:
    shown = response_content(invocation(json.dumps("\x1b]0;PWNED\x07[b]").encode())).plain
    assert "\x1b" not in shown
    assert "[b]" in shown


def test_an_error_shows_as_python_prints_it() -> None:
    error = {
        "errorType": "KeyError",
        "errorMessage": "'name' [red]",
        "stackTrace": ['  File "/var/task/app.py", line 1, in greet\n    return event["name"]\n'],
    }
    shown = response_content(invocation(json.dumps(error).encode(), "error")).plain
    assert shown.startswith("✗ KeyError\n'name' [red]")
    assert '\n    return event["name"]' in shown
