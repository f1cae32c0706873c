"""The Runtime API's state machine: which of a runtime's calls is allowed when, and what it means.

It speaks to the environment in the same frames as a runtime at the end of a pipe;
``apis/runtime_api.py`` puts it on HTTP. The states and their names are those of AWS's own emulator.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from lambda_tui.engine.invocation import Payload, new_request_id
from lambda_tui.engine.runtime_api.api_refusal import ApiRefusal
from lambda_tui.engine.runtime_api.posted_result import PostedResult
from lambda_tui.engine.wire import Message, RuntimeFrame

OnFrame = Callable[[RuntimeFrame], None]
GiveUp = Callable[[], None]


class RuntimeState(StrEnum):
    """What a runtime is doing, as its calls tell."""

    STARTED = "Started"
    """It has not asked for anything yet."""
    READY = "Ready"
    """It waits for an event."""
    RUNNING = "Running"
    RESPONSE = "InvocationResponse"
    """Its response is being received."""
    ERROR_RESPONSE = "InvocationErrorResponse"
    """The error that it reports instead is being received."""
    RESPONSE_SENT = "RuntimeResponseSentState"
    """It has answered, and may still be working."""
    INIT_ERROR = "InitError"
    RESTORE_READY = "RestoreReady"
    """It waits to be restored from its snapshot."""
    RESTORING = "Restoring"
    RESTORE_ERROR = "RuntimeRestoreErrorState"


@dataclass(frozen=True, slots=True)
class ApiEvent:
    """What ``next`` is answered with."""

    message: Message
    """As a runtime at the end of a pipe is told it."""
    payload: Payload
    invocation_id: str
    """Of this attempt: asynchronous retries have the same request id."""


class RuntimeApiState:
    """One runtime process, from its start to the next reset."""

    def __init__(
        self,
        on_frame: OnFrame,
        state: RuntimeState = RuntimeState.STARTED,
        *,
        is_snap_started: bool = False,
    ) -> None:
        """A runtime at the end of a pipe begins, and remains, in ``READY``."""
        self.state = state
        self.is_snap_started = is_snap_started
        """Whether it may wait to be restored."""
        self._on_frame = on_frame
        self._event: ApiEvent | None = None
        """Of the invocation that is not over."""
        self._answered: ApiEvent | None = None
        """The last one that has its answer."""
        self._waiting: deque[Callable[[ApiEvent | None], None]] = deque()
        self._restored: asyncio.Future[None] | None = None
        self._is_closed = False

    # What the environment does -------------------------------------------------------------------

    def send(self, message: Message, payload: Payload = b"") -> None:
        """Hands the runtime an event: to the call that waits longest, or to the next one."""
        self._event = ApiEvent(message, payload, new_request_id())
        if self._waiting:
            self.state = RuntimeState.RUNNING
            self._waiting.popleft()(self._event)

    def drain(self) -> None:
        """Nothing is on its way: what a runtime posts is heard as it comes."""

    def restore(self) -> None:
        """The snapshot that the runtime waits in was restored."""
        if self._restored is not None and not self._restored.done():
            self.state = RuntimeState.RESTORING
            self._restored.set_result(None)

    def close(self) -> None:
        """The runtime's process is gone: nobody waits, and what still comes has no effect."""
        self._is_closed = True
        self._event = None
        while self._waiting:
            self._waiting.popleft()(None)
        if self._restored is not None:
            self._restored.cancel()

    # What the runtime calls ----------------------------------------------------------------------

    def next(self, on_event: Callable[[ApiEvent | None], None]) -> GiveUp | None:
        """Calls back with an event, once, now if there is one; with None when the runtime is gone.

        A runtime that still owes an answer gets the same event again. What is returned gives the
        waiting up.
        """
        if self.state is not RuntimeState.RUNNING or self._event is None:
            self._become_ready()
        if self._event is not None:
            # The one that is owed an answer, or one that has come while nobody waited.
            self.state = RuntimeState.RUNNING
            on_event(self._event)
            return None
        self._waiting.append(on_event)
        return partial(self._give_up, on_event)

    async def restore_next(self) -> None:
        """Waits until the environment is restored from its snapshot."""
        self._check(RuntimeState.STARTED, wanted=RuntimeState.RESTORE_READY)
        self.state = RuntimeState.RESTORE_READY
        self._restored = asyncio.get_running_loop().create_future()
        self.tell(RuntimeFrame("restore_ready", b"", at=time.monotonic()))
        await self._restored

    def begin_response(self, request_id: str, invocation_id: str | None) -> PostedResult:
        """The runtime begins to post its response; the ids are checked before the state."""
        return self._begin(RuntimeState.RESPONSE, request_id, invocation_id)

    def begin_error(self, request_id: str, invocation_id: str | None) -> PostedResult:
        """The runtime begins to post an error in place of its response."""
        return self._begin(RuntimeState.ERROR_RESPONSE, request_id, invocation_id)

    def init_error(self, body: bytes, error_type: str) -> None:
        """The runtime could not initialise the function. While restoring it is a restore error."""
        if self.state is RuntimeState.RESTORING:
            self.restore_error(body, error_type)
            return
        self._check(RuntimeState.STARTED, wanted=RuntimeState.INIT_ERROR)
        self.state = RuntimeState.INIT_ERROR
        self.tell(RuntimeFrame("init_error", body, error_type=error_type))

    def restore_error(self, body: bytes, error_type: str) -> None:
        """The runtime could not take up again after its restore."""
        self._check(RuntimeState.RESTORING, wanted=RuntimeState.RESTORE_ERROR)
        self.state = RuntimeState.RESTORE_ERROR
        self.tell(RuntimeFrame("restore_error", body, error_type=error_type))

    # What a posted result does -------------------------------------------------------------------

    def tell(self, frame: RuntimeFrame) -> None:
        """Tells the environment, unless the runtime is gone."""
        if not self._is_closed:
            self._on_frame(frame)

    def answered(self) -> None:
        """The result has come whole, or as far as it ever will."""
        self.state = RuntimeState.RESPONSE_SENT
        self._answered = self._event

    # Inside --------------------------------------------------------------------------------------

    def _give_up(self, on_event: Callable[[ApiEvent | None], None]) -> None:
        if on_event in self._waiting:
            self._waiting.remove(on_event)

    def _become_ready(self) -> None:
        """Moves to ``READY``, and tells the environment what that ends."""
        before = self.state
        asking = (
            RuntimeState.STARTED,
            RuntimeState.READY,
            RuntimeState.RUNNING,
            RuntimeState.RESPONSE_SENT,
            RuntimeState.RESTORING,
        )
        self._check(*asking, wanted=RuntimeState.READY)
        self.state = RuntimeState.READY
        if before in (RuntimeState.STARTED, RuntimeState.RESTORING):
            self.tell(RuntimeFrame("ready", b"", at=time.monotonic()))
        elif before is RuntimeState.RESPONSE_SENT:
            if self._event is self._answered:
                # From here on a call that names the invocation comes too late.
                self._event = None
            self.tell(RuntimeFrame("next", b"", at=time.monotonic()))

    def _begin(
        self, state: RuntimeState, request_id: str, invocation_id: str | None
    ) -> PostedResult:
        event = self._event
        if event is None or request_id != event.message["request_id"]:
            raise ApiRefusal(400, "InvalidRequestID", "Invalid request ID")
        if invocation_id is not None and invocation_id != event.invocation_id:
            raise ApiRefusal(410, "InvokeTimeout", "Invoke timeout")
        self._check(RuntimeState.RUNNING, wanted=state)
        self.state = state
        is_streamed = state is RuntimeState.RESPONSE and bool(event.message.get("is_streamed"))
        return PostedResult(self, request_id, is_streamed=is_streamed)

    def _check(self, *allowed: RuntimeState, wanted: RuntimeState) -> None:
        if self.state not in allowed:
            raise ApiRefusal(
                403,
                "InvalidStateTransition",
                f"State transition from {self.state} to {wanted} failed for runtime. "
                "Error: State transition is not allowed",
            )
