"""A handler's result as the bytes that the caller gets."""

from __future__ import annotations

import json
import sys
import uuid
from typing import Any

from .faults import Fault

# AWS leaves other letters than ASCII as they are from this Python version on.
_UNESCAPED_FROM = (3, 12)


class ResultEncoder(json.JSONEncoder):
    """JSON with ``Decimal`` written as a number, digit for digit."""

    def __init__(self) -> None:
        super().__init__(ensure_ascii=sys.version_info < _UNESCAPED_FROM)
        self._mark = ""

    def default(self, value: Any) -> Any:  # noqa: ANN401 - any value
        """Marks a ``Decimal``, which the standard encoder can only write as text."""
        decimal = sys.modules.get("decimal")
        if decimal is None or not isinstance(value, decimal.Decimal):
            return super().default(value)
        if value.is_nan():
            return float("nan")
        self._mark = self._mark or uuid.uuid4().hex
        return f"{self._mark}{value}{self._mark}"

    def encode(self, value: Any) -> str:  # noqa: ANN401 - any value
        """The value as JSON text."""
        self._mark = ""
        text = super().encode(value)
        if self._mark:
            text = text.replace(f'"{self._mark}', "").replace(f'{self._mark}"', "")
        return text

    def to_bytes(self, result: Any) -> bytes:  # noqa: ANN401 - whatever a handler returns
        """The result as JSON, bytes as they are; raises ``Fault`` for what JSON cannot say."""
        if isinstance(result, bytes):
            return result
        try:
            return self.encode(result).encode("utf-8")
        except Exception as error:
            raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None
