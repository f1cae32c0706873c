"""The runtimes' own msgpack agrees with the library's."""

from __future__ import annotations

import os
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.runtimes_package import load_module

ours = load_module("msgpack")

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.integers(-200, 300)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text("abc", max_size=5), inner),
    max_leaves=30,
)
# Just below and above where the library goes over to the next longer form.
bounds = [0, 15, 16, 31, 32, 255, 256, 65_535, 65_536]
numbers = [
    *(2**bits + step for bits in range(64) for step in (-1, 0)),
    *(-(2**bits) - step for bits in range(63) for step in (0, 1)),
    -(2**63),
    2**64 - 1,
]
large: list[object] = [
    *("é" * size for size in bounds),
    *(["x"] * size for size in bounds),
    *(dict.fromkeys(map(str, range(size)), 0) for size in bounds),
    numbers,
]
every_large = pytest.mark.parametrize("value", large, ids=range(len(large)))


@given(values)
def test_the_library_reads_what_was_packed(value: object) -> None:
    assert identity(msgpack.unpackb(ours.pack(value))) == identity(value)


@given(values)
def test_what_the_library_packs_is_read(value: object) -> None:
    assert identity(ours.unpack(msgpack.packb(value))) == identity(value)


@every_large
def test_both_agree_at_every_size(value: object) -> None:
    assert msgpack.unpackb(ours.pack(value)) == value
    assert ours.unpack(msgpack.packb(value)) == value
    assert ours.unpack(ours.pack(value)) == value


@given(st.binary(max_size=300))
def test_a_path_is_read_from_its_bytes_whatever_they_are(path: bytes) -> None:
    assert ours.unpack(msgpack.packb(path)) == os.fsdecode(path)
    text = f"before {os.fsdecode(path)} after"
    assert ours.unpack(msgpack.packb(text, unicode_errors="surrogateescape")) == text
    assert msgpack.unpackb(ours.pack(text), unicode_errors="surrogateescape") == text


def identity(value: Any) -> Any:
    """Return a value to compare by, in which 1, 1.0 and True differ, as do 0.0 and -0.0."""
    if isinstance(value, list):
        return [identity(item) for item in value]
    if isinstance(value, dict):
        return {key: identity(item) for key, item in value.items()}
    return type(value), repr(value)


def as_paths(value: Any) -> Any:
    """Return a value with texts in the place of bytes."""
    if isinstance(value, bytes):
        return os.fsdecode(value)
    if isinstance(value, list):
        return [as_paths(item) for item in value]
    if isinstance(value, dict):
        return {key: as_paths(item) for key, item in value.items()}
    return value


@given(values, st.data())
def test_what_is_cut_off_or_followed_by_more_is_refused(value: object, data: st.DataObject) -> None:
    packed = msgpack.packb(value)
    size = data.draw(st.integers(0, len(packed) - 1))
    for wrong in (packed[:size], packed + b"\xc0"):
        with pytest.raises(ValueError):  # noqa: PT011 - in whichever words
            ours.unpack(wrong)


@given(st.binary(max_size=60))
def test_arbitrary_bytes_are_read_as_by_the_library_or_refused(data: bytes) -> None:
    try:
        value = ours.unpack(data)
    except ValueError:
        return
    read = msgpack.unpackb(data, unicode_errors="surrogateescape")
    assert identity(value) == identity(as_paths(read))


@pytest.mark.parametrize(
    "value",
    [msgpack.ExtType(1, b"more"), msgpack.Timestamp(0), {1: "one"}, {None: 0}, {b"one": 1}],
    ids=["extension", "time", "number as key", "nothing as key", "bytes as key"],
)
def test_what_no_message_holds_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not one value of msgpack"):
        ours.unpack(msgpack.packb(value))


@pytest.mark.parametrize("value", [b"bytes", (1, 2), {1, 2}, object()])
def test_what_no_message_holds_is_not_packed(value: object) -> None:
    with pytest.raises(KeyError):
        ours.pack([value])
