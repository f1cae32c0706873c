"""The ends of invocations and processes in AWS's words: payloads, statuses, error types."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct

from lambda_tui import limits
from lambda_tui.engine.events import Status
from lambda_tui.engine.invocation import (
    TRUNCATED_RESPONSE,
    error_payload,
    truncated_payload,
)

# Go's names of the signals, in which AWS's own service is written; libc's differ for a few. The
# keys are no numbers, as macOS has others.
_SIGNALS = {
    "SIGHUP": "hangup",
    "SIGINT": "interrupt",
    "SIGQUIT": "quit",
    "SIGILL": "illegal instruction",
    "SIGTRAP": "trace/breakpoint trap",
    "SIGABRT": "aborted",
    "SIGBUS": "bus error",
    "SIGFPE": "floating point exception",
    "SIGKILL": "killed",
    "SIGUSR1": "user defined signal 1",
    "SIGSEGV": "segmentation fault",
    "SIGUSR2": "user defined signal 2",
    "SIGPIPE": "broken pipe",
    "SIGALRM": "alarm clock",
    "SIGTERM": "terminated",
}
_RUNTIME_EXIT = "Runtime.ExitError"
_PLATFORM_ERROR = re.compile(r"(Runtime|Function)\.[A-Z][a-zA-Z]+")


@dataclass(frozen=True, slots=True)
class Failure:
    """The first reason why an environment's processes cannot go on."""

    error_type: str
    """For the caller."""
    message: str = ""
    """For the caller, behind ``RequestId: … Error:``."""
    posted: bytes | None = None
    """The caller's whole payload, if the runtime has posted one."""
    record_type: str | None = None
    """Error type for the platform's records, where that differs."""
    limit_ms: float | None = None
    """The limit that was exceeded, for a timeout."""
    at: float = field(default_factory=time.monotonic)
    """Monotonic time."""

    @property
    def is_runtime_exit(self) -> bool:
        """Whether the runtime has ended."""
        return self.error_type == _RUNTIME_EXIT

    @property
    def is_timeout(self) -> bool:
        """Whether a time limit was exceeded."""
        return self.limit_ms is not None

    @classmethod
    def timeout(cls, seconds: float) -> Failure:
        """Return the failure of a phase that has exceeded its limit."""
        return cls(
            "Sandbox.Timedout",
            f"Task timed out after {seconds:.2f} seconds",
            limit_ms=seconds * 1000.0,
        )

    @classmethod
    def runtime_exit(cls, wait_status: int, *, is_out_of_memory: bool) -> Failure:
        """Return the failure of a runtime that has ended.

        On AWS too the caller learns of the signal, and the record of the reason.
        """
        if os.WIFEXITED(wait_status) and os.WEXITSTATUS(wait_status) == 0:
            message = "Runtime exited without providing a reason"
        else:
            message = f"Runtime exited with error: {_exit_text(wait_status)}"
        record_type = "Runtime.OutOfMemory" if is_out_of_memory else None
        return cls(_RUNTIME_EXIT, message, record_type=record_type)

    @classmethod
    def extension_exit(cls, wait_status: int) -> Failure:
        """Return the failure of an extension that has ended outside the Shutdown phase."""
        if os.WIFEXITED(wait_status) and os.WEXITSTATUS(wait_status) == 0:
            return cls("Extension.Crash", "exit code 0")
        return cls("Extension.Crash", _exit_text(wait_status))

    @classmethod
    def launch(cls, error_type: str, path: str, problem: str) -> Failure:
        """Return the failure of a program that cannot be executed, in the words of Go."""
        return cls(error_type, f"fork/exec {path}: {problem}")


class Outcome(Struct, frozen=True):
    """The end of a phase, for the caller and for the platform's records."""

    status: Literal["success", "error", "timeout"]
    """The caller's view."""
    record_status: Status
    """The platform's view: a handler that raises is a success of its runtime, as on AWS."""
    payload: bytes
    error_type: str | None = None
    """For the platform's records."""
    limit_ms: float | None = None
    """The limit that was exceeded, for a timeout."""
    is_truncated: bool = False
    """Whether the response has broken off."""

    @classmethod
    def of_failure(cls, failure: Failure, request_id: str) -> Outcome:
        """Return the outcome for whatever was under way when the processes failed."""
        if failure.posted is not None:
            error_type = _platform_error_type(failure.error_type)
            return cls("error", "error", failure.posted, error_type)
        message = f"RequestId: {request_id} Error: {failure.message}"
        payload = error_payload(failure.error_type, message)
        if failure.is_timeout:
            return cls("timeout", "timeout", payload, limit_ms=failure.limit_ms)
        return cls("error", "error", payload, failure.record_type or failure.error_type)

    @classmethod
    def of_truncated_response(cls, request_id: str) -> Outcome:
        """Return the outcome, for the caller, of a response that has broken off."""
        payload = truncated_payload(request_id)
        return cls("error", "error", payload, TRUNCATED_RESPONSE, is_truncated=True)

    @classmethod
    def of_too_large_response(cls) -> Outcome:
        """Return the outcome of a response that exceeds the limit."""
        message = (
            "Response payload size exceeded maximum allowed payload size "
            f"({limits.RESPONSE_BYTES} bytes)."
        )
        error_type = "Function.ResponseSizeTooLarge"
        # The one error of the platform's that names its message first.
        payload = json.dumps(
            {"errorMessage": message, "errorType": error_type}, separators=(",", ":")
        )
        return cls("error", "error", payload.encode(), error_type)

    @classmethod
    def of_removal(cls, message: str) -> Outcome:
        """Return the outcome for whatever was under way when the environment itself ended."""
        error_type = "Sandbox.Failure"
        return cls("error", "failure", error_payload(error_type, message), error_type)


def _exit_text(status: int) -> str:
    """Return ``exit status 1`` or ``signal: killed`` for a wait status."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        known = {int(one): one.name for one in signal.Signals}
        return f"signal: {_SIGNALS.get(known.get(number, ''), f'signal {number}')}"
    return f"exit status {os.waitstatus_to_exitcode(status)}"


def _platform_error_type(posted: str) -> str:
    """Return a runtime's error type as the platform's records have it.

    ``Runtime.…`` and ``Function.…`` are kept, by the rule of AWS's own emulator. Any other, such
    as the name of a Python exception, is unknown to the platform.
    """
    if _PLATFORM_ERROR.search(posted):
        return posted
    return "Function.Unknown" if posted.startswith("Function.") else "Runtime.Unknown"
