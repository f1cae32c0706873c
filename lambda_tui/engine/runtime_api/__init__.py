"""The state behind the HTTP APIs that an environment's own processes call."""

from __future__ import annotations

from lambda_tui.engine.runtime_api.api_refusal import ApiRefusal
from lambda_tui.engine.runtime_api.environment_api import ApiHost, EnvironmentApi, OpenApi
from lambda_tui.engine.runtime_api.environment_events import EnvironmentEvents, Subscriber
from lambda_tui.engine.runtime_api.extension import (
    Extension,
    ExtensionState,
    InvokeEvent,
    ShutdownEvent,
    ShutdownReason,
    launch_error_type,
)
from lambda_tui.engine.runtime_api.extensions import Extensions
from lambda_tui.engine.runtime_api.posted_result import PostedResult
from lambda_tui.engine.runtime_api.runtime import ApiEvent, RuntimeApiState, RuntimeState

__all__ = [
    "ApiEvent",
    "ApiHost",
    "ApiRefusal",
    "EnvironmentApi",
    "EnvironmentEvents",
    "Extension",
    "ExtensionState",
    "Extensions",
    "InvokeEvent",
    "OpenApi",
    "PostedResult",
    "RuntimeApiState",
    "RuntimeState",
    "ShutdownEvent",
    "ShutdownReason",
    "Subscriber",
    "launch_error_type",
]
