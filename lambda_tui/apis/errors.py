"""AWS's errors of the Lambda API, in its words."""

from __future__ import annotations

import json
import uuid

from lambda_tui.apis.message import Response

# As recorded: these write ``Message``, the others ``message``.
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


class ApiError(Exception):
    """A request that is answered with one of AWS's errors."""

    def __init__(self, status: int, name: str, message: str, **more: str) -> None:
        super().__init__(message)
        self.status = status
        self.name = name
        self.more = more
        """Further members of the body, such as ``Reason``."""

    def response(self, headers: dict[str, str] | None = None) -> Response:
        """What the client gets."""
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


def invalid_value(message: str) -> ApiError:
    """Values that do not go together."""
    return ApiError(400, "InvalidParameterValueException", message)


def invalid_content(message: str) -> ApiError:
    """A body or a header that cannot be read."""
    return ApiError(400, "InvalidRequestContentException", message)


def not_found(arn: str) -> ApiError:
    """No such function, version or alias."""
    return ApiError(404, "ResourceNotFoundException", f"Function not found: {arn}")


def validation(failures: list[str]) -> ApiError:
    """Values that break the rules for their members."""
    count = f"{len(failures)} validation error{'s' if len(failures) > 1 else ''}"
    return ApiError(400, "ValidationException", f"{count} detected: {'; '.join(failures)}")


def outside(value: str, member: str, allowed: str) -> str:
    """The failure of a value that is none of those allowed."""
    return (
        f"Value '{value}' at '{member}' failed to satisfy constraint: "
        f"Member must satisfy enum value set: [{allowed}]"
    )
