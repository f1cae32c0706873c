"""The application: it opens a project on the main screen, and runs until the user leaves."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.theme import Theme

from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.apis.http import Server, ServerError
from lambda_tui.debug_log import log_events
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import Event, Notice
from lambda_tui.project.function import Problem
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from lambda_tui.ui.bindings import BINDINGS
from lambda_tui.ui.crash import crash_sentence
from lambda_tui.ui.keys import KeyboardApp, exclude_from_garbage_collection
from lambda_tui.ui.screens import MainScreen

_THEME = Theme(
    name="lambda-tui",
    primary="#7aa2c8",
    secondary="#6c8ea8",
    accent="#f0a04b",
    warning="#e3b341",
    error="#e5737a",
    success="#7fbf8e",
    foreground="#d5d9e0",
    background="#14171c",
    surface="#191d24",
    panel="#232933",
    dark=True,
    variables={
        "text-primary": "#7aa2c8",
        "text-accent": "#f0a04b",
        "text-warning": "#e3b341",
        "text-error": "#e5737a",
        "text-success": "#7fbf8e",
        "footer-key-foreground": "#f0a04b",
    },
)

_ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


async def run_app(directory: Path, settings: Settings, problems: Iterable[Problem] = ()) -> int:
    """Show the project and serve the Lambda API until the user leaves; return the exit status."""
    return await make_app(directory, settings, problems, serve=True).run_to_end()


def make_app(
    directory: Path,
    settings: Settings,
    problems: Iterable[Problem] = (),
    *,
    serve: bool = False,
) -> LambdaTuiApp:
    """Return the application on the project in this folder; call it in the loop that will run it.

    The problems, those of the settings for instance, are shown with the project's own. ``serve``
    says whether others can call the functions while the screen is open.
    """
    project = load_project(directory, settings)
    engine = Engine(project, settings, open_environment_api, tuple(problems))
    log_events(engine.events)
    return LambdaTuiApp(engine, settings, serve=serve)


class LambdaTuiApp(KeyboardApp):
    """Shows an engine at work; starts it after the first paint and closes it at the end."""

    TITLE = "lambda-tui"
    CSS_PATH = "lambda_tui.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+p", "command_palette", "Palette", tooltip="Every action", id="palette"),
        Binding("ctrl+q", "quit", "Quit", show=False, system=True),
    ]

    def __init__(self, engine: Engine, settings: Settings, *, serve: bool) -> None:
        super().__init__()
        self.engine = engine
        self.settings = settings
        self._serve = serve
        self._server: Server | None = None
        self._main = MainScreen(engine)
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (150, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-tiny"), (20, "-short"), (30, "-medium"), (45, "-tall")]
        self.animation_level = "none"
        self.register_theme(_THEME)
        self.theme = settings.theme if settings.theme in self.available_themes else _THEME.name
        self.set_keymap(dict(settings.keys))

    def get_default_screen(self) -> Screen[Any]:
        """Return the main screen."""
        return self._main

    async def run_to_end(self) -> int:
        """Run until the user leaves or a signal ends the application; return the exit status."""
        with _ending_signals(self._end_by_signal):
            await self.run_async()
        _drop_unwritable_output()
        return self.return_code or 0

    def on_mount(self) -> None:
        """Start the engine once there is something to see."""
        wanted = self.settings.theme
        if wanted and self.theme != wanted:
            hint = "ctrl+p, Choose the colours, shows those there are."
            self.notify(f"There is no theme {wanted!r}: {hint}", severity="warning", markup=False)
        self.call_after_refresh(self._start_engine)

    def _start_engine(self) -> None:
        if not self.is_headless:
            exclude_from_garbage_collection()
        self.run_worker(self._start(), group="engine")

    async def _start(self) -> None:
        await self.engine.start()
        self.engine.sdk.install_needed_soon()
        if self._serve:
            self._server = await _serve_lambda_api(self.engine)
            self._main.show_address(self._server.address)

    async def on_unmount(self) -> None:
        """End every process."""
        if self._server is not None:
            await self._server.close()
        await self.engine.close()

    def _end_by_signal(self, number: int) -> None:
        self.exit(return_code=128 + number)

    async def action_quit(self) -> None:
        """Leave; the main screen asks first while an invocation runs."""
        await self._main.run_action("quit")

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Yield every action of the main screen, and the choice of the theme."""
        for binding in BINDINGS:
            if binding.id not in ("colon", "back") and binding.key != "f1":
                key = f"{binding.description}: {self.get_key_display(binding)}"
                yield SystemCommand(binding.tooltip, key, _runner(screen, binding.action))
        yield SystemCommand("Choose the colours", "Theme", self.action_change_theme)

    def crash_sentence(self, error: Exception) -> str:
        """Write a crash report, and return a sentence that says where it is."""
        return crash_sentence(error)


def _runner(screen: Screen[Any], action: str) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        await screen.run_action(action)

    return run


async def _serve_lambda_api(engine: Engine) -> Server:
    """Serve the functions at the usual port or the next free one; report if that fails."""
    # Imported here, after the first paint: it takes 5 ms.
    from lambda_tui.apis.lambda_api import announce, lambda_server

    server = lambda_server(engine)
    try:
        server.start(or_next=True)
        announce(engine, server)
    except ServerError as error:
        notice = Notice("warning", f"The Lambda API is not served: {error}")
        engine.events.emit(Event(record=notice, function=""))
    return server


@contextmanager
def _ending_signals(end: Callable[[int], None]) -> Iterator[None]:
    """Call ``end`` with the number of a signal that would end the process.

    It runs in the loop, so that the terminal is restored. Textual's Linux driver does not handle
    these signals.
    """
    loop = asyncio.get_running_loop()
    for number in _ENDING_SIGNALS:
        loop.add_signal_handler(number, end, number)
    try:
        yield
    finally:
        for number in _ENDING_SIGNALS:
            loop.remove_signal_handler(number)


def _drop_unwritable_output() -> None:
    """Drop what can no longer be written, as the terminal is gone.

    Python would try again when it exits, and end with a status of its own.
    """
    for stream in filter(None, (sys.__stdout__, sys.__stderr__)):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
