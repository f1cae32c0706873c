"""The synthesis of a CDK app over the screen: the question, its output, and how it ends."""

from __future__ import annotations

from collections import deque
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from lambda_tui.engine.synthesis import AppSynthesis
from lambda_tui.project.kinds.cdk import SynthesisError
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.textual_private import SteadyScreen

_MOST_LINES = 1_000
_PAINTS_PER_SECOND = 10


class SynthesisScreen(ModalScreen[bool], SteadyScreen[bool]):
    """Runs the command once it was agreed to; the result is whether the app is synthesised."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start", "Run"),
        Binding("escape,q", "end", "Back"),
    ]

    def __init__(self, synthesis: AppSynthesis, *, is_agreed: bool) -> None:
        """With ``is_agreed`` the command runs at once."""
        super().__init__()
        self._synthesis = synthesis
        self._is_agreed = is_agreed
        self._is_running = False
        self._lines: deque[Content] = deque(maxlen=_MOST_LINES)
        self._is_painted = True

    def compose(self) -> ComposeResult:
        """Yield the command, and below it what it writes."""
        with VerticalScroll(classes="dialog -wide", id="synthesis"):
            yield Static(id="synthesis-output")

    def on_mount(self) -> None:
        """Ask, or begin."""
        self.set_interval(1 / _PAINTS_PER_SECOND, self._paint)
        self._note(Content.styled(one_line(self._synthesis.command), "bold"))
        self._name_keys("enter runs it, outside of every sandbox · esc goes back")
        self._paint()
        if self._is_agreed:
            self.action_start()

    def action_start(self) -> None:
        """Run the command, unless it runs."""
        if not self._is_running:
            self._is_running = True
            self._name_keys("esc ends it")
            self._run()

    def action_end(self) -> None:
        """End the command; go back where none runs."""
        if self._is_running:
            self._synthesis.cancel()
        else:
            self.dismiss(False)

    @work(group="synthesis")
    async def _run(self) -> None:
        try:
            await self._synthesis.run(self._note_line)
        except SynthesisError as error:
            sentence = str(error)
            self._note(Content.assemble(("▲ ", "bold $text-warning"), one_line(sentence)))
            self._name_keys("enter runs it again · esc goes back")
            self._is_running = False
            self._paint()
        else:
            self.dismiss(True)

    def _note_line(self, line: str) -> None:
        self._note(Content(one_line(line)))

    def _note(self, line: Content) -> None:
        self._lines.append(line)
        self._is_painted = False

    def _name_keys(self, keys: str) -> None:
        dialog = self.query_one("#synthesis")
        dialog.border_title = "CDK synthesis"
        dialog.border_subtitle = keys

    def _paint(self) -> None:
        if not self._is_painted:
            self._is_painted = True
            self.query_one("#synthesis-output", Static).update(Content("\n").join(self._lines))
            self.query_one("#synthesis", VerticalScroll).scroll_end(animate=False)
