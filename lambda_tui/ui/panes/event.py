"""The event tab: what the function is invoked with next, to be edited, or what it was sent."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events, on
from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from lambda_tui.project.event_files import EventProblem, event_problem
from lambda_tui.terminal_text import UNSAFE_CHARACTER, one_line
from lambda_tui.ui.json_text import Kind, laid_out, parts_of
from lambda_tui.ui.model import Draft, Drafts
from lambda_tui.ui.widgets import Pane
from lambda_tui.wording import counted

LARGEST_EDITED = 300_000
"""Characters of an event that can be edited here; of a larger one the beginning is shown."""
MOST_LINES = 5_000
"""Lines of an event that can be edited here; Textual's editor looks at each with every key."""
_KINDS: tuple[Kind, ...] = ("key", "string", "number", "word")


class EventPane(TextArea, Pane):
    """An editor of the shown function's draft, coloured as JSON, that says at once what is wrong.

    While an earlier invocation is chosen, it shows the event that was sent, which nobody can edit.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"event--{kind}" for kind in _KINDS),
        "event--problem",
    }
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

    def __init__(self, drafts: Drafts, *, id: str, classes: str = "") -> None:
        super().__init__(id=id, classes=classes, tab_behavior="focus", soft_wrap=False)
        self.show_line_numbers = False
        self.highlight_cursor_line = False
        self.match_cursor_bracket = False
        self.title = "Event"
        self._drafts = drafts
        self._function = ""
        self._sent: str | None = None
        """The name of the invocation whose event is shown; None for the draft."""
        self._qualifier = ""
        self._problem: EventProblem | None = None
        self._is_beginning = False
        """Whether only the beginning of the event is shown."""
        self._loaded = ""
        """The whole event as it was put in."""
        self._colours: dict[str, Style] = {}

    # What is shown

    @property
    def draft(self) -> Draft:
        """The draft of the shown function."""
        return self._drafts.of(self._function)

    @property
    def whole_text(self) -> str:
        """The event, however much of it is shown."""
        return self._loaded if self._is_beginning else self.text

    def show_function(self, function: str) -> None:
        """Show the draft of a function."""
        self._function, self._sent = function, None
        self._load(self.draft.text)

    def show_draft(self, function: str) -> None:
        """Show a draft that has changed, unless another thing than that draft is shown."""
        if function == self._function and self._sent is None:
            draft = self.draft
            if draft.text != self.whole_text:
                self._load(draft.text)
            else:
                self._write_verdict()

    def show_sent(self, name: str | None, text: str = "") -> None:
        """Show the event of an earlier invocation, such as ``#12``; None goes back to the draft."""
        if name != self._sent:
            self._sent = name
            self._load(self.draft.text if name is None else text)

    def show_qualifier(self, qualifier: str) -> None:
        """Show in the frame which version or alias is invoked; empty for the function itself."""
        if qualifier != self._qualifier:
            self._qualifier = qualifier
            self._write_verdict()

    def _load(self, text: str) -> None:
        self._loaded = text
        shown = text if len(text) <= LARGEST_EDITED else text[: LARGEST_EDITED // 4]
        if shown.count("\n") > MOST_LINES:
            shown = "".join(shown.splitlines(keepends=True)[: MOST_LINES // 4])
        self._is_beginning = len(shown) < len(text)
        self.read_only = self._is_beginning or self._sent is not None
        self.load_text(shown)
        self._judge()

    # Painting

    def get_line(self, line_index: int) -> Text:
        """Return a line with its colours, and a sign for each character that a terminal obeys."""
        line = super().get_line(line_index)
        plain = line.plain
        for kind, start, end in parts_of(plain):
            line.stylize(self._colour(f"event--{kind}"), start, end)
        problem = self._problem
        if problem is not None and problem.line == line_index + 1 and problem.column is not None:
            # Behind the end of a line the last character has to do.
            column = max(0, min(problem.column, len(plain)) - 1)
            line.stylize(self._colour("event--problem"), column, column + 1)
        if UNSAFE_CHARACTER.search(plain):
            line.plain = UNSAFE_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", plain)
        return line

    def notify_style_update(self) -> None:
        """Forget the colours of another theme."""
        self._colours.clear()
        super().notify_style_update()

    def _colour(self, name: str) -> Style:
        style = self._colours.get(name)
        if style is None:
            style = self._colours[name] = self.get_component_rich_style(name, partial=True)
        return style

    @on(TextArea.Changed)
    def _take_edit(self) -> None:
        if not self.read_only:
            self._drafts.edit(self._function, self.text)
        self._judge()

    def _judge(self) -> None:
        """Look for what is wrong with the event, and say so in the frame."""
        before, self._problem = self._problem, event_problem(self.whole_text)
        if before != self._problem:
            # The mark stands on lines that have not changed themselves.
            self.notify_style_update()
            self.refresh()
        self.set_class(self._problem is not None, "-error")
        self._write_verdict()

    def on_resize(self, _event: events.Resize) -> None:
        """Say as much in the frame as there is room for."""
        self._write_verdict()

    def _write_verdict(self) -> None:
        parts = [self._verdict(), self._sent_or_draft_name(), *self._remarks()]
        # A corner and a space on either side.
        room = self.size.width + self.gutter.width - 6
        while len(parts) > 2 and len(" · ".join(parts)) > room > 0:
            parts.pop()
        if len(" · ".join(parts)) > room > 0:
            left = room - len(parts[0]) - 3
            parts[1:] = [f"{parts[1][: left - 1]}…"] if left > 3 else []
        self.write_frame(subtitle=" · ".join(parts))

    def _verdict(self) -> str:
        problem = self._problem
        if problem is None:
            return "✓ JSON"
        if problem.line is None:
            return f"✗ {problem.reason}"
        return f"✗ line {problem.line}, column {problem.column}: {problem.reason}"

    def _sent_or_draft_name(self) -> str:
        name = f"sent to {self._sent}" if self._sent is not None else self.draft.name
        return one_line(name, 80)

    def _remarks(self) -> list[str]:
        """Return what else there is to say, the most important first."""
        draft, remarks = self.draft, list[str]()
        if self._is_beginning:
            remarks.append(f"its beginning, of {len(self._loaded):,} characters")
        if self._sent is None:
            if draft.invocation_type != "RequestResponse":
                remarks.append(draft.invocation_type)
            if self._qualifier:
                remarks.append(f":{self._qualifier}")
            if draft.client_context.strip():
                remarks.append("client context")
        lines = self.whole_text.count("\n") + (not self.whole_text.endswith("\n"))
        return [*remarks, counted(lines, "line")]

    # Editing

    def go_to_problem(self) -> None:
        """Put the cursor where the event breaks."""
        problem = self._problem
        if problem is not None and problem.line is not None and problem.column is not None:
            last = self.document.line_count - 1
            self.move_cursor((min(problem.line - 1, last), problem.column - 1))
        elif problem is not None:
            self.move_cursor((0, 0))

    async def lay_out(self) -> None:
        """Write the event with a value on each line; ``undo`` takes that back."""
        function, text = self._function, self.whole_text
        if self._sent is not None:
            self._say("What was sent stays as it was; u edits it.")
            return
        try:
            better = await asyncio.to_thread(laid_out, text)
        except ValueError:
            self._say(f"It cannot be laid out: {self._verdict()[2:]}.")
            self.go_to_problem()
            return
        if function != self._function or self.whole_text != text:
            return
        if self._is_beginning or len(better) > LARGEST_EDITED:
            self._drafts.edit(function, better)
            self._load(better)
        elif better != text:
            self.replace(better, (0, 0), self.document.end)

    def _say(self, sentence: str) -> None:
        self.notify(one_line(sentence), markup=False)
