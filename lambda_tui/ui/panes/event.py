"""The event pane: what the function is invoked with, to be edited."""

from __future__ import annotations

import asyncio
import json
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.binding import Binding, BindingType
from textual.widgets import TextArea
from textual.worker import Worker

from lambda_tui.project.event_files import (
    DEFAULT_EVENT,
    EventFile,
    check_event,
    find_events,
    read_event,
)
from lambda_tui.project.files import UnreadableFileError
from lambda_tui.project.function import Function, Project
from lambda_tui.terminal_text import UNSAFE_CHARACTER, one_line
from lambda_tui.ui.widgets import Pane
from lambda_tui.wording import counted

_LARGEST_CHECKED = 200_000
"""Characters of an event up to which it is checked with every keystroke."""


class EventPane(TextArea, Pane):
    """A plain editor with an event for each function; says at once when it is not JSON."""

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

    def __init__(self, *, id: str, classes: str = "") -> None:
        super().__init__(
            DEFAULT_EVENT, id=id, classes=classes, tab_behavior="focus", soft_wrap=False
        )
        self.show_line_numbers = False
        self.highlight_cursor_line = False
        self.match_cursor_bracket = False
        self.title = "5 Event"
        self._function = ""
        self._texts: dict[str, str] = {}
        """The events of the functions that were shown before, by the functions' names."""
        self._file_names: dict[str, str] = {}
        """The event files that were taken last, by the functions' names."""
        self._loading: Worker[None] | None = None

    @property
    def whole_text(self) -> str:
        """The event as it is edited."""
        return self.text

    @property
    def payload(self) -> bytes:
        """The event as UTF-8 bytes."""
        return self.text.encode("utf-8", "replace")

    def get_line(self, line_index: int) -> Text:
        """Return a line to be painted, with a sign for each character that a terminal obeys."""
        line = super().get_line(line_index)
        if UNSAFE_CHARACTER.search(line.plain):
            line.plain = UNSAFE_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", line.plain)
        return line

    def show_function(self, function: Function, project: Project) -> None:
        """Keep the event of the function shown so far, and show this function's.

        A function that is shown for the first time takes the first of its event files.
        """
        is_new = function.name not in self._texts
        self._texts[self._function] = self.text
        self._function = function.name
        self.load_text(self._texts.get(function.name, DEFAULT_EVENT))
        self._show_verdict()
        if is_new:
            self._loading = self._take_first_file(function, project)

    async def wait_until_loaded(self) -> None:
        """Wait until a function that was just chosen has its event."""
        if self._loading is not None and not self._loading.is_finished:
            await self._loading.wait()

    async def take_file(self, file: EventFile) -> None:
        """Put an event file into the editor, or notify the user why it cannot be read."""
        name = file.path.name
        try:
            text = await asyncio.to_thread(read_event, file.path)
        except (UnreadableFileError, OSError) as error:
            self.notify(one_line(f"{name}: {error}"), severity="error", markup=False)
            return
        self._file_names[self._function] = one_line(name)
        self.load_text(text)
        self._texts[self._function] = text
        self._show_verdict()

    def take_text(self, text: str, name: str) -> None:
        """Put an event into the editor, under this name."""
        self._file_names[self._function] = one_line(name)
        self.load_text(text)
        self._texts[self._function] = text
        self._show_verdict()

    @property
    def event_name(self) -> str:
        """The name of the event's file; with ``*`` when it was edited since it was read."""
        name = self._file_names.get(self._function, "")
        is_edited = self.text != self._texts.get(self._function, DEFAULT_EVENT)
        return f"{name or 'event'}*" if is_edited else name

    def check(self) -> str | None:
        """Return why the text is no event that Lambda takes, without a full stop; None if it is."""
        return check_event(self.text)

    def go_to_problem(self) -> None:
        """Put the cursor where the JSON breaks."""
        try:
            json.loads(self.text)
        except json.JSONDecodeError as error:
            self.move_cursor((error.lineno - 1, error.colno - 1))
        except (ValueError, RecursionError):
            self.move_cursor((0, 0))

    @work(group="event")
    async def _take_first_file(self, function: Function, project: Project) -> None:
        files = await asyncio.to_thread(find_events, project, function)
        # Meanwhile another function may have been chosen, or the event edited.
        if files and self._function == function.name and self.text == DEFAULT_EVENT:
            await self.take_file(files[0])

    @on(TextArea.Changed)
    def _show_verdict(self) -> None:
        problem = None if len(self.text) > _LARGEST_CHECKED else check_event(self.text)
        name = self._file_names.get(self._function, "")
        self.title = "5 Event"
        lines = counted(self.document.line_count, "line")
        verdict = f"✓ JSON · {lines}" if problem is None else f"✗ {problem}"
        verdict = f"{name} · {verdict}" if name else verdict
        self.write_frame(subtitle=verdict)
        self.set_class(problem is not None, "-error")
