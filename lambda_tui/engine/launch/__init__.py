"""Decides what an environment consists of: its sandbox, variables, runtime and network."""

from __future__ import annotations

from lambda_tui.engine.launch.network import (
    Connector,
    Network,
    NetworkRefusedError,
    connector_remedy,
    find_connector,
    network_for,
)
from lambda_tui.engine.launch.own_interpreter import needs_own_interpreter
from lambda_tui.engine.launch.runtime import (
    Places,
    external_extensions,
    is_snapshot_taken_of,
    runtime_start,
)
from lambda_tui.engine.launch.runtimes_directory import runtimes_directory
from lambda_tui.engine.launch.sandbox import SandboxPlan
from lambda_tui.engine.launch.variables import (
    environment_variables,
    extension_variables,
    log_stream_name,
)

__all__ = [
    "Connector",
    "Network",
    "NetworkRefusedError",
    "Places",
    "SandboxPlan",
    "connector_remedy",
    "environment_variables",
    "extension_variables",
    "external_extensions",
    "find_connector",
    "is_snapshot_taken_of",
    "log_stream_name",
    "needs_own_interpreter",
    "network_for",
    "runtime_start",
    "runtimes_directory",
]
