"""The check that an event is JSON, and AWS's error for one that is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_tui.apis.lambda_api.errors import LambdaApiError
from lambda_tui.apis.lambda_api.json_syntax import check_json

PREFIX = "Could not parse request body into json: Could not parse payload into json: "
VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def problem(event: bytes) -> LambdaApiError | None:
    try:
        check_json(event)
    except LambdaApiError as error:
        return error
    return None


def is_json(event: bytes) -> bool:
    error = problem(event)
    if error is None:
        return True
    assert (error.status, error.name) == (400, "InvalidRequestContentException")
    assert str(error).startswith(PREFIX)
    return False


def is_json_to_python(event: bytes) -> bool:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        json.loads(event.decode().removeprefix("\ufeff"), parse_constant=refuse)
    except ValueError:
        return False
    return True


@given(values, st.booleans())
def test_every_value_is_taken(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    check_json(bytearray(text.encode("utf-8", "replace")))


@given(values, st.data())
def test_a_damaged_value_is_taken_only_if_python_takes_it(value: Any, data: st.DataObject) -> None:
    event = bytearray(json.dumps(value).encode())
    place = data.draw(st.integers(0, len(event) - 1))
    event[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))

    assert is_json(bytes(event)) == is_json_to_python(bytes(event))


@pytest.mark.parametrize(
    ("event", "message", "column"),
    [
        # The first two as recorded.
        (b"n\x87r\x9e\xe9\xb5\xd7I\xee\x9bmt", "Invalid UTF-8 start byte 0x87", 3),
        (
            b"\x99\xeb,j\x07\xa1zYh",
            f"Unexpected character ((CTRL-CHAR, code 153)): expected a valid value {VALUES}",
            1,
        ),
        (b"badbod", f"Unrecognized token 'badbod': was expecting {VALUES}", 7),
        (b"'{}'", f"Unexpected character (''' (code 39)): expected a valid value {VALUES}", 1),
        (
            b'{"a" 1}',
            "Unexpected character ('1' (code 49)): "
            "was expecting a colon to separate field name and value",
            6,
        ),
        (
            b'{"a": 1 "b"}',
            "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries",
            9,
        ),
        (
            b"{a: 1}",
            "Unexpected character ('a' (code 97)): was expecting double-quote to start field name",
            2,
        ),
    ],
)
def test_what_is_wrong_is_said_as_aws_says_it(event: bytes, message: str, column: int) -> None:
    with pytest.raises(LambdaApiError) as refused:
        check_json(event)

    source = "REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)"
    place = f"at [Source: {source}; line: 1, column: {column}]"
    assert str(refused.value) == f"{PREFIX}{message}\n {place}"


@pytest.mark.parametrize(
    "event", [b"{", b'"', b"[1,", b"   ", b"[" * 5000, b"NaN", b'{"a": -Infinity}']
)
def test_unfinished_and_unspeakable_values_are_refused(event: bytes) -> None:
    assert not is_json(event)
