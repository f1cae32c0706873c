"""Decides what an environment consists of: its sandbox, network, variables and processes."""

from __future__ import annotations

from lambda_tui.engine.launch.launch import (
    ENDPOINT_VARIABLE,
    Launch,
    SandboxPlan,
    environment_variables,
    log_stream_name,
)
from lambda_tui.engine.launch.network import (
    Connector,
    Network,
    NetworkPolicy,
    NetworkRefusedError,
    connector_remedy,
    find_connector,
    network_for,
)
from lambda_tui.engine.launch.places import Places, runtimes_directory
from lambda_tui.engine.launch.runtime import (
    is_executed,
    is_snapshot_taken_of,
)

__all__ = [
    "ENDPOINT_VARIABLE",
    "Connector",
    "Launch",
    "Network",
    "NetworkPolicy",
    "NetworkRefusedError",
    "Places",
    "SandboxPlan",
    "connector_remedy",
    "environment_variables",
    "find_connector",
    "is_executed",
    "is_snapshot_taken_of",
    "log_stream_name",
    "network_for",
    "runtimes_directory",
]
