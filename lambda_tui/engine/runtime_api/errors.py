"""The error that an environment's own API answers a call with."""

from __future__ import annotations


class ApiError(Exception):
    """A call is refused. The body of the answer is ``{"errorMessage": …, "errorType": …}``."""

    def __init__(self, status: int, error_type: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        """HTTP status of the answer."""
        self.error_type = error_type
        self.message = message
