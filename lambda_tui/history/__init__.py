"""The invocations of this session and of earlier ones."""

from __future__ import annotations

from lambda_tui.history.contents import MOST_OF_EACH, Contents, Kept
from lambda_tui.history.invocation_record import InvocationRecord
from lambda_tui.history.recorder import Recorder
from lambda_tui.history.store import History

__all__ = ["MOST_OF_EACH", "Contents", "History", "InvocationRecord", "Kept", "Recorder"]
