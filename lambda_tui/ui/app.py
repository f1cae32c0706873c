"""The application: one screen on one engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from textual import events
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.theme import Theme

from lambda_tui.ui.bindings import BINDINGS
from lambda_tui.ui.crash import crash_sentence
from lambda_tui.ui.ending import ending_signals, forget_unwritable
from lambda_tui.ui.garbage import forget_what_stays, put_off_search
from lambda_tui.ui.keys_in_order import KeysInOrder
from lambda_tui.ui.screens.main import MainScreen
from lambda_tui.ui.screens.model import HASTE

if TYPE_CHECKING:
    from lambda_tui.engine.engine import Engine
    from lambda_tui.project.settings import Settings

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


class Served(Protocol):
    """What serves the engine to others while the screen is open."""

    @property
    def address(self) -> str | None:
        """Its URL; None while it does not listen."""

    async def close(self) -> object:
        """Serves no more."""


class LambdaTuiApp(KeysInOrder):
    """Shows an engine at work; starts it after the first paint and closes it at the end."""

    TITLE = "lambda-tui"
    CSS_PATH = "lambda_tui.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+p", "command_palette", "Palette", tooltip="Every action", id="palette"),
        Binding("ctrl+q", "quit", "Quit", show=False, system=True),
    ]

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        serve: Callable[[Engine], Awaitable[Served]] | None = None,
    ) -> None:
        super().__init__()
        self._serve = serve
        self._served: Served | None = None
        self.engine = engine
        self.settings = settings
        self._main = MainScreen(engine)
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (150, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-tiny"), (20, "-short"), (30, "-medium"), (45, "-tall")]
        self.animation_level = "none"
        self.register_theme(_THEME)
        self.theme = settings.theme if settings.theme in self.available_themes else _THEME.name
        self.set_keymap(dict(settings.keys))

    def get_default_screen(self) -> Screen[Any]:
        """The one main screen."""
        return self._main

    async def run_to_end(self) -> int:
        """Runs until the user leaves or a signal ends it; returns the exit status."""
        with ending_signals(self._end_by_signal):
            await self.run_async()
        forget_unwritable()
        return self.return_code or 0

    def on_mount(self) -> None:
        """Starts the engine once there is something to see."""
        wanted = self.settings.theme
        if wanted and self.theme != wanted:
            hint = "ctrl+p, Choose the colours, shows those there are."
            self.notify(f"There is no theme {wanted!r}: {hint}", severity="warning", markup=False)
        self.call_after_refresh(self._start_engine)

    def _start_engine(self) -> None:
        if not self.is_headless:
            forget_what_stays()
        self.run_worker(self._start(), group="engine")

    async def _start(self) -> None:
        await self.engine.start()
        if self._serve is not None:
            self._served = await self._serve(self.engine)
            self._main.address = self._served.address
            self._main.feed.request_paint()

    async def on_event(self, event: events.Event) -> None:
        """Has what comes of a key painted at once."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._main.hasten()
            if not self.is_headless:
                put_off_search(HASTE)
        await super().on_event(event)

    async def on_unmount(self) -> None:
        """Ends every process."""
        if self._served is not None:
            await self._served.close()
        await self.engine.close()

    def _end_by_signal(self, number: int) -> None:
        self.exit(return_code=128 + number)

    async def action_quit(self) -> None:
        """Leaves; the screen asks first while an invocation runs."""
        await self._main.run_action("quit")

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Every action of the main screen, then Textual's own."""
        for binding in BINDINGS:
            if binding.id not in ("colon", "back") and binding.key != "f1":
                key = f"{binding.description}: {self.get_key_display(binding)}"
                yield SystemCommand(binding.tooltip, key, self._runner(screen, binding.action))
        yield SystemCommand("Choose the colours", "Theme", self.action_change_theme)

    def _runner(self, screen: Screen[Any], action: str) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            await screen.run_action(action)

        return run

    def crash_sentence(self, error: Exception) -> str:
        """Write a crash report without anybody's data, and return where it is."""
        return crash_sentence(error)
