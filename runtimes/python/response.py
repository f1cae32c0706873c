"""A handler's result as the bytes of the response."""

from __future__ import annotations

from typing import Any

from .errors import FaultError
from .json_encoder import JsonEncoder


class ResponseEncoder:
    """Encodes results as AWS's client does."""

    def __init__(self) -> None:
        self._encode = JsonEncoder().encode

    def to_bytes(self, result: Any) -> bytes:  # noqa: ANN401 - whatever a handler returns
        """Return the result as JSON, but bytes as they are.

        Raise ``FaultError`` for a result that cannot be JSON, and ``UnicodeEncodeError``, which
        ends AWS's client, for JSON that cannot be UTF-8.
        """
        if isinstance(result, bytes):
            return result
        try:
            text = self._encode(result)
        except Exception as error:
            raise FaultError(
                "Runtime.MarshalError", f"Unable to marshal response: {error}"
            ) from None
        return text.encode("utf-8")
