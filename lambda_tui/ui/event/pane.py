"""The event tab: what the function is invoked with next, to be edited, or what it was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from rich.style import Style
from rich.text import Text
from textual import events, on
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.notifications import SeverityLevel
from textual.reactive import Reactive
from textual.widgets import TextArea

from lambda_tui.engine.invocation import Payload
from lambda_tui.project.event_files import EventProblem, check_event, event_problem
from lambda_tui.project.function import LATEST, Function, Project
from lambda_tui.terminal_text import UNSAFE_CHARACTER, one_line
from lambda_tui.ui.bindings import PANE_BINDINGS
from lambda_tui.ui.figures import size
from lambda_tui.ui.json_text import Kind, laid_out, parts_of
from lambda_tui.ui.model import Draft, Drafts, EventChoice, SentEvent
from lambda_tui.ui.textual_private import update_scrollbars
from lambda_tui.ui.widgets import Pane
from lambda_tui.wording import counted

if TYPE_CHECKING:
    from lambda_tui.ui.event.invocation_options import InvocationOptions
    from lambda_tui.ui.event.other_events import OtherEvents

LARGEST_EDITED = 300_000
"""Characters of an event that can be edited here; of a larger one the beginning is shown."""
MOST_LINES = 5_000
"""Lines of an event that can be edited here; Textual's editor looks at each with every key."""
LONGEST_LINE = 20_000
"""Characters of a line of an event that can be edited here."""
_KINDS: tuple[Kind, ...] = ("key", "string", "number", "word")


