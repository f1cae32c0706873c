"""Asynchronous invocations: their queue, retries, destinations and dead letters."""

from __future__ import annotations

from lambda_tui.engine.asynchronous.queue import AsyncInvocations

__all__ = ["AsyncInvocations"]
