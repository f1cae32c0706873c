"""The terminal application: the engine on one screen. Only the command line imports it."""

from __future__ import annotations

from lambda_tui.ui.app import LambdaTuiApp, make_app, run_app

__all__ = ["LambdaTuiApp", "make_app", "run_app"]
