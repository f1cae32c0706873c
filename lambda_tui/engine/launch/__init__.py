"""Decides what an environment consists of: its sandbox, network, variables and processes."""

from __future__ import annotations

from lambda_tui.engine.launch.launch import Launch, external_extensions
from lambda_tui.engine.launch.network import (
    Connector,
    Network,
    NetworkRefusedError,
    connector_remedy,
    find_connector,
    network_for,
)
from lambda_tui.engine.launch.runtime import (
    Places,
    is_executed,
    is_snapshot_taken_of,
    runtimes_directory,
)
from lambda_tui.engine.launch.sandbox import SandboxPlan
from lambda_tui.engine.launch.variables import environment_variables, log_stream_name

__all__ = [
    "Connector",
    "Launch",
    "Network",
    "NetworkRefusedError",
    "Places",
    "SandboxPlan",
    "connector_remedy",
    "environment_variables",
    "external_extensions",
    "find_connector",
    "is_executed",
    "is_snapshot_taken_of",
    "log_stream_name",
    "network_for",
    "runtimes_directory",
]
