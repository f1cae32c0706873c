"""A handler's result as the bytes of the response."""

from __future__ import annotations

import json
import sys
import uuid
from typing import Any

from .errors import FaultError

# From this Python version on AWS leaves characters beyond ASCII as they are.
_UNESCAPED_FROM = (3, 12)


class ResponseEncoder(json.JSONEncoder):
    """Encodes JSON as AWS does, with a ``Decimal`` as a number, digit for digit."""

    def __init__(self) -> None:
        super().__init__(ensure_ascii=sys.version_info < _UNESCAPED_FROM)
        self._mark = ""

    def default(self, value: Any) -> Any:  # noqa: ANN401 - any value
        """Return a ``Decimal`` as marked text, which is all that the standard encoder can write."""
        decimal = sys.modules.get("decimal")
        if decimal is None or not isinstance(value, decimal.Decimal):
            return super().default(value)
        if value.is_nan():
            return float("nan")
        self._mark = self._mark or uuid.uuid4().hex
        return f"{self._mark}{value}{self._mark}"

    def encode(self, value: Any) -> str:  # noqa: ANN401 - any value
        """Return the value as JSON text, with the quotes and marks around numbers removed."""
        self._mark = ""
        text = super().encode(value)
        if self._mark:
            text = text.replace(f'"{self._mark}', "").replace(f'{self._mark}"', "")
        return text

    def to_bytes(self, result: Any) -> bytes:  # noqa: ANN401 - whatever a handler returns
        """Return the result as JSON, but bytes as they are.

        Raise ``FaultError`` for a result that cannot be JSON.
        """
        if isinstance(result, bytes):
            return result
        try:
            return self.encode(result).encode("utf-8")
        except Exception as error:
            raise FaultError(
                "Runtime.MarshalError", f"Unable to marshal response: {error}"
            ) from None
