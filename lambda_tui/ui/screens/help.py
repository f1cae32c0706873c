"""The help: all keys, and the meanings of the signs."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from lambda_tui.engine.lifecycle import State
from lambda_tui.ui.bindings import SECTIONS
from lambda_tui.ui.glyphs import STATE_GLYPHS, STRIP_GLYPHS
from lambda_tui.ui.panes.invocations import EARLIER_SIGN
from lambda_tui.ui.textual_private import SteadyScreen, all_bindings

_MOVES = (
    ("↑ ↓  j k", "Move the cursor"),
    ("← →  h l", "Go to the pane before or after; sideways in the log"),
    ("g G", "First, last"),
    ("tab", "Next pane"),
    ("^j", "Invoke from inside the event editor"),
    ("^z", "Suspend: `fg` in the shell continues"),
    ("^p", "Palette: every action by name, and the theme"),
    ("shift + drag", "Your terminal's own selection, not the log's"),
)


class Help(ModalScreen[None], SteadyScreen[None]):
    """The keys by what they act on, then the signs; esc goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "dismiss(None)", "Back"),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
    ]

    def compose(self) -> ComposeResult:
        """Yield one column of sections that scrolls."""
        with VerticalScroll(id="help", classes="dialog -wide") as dialog:
            dialog.border_title = "Help"
            dialog.border_subtitle = "esc goes back · ↑ ↓ scroll"
            yield Static(self._content())

    def on_mount(self) -> None:
        """Focus the column, so that keys scroll it at once."""
        self.query_one("#help").focus()

    def action_scroll(self, step: int) -> None:
        """Scroll by lines."""
        self.query_one("#help").scroll_relative(y=step, animate=False)

    def _content(self) -> Content:
        keys = self._keys()
        parts: list[Content] = []
        for section, bindings in SECTIONS.items():
            parts.append(Content.styled(f"{section}\n", "bold $text-accent"))
            for binding in bindings:
                key = keys.get(binding.id or "", self.app.get_key_display(binding))
                parts.append(_line(key, binding.tooltip, binding.id or ""))
            parts.append(Content("\n"))
        parts.append(Content.styled("Moving and more\n", "bold $text-accent"))
        parts += [_line(key, what) for key, what in _MOVES]
        parts.append(Content.styled("\nStates of an environment\n", "bold $text-accent"))
        for state in State:
            strip = STRIP_GLYPHS[state].strip()
            in_strip = f"   {strip} in the timeline" if strip else ""
            parts.append(_line(STATE_GLYPHS[state], f"{state:<14}{in_strip}"))
        parts.append(_line("*", "stale: replaced as soon as it has answered"))
        parts.append(Content.styled("\nSigns of an invocation\n", "bold $text-accent"))
        parts.append(_line(EARLIER_SIGN, "it is of an earlier session"))
        parts.append(_line("=", "it is marked, to be compared with another"))
        return Content("").join(parts)

    def _keys(self) -> dict[str, str]:
        """Return the keys of the user's keymap by the ids of their bindings."""
        found: dict[str, str] = {}
        for binding in all_bindings(self.app.screen_stack[0]):
            if binding.id:
                known = found.get(binding.id)
                key = self.app.get_key_display(binding)
                found[binding.id] = f"{known} {key}" if known and known != key else key
        return found


def _line(key: str, what: str, id: str = "") -> Content:
    """Return a line with a key, its action, and the id that changes it in ``[keys]``."""
    return Content.assemble(
        (f"  {key:<13}", "bold $text-primary"), f"{what:<39} ", (id, "dim"), "\n"
    )
