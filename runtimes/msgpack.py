"""The part of msgpack that the messages of frames need, without a library.

The types are None, booleans, integers of up to 64 bits, floats, strings, lists, and maps with
strings as keys. The engine sends paths as bytes, which are read as Python's text for them. A string
may have such a path in it, whose bytes need not be UTF-8.
"""

from __future__ import annotations

import os
import struct
from functools import lru_cache
from typing import Any, Callable, Tuple

_Put = Callable[[bytes], None]
_Parsed = Tuple[Any, int]
"""A value, and the offset behind it."""
_Read = Callable[[bytes, int], _Parsed]
_ReadSized = Callable[[bytes, int, int], _Parsed]

_BYTES_OF_PATHS = "surrogateescape"
"""The handler of what is no UTF-8, by which Python makes text of paths."""


def pack(value: Any) -> bytes:  # noqa: ANN401 - any value of these types
    """Return a value as msgpack; raise ``KeyError`` for one of another type."""
    parts: list[bytes] = []
    _PACKERS[type(value)](value, parts.append)
    return b"".join(parts)


def unpack(data: bytes) -> Any:  # noqa: ANN401
    """Return the one value that these bytes hold; raise ``ValueError`` for anything else."""
    try:
        value, end = _READERS[data[0]](data, 1)
    except (LookupError, struct.error):
        end = -1
    # Slices of truncated data do not raise: the end, past that of the data, shows it here.
    if end != len(data):
        raise ValueError("the bytes are not one value of msgpack")
    return value


def _pack_int(number: int, put: _Put) -> None:
    if 0 <= number < 0x80:
        put(_BYTES[number])
    elif -0x20 <= number < 0:
        put(_BYTES[number + 0x100])
    else:
        put(_UINT64.pack(0xCF, number) if number > 0 else _INT64.pack(0xD3, number))


def _packed_text(text: str) -> bytes:
    data = text.encode("utf-8", _BYTES_OF_PATHS)
    return (_BYTES[0xA0 + len(data)] if len(data) < 0x20 else _SIZE.pack(0xDB, len(data))) + data


# Messages have few different keys: each is encoded once.
_packed_key = lru_cache(maxsize=64)(_packed_text)


def _pack_list(items: list[Any], put: _Put) -> None:
    put(_SIZE.pack(0xDD, len(items)))
    for item in items:
        _PACKERS[type(item)](item, put)


def _pack_map(items: dict[str, Any], put: _Put) -> None:
    put(_BYTES[0x80 + len(items)] if len(items) < 0x10 else _SIZE.pack(0xDF, len(items)))
    for key, item in items.items():
        put(_packed_key(key))
        _PACKERS[type(item)](item, put)


def _read_str(data: bytes, start: int, size: int) -> _Parsed:
    end = start + size
    return data[start:end].decode("utf-8", _BYTES_OF_PATHS), end


def _read_short_str(data: bytes, at: int) -> _Parsed:
    end = at + 1 + data[at]
    return data[at + 1 : end].decode("utf-8", _BYTES_OF_PATHS), end


def _read_path(data: bytes, start: int, size: int) -> _Parsed:
    end = start + size
    return os.fsdecode(data[start:end]), end


def _read_list(data: bytes, at: int, size: int) -> _Parsed:
    items = []
    for _ in range(size):
        item, at = _READERS[data[at]](data, at + 1)
        items.append(item)
    return items, at


def _read_map(data: bytes, at: int, size: int) -> _Parsed:
    items = {}
    for _ in range(size):
        first = data[at]
        if 0xA0 <= first < 0xC0:
            # Most keys are this short; reading them here saves a call for each.
            start, at = at + 1, at + 1 + first - 0xA0
            key = data[start:at].decode()
        else:
            key, at = _TEXT_READERS[first](data, at + 1)
        items[key], at = _READERS[data[at]](data, at + 1)
    return items, at


def _fixed(read: _ReadSized, size: int) -> _Read:
    return lambda data, at: read(data, at, size)


def _sized(read: _ReadSized, size: struct.Struct) -> _Read:
    return lambda data, at: read(data, at + size.size, size.unpack_from(data, at)[0])


def _number(form: struct.Struct) -> _Read:
    return lambda data, at: (form.unpack_from(data, at)[0], at + form.size)


def _constant(value: float | None) -> _Read:
    return lambda _data, at: (value, at)


_BYTES = [bytes([number]) for number in range(0x100)]
_SIZE = struct.Struct("!BI")
_UINT64, _INT64, _FLOAT64 = struct.Struct("!BQ"), struct.Struct("!Bq"), struct.Struct("!Bd")
_SIZES = [struct.Struct(form) for form in ("!B", "!H", "!I")]

_PACKERS: dict[type, Callable[[Any, _Put], None]] = {
    type(None): lambda _nothing, put: put(b"\xc0"),
    bool: lambda truth, put: put(b"\xc3" if truth else b"\xc2"),
    int: _pack_int,
    float: lambda number, put: put(_FLOAT64.pack(0xCB, number)),
    str: lambda text, put: put(_packed_text(text)),
    list: _pack_list,
    dict: _pack_map,
}

# Readers by a value's first byte.
_TEXT_READERS = {
    **{0xA0 + size: _fixed(_read_str, size) for size in range(0x20)},
    0xD9: _read_short_str,
    **{0xDA + index: _sized(_read_str, size) for index, size in enumerate(_SIZES[1:])},
}
_READERS: dict[int, _Read] = {
    **{number: _constant(number) for number in range(0x80)},
    **{0x100 + number: _constant(number) for number in range(-0x20, 0)},
    **{0x80 + size: _fixed(_read_map, size) for size in range(0x10)},
    **{0x90 + size: _fixed(_read_list, size) for size in range(0x10)},
    **_TEXT_READERS,
    0xC0: _constant(None),
    0xC2: _constant(False),
    0xC3: _constant(True),
    **{0xC4 + index: _sized(_read_path, size) for index, size in enumerate(_SIZES)},
    **{0xCB + index: _number(struct.Struct(f"!{form}")) for index, form in enumerate("dBHIQbhiq")},
    **{0xDC + index: _sized(_read_list, size) for index, size in enumerate(_SIZES[1:])},
    **{0xDE + index: _sized(_read_map, size) for index, size in enumerate(_SIZES[1:])},
}
