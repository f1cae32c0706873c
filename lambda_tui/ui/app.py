"""The application: it opens a project on the main screen, and runs until the user leaves."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar, cast

from rich.console import RenderableType
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.screen import Screen
from textual.theme import Theme

from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.apis.http import DEFAULT_HOST, DEFAULT_PORT, Server, ServerError
from lambda_tui.debug_log import log_events
from lambda_tui.end_signals import EndSignals
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import Event, Notice
from lambda_tui.project.function import Problem
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.bindings import BINDINGS
from lambda_tui.ui.crash import crash_sentence
from lambda_tui.ui.keys import KeyboardApp, exclude_from_garbage_collection
from lambda_tui.ui.screens import NARROW, MainScreen, Palette
from lambda_tui.ui.terminal import TerminalDriver
from lambda_tui.ui.textual_private import terminal_size

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

END_LIMIT = 2.5
"""Seconds in which the application ends, else it is ended by force; extensions may take two."""


async def run_app(
    directory: Path,
    settings: Settings,
    problems: Iterable[Problem] = (),
    host: str = DEFAULT_HOST,
    port: int | None = None,
) -> int:
    """Show the project until the user leaves; return the exit status.

    The Lambda API is served at a port of the host; None is the usual port or the next free one.
    """
    app = make_app(directory, settings, problems, serve_at=(host, port))
    return await app.run_to_end()


def make_app(
    directory: Path,
    settings: Settings,
    problems: Iterable[Problem] = (),
    *,
    serve_at: tuple[str, int | None] | None = None,
) -> LambdaTuiApp:
    """Return the application on the project in this folder; call it in the loop that will run it.

    The problems, those of the settings for instance, are shown with the project's own. ``serve_at``
    is the host and the port at which others can call the functions while the screen is open.
    """
    project = load_project(directory, settings)
    engine = Engine(project, settings, open_environment_api, tuple(problems), profiles_init=True)
    log_events(engine.events)
    return LambdaTuiApp(engine, settings, serve_at=serve_at)


class LambdaTuiApp(KeyboardApp):
    """Shows an engine at work; starts it after the first paint and closes it at the end."""

    TITLE = "lambda-tui"
    CSS_PATH = "lambda_tui.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+p", "command_palette", "Palette", tooltip="Every action", id="palette"),
        Binding("ctrl+q", "quit", "Quit", show=False, system=True),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False, id="suspend"),
    ]

    def __init__(
        self, engine: Engine, settings: Settings, *, serve_at: tuple[str, int | None] | None
    ) -> None:
        super().__init__()
        self.engine = engine
        self.settings = settings
        self._serve_at = serve_at
        self._server: Server | None = None
        self._main = MainScreen(engine)
        self._end_signals: EndSignals | None = None
        self._terminal: TerminalDriver | None = None
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW, "-normal"), (150, "-wide")]
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
        stream = sys.__stdin__
        assert stream is not None
        terminal = stream.fileno()
        with EndSignals(self._end_by_signal, self._restore_terminal, terminal) as end_signals:
            self._end_signals = end_signals
            self.driver_class = cast("type[Driver]", self._open_terminal)
            await self.run_async(size=terminal_size(terminal))
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
        if self._serve_at is not None:
            self._server = await _serve_lambda_api(self.engine, *self._serve_at)
            self._main.show_address(self._server.address)

    async def on_unmount(self) -> None:
        """End every process."""
        if self._server is not None:
            await self._server.close()
        await self.engine.close()

    def exit(
        self,
        result: None = None,
        return_code: int = 0,
        message: RenderableType | None = None,
    ) -> None:
        """Leave; whatever holds the end up, the process has ended after ``END_LIMIT`` seconds."""
        if self._end_signals is not None:
            self._end_signals.limit(END_LIMIT, return_code)
        super().exit(result, return_code, message)

    def _end_by_signal(self, number: int) -> None:
        self.exit(return_code=128 + number)

    # The terminal

    def _open_terminal(
        self, app: App[object], *, debug: bool, mouse: bool, size: tuple[int, int] | None
    ) -> TerminalDriver:
        """Return the driver; Textual calls this in the place of its class."""
        assert self._end_signals is not None
        self._terminal = TerminalDriver(
            app, end_signals=self._end_signals, debug=debug, mouse=mouse, size=size
        )
        return self._terminal

    def _restore_terminal(self) -> None:
        if self._terminal is not None:
            self._terminal.restore_by_force()

    def is_terminal_behind(self) -> bool:
        """Return whether the terminal does not read, so that the next frame is left out."""
        return self._terminal is not None and self._terminal.is_behind

    def action_suspend_process(self) -> None:
        """Give the terminal back to the shell until ``fg`` continues the application."""
        if self._terminal is not None and not self._terminal.suspend():
            self._main.say("There is no shell to go back to: lambda-tui is not its job.")

    def action_command_palette(self) -> None:
        """Open the palette of all actions."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    async def action_quit(self) -> None:
        """Leave; the main screen asks first while an invocation runs."""
        await self._main.run_action("quit")

    def get_key_display(self, binding: Binding) -> str:
        """Return a key as it is shown; the user's settings may name any."""
        return one_line(super().get_key_display(binding))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Yield every action of the main screen, and the choice of the theme."""
        for binding in BINDINGS:
            if binding.id not in ("colon", "back") and binding.key != "f1":
                key = f"{binding.description}: {self.get_key_display(binding)}"
                yield SystemCommand(binding.tooltip, key, _runner(screen, binding.action))
        yield SystemCommand(
            "Suspend: give the terminal to the shell until `fg`",
            "Suspend: ^z",
            self.action_suspend_process,
        )
        yield SystemCommand("Choose the colours", "Theme", self.action_change_theme)

    def crash_sentence(self, error: Exception) -> str:
        """Write a crash report, and return a sentence that says where it is."""
        return crash_sentence(error)


def _runner(screen: Screen[Any], action: str) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        await screen.run_action(action)

    return run


async def _serve_lambda_api(engine: Engine, host: str, port: int | None) -> Server:
    """Serve the functions at a port, or the usual or the next free one; report if that fails."""
    # Imported here, after the first paint: it takes 5 ms.
    from lambda_tui.apis.lambda_api import announce, lambda_server

    server = lambda_server(engine, host)
    try:
        server.start(DEFAULT_PORT if port is None else port, or_next=port is None)
        announce(engine, server)
    except ServerError as error:
        notice = Notice("warning", f"The Lambda API is not served: {error}")
        engine.events.emit(Event(record=notice, function=""))
    return server


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