class EventPane(TextArea, Pane):
    """An editor of the shown function's draft, coloured as JSON, that says at once what is wrong.

    While an earlier invocation is chosen, it shows the event that was sent, which nobody can edit.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"event--{kind}" for kind in _KINDS),
        "event--problem",
    }
    # Textual lays the whole screen out anew for each letter that makes the longest line longer.
    virtual_size: Reactive[Size] = Reactive(Size(0, 0))
    BINDINGS: ClassVar[list[BindingType]] = [*PANE_BINDINGS["the event"]]

    @dataclass
    class Taken(Message):
        """Posted when the user has chosen another event for a function."""

        function: str

    @dataclass
    class QualifierChosen(Message):
        """Posted when the user has chosen which version or alias of a function to invoke."""

        function: str
        qualifier: str

    def __init__(
        self,
        drafts: Drafts,
        project: Callable[[], Project],
        sent: Callable[[str], Sequence[SentEvent]],
        *,
        id: str,
        classes: str = "",
    ) -> None:
        """``project`` returns the project as it is, ``sent`` the events of earlier invocations."""
        super().__init__(id=id, classes=classes, tab_behavior="focus", soft_wrap=False)
        self.show_line_numbers = False
        self.highlight_cursor_line = False
        self.match_cursor_bracket = False
        # It would paint twice a second for ever.
        self.cursor_blink = False
        self._drafts = drafts
        self._project = project
        self._sent_before = sent
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

    def watch_virtual_size(self) -> None:
        """Keep the scrollbars in step with the text."""
        update_scrollbars(self)

    # Showing

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
        self.commit()
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

    def show_sent(self, name: str | None, payload: Payload = b"") -> None:
        """Show the event of an earlier invocation, such as ``#12``; None goes back to the draft."""
        if name != self._sent:
            self.commit()
            self._sent = name
            text = self.draft.text if name is None else bytes(payload).decode("utf-8", "replace")
            self._load(text)

    def show_qualifier(self, qualifier: str) -> None:
        """Show in the frame which version or alias is invoked; empty for the function itself."""
        if qualifier != self._qualifier:
            self._qualifier = qualifier
            self._write_verdict()

    def _load(self, text: str) -> None:
        self._loaded = text
        shown = _beginning(text)
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

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Ask for a paint; while it is not seen, another event needs no layout of the screen."""
        layout = layout and self.display
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def notify_style_update(self) -> None:
        """Forget the colours of another theme."""
        self._colours.clear()
        super().notify_style_update()

    def _colour(self, name: str) -> Style:
        style = self._colours.get(name)
        if style is None:
            style = self._colours[name] = self.get_component_rich_style(name, partial=True)
        return style

    def commit(self) -> None:
        """Note edits in the draft, those included of which no message has come yet."""
        if self._function and not self.read_only:
            self._drafts.edit(self._function, self.text)

    @on(TextArea.Changed)
    def _take_edit(self) -> None:
        self.commit()
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
        if self._is_beginning:
            parts[0] += f" · beginning of {size(len(self._loaded))}"
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

    async def edit_elsewhere(self) -> None:
        """Edit the event in the user's editor."""
        function, text = self._function, self.whole_text
        if self._sent is not None:
            self._say("What was sent stays as it was; u edits it.")
            return
        # Imported here, after the first paint.
        from lambda_tui.ui.event.elsewhere import EditorError, edit_elsewhere

        try:
            edited = await edit_elsewhere(self.app, text, self._problem)
        except (EditorError, OSError) as error:
            self._say(str(error), "error")
            return
        if edited == text:
            return
        # An editor with a window of its own takes its time: this may be another function's event.
        draft = self._drafts.of(function)
        if draft.text != text:
            self._say("The event was edited here too meanwhile: what the editor has is left out.")
            return
        self._drafts.edit(function, edited)
        self.show_draft(function)

    # Other events

    async def choose(self) -> None:
        """Ask which event to take: a file, a saved one, one that was sent before, or a new one."""
        others = self._other_events()
        if others is not None:
            await others.choose(self._sent_before(self._function))

    async def choices(self) -> tuple[list[EventChoice], Callable[[EventChoice], Awaitable[None]]]:
        """Return the events that can be taken, and the function that takes one of them."""
        others = self._other_events()
        if others is None:
            return [], _take_nothing
        return await others.choices(self._sent_before(self._function)), others.take

    async def save_as(self) -> None:
        """Ask for a name, and save the event under it."""
        text = self.whole_text
        if (problem := check_event(text)) is not None:
            self._say(f"Nothing was saved: {problem}.", "error")
            self.go_to_problem()
        elif (others := self._other_events()) is not None:
            await others.save(text)

    def _other_events(self) -> OtherEvents | None:
        """Return the dialogs about the shown function's event; None where it is gone."""
        # Imported here, after the first paint.
        from lambda_tui.ui.event.other_events import OtherEvents

        name, project = self._function, self._project()
        function = _named(project, name)
        if function is None:
            return None

        def complain(sentence: str) -> None:
            self._say(sentence, "error")

        def tell() -> None:
            self.post_message(self.Taken(name))

        return OtherEvents(self.app, self._drafts, project, function, complain, tell)

    async def ask_options(self) -> None:
        """Ask for invocation type, version or alias, and client context."""
        # Imported here, after the first paint.
        from lambda_tui.ui.event.invocation_options import AskInvocationOptions, InvocationOptions

        name = self._function
        draft, function = self._drafts.of(name), _named(self._project(), name)
        if function is None:
            return

        def take(chosen: InvocationOptions | None) -> None:
            if chosen is None:
                return
            draft.invocation_type = chosen.invocation_type
            draft.client_context = chosen.client_context
            if chosen.qualifier is not None:
                self.post_message(self.QualifierChosen(name, chosen.qualifier))
            self._write_verdict()

        qualifier = self._qualifier or LATEST
        present = InvocationOptions(draft.invocation_type, draft.client_context, qualifier)
        await self.app.push_screen(AskInvocationOptions(function, present), take)

    def _say(self, sentence: str, severity: SeverityLevel = "information") -> None:
        self.notify(one_line(sentence), severity=severity, markup=False)


async def _take_nothing(choice: EventChoice) -> None:
    """Stand in for taking an event where there is no function for one."""


def _beginning(text: str) -> str:
    """Return a text that is small enough to be edited; the beginning of one that is not."""
    lines = text[: LARGEST_EDITED + 1].split("\n")
    if max(map(len, lines)) > LONGEST_LINE:
        return text[:LONGEST_LINE]
    if len(text) > LARGEST_EDITED or len(lines) > MOST_LINES:
        return "\n".join(lines[: MOST_LINES // 4])
    return text


def _named(project: Project, name: str) -> Function | None:
    return next((one for one in project.functions if one.name == name), None)
