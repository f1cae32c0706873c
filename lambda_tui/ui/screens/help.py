"""The help: all keys, and the meanings of the signs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from lambda_tui.engine.lifecycle import State
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.bindings import BINDINGS, PANE_KEYS, SECTIONS
from lambda_tui.ui.glyphs import STATE_GLYPHS, STATUS_GLYPHS
from lambda_tui.ui.lives import LEGEND
from lambda_tui.ui.panes.invocations import EARLIER_SIGN
from lambda_tui.ui.textual_private import SteadyScreen, all_bindings
from lambda_tui.ui.widgets import Pane

_MOVES = (
    ("↑ ↓  j k", "Move the cursor"),
    ("← →  h l", "Go to the pane before or after; sideways in the log"),
    ("g G", "First, last"),
    ("tab", "Next pane"),
    ("+ - ← → 0", "Environments: zoom and scroll the clock, back to now"),
    ("^j", "Invoke from inside the event editor"),
    ("^z", "Suspend: `fg` in the shell continues"),
    ("^p", "Palette: every action by name, and the theme"),
    ("shift + drag", "Your terminal's own selection, not the log's"),
)

_SIGNS = {
    "Invocations": (
        (EARLIER_SIGN, "it is of an earlier session"),
        ("=", "it is marked, to be compared with another"),
        ("api.json*", "the event was edited"),
        ("sqs 1/3", "attempt 1 of 3 of an asynchronous one"),
    ),
    "Log and values": (
        ("▸ ▾", "folded or open: enter or a click"),
        ("──", "news of the environment, such as frozen"),
        ("✗ ▲", "an error, a warning"),
        ("…", "the text goes on: w wraps it"),
    ),
    "/tmp": (("+ ~ −", "added, changed, removed by it"),),
    "Init": (
        ("●", "most time of its own: m goes there"),
        ("▁", "its whole time; higher is its own"),
    ),
}
"""The signs of the panes that have no table of their own, by headings."""


PANE_NAMES = {
    "functions": "the functions",
    "environments": "the environments",
    "invocations": "the invocations",
    "log": "the log",
    "event": "the event",
    "response": "the response",
    "tmp": "the environment's /tmp",
    "init": "the Init phase",
    "details": "the details",
}
"""The names of the panes by their ids."""


class Help(ModalScreen[None], SteadyScreen[None]):
    """The keys of the focused pane, then all by what they act on, then the signs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "dismiss(None)", "Back"),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
    ]

    def __init__(self, pane: Pane, focused: Widget | None) -> None:
        """Take the pane that has the focus, and the widget in it that does."""
        super().__init__()
        self._pane = pane
        self._focused = focused

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
        parts = [*self._pane_keys(keys), Content("\n")]
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
            parts.append(_line(STATE_GLYPHS[state], str(state)))
        parts.append(_line("*", "stale: replaced as soon as it has answered"))
        parts.append(Content.styled("\nThe clock of the environments\n", "bold $text-accent"))
        parts += [_line(sign, meaning) for sign, meaning in LEGEND.items()]
        parts.append(Content.styled("\nInvocations\n", "bold $text-accent"))
        for sign in dict.fromkeys(STATUS_GLYPHS.values()):
            statuses = (status for status, each in STATUS_GLYPHS.items() if each == sign)
            parts.append(_line(sign, " or ".join(statuses)))
        parts += [_line(sign, meaning) for sign, meaning in _SIGNS["Invocations"]]
        for section in ("Log and values", "/tmp", "Init"):
            parts.append(Content.styled(f"\n{section}\n", "bold $text-accent"))
            parts += [_line(sign, meaning) for sign, meaning in _SIGNS[section]]
        return Content("").join(parts)

    def _pane_keys(self, keys: dict[str, str]) -> Iterator[Content]:
        """Yield the keys of the pane, in the order of the key bar, and those of its widgets."""
        id = self._pane.id or ""
        yield Content.styled(f"Here: {PANE_NAMES.get(id, id)}\n", "bold $text-accent")
        ours = {binding.id: binding for binding in BINDINGS}
        ids = PANE_KEYS.get((self._focused and self._focused.id) or "", PANE_KEYS.get(id, ()))
        for binding in (ours[each] for each in ids if each in ours):
            yield _line(keys.get(binding.id or "", binding.key), binding.tooltip, binding.id or "")
        widget = self._focused
        while widget is not None and widget is not self._pane.parent:
            for binding in all_bindings(widget):
                what = binding.tooltip or binding.description
                if binding.show and what:
                    key = self.app.get_key_display(binding)
                    yield _line(key, one_line(what), binding.id or "")
            widget = widget.parent if isinstance(widget.parent, Widget) else None

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
        (f"  {key:<13}", "bold $text-primary"), f"{what:<39} ", (id, "$text-dim"), "\n"
    )
