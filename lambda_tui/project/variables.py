"""What Lambda demands of a function's environment variables."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lambda_tui.project.wording import shown

RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_MAX_CONCURRENCY",
        "AWS_LAMBDA_METADATA_API",
        "AWS_LAMBDA_METADATA_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
"""Names that Lambda sets itself and refuses in a function's configuration."""
LARGEST_ENVIRONMENT = 4096
"""Bytes of all names and values together."""

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")


def variable_refusal(name: str) -> str | None:
    """Why Lambda refuses a variable of this name, in one sentence; None when it does not."""
    if name in RESERVED_VARIABLES:
        return f"Environment sets {name}, which Lambda reserves for itself; take it out."
    if not _NAME.fullmatch(name):
        return (
            f"Environment sets {shown(name)}, but a name has at least two characters, starts with "
            "a letter and holds letters, digits and _ only."
        )
    return None


def variables_size_refusal(variables: Mapping[str, str]) -> str | None:
    """Why Lambda refuses so much environment, in one sentence; None when it does not."""
    size = sum(len(text.encode("utf-8", "replace")) for item in variables.items() for text in item)
    if size <= LARGEST_ENVIRONMENT:
        return None
    return f"Environment holds {size:,} bytes, but Lambda takes 4 KB of names and values."
