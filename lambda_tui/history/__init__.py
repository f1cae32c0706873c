"""The invocations of this session and of earlier ones."""

from __future__ import annotations

from lambda_tui.history.invocation_record import InvocationRecord

__all__ = ["InvocationRecord"]
