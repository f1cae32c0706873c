"""The main screen, and the screens and dialogs that open over it."""

from __future__ import annotations

from lambda_tui.ui.screens.main import MainScreen
from lambda_tui.ui.screens.palette import Palette
from lambda_tui.ui.screens.view import NARROW

__all__ = ["NARROW", "MainScreen", "Palette"]
