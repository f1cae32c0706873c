"""One invocation as it is listed and kept: who asked, which environment served it, its outcome."""

from __future__ import annotations

from msgspec import Struct

from lambda_tui.engine.invocation import InvocationStatus
from lambda_tui.project.function import LATEST


class InvocationRecord(Struct, kw_only=True):
    """One invocation of this session, which still changes, or one of an earlier session.

    Event, response and log are not in it: they are large, and are looked up when it is opened.
    """

    session: str
    """Names the run of lambda-tui in which it happened: the time of its start, in ISO format."""
    function: str
    number: int
    """Counted from 1 within the function and the session: ``#12`` on the screen."""
    request_id: str
    """The same for every attempt of an asynchronous invocation."""
    started: float
    """Seconds since the epoch."""
    caller: str = "key"
    """``key``, ``API``, ``command``, ``asynchronous`` or ``destination of <function>``."""
    attempt: int = 0
    """The number of this attempt of an asynchronous invocation, counted from 1; 0 for others."""
    attempts: int = 0
    """The attempts that an asynchronous invocation gets at most."""
    event_name: str = ""
    """The event's file, builder or saved name; ends in ``*`` when the event was edited."""
    event_bytes: int = 0
    qualifier: str | None = None
    version: str = LATEST
    tenant_id: str | None = None

    environment: int | None = None
    """The number of the environment that served it; None until there is one."""
    environment_id: str = ""
    is_cold: bool = False
    cold_because: str = ""
    """One clause: ``env 1 was busy with #10``. Empty when it was warm."""

    status: InvocationStatus = "pending"
    follow_up: str = ""
    """The news after an asynchronous attempt: ``next attempt at 14:52:10``, ``delivered to …``."""
    answer: str = ""
    """The outcome in a word or two: ``200``, ``KeyError``, ``timeout``, ``null``."""
    error_type: str = ""
    error_message: str = ""
    """One line; the beginning of the error's message."""
    error_place: str = ""
    """The user's file and line where it failed, relative to the code: ``app.py:11``."""
    response_bytes: int | None = None

    duration_ms: float | None = None
    init_ms: float | None = None
    restore_ms: float | None = None
    billed_ms: int | None = None
    memory_size_mb: int = 0
    max_memory_mb: int | None = None
    cost: float | None = None
    """Dollars, by AWS's public price; None until it is known."""

    tmp_added: int = 0
    tmp_changed: int = 0
    tmp_removed: int = 0

    @property
    def key(self) -> tuple[str, int]:
        """The session and the number: its identity among those of its function."""
        return self.session, self.number

    @property
    def is_over(self) -> bool:
        """Whether the outcome is known."""
        return self.status not in ("pending", "running")

    @property
    def has_failed(self) -> bool:
        """Whether it is over and was no success."""
        return self.is_over and self.status != "success"
