"""The execution environment: one state machine from Init through Invoke to Shutdown."""

from __future__ import annotations

from lambda_tui.engine.environment.environment import (
    EnvironmentOwner,
    ExecutionEnvironment,
    Partition,
    Replacement,
)
from lambda_tui.engine.environment.init_phase import (
    InitPhase,
    RestorePhase,
    runtime_version,
    runtime_version_arn,
)
from lambda_tui.engine.environment.outcome import Failure, Outcome
from lambda_tui.engine.environment.processes import Processes
from lambda_tui.engine.environment.usage import (
    ProcessUsage,
    Subject,
    Usage,
    processes_below,
    sample,
)

__all__ = [
    "EnvironmentOwner",
    "ExecutionEnvironment",
    "Failure",
    "InitPhase",
    "Outcome",
    "Partition",
    "ProcessUsage",
    "Processes",
    "Replacement",
    "RestorePhase",
    "Subject",
    "Usage",
    "processes_below",
    "runtime_version",
    "runtime_version_arn",
    "sample",
]
