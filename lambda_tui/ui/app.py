"""The application: it opens a project on the main screen, and runs until the user leaves."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from platformdirs import user_config_path
from rich.console import RenderableType
from textual.actions import ActionParseResult
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.driver import Driver
from textual.notifications import SeverityLevel
from textual.screen import Screen

from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.apis.http import DEFAULT_HOST, DEFAULT_PORT, Server, ServerError
from lambda_tui.debug_log import log_events
from lambda_tui.end_signals import EndSignals
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import Event, Notice
from lambda_tui.history import History
from lambda_tui.project.function import Problem
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings, place_of
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.bindings import BINDINGS, PANE_BINDINGS
from lambda_tui.ui.crash import crash_sentence
from lambda_tui.ui.keymap import Keymap, make_keymap
from lambda_tui.ui.keys import KeyboardApp, exclude_from_garbage_collection
from lambda_tui.ui.model.hints import HINTS, Hints
from lambda_tui.ui.model.toasts import Toast
from lambda_tui.ui.remembered import (
    KnownHints,
    Remembered,
    RememberedFile,
    hints_file,
    project_file,
)
from lambda_tui.ui.screens import NARROW, MainScreen, Palette
from lambda_tui.ui.terminal import TerminalDriver
from lambda_tui.ui.textual_private import terminal_size
from lambda_tui.ui.themes import DARK, THEMES, css_variables

if TYPE_CHECKING:
    from lambda_tui.apis.lambda_api import Registration

_HINT = "hint"
"""The topic of the toasts that are hints."""
_HINT_SECONDS = 15.0
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
    keymap = make_keymap(settings.keys, _screen_bindings(), PANE_BINDINGS.values())
    problems = (*problems, *_key_problems(directory, keymap))
    engine = Engine(project, settings, open_environment_api, problems, profiles_init=True)
    log_events(engine.events)
    return LambdaTuiApp(engine, settings, keymap, serve_at=serve_at)


def _key_problems(directory: Path, keymap: Keymap) -> Iterator[Problem]:
    """Yield what is wrong with the user's keys, with the lines that say so."""
    for id, sentence in keymap.problems.items():
        place = place_of(directory, user_config_path("lambda-tui"), "keys", id)
        yield Problem(sentence, *place)


def _screen_bindings() -> Iterator[Binding]:
    yield from BINDINGS
    yield from (each for each in LambdaTuiApp.BINDINGS if isinstance(each, Binding))


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
        self,
        engine: Engine,
        settings: Settings,
        keymap: Keymap,
        *,
        serve_at: tuple[str, int | None] | None,
    ) -> None:
        # Without colours the terminal's own two are left, which is all that `NO_COLOR` allows.
        super().__init__(ansi_color="NO_COLOR" in os.environ or None)
        self.engine = engine
        self.settings = settings
        self._own_keys = keymap
        self._serve_at = serve_at
        self._server: Server | None = None
        self._registration: Registration | None = None
        self._remembered = RememberedFile(
            project_file(engine.project.directory), Remembered, self._tell_once
        )
        self._main = MainScreen(engine, self._remembered)
        self._known_hints = RememberedFile(hints_file(), KnownHints, self._tell_once)
        self._hints = Hints(self._known_hints.content.ids)
        self._history: History | None = None
        self._end_signals: EndSignals | None = None
        self._terminal: TerminalDriver | None = None
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW, "-normal"), (150, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-tiny"), (20, "-short"), (30, "-medium"), (45, "-tall")]
        self.animation_level = "none"
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = self._first_theme()
        self.set_keymap(keymap.keys)

    def _first_theme(self) -> str:
        """Return the theme that was chosen here, unless the settings name another since then."""
        wanted, known = self.settings.theme or "", self._remembered.content
        chosen = known.theme if known.theme_setting == wanted else ""
        there = [name for name in (chosen, wanted) if name in self.available_themes]
        return there[0] if there else DARK.name

    def _remember_theme(self, theme: str) -> None:
        self._remembered.remember(theme=theme, theme_setting=self.settings.theme or "")

    def _tell_once(self, sentence: str) -> None:
        self._main.say(sentence, "warning")

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
        self.watch(self, "theme", self._remember_theme, init=False)
        if self._remembered.damage:
            self.notify(f"The screen begins anew: what it remembered {self._remembered.damage}.")
        wanted = self.settings.theme
        if wanted and wanted not in self.available_themes:
            hint = "ctrl+p, Choose the colours, shows those there are."
            self.notify(f"There is no theme {wanted!r}: {hint}", severity="warning", markup=False)
        self._show_hint()
        self.call_after_refresh(self._start_engine)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run an action; one that a hint is about makes room for the next hint."""
        is_done = await super().run_action(action, default_namespace, namespaces)
        name = (
            action.removeprefix("app.").removeprefix("command_") if isinstance(action, str) else ""
        )
        if is_done and self._hints.follow(name):
            self._known_hints.remember(ids=[*self._hints.known])
            self._main.announcements.drop(_HINT)
            self._show_hint()
        return is_done

    def _show_hint(self) -> None:
        """Show the first hint that the user has not followed."""
        id = self._hints.next
        binding = next((each for each in _screen_bindings() if each.id == id), None)
        if id is not None and binding is not None and self.engine.pools:
            keys = self._own_keys.keys.get(id, "")
            key = self.get_key_display(binding.with_key(keys.split(",")[0]) if keys else binding)
            toast = Toast(_HINT, f"{key} {HINTS[id]}", seconds=_HINT_SECONDS)
            self._main.announcements.add(toast)

    def _start_engine(self) -> None:
        if not self.is_headless:
            exclude_from_garbage_collection()
        self.run_worker(self._start(), group="engine")

    async def _start(self) -> None:
        # After the first paint: another thread takes its time too.
        self._history = History.open(
            self.engine.project.directory, self.settings, self._main.say_warning
        )
        self._main.keep_in(self._history)
        await self.engine.start()
        self.engine.sync.sync_needed_soon()
        if self._serve_at is not None:
            await self._serve_lambda_api(*self._serve_at)

    async def _serve_lambda_api(self, host: str, port: int | None) -> None:
        """Serve the functions at a port, or the usual or the next free one, or say why not."""
        # Imported here, after the first paint: it takes 5 ms.
        from lambda_tui.apis.lambda_api import announce, lambda_server

        server = self._server = lambda_server(self.engine, host)
        try:
            server.start(DEFAULT_PORT if port is None else port, or_next=port is None)
            self.engine.let_functions_call(server.address)
            self._registration = announce(self.engine, server)
        except ServerError as error:
            notice = Notice("warning", f"The Lambda API is not served: {error}")
            self.engine.events.emit(Event(record=notice, function=""))
        self._main.show_address(server.address)

    async def on_unmount(self) -> None:
        """End every process."""
        if self._registration is not None:
            self._registration.remove()
        if self._server is not None:
            await self._server.close()
        await self.engine.close()
        await self._remembered.close()
        await self._known_hints.close()
        if self._history is not None:
            await self._history.close()

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

    def get_css_variables(self) -> dict[str, str]:
        """Return the variables of the stylesheet: Textual's, and ours for what colours are for."""
        generated = super().get_css_variables()
        ours = css_variables(self.current_theme, generated, self.no_color)
        self.theme_variables = generated | ours
        return self.theme_variables

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a message in one line for a while; it covers nothing that is being read."""
        self._main.announcements.add(Toast(message, message, severity))

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
