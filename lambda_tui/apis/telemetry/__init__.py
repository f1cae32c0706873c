"""The Telemetry API and the Logs API: extensions subscribe to events, which are sent to them."""

from __future__ import annotations

from lambda_tui.apis.telemetry.api import operations
from lambda_tui.apis.telemetry.delivery import flush

__all__ = ["flush", "operations"]
