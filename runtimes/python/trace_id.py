"""The variable ``_X_AMZN_TRACE_ID``, which changes with every invocation."""

from __future__ import annotations

import ctypes
import os

_NAME = "_X_AMZN_TRACE_ID"


class TraceVariable:
    """Sets the variable in place.

    The C library keeps every value that ``setenv`` was ever given, so an environment that serves
    for hours would grow with each invocation. Instead one buffer is overwritten, as long as the
    values have the same length, which AWS's have.
    """

    def __init__(self) -> None:
        self._buffer: ctypes.Array[ctypes.c_char] | None = None

    def set(self, value: str | None) -> None:
        """Set the variable for this process and its children; None removes it."""
        if value is None:
            os.environ.pop(_NAME, None)
            self._buffer = None
            return
        text = f"{_NAME}={value}".encode()
        if self._buffer is not None and len(self._buffer) == len(text) + 1:
            self._buffer.value = text
        else:
            self._buffer = ctypes.create_string_buffer(text)
            ctypes.CDLL(None).putenv(self._buffer)
        # Python's own copy has to follow. Assigning to os.environ would call setenv, except where
        # a function has put a plain dictionary in its place.
        shown = getattr(os.environ, "_data", None)
        if shown is None:
            os.environ[_NAME] = value
        else:
            shown[_NAME.encode()] = value.encode()
