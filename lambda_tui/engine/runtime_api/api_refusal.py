"""What an environment's own API answers to a call that it does not take."""

from __future__ import annotations


class ApiRefusal(Exception):
    """The answer's status, and its body: ``{"errorMessage": …, "errorType": …}``."""

    def __init__(self, status: int, error_type: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error_type = error_type
        self.message = message
