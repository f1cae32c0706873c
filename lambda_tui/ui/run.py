"""Opens a project on the screen: what the command line calls."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from lambda_tui.engine.engine import Engine
from lambda_tui.project.function import Problem
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from lambda_tui.ui.app import LambdaTuiApp


def make_app(directory: Path, settings: Settings, problems: Iterable[Problem] = ()) -> LambdaTuiApp:
    """The application on the project in this folder; call it inside the loop that will run it.

    The problems, of the settings for instance, are shown with the project's own.
    """
    project = load_project(directory)
    project = replace(project, problems=(*problems, *project.problems))
    return LambdaTuiApp(Engine(project, settings), settings)


async def run_app(directory: Path, settings: Settings, problems: Iterable[Problem] = ()) -> int:
    """Shows the project until the user leaves; returns the exit status."""
    return await make_app(directory, settings, problems).run_to_end()
