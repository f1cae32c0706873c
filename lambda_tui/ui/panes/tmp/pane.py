"""The tab of ``/tmp``: what is there now, and what the selected invocation changed in it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.notifications import SeverityLevel
from textual.widget import Widget
from textual.widgets import Static

from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.lifecycle import State
from lambda_tui.history import InvocationRecord
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.bindings import PANE_BINDINGS
from lambda_tui.ui.figures import size
from lambda_tui.ui.model import Selected, TmpChange, TmpChanges
from lambda_tui.ui.model.tmp import (
    TmpEntry,
    TmpError,
    TmpFiles,
    TmpMarks,
    TmpPath,
    TmpRow,
    TmpTree,
    shown_path,
)
from lambda_tui.ui.panes.tmp.dialogs import AskDelete, AskDestination, Destination
from lambda_tui.ui.panes.tmp.preview import Preview
from lambda_tui.ui.panes.tmp.rows import TmpRows, moment
from lambda_tui.ui.widgets import Pane, RowList

_PAUSE = 0.25
"""Seconds between two readings while something runs in the environment."""
_SHARE = 0.2
"""The part of the time for which readings may last that the user has not asked for."""
_STILL = (State.FROZEN, State.RESET, State.ENDED)
"""States in which nothing in the environment runs."""


@dataclass(frozen=True, slots=True)
class _Subject:
    """The ``/tmp`` that is shown, and as whose."""

    environment: ExecutionEnvironment | None
    label: str
    """The environment's name, also where it is long gone: ``env 2``."""
    invocation: int | None
    is_over: bool
    change: TmpChange | None
    state_since: float
    """When the environment came into its present state, to read again after a change of it."""

    @property
    def is_there(self) -> bool:
        """Whether there is a ``/tmp`` to look into."""
        environment = self.environment
        return (
            environment is not None
            and environment.state is not State.ENDED
            and environment.tmp_directory is not None
        )


_NOTHING = _Subject(None, "", None, False, None, 0.0)


