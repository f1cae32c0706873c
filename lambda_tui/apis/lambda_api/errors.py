"""AWS's errors of the Lambda API, in its words."""

from __future__ import annotations

import json
import uuid

from lambda_tui.apis.http import Response
from lambda_tui.wording import counted

# As recorded: the bodies of these have ``Message``, those of the others ``message``.
_CAPITAL = frozenset(
    {
        "ResourceNotFoundException",
        "ServiceException",
        "AccessDeniedException",
        "UnknownOperationException",
    }
)
_WITHOUT_TYPE = frozenset(
    {"ValidationException", "AccessDeniedException", "UnknownOperationException"}
)
_SERVICE_FAULT_FROM = 500


class LambdaApiError(Exception):
    """A request is answered with one of AWS's errors; ``str()`` is its message."""

    def __init__(self, status: int, name: str, message: str, **more: str) -> None:
        super().__init__(message)
        self.status = status
        self.name = name
        self.more = more
        """Further members of the body, such as ``Reason``."""

    def response(self, headers: dict[str, str] | None = None) -> Response:
        """Return the response that tells the client."""
        body: dict[str, str] = dict(self.more)
        if self.name not in _WITHOUT_TYPE:
            body["Type"] = "Service" if self.status >= _SERVICE_FAULT_FROM else "User"
        body["Message" if self.name in _CAPITAL else "message"] = str(self)
        return Response(
            self.status,
            json.dumps(body).encode(),
            {
                "Content-Type": "application/json",
                "x-amzn-RequestId": str(uuid.uuid4()),
                "x-amzn-ErrorType": self.name,
                **(headers or {}),
            },
        )


def invalid_value(message: str) -> LambdaApiError:
    """Return the error of values that do not go together."""
    return LambdaApiError(400, "InvalidParameterValueException", message)


def invalid_content(message: str) -> LambdaApiError:
    """Return the error of a body or a header that cannot be read."""
    return LambdaApiError(400, "InvalidRequestContentException", message)


def not_found(arn: str) -> LambdaApiError:
    """Return the error of a function, version or alias that does not exist."""
    return LambdaApiError(404, "ResourceNotFoundException", f"Function not found: {arn}")


def alias_not_found(arn: str) -> LambdaApiError:
    """Return the error of an alias that is asked for as such, and does not exist."""
    return LambdaApiError(404, "ResourceNotFoundException", f"Cannot find alias arn: {arn}")


def validation_error(failures: list[str]) -> LambdaApiError:
    """Return the error of values that break the constraints on their members."""
    count = counted(len(failures), "validation error")
    return LambdaApiError(400, "ValidationException", f"{count} detected: {'; '.join(failures)}")


def constraint_failure(value: str, member: str, constraint: str) -> str:
    """Return one failure of a validation error; the constraint says what ``Member must`` do."""
    return f"Value '{value}' at '{member}' failed to satisfy constraint: Member must {constraint}"


def not_one_of(value: str, member: str, allowed: str) -> str:
    """Return the failure of a value that is none of those allowed."""
    return constraint_failure(value, member, f"satisfy enum value set: [{allowed}]")
