"""Why an environment's processes are lost, or must be ended: in AWS's words."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from lambda_tui.engine.environment.exit_text import extension_exit_text, runtime_exit_text


@dataclass(frozen=True, slots=True)
class Loss:
    """The first reason counts; what ends because of it is no reason of its own."""

    error_type: str
    """As the caller is told it."""
    message: str = ""
    """What stands behind ``RequestId: … Error:`` for the caller."""
    posted: bytes | None = None
    """The caller's whole payload, when the runtime has posted one."""
    record_type: str | None = None
    """As the platform's records have it, where that differs."""
    limit_ms: float | None = None
    """The limit that has passed, of a timeout."""
    at: float = field(default_factory=time.monotonic)
    """Monotonic time."""

    @property
    def is_timeout(self) -> bool:
        """Whether a limit has passed."""
        return self.limit_ms is not None


def timeout(seconds: float) -> Loss:
    """A phase has taken its time."""
    return Loss(
        "Sandbox.Timedout",
        f"Task timed out after {seconds:.2f} seconds",
        limit_ms=seconds * 1000.0,
    )


def runtime_exit(wait_status: int, *, is_out_of_memory: bool) -> Loss:
    """The caller is told of the signal, the record of the reason, as on AWS."""
    record_type = "Runtime.OutOfMemory" if is_out_of_memory else None
    return Loss("Runtime.ExitError", runtime_exit_text(wait_status), record_type=record_type)


def launch_failure(error_type: str, path: str, problem: str) -> Loss:
    """What AWS's service, written in Go, says when it cannot execute a file."""
    return Loss(error_type, f"fork/exec {path}: {problem}")


def extension_exit(wait_status: int) -> Loss:
    """An extension's process has ended outside the Shutdown phase."""
    return Loss("Extension.Crash", extension_exit_text(wait_status))
