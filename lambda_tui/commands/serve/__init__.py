"""``lambda-tui serve``: serves the Lambda API to SDKs, the AWS CLI and functions."""

from __future__ import annotations

from lambda_tui.commands.serve.command import run

__all__ = ["run"]
