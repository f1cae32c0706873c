"""The main screen, and the screens and dialogs that open over it."""

from __future__ import annotations

from lambda_tui.ui.screens.dialogs import Palette
from lambda_tui.ui.screens.main import NARROW, MainScreen

__all__ = ["NARROW", "MainScreen", "Palette"]
