"""JSON as AWS's Python runtime writes it, which encodes with simplejson.

What both encoders write alike goes through the standard library's, which is the faster one.
"""

from __future__ import annotations

import decimal
import json
import marshal
import math
import os
from json.encoder import (  # type: ignore[attr-defined]
    c_make_encoder,
    encode_basestring,
    encode_basestring_ascii,
)
from typing import Any, Callable

_Write = Callable[[str], None]

# The runtimes that leave characters beyond ASCII as they are.
_UNESCAPED = frozenset(f"AWS_Lambda_python3.{minor}" for minor in range(12, 16))


class RawJSON:
    """JSON text that is written as it is."""

    def __init__(self, encoded_json: str) -> None:
        self.encoded_json = encoded_json


class JsonEncoder:
    """Encodes values as the marshaller of AWS's client does."""

    def __init__(self) -> None:
        escapes = os.environ.get("AWS_EXECUTION_ENV") not in _UNESCAPED
        self._quote = encode_basestring_ascii if escapes else encode_basestring
        self._encode_plain = _plain_encoder(escapes)

    def encode(self, value: Any) -> str:  # noqa: ANN401 - any value
        """Return a value as JSON text; raise an exception in simplejson's words."""
        try:
            # Refused for every value that is not exactly of a built-in type, at any depth: it takes
            # a tenth of the time of encoding, and tells a named tuple from a tuple.
            marshal.dumps(value)
        except ValueError:
            return self._encode_exactly(value)
        try:
            return self._encode_plain(value)
        except (TypeError, RecursionError):
            # Bytes, which simplejson takes as values and keys, or a circle.
            return self._encode_exactly(value)

    def default(self, value: Any) -> Any:  # noqa: ANN401
        """Return what to write for a value that has no form of its own in JSON."""
        if isinstance(value, decimal.Decimal):
            return math.nan if value.is_nan() else RawJSON(str(value))
        raise TypeError(f"Object of type {value.__class__.__name__} is not JSON serializable")

    def _encode_exactly(self, value: Any) -> str:  # noqa: ANN401
        parts: list[str] = []
        try:
            self._put(value, parts.append, set())
        except RecursionError:
            # Both other encoders nest as deep as C does.
            return self._encode_plain(value)
        return "".join(parts)

    def _put(self, value: Any, write: _Write, open_ids: set[int]) -> None:  # noqa: ANN401
        """Write any value; ``open_ids`` are those of the containers that it lies in."""
        kind = type(value)
        if kind is str:
            write(self._quote(value))
        elif kind is int:
            write(str(value))
        elif kind is decimal.Decimal:
            write("NaN" if value.is_nan() else str(value))
        elif kind is dict:
            self._put_mapping(value, write, open_ids)
        elif kind is list:
            self._put_sequence(value, write, open_ids)
        else:
            self._put_other(value, write, open_ids)

    def _put_other(self, value: Any, write: _Write, open_ids: set[int]) -> None:  # noqa: ANN401
        """Write a value of any type that is not among the most frequent ones."""
        if isinstance(value, (str, bytes)):
            write(self._quoted(value))
        elif value is None or value is True or value is False:
            write(_CONSTANTS[value])
        elif isinstance(value, int):
            write(str(int(value)))
        elif isinstance(value, float):
            write(_float_text(value))
        elif (fields := _fields_of(value)) is not None:
            _open(value, open_ids)
            self._put_mapping(fields[0], write, open_ids)
            open_ids.discard(id(value))
        elif isinstance(value, (list, tuple)):
            self._put_sequence(value, write, open_ids)
        elif isinstance(value, dict):
            self._put_mapping(value, write, open_ids)
        elif isinstance(value, RawJSON):
            write(value.encoded_json)
        else:
            _open(value, open_ids)
            self._put(self.default(value), write, open_ids)
            open_ids.discard(id(value))

    def _put_sequence(self, values: Any, write: _Write, open_ids: set[int]) -> None:  # noqa: ANN401
        if type(values) in (list, tuple) and not values:
            write("[]")
            return
        _open(values, open_ids)
        before = "["
        for value in values:
            write(before)
            before = ", "
            self._put(value, write, open_ids)
        write("[]" if before == "[" else "]")
        open_ids.discard(id(values))

    def _put_mapping(self, values: Any, write: _Write, open_ids: set[int]) -> None:  # noqa: ANN401
        if not isinstance(values, dict):
            raise TypeError(f"_asdict() must return a dict, not {type(values).__name__}")
        if not dict.__len__(values):
            write("{}")
            return
        _open(values, open_ids)
        before = "{"
        for item in values.items() if type(values) is dict else list(values.items()):
            if not isinstance(item, tuple) or len(item) != 2:
                raise ValueError("items must return 2-tuples")
            key, value = item
            write(before)
            write(self._quote(key) if type(key) is str else self._quoted(_key_text(key)))
            write(": ")
            before = ", "
            self._put(value, write, open_ids)
        write("{}" if before == "{" else "}")
        open_ids.discard(id(values))

    def _quoted(self, text: str | bytes) -> str:
        return self._quote(text.decode("utf-8") if isinstance(text, bytes) else text)


def _plain_encoder(escapes: bool) -> Callable[[Any], str]:
    """Return what encodes a value that has no circle: the standard library's, made only once."""
    encoder = json.JSONEncoder(ensure_ascii=escapes, check_circular=False)
    if c_make_encoder is None:
        return encoder.encode
    quote = encode_basestring_ascii if escapes else encode_basestring
    chunks = c_make_encoder(None, encoder.default, quote, None, ": ", ", ", False, False, True)
    return lambda value: "".join(chunks(value, 0))


def _open(container: object, open_ids: set[int]) -> None:
    """Note a container whose content is written next: met again inside, it would have no end."""
    if id(container) in open_ids:
        raise ValueError("Circular reference detected")
    open_ids.add(id(container))


_CONSTANTS = {None: "null", True: "true", False: "false"}


def _fields_of(value: Any) -> tuple[Any] | None:  # noqa: ANN401
    """Return what ``_asdict`` gives, which a named tuple and rows of a database have.

    Return None for a value without it.
    """
    asdict = getattr(value, "_asdict", None)
    if not callable(asdict):
        return None
    try:
        return (asdict(),)
    except TypeError:
        # A class, for one, whose instances have the method.
        return None


def _key_text(key: Any) -> str:  # noqa: ANN401
    if isinstance(key, str):
        return key
    if isinstance(key, bytes):
        return key.decode("utf-8")
    if isinstance(key, float):
        return _float_text(key)
    if key is None or key is True or key is False:
        return _CONSTANTS[key]
    if isinstance(key, int):
        return str(key if type(key) is int else int(key))
    raise TypeError(
        f"keys must be str, int, float, bool or None, not {key.__class__.__name__:.100}"
    )


def _float_text(value: float) -> str:
    if math.isfinite(float.__float__(value)):
        return float.__repr__(float(value))
    if value != value:
        return "NaN"
    return "Infinity" if float.__float__(value) > 0 else "-Infinity"
