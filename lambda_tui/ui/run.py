"""Opens a project on the screen: what the command line calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from pathlib import Path

from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.debug_log import log_events
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import Event, Notice
from lambda_tui.project.function import Problem
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from lambda_tui.ui.app import LambdaTuiApp, Served


def make_app(
    directory: Path,
    settings: Settings,
    problems: Iterable[Problem] = (),
    serve: Callable[[Engine], Awaitable[Served]] | None = None,
) -> LambdaTuiApp:
    """The application on the project in this folder; call it inside the loop that will run it.

    The problems, of the settings for instance, are shown with the project's own.
    """
    project = load_project(directory, settings)
    project = replace(project, problems=(*problems, *project.problems))
    engine = Engine(project, settings, open_environment_api)
    log_events(engine.events)
    return LambdaTuiApp(engine, settings, serve)


async def run_app(directory: Path, settings: Settings, problems: Iterable[Problem] = ()) -> int:
    """Shows the project until the user leaves; returns the exit status."""
    return await make_app(directory, settings, problems, serve_lambda_api).run_to_end()


async def serve_lambda_api(engine: Engine) -> Served:
    """Serves the engine's functions at the usual port or the next; says so if it cannot."""
    # Imported here: the screen is painted before.
    from lambda_tui.apis.http import ServerError
    from lambda_tui.apis.lambda_api import lambda_server

    server = lambda_server(engine)
    try:
        await server.start(or_next=True)
    except ServerError as error:
        notice = Notice("warning", f"The Lambda API is not served: {error}")
        engine.events.emit(Event(record=notice, function=""))
    return server
