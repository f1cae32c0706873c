"""The main screen, and the screens and dialogs that open over it."""

from __future__ import annotations

from lambda_tui.ui.screens.main import NARROW, MainScreen
from lambda_tui.ui.screens.palette import Palette

__all__ = ["NARROW", "MainScreen", "Palette"]
