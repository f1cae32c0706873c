"""One request to a function, from its event to its outcome."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
import uuid
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lambda_tui.engine.environment import ExecutionEnvironment
    from lambda_tui.engine.events import Report

InvocationStatus = Literal["pending", "running", "success", "error", "timeout", "throttled"]


class Invocation:
    """A request: its id and event, the environment that serves it, its outcome and report."""

    def __init__(
        self,
        function: str,
        number: int,
        payload: bytes,
        *,
        request_id: str | None = None,
        client_context: str | None = None,
        qualifier: str | None = None,
    ) -> None:
        self.request_id = request_id or str(uuid.uuid4())
        self.client_context = client_context
        """JSON text from the caller, as ``X-Amz-Client-Context`` carries it in base64."""
        self.qualifier = qualifier
        """The version or alias as the caller wrote it; part of the invoked ARN."""
        self.trace_id = _new_trace_id()
        """As ``_X_AMZN_TRACE_ID`` has it; nothing samples it."""
        self.function = function
        self.number = number
        """Counted from 1 within the function."""
        self.payload = payload
        """The event, as JSON bytes."""
        self.environment: ExecutionEnvironment | None = None
        self.status: InvocationStatus = "pending"
        self.cold_start = False
        self.started = time.time()
        self.response: bytes | None = None
        """The result, or the error payload, as JSON bytes."""
        self.function_error: str | None = None
        """``Unhandled`` when the function failed, as in ``X-Amz-Function-Error``."""
        self.report: Report | None = None
        """What it cost; None until it is over, and for one that no environment took."""
        self._over = asyncio.Event()

    @property
    def is_over(self) -> bool:
        """Whether the outcome is known."""
        return self._over.is_set()

    async def wait(self) -> None:
        """Waits until it is over."""
        await self._over.wait()

    def finish(
        self, status: InvocationStatus, response: bytes, report: Report | None = None
    ) -> None:
        """Sets the outcome; a later one is ignored."""
        if self._over.is_set():
            return
        self.report = report
        self.status = status
        self.response = response
        if status in ("error", "timeout"):
            self.function_error = "Unhandled"
        self._over.set()

    def refuse(self, message: str) -> None:
        """Ends it as a request that the service does not take; no function has failed."""
        body = json.dumps({"Type": "User", "message": message})
        self.finish("error", body.encode())
        self.function_error = None

    @property
    def duration_ms(self) -> float | None:
        """Of the Invoke phase."""
        return self.report.duration_ms if self.report else None

    @property
    def billed_duration_ms(self) -> int | None:
        """Init included, rounded up."""
        return self.report.billed_duration_ms if self.report else None

    @property
    def init_duration_ms(self) -> float | None:
        """Of the Init phase that this invocation waited for, if any."""
        return self.report.init_duration_ms if self.report else None

    @property
    def max_memory_used_mb(self) -> int | None:
        """Peak since the environment's last init."""
        return self.report.max_memory_used_mb if self.report else None


def _new_trace_id() -> str:
    root = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    return f"Root={root};Parent={secrets.token_hex(8)};Sampled=0"


def error_payload(error_type: str, message: str) -> bytes:
    """The payload of an error that the service itself makes, such as a timeout."""
    return json.dumps(
        {"errorType": error_type, "errorMessage": message}, separators=(",", ":")
    ).encode()