class TmpPane(Vertical, Pane):
    """A line about the whole, the tree at the left, the chosen file at the right.

    It is read while it can be seen: again and again while something runs in the environment, once
    when nothing does.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*PANE_BINDINGS["/tmp"]]
    DEFAULT_CSS = """
    TmpPane {
        #tmp-summary { height: 1; width: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
        TmpRows { width: 1fr; padding: 0 1 0 0; }
        #tmp-file { width: 1fr; }
        #tmp-content { width: 1fr; height: auto; }
    }
    """

    def __init__(self, changes: TmpChanges, *, id: str, classes: str = "") -> None:
        super().__init__(id=id, classes=classes)
        self.title = "7 /tmp"
        self.rows = TmpRows(id="tmp-tree")
        self.file_view = VerticalScroll(Static(id="tmp-content", markup=False), id="tmp-file")
        self._summary = Static(id="tmp-summary", markup=False)
        self._changes = changes
        self._tree = TmpTree()
        self._marks = TmpMarks()
        self._subject = _NOTHING
        self._is_visible = False
        self._wanted = asyncio.Event()
        """Set when there may be something new to read."""
        self._asked = asyncio.Event()
        """Set when the user waits for it."""
        self._is_reading = False
        self._earliest = 0.0
        """The loop's time before which it is read for nobody but the user."""
        self._previewed: tuple[TmpPath, int] | None = None
        """Path and state of the file that was read last."""
        self._content = ""
        self._used: int | None = None
        """Bytes of storage in use at the last reading."""

    def compose(self) -> ComposeResult:
        """Yield the line, and below it the tree beside the content."""
        yield self._summary
        with Horizontal():
            yield self.rows
            yield self.file_view

    def on_mount(self) -> None:
        """Follow the cursor of the tree."""
        self.watch(self.rows, "highlighted_key", self._preview_highlighted, init=False)

    def on_show(self) -> None:
        """Read what has changed while it could not be seen."""
        self._is_visible = True
        self._ask()

    def on_hide(self) -> None:
        """Read no more until it can be seen again."""
        self._is_visible = False

    @property
    def focus_target(self) -> Widget:
        """The tree."""
        return self.rows

    @property
    def item_text(self) -> str | None:
        """The path of the entry under the cursor, as the function sees it."""
        row = self.rows.highlighted
        return None if row is None else shown_path(row.path)

    @property
    def whole_text(self) -> str:
        """The content that is shown."""
        return self._content

    def show(self, selected: Selected) -> None:
        """Show the ``/tmp`` of the environment, with the changes of the selected invocation."""
        environment, record = selected.environment, selected.record
        if record is not None and record.session != self._changes.session:
            kept = selected.kept
            self.show_stored(record, None if kept is None else kept.change)
            return
        number = environment.number if environment is not None else None
        if number is None and record is not None:
            number = record.environment
        label = "" if number is None else f"env {number}"
        if record is None or record.environment != number:
            self._show(environment, label)
            return
        change = self._changes.of(record)
        if change is None and (record.tmp_added or record.tmp_changed or record.tmp_removed):
            change = TmpChange.counted(record)
        self._show(environment, label, record.number, is_over=record.is_over, change=change)

    def show_stored(self, record: InvocationRecord, change: TmpChange | None) -> None:
        """Show the changes of an invocation of an earlier session, as far as they were kept."""
        # An environment of this session may have the same number.
        label = "" if record.environment is None else f"env {record.environment} of that session"
        self._show(None, label, record.number, change=change or TmpChange.counted(record))

    def _show(
        self,
        environment: ExecutionEnvironment | None,
        label: str,
        invocation: int | None = None,
        *,
        is_over: bool = True,
        change: TmpChange | None = None,
    ) -> None:
        since = 0.0 if environment is None else environment.state_since
        subject = _Subject(environment, label, invocation, is_over, change, since)
        if subject == self._subject:
            return
        before, self._subject = self._subject, subject
        if change is not before.change or invocation != before.invocation:
            self._marks = TmpMarks(change)
            self._tree.open_changed(self._marks)
            # The line must not speak of another invocation until the next reading.
            self._show_summary(subject, self._used if environment is before.environment else None)
        counts = change.counts if change is not None else ""
        self.title = f"7 /tmp {counts}".rstrip()
        if environment is before.environment:
            self._wake()
        else:
            self._previewed = None
            self._ask()

    # Reading

    @work(group="tmp")
    async def _keep_reading(self) -> None:
        """Read once, and again while something may happen or has happened."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                await _set_within(self._asked, self._earliest - loop.time())
                self._wanted.clear()
                self._asked.clear()
                began = loop.time()
                is_still = not self._is_visible or await self._read()
                rest = (loop.time() - began) / _SHARE
                self._earliest = loop.time() + rest
                if is_still and not self._wanted.is_set():
                    return
                await _set_within(self._wanted, max(_PAUSE, rest))
        finally:
            self._is_reading = False

    def _wake(self) -> None:
        """Have it read when there is time: something has happened."""
        self._wanted.set()
        if not self._is_reading and self.is_attached:
            self._is_reading = True
            self._keep_reading()

    def _ask(self) -> None:
        """Have it read at once: the user is waiting."""
        self._asked.set()
        self._wake()

    async def _read(self) -> bool:
        """Read and show; return whether nothing will change until something happens."""
        subject = self._subject
        environment = subject.environment
        if environment is None or not subject.is_there:
            self._show_without_files(subject)
            return True
        is_still, since = environment.state in _STILL, environment.state_since
        directory = environment.tmp_directory
        assert directory is not None
        marks = self._marks
        if not subject.is_over:
            marks = TmpMarks(before=self._changes.before(environment.id))
        files = TmpFiles(directory)
        try:
            rows = await asyncio.to_thread(self._tree.rows, files, marks)
            used = await asyncio.to_thread(files.used, is_file_system=environment.is_isolated)
        except TmpError:
            self._show_without_files(subject)
            return True
        if subject is self._subject:
            self._used = used
            self._show_rows(rows)
            self._show_summary(subject, used)
            if not rows:
                self._say("Nothing yet: what the function writes to /tmp shows here.")
        return is_still and since == environment.state_since

    def _show_rows(self, rows: list[TmpRow]) -> None:
        was_empty = not self.rows.items
        self.rows.show_items(rows)
        if was_empty:
            # Most often it is the first file that one wants to see.
            first = next((row for row in rows if row.entry and row.entry.kind == "file"), None)
            if first is not None:
                self.rows.highlight(first.path)
        self._preview_highlighted()

    def _show_without_files(self, subject: _Subject) -> None:
        """Show the changes alone: the environment has ended, or is not there yet."""
        rows = list(self._marks.rows())
        self.rows.show_items(rows)
        self._show_summary(subject, None)
        environment = subject.environment
        if environment is not None and environment.state is State.CREATING:
            self._say("The sandbox is being built.")
        elif not subject.label:
            self._say("No environment, no /tmp.")
        elif rows:
            self._preview_highlighted()
        elif subject.change is not None and subject.change.counts:
            self._say("Only their number is known, not which files they were.")
        else:
            self._say(f"{subject.label} has ended, and its /tmp with it.")

    def _show_summary(self, subject: _Subject, used: int | None) -> None:
        """Write whose ``/tmp`` it is, what it takes of the quota, and what was changed."""
        parts: list[Content | str | tuple[str, str]] = [one_line(subject.label)]
        environment = subject.environment
        if used is not None and environment is not None:
            storage = environment.function.ephemeral_storage
            is_full = used >= (storage << 20) * 0.95
            figures = f"{size(used)} of {storage} MB"
            parts += [" · ", (figures, "bold $text-error") if is_full else figures]
            parts.append(" full" if is_full else "")
        elif subject.label and not subject.is_there:
            parts.append(" · gone")
        if subject.invocation is not None:
            parts += [" · ", *_words(subject)]
        # It has the whole line, whatever it says.
        self._summary.update(Content.assemble(*parts), layout=False)

    # Previews

    def _preview_highlighted(self) -> None:
        row = self.rows.highlighted
        if row is None:
            return
        if row.entry is None or row.entry.kind != "file":
            self._previewed = None
            self._say(_sentence(row, self._subject))
        elif self._previewed != (row.path, row.entry.state):
            self._read_file(row.entry)

    @work(exclusive=True, group="tmp-file")
    async def _read_file(self, entry: TmpEntry) -> None:
        path = entry.path
        if (files := self._files()) is None:
            return
        is_again = self._previewed is not None and self._previewed[0] == path
        self._previewed = (path, entry.state)
        try:
            found = await asyncio.to_thread(files.read, path)
        except TmpError as error:
            self._say(str(error))
            return
        preview = await asyncio.to_thread(Preview.of, path[-1], found)
        self._content = preview.text
        parts = (one_line(path[-1]), size(found.total), preview.kind, moment(entry.modified))
        head = " · ".join(parts) + "\n"
        shown = Content.styled(head, "$text-muted") + preview.content
        self.query_one("#tmp-content", Static).update(shown)
        if not is_again:
            self.file_view.scroll_home(animate=False)

    def _say(self, sentence: str) -> None:
        self._content = one_line(sentence)
        content = Content.styled(self._content, "$text-muted")
        self.query_one("#tmp-content", Static).update(content)

    def _files(self) -> TmpFiles | None:
        """Return the files that are shown, while they are there."""
        environment = self._subject.environment
        if environment is None or not self._subject.is_there or environment.tmp_directory is None:
            return None
        return TmpFiles(environment.tmp_directory)

    # Keys

    @on(RowList.Chosen)
    def _open_or_continue(self, event: RowList.Chosen) -> None:
        event.stop()
        self._toggle(event.item)

    @on(TmpRows.Toggled)
    def _open_or_fold(self, event: TmpRows.Toggled) -> None:
        event.stop()
        self._toggle(event.row)

    def _toggle(self, row: TmpRow) -> None:
        if row.is_more:
            self._tree.show_more(row.path[:-1])
        elif row.is_folder:
            self._tree.toggle(row.path)
        else:
            return
        self._ask()

    async def action_save(self) -> None:
        """Copy the file under the cursor to a path of the user's."""
        row, files = self.rows.highlighted, self._files()
        if row is None or row.entry is None or files is None:
            self._notify("There is no file to copy here.")
            return
        if row.entry.kind != "file":
            self._notify("Only files are copied out.")
            return

        async def copy(destination: Destination | None) -> None:
            if destination is not None:
                self._copy_out(files, row.path, destination)

        await self.app.push_screen(AskDestination(row.path[-1]), copy)

    @work(group="tmp-copy")
    async def _copy_out(self, files: TmpFiles, path: TmpPath, to: Destination) -> None:
        try:
            copied = await asyncio.to_thread(
                files.copy_out, path, to.path, may_replace=to.may_replace
            )
        except FileExistsError:
            self._notify(f"{to.path} has come into being: nothing was copied.", "warning")
        except TmpError as error:
            self._notify(str(error), "warning")
        except OSError as error:
            self._notify(f"{to.path} was not written: {error.strerror or error}.", "warning")
        else:
            self._notify(f"Copied {size(copied)} to {to.path}.")

    async def action_delete(self) -> None:
        """Ask, and delete what is under the cursor."""
        row, files = self.rows.highlighted, self._files()
        environment = self._subject.environment
        if row is None or row.entry is None or files is None or environment is None:
            self._notify("There is nothing to delete here.")
            return
        below = ", and everything in it," if row.is_folder else ""
        what = f"{one_line(shown_path(row.path))}{below} is deleted from {self._subject.label}."

        async def delete(is_meant: bool | None) -> None:
            if is_meant:
                self._delete(environment, files, row.path)

        await self.app.push_screen(AskDelete(what), delete)

    @work(group="tmp-delete")
    async def _delete(
        self, environment: ExecutionEnvironment, files: TmpFiles, path: TmpPath
    ) -> None:
        try:
            await asyncio.to_thread(files.delete, path)
        except TmpError as error:
            self._notify(str(error), "warning")
        else:
            self._changes.forget(environment.id, path)
        self._ask()

    def _notify(self, sentence: str, severity: SeverityLevel = "information") -> None:
        self.app.notify(one_line(sentence), severity=severity, markup=False)


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    """Wait until an event is set, but no longer than so many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(max(seconds, 0.0)):
            await event.wait()


def _words(subject: _Subject) -> list[str | tuple[str, str]]:
    """Return what is known of the invocation's changes."""
    change = subject.change
    if change is None:
        now = "looking …" if subject.is_over else "running: marks compare with before"
        return [f"#{subject.invocation} {now}"]
    if change.problem:
        return [f"#{subject.invocation}: {change.problem}"]
    words: list[str | tuple[str, str]] = [f"{change.covers}:"]
    for count, word, style in (
        (change.added_count, "added", "$text-success"),
        (change.changed_count, "changed", "$text-warning"),
        (change.removed_count, "removed", "$text-error"),
    ):
        if count:
            words.append((f" {count:,} {word}", style))
    return words if len(words) > 1 else [f"{change.covers}: nothing changed"]


def _sentence(row: TmpRow, subject: _Subject) -> str:
    """Return what there is to say of an entry that has no content to show."""
    path = shown_path(row.path)
    if row.entry is not None:
        if row.entry.kind == "link":
            return f"{path} is a link to {row.entry.target}"
        kind = {"directory": "folder", "other": "pipe, socket or device"}[row.entry.kind]
        return f"{path} is a {kind}"
    if not row.mark:
        return "enter shows more" if row.is_more else row.text
    by = f"#{subject.invocation}" if subject.invocation is not None else "the invocation"
    done = {"+": "added", "~": "changed", "−": "removed"}[row.mark]
    return f"{path} was {done} by {by}" + ("" if row.mark == "−" else " and is gone since")
