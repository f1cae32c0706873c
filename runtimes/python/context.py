"""The context object that a handler is called with, as AWS's Python runtime has it."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from .errors import FaultError

_W3C_FIELDS = ("traceparent", "tracestate", "baggage")


class CognitoIdentity:
    """The caller's identity in Amazon Cognito; both ids are None for any other caller."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.cognito_identity_id = fields.get("cognitoIdentityId")
        self.cognito_identity_pool_id = fields.get("cognitoIdentityPoolId")

    def __repr__(self) -> str:
        return _show(self)


class Client:
    """The calling application, as AWS's mobile SDKs describe it."""

    __slots__ = (
        "app_package_name",
        "app_title",
        "app_version_code",
        "app_version_name",
        "installation_id",
    )

    def __init__(self, fields: Mapping[str, str]) -> None:
        for name in self.__slots__:
            setattr(self, name, fields.get(name))

    def __repr__(self) -> str:
        return _show(self)


class ClientContext:
    """The content of the caller's header ``X-Amz-Client-Context``."""

    __slots__ = ("client", "custom", "env")

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.custom = fields.get("custom")
        self.env = fields.get("env")
        client = fields.get("client")
        self.client = Client(client) if client is not None else None

    def __repr__(self) -> str:
        return _show(self)


class LambdaContext:
    """The handler's second argument: an invocation and the function's configuration."""

    def __init__(
        self,
        invoke_id: str,
        client_context: dict[str, Any] | None,
        cognito_identity: dict[str, str] | None,
        epoch_deadline_time_in_ms: int,
        invoked_function_arn: str | None = None,
        tenant_id: str | None = None,
    ) -> None:
        self.aws_request_id = invoke_id
        self.log_group_name = _variable("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = _variable("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = _variable("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = _variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = _variable("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = invoked_function_arn
        self.tenant_id = tenant_id
        self._w3c_fields = _take_w3c_fields(client_context)
        self.client_context = None if client_context is None else ClientContext(client_context)
        self.identity = CognitoIdentity(cognito_identity or {})
        self._epoch_deadline_time_in_ms = epoch_deadline_time_in_ms

    def w3c(self) -> dict[str, str]:
        """Return the trace context of the caller, as far as its header has one."""
        return dict(self._w3c_fields)

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the function times out, never below 0."""
        return max(self._epoch_deadline_time_in_ms - int(time.time() * 1000), 0)

    def log(self, message: object) -> None:
        """Write one record to the log, or to standard output if the function has no handler."""
        for handler in logging.getLogger().handlers:
            if hasattr(handler, "log_sink"):
                handler.log_sink.log(str(message))
                return
        sys.stdout.write(str(message))

    def __repr__(self) -> str:
        return _show(
            self,
            [
                "aws_request_id",
                "log_group_name",
                "log_stream_name",
                "function_name",
                "memory_limit_in_mb",
                "function_version",
                "invoked_function_arn",
                "client_context",
                "identity",
                "tenant_id",
            ],
        )


def context_of(invocation: Mapping[str, Any]) -> LambdaContext:
    """Return the context of an invocation as the engine's frame describes it."""
    client_context = invocation.get("client_context")
    identity = invocation.get("cognito_identity")
    return LambdaContext(
        invocation["request_id"],
        _parse(client_context, "Client Context") if client_context else None,
        _parse(identity, "Cognito Identity") if identity else None,
        invocation["deadline_ms"],
        invocation.get("function_arn"),
        invocation.get("tenant_id"),
    )


def _take_w3c_fields(client_context: object) -> dict[str, str]:
    """Remove the trace context from that of the client; return its texts of the known names."""
    found = client_context.pop("w3c", None) if isinstance(client_context, dict) else None
    if not isinstance(found, dict):
        return {}
    return {name: found[name] for name in _W3C_FIELDS if isinstance(found.get(name), str)}


def _variable(name: str) -> str | None:
    """Return a variable of the environment, faster than ``os.environ`` does.

    Reading its own dictionary saves the checks of names and values, five times an invocation.
    """
    # Missing where a function has put a plain dictionary in its place.
    shown: dict[bytes, bytes] | None = getattr(os.environ, "_data", None)
    if shown is None:
        return os.environ.get(name)
    value = shown.get(name.encode())
    return None if value is None else value.decode("utf-8", "surrogateescape")


def _parse(text: str, what: str) -> dict[str, Any]:
    try:
        fields: dict[str, Any] = json.loads(text)
    except Exception as error:
        raise FaultError(
            "Runtime.LambdaContextUnmarshalError", f"Unable to parse {what} JSON: {error}"
        ) from None
    return fields


def _show(thing: object, names: list[str] | None = None) -> str:
    shown = names if names is not None else list(type(thing).__slots__)  # type: ignore[attr-defined]
    fields = ",".join(f"{name}={getattr(thing, name)}" for name in shown)
    return f"{type(thing).__name__}([{fields}])"
