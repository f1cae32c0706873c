"""Opens a project on the screen: what the command line calls."""

from __future__ import annotations

from pathlib import Path

from lambda_tui.engine.engine import Engine
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from lambda_tui.ui.app import LambdaTuiApp


def make_app(directory: Path, settings: Settings) -> LambdaTuiApp:
    """The application on the project in this folder; call it inside the loop that will run it."""
    return LambdaTuiApp(Engine(load_project(directory), settings), settings)


async def run_app(directory: Path, settings: Settings) -> int:
    """Shows the project until the user leaves; returns the exit status."""
    return await make_app(directory, settings).run_to_end()
