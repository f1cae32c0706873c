"""Invocations as the history keeps them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from lambda_tui.history import History, InvocationRecord

OpenHistory = Callable[..., AbstractAsyncContextManager[History]]
SESSION = "2026-11-30T14:00:00.000000+00:00"


def record(number: int = 1, function: str = "Greet", **fields: Any) -> InvocationRecord:
    """Return the record of an invocation that has ended well, but for what the fields say."""
    ended_well = {
        "session": SESSION,
        "request_id": f"{function}-{number}",
        "started": 1_780_000_000.0 + number,
        "event_name": "greet.json",
        "environment": 1,
        "status": "success",
        "answer": "200",
        "duration_ms": 2.18,
        "billed_ms": 3,
        "memory_size_mb": 256,
        "max_memory_mb": 14,
    }
    return InvocationRecord(function=function, number=number, **{**ended_well, **fields})


def add(history: History, *records: InvocationRecord, event: bytes = b"{}") -> None:
    """Add invocations with short contents."""
    for one in records:
        history.add(one, event, b'"hello"', "START\nEND\n", {"init": b'{"ms": 12}'})
