"""Results are the JSON that AWS's own client, which encodes with simplejson, makes of them."""

from __future__ import annotations

import enum
import math
from collections import OrderedDict, UserDict, defaultdict, namedtuple
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple
from unittest.mock import MagicMock

import pytest
from awslambdaric.lambda_runtime_marshaller import Encoder  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from support.runtimes_package import load_module

JsonEncoder = load_module("python.json_encoder").JsonEncoder

Point = namedtuple("Point", "x y")
Outcome = tuple[str, str]
"""The text of JSON, or the name of an error's type and its text."""


class Pair(NamedTuple):
    left: Any
    right: Any


class Row:
    """A row as libraries for databases have it."""

    def __init__(self, fields: Any) -> None:
        self._fields = fields

    def _asdict(self) -> Any:
        return self._fields


class Failing:
    def _asdict(self) -> Any:
        raise LookupError("no fields")


class WordyInt(int):
    def __repr__(self) -> str:
        return "many"

    __str__ = __repr__


class WordyFloat(float):
    def __repr__(self) -> str:
        return "some"

    __str__ = __repr__


class Words(str):
    def __str__(self) -> str:
        return "other words"


class Colour(str, enum.Enum):  # noqa: UP042 - the form that 3.10 and older know
    RED = "red"


class Size(enum.IntEnum):
    SMALL = 1


class Ratio(float, enum.Enum):
    HALF = 0.5


class Plain(enum.Enum):
    ONE = 1


class Shelf(dict):  # type: ignore[type-arg]
    def items(self) -> Any:
        return [("from", "items")]


class Heap(list):  # type: ignore[type-arg]
    def __iter__(self) -> Any:
        return iter(["from iter"])


class Raw(bytes):
    pass


class FieldsInDict(dict):  # type: ignore[type-arg]
    def _asdict(self) -> Any:
        return {"by": "_asdict"}


@pytest.fixture(params=["AWS_Lambda_python3.11", "AWS_Lambda_python3.12", "AWS_Lambda_python3.14"])
def encoders(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> tuple[Any, Encoder]:
    """Return ours and AWS's, as they are in a runtime: each follows the variable once."""
    monkeypatch.setenv("AWS_EXECUTION_ENV", request.param)
    return JsonEncoder(), Encoder()


def outcome(encode: Callable[[Any], str], value: Any) -> Outcome:
    try:
        return "JSON", encode(value)
    except Exception as error:
        return type(error).__name__, str(error)


def circular(make: Callable[[Any], Any]) -> Any:
    inner: list[Any] = []
    inner.append(make(inner))
    return inner


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters()),
    st.binary(max_size=4),
    st.decimals(),
    st.sampled_from(
        [
            *(math.nan, math.inf, -math.inf, -0.0, 1e16, 10**400, b"raw", b"\xff", "\u2028/\x7f"),
            *(Decimal("sNaN"), Decimal("-NaN"), Decimal("-Infinity"), Decimal("1.10")),
            *(WordyInt(3), WordyFloat(0.5), WordyFloat(math.nan), Words("words"), Raw(b"raw")),
            *(Colour.RED, Size.SMALL, Ratio.HALF, Plain.ONE, Fraction(1, 3), 1j, {1}, object),
            *(Point, Point(1, 2), Shelf(a=1), Shelf(), Heap([1]), Heap(), FieldsInDict(a=1)),
            *(
                FieldsInDict(),
                Failing(),
                Row([1]),
                Row(None),
                UserDict(a=1),
                bytearray(b"raw"),
                range(2),
                ...,
            ),
        ]
    ),
)
keys = st.one_of(
    st.text(st.characters()),
    st.integers(),
    st.booleans(),
    st.none(),
    st.floats(),
    st.binary(max_size=4),
    st.sampled_from([b"\xff", Raw(b"raw"), Words("words"), WordyInt(3), WordyFloat(0.5)]),
    st.sampled_from([Colour.RED, Size.SMALL, Plain.ONE, Decimal("1.0"), (1, 2), Point(1, 2)]),
)


def containers(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    mappings = st.dictionaries(keys, values, max_size=3)
    sequences = st.lists(values, max_size=3)
    return st.one_of(
        mappings,
        sequences,
        sequences.map(tuple),
        mappings.map(OrderedDict),
        mappings.map(lambda fields: defaultdict(list, fields)),
        mappings.map(Row),
        st.builds(Point, values, values),
        st.builds(Pair, values, values),
        values.map(Row),
    )


@settings(max_examples=1000)
@given(value=st.recursive(scalars, containers, max_leaves=12))
def test_any_value_is_encoded_as_by_awss_client(value: Any) -> None:
    assert outcome(JsonEncoder().encode, value) == outcome(Encoder().encode, value)


@pytest.mark.parametrize(
    "value",
    [
        {"point": Point(1, Decimal("2.50")), b"key": b"raw"},
        [Pair(Pair(1, [2]), {"a": (3, Point(4, 5))})],
        Row({"id": 1, b"name": b"tea"}),
        {"a": 1, b"a": 2},
        MagicMock(),
        "naïve 𝄞 \ud800",
        {"naïve": "\u2028", 1.0: math.nan, None: True, False: None},
        circular(lambda inner: inner),
        circular(lambda inner: {"inner": inner}),
        circular(lambda inner: Row({"inner": inner})),
        circular(lambda inner: Point(inner, 1)),
        nested(100),
        nested(5000),
        [Decimal(1)] * 3,
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_that_python_programs_have_is_encoded_as_by_awss_client(
    encoders: tuple[Any, Encoder], value: Any
) -> None:
    ours, awss = encoders
    assert outcome(ours.encode, value) == outcome(awss.encode, value)
