"""The state behind the HTTP APIs that an environment's own processes call."""

from __future__ import annotations

from lambda_tui.engine.runtime_api.errors import ApiError
from lambda_tui.engine.runtime_api.extensions import (
    FLUSH_SECONDS,
    Extension,
    Extensions,
    ExtensionState,
    InvokeEvent,
    ShutdownEvent,
    ShutdownReason,
)
from lambda_tui.engine.runtime_api.runtime import (
    ApiEvent,
    PostedResult,
    RuntimeApi,
    RuntimeState,
)
from lambda_tui.engine.runtime_api.state import (
    ApiServer,
    ApiState,
    OpenApi,
    Subscriber,
    Subscriptions,
)

__all__ = [
    "FLUSH_SECONDS",
    "ApiError",
    "ApiEvent",
    "ApiServer",
    "ApiState",
    "Extension",
    "ExtensionState",
    "Extensions",
    "InvokeEvent",
    "OpenApi",
    "PostedResult",
    "RuntimeApi",
    "RuntimeState",
    "ShutdownEvent",
    "ShutdownReason",
    "Subscriber",
    "Subscriptions",
]
