"""The execution environment: one state machine from Init through Invoke to Shutdown."""

from __future__ import annotations

from lambda_tui.engine.environment.environment import ExecutionEnvironment
from lambda_tui.engine.environment.environment_owner import EnvironmentOwner, Replacement
from lambda_tui.engine.environment.init_attempt import runtime_version, runtime_version_arn
from lambda_tui.engine.environment.loss import Loss, timeout
from lambda_tui.engine.environment.outcome import lost_outcome
from lambda_tui.engine.environment.processes import Processes
from lambda_tui.engine.environment.restore_attempt import RestoreAttempt
from lambda_tui.engine.environment.sandboxed_environment import SandboxedEnvironment

__all__ = [
    "EnvironmentOwner",
    "ExecutionEnvironment",
    "Loss",
    "Processes",
    "Replacement",
    "RestoreAttempt",
    "SandboxedEnvironment",
    "lost_outcome",
    "runtime_version",
    "runtime_version_arn",
    "timeout",
]
