"""Responses as they are shown: errors, HTTP responses, and JSON of any size."""

from __future__ import annotations

from lambda_tui.ui.model.responses.answers import (
    ErrorAnswer,
    HttpAnswer,
    error_answer,
    http_answer,
    is_users,
)
from lambda_tui.ui.model.responses.json_nodes import (
    BEFORE,
    STEP,
    JsonNode,
    JsonPath,
    JsonRow,
    JsonTree,
    find,
)

__all__ = [
    "BEFORE",
    "STEP",
    "ErrorAnswer",
    "HttpAnswer",
    "JsonNode",
    "JsonPath",
    "JsonRow",
    "JsonTree",
    "error_answer",
    "find",
    "http_answer",
    "is_users",
]
