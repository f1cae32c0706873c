"""The Lambda API: what SDKs, the AWS CLI and other functions call to invoke and list functions."""

from __future__ import annotations

from lambda_tui.apis.lambda_api.announcement import announce
from lambda_tui.apis.lambda_api.api import lambda_server
from lambda_tui.apis.lambda_api.running import Registration, RunningServer, find_running

__all__ = ["Registration", "RunningServer", "announce", "find_running", "lambda_server"]
