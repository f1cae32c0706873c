"""The invocations of this session and of earlier ones."""

from __future__ import annotations

from lambda_tui.history.contents import Contents, Kept
from lambda_tui.history.invocation_record import InvocationRecord
from lambda_tui.history.recorder import Recorder
from lambda_tui.history.store import History

__all__ = ["Contents", "History", "InvocationRecord", "Kept", "Recorder"]
