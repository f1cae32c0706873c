"""The event pane: what the function is invoked with, to be edited."""

from __future__ import annotations

import json
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from lambda_tui.project.event_files import DEFAULT_EVENT, check_event
from lambda_tui.ui.titles import write_titles
from lambda_tui.wording import counted

_LARGEST_CHECKED = 200_000
"""Characters of an event up to which it is checked with every keystroke."""


class EventEditor(TextArea):
    """A plain editor with one event per function; says at once when it is not JSON."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+j",
            "screen.invoke",
            "Invoke",
            id="invoke_from_editor",
            tooltip="Invoke the function without leaving the editor",
            priority=True,
        ),
    ]

    class Checked(Message):
        """The event was looked at after a change."""

        def can_replace(self, message: Message) -> bool:
            """One is as good as many."""
            return isinstance(message, type(self))

    def __init__(self, *, id: str, classes: str = "") -> None:
        super().__init__(
            DEFAULT_EVENT, id=id, classes=classes, tab_behavior="focus", soft_wrap=False
        )
        self.show_line_numbers = False
        self.highlight_cursor_line = False
        self.match_cursor_bracket = False
        self.title = "e Event"
        self.problem: str | None = None
        """Why the text is no event; None when it is one."""
        self._function = ""
        self._texts: dict[str, str] = {}
        self._names: dict[str, str] = {}

    @property
    def payload(self) -> bytes:
        """The event as its JSON bytes."""
        return self.text.encode("utf-8", "replace")

    def show_function(self, function: str) -> None:
        """Puts the other function's event in place and remembers this one's."""
        self._texts[self._function] = self.text
        self._function = function
        self.load_text(self._texts.get(function, DEFAULT_EVENT))
        self._check()

    def has_event(self, function: str) -> bool:
        """Whether a function's event was shown or set before."""
        return function in self._texts

    def set_event(self, text: str, name: str) -> None:
        """Puts a named event, such as a file's, into the editor."""
        self._names[self._function] = name
        self.load_text(text)
        self._texts[self._function] = text
        self._check()

    def go_to_problem(self) -> None:
        """Puts the cursor where the JSON breaks."""
        try:
            json.loads(self.text)
        except json.JSONDecodeError as error:
            self.move_cursor((error.lineno - 1, error.colno - 1))
        except (ValueError, RecursionError):
            self.move_cursor((0, 0))

    def check(self) -> str | None:
        """Looks at the event now; a sentence why it is none, without its full stop."""
        self.problem = check_event(self.text)
        return self.problem

    @on(TextArea.Changed)
    def _check(self) -> None:
        self.problem = None if len(self.text) > _LARGEST_CHECKED else check_event(self.text)
        name = self._names.get(self._function, "")
        self.title = " · ".join(("e Event", *((name,) if name else ())))
        lines = counted(self.document.line_count, "line")
        said = f"✓ JSON · {lines}" if self.problem is None else f"✗ {self.problem}"
        write_titles(self, subtitle=said.replace("[", r"\["))
        self.set_class(self.problem is not None, "-error")
        self.post_message(self.Checked())
