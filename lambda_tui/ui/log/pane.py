"""The log pane: the lines of a scope, with its search line."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.notifications import SeverityLevel
from textual.widget import Widget
from textual.widgets import Input

from lambda_tui.engine.pool import Pool
from lambda_tui.history import InvocationRecord, Kept
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.editor import open_in_editor
from lambda_tui.ui.log.earlier import earlier_log
from lambda_tui.ui.log.lines import line_count
from lambda_tui.ui.log.matches import MATCHES, Matches
from lambda_tui.ui.log.query import Query
from lambda_tui.ui.log.records import Extent, LogRecord, Scope
from lambda_tui.ui.log.store import LogStore
from lambda_tui.ui.log.view import LogView
from lambda_tui.ui.stack_frames import SourcePlace, find_place, local_file
from lambda_tui.ui.widgets import Pane

_PAGE = 1_000
"""Records that are read at a time."""
_AROUND = 300
"""Records that are read before a match that is not loaded, and behind it; and to begin with."""
_LOOKED_AT = 500
"""Records in which a place in the source is looked for."""
GONE, EARLIER = "… earlier lines are gone", "… earlier lines"


class LogPane(Vertical, Pane):
    """The log of an invocation, an environment, a function or all; the frame says which, and how.

    The newest records come from memory at once, others from files as one scrolls to them.
    """

    DEFAULT_CSS = """
    LogPane {
        LogView { height: 1fr; }
        Input { display: none; height: 1; border: none; padding: 0; }
    }
    LogPane.-searching Input { display: block; }
    """
    title = "4 Log"

    def __init__(
        self, store: LogStore, pools: Mapping[str, Pool], *, id: str, classes: str = ""
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.view = LogView(id="log-view")
        self.search = Input(
            placeholder="find in the log: a regular expression", id="log-search", compact=True
        )
        self.query_now = Query("")
        """The search."""
        self.matches = Matches()
        """Where it was found."""
        self.only_matches = False
        """Whether records in which it is not found are hidden."""
        self._live = store
        self._earlier: LogStore | None = None
        """The log of the selected invocation, where it is one of an earlier session."""
        self._earlier_of: Kept | None = None
        """The text that ``_earlier`` was made from."""
        self._pools = pools
        self._selection = Scope()
        self._extent = Extent.INVOCATION
        self._is_loading = False
        self._wanted = 0
        """The direction of the match to go to as soon as there is one; 0 for none."""

    def compose(self) -> ComposeResult:
        """Yield the lines above, the search line below."""
        yield self.view
        yield self.search

    @property
    def focus_target(self) -> Widget:
        """The lines, not the search."""
        return self.view

    @property
    def item_text(self) -> str:
        """The line under the cursor, or the last one."""
        return self.view.line_text

    @property
    def whole_text(self) -> str:
        """Every line that is loaded."""
        return self.view.all_text

    # The scope

    @property
    def scope(self) -> Scope:
        """The scope that is shown, around the selection."""
        return self._selection.to(self._extent)

    @property
    def _store(self) -> LogStore:
        """The store that has the records of the scope."""
        is_earlier = self._earlier is not None and self.scope.extent is Extent.INVOCATION
        return self._earlier if self._earlier is not None and is_earlier else self._live

    def show_scope(self, selection: Scope) -> None:
        """Show the log of what is selected, as narrow or wide as the user has chosen."""
        self._show_scope(selection, None, None)

    def show_earlier(self, record: InvocationRecord, log: Kept) -> None:
        """Show what is kept of the log of an invocation of an earlier session."""
        if log is not self._earlier_of:
            selection = Scope(record.function, None, record.number)
            self._show_scope(selection, earlier_log(record, log), log)

    def _show_scope(self, selection: Scope, earlier: LogStore | None, of: Kept | None) -> None:
        before, shown, old = self.scope, self._store, self._earlier
        self._selection, self._earlier, self._earlier_of = selection, earlier, of
        if self.scope != before or self._store is not shown:
            self._fill()
        if old is not None:
            old.close()

    def on_unmount(self) -> None:
        """Remove the files of a log of an earlier session."""
        if self._earlier is not None:
            self._earlier.close()

    def widen(self) -> None:
        """Show the next wider scope around the selection; behind the widest comes the narrowest."""
        extents = list(Extent)
        wider = extents[extents.index(self.scope.extent) + 1 :]
        # Where no invocation or environment is selected, some extents give the same scope.
        other = (one for one in wider if self._selection.to(one).extent is one)
        self._extent = next(other, Extent.INVOCATION)
        self._fill()

    def clear_records(self) -> None:
        """Show the records of the scope no more."""
        self._store.clear(self.scope)
        self._fill()

    # Records

    def show_fresh_records(self) -> None:
        """Append the records that the store was given since the last call."""
        scope = self.scope
        records = [record for record in self._store.take() if scope.has(record)]
        if self.query_now and records:
            found = [one for one in records if self.query_now.is_in(one.searched_text)]
            self.matches.add(one.index for one in found)
            if self.only_matches:
                records = found
            self._write_frame()
        if not records:
            return
        if self.view.is_live and (self.view.follow or not self.view.is_full):
            self.view.add(records)
            if self.view.is_full:
                self.view.set_head(self._head())
        else:
            self.view.is_live = False
            self.view.count_missed(sum(map(line_count, records)))

    def _fill(self) -> None:
        """Show the newest records of the scope."""
        self.view.extent = self.scope.extent
        self._search(self.query_now.text)
        self._show_newest()

    def _show_newest(self) -> None:
        # Fresh records are among those in memory: they must not be appended a second time.
        self._store.fresh.clear()
        # A few are enough to begin with: others are read when the user scrolls up.
        records = self._store.recent(self.scope, _AROUND)
        if self.only_matches and self.query_now:
            records = [record for record in records if record.index in self.matches]
        self.view.replace(records, head=self._head(records))
        self._write_frame()
        if len(records) < self.view.size.height:
            self._load_older()

    def _head(self, records: list[LogRecord] | None = None) -> str:
        """Return what is said above the first of the loaded records, or of these."""
        loaded = self.view.rows.records if records is None else records
        first = loaded[0].index if loaded else self._store.end
        if self._has_older(first):
            return EARLIER
        return GONE if self._store.is_cut(self.scope) else ""

    def _has_older(self, first: int) -> bool:
        if self.only_matches and self.query_now:
            return bool(self.matches.before(first, 1))
        return self._store.has_older(self.scope, first)

    @on(LogView.MoreWanted)
    def _load_more(self, event: LogView.MoreWanted) -> None:
        event.stop()
        if event.is_older:
            self._load_older()
        else:
            self._load_newer()

    @work(group="log-older")
    async def _load_older(self) -> None:
        """Put records before those that are loaded."""
        records, scope = self.view.rows.records, self.scope
        first = records[0].index if records else self._store.end
        if self._is_loading or not self._has_older(first):
            return
        self._is_loading = True
        try:
            if self.only_matches and self.query_now:
                found = await self._store.at(self.matches.before(first, _PAGE))
                is_last = False
            else:
                found, is_last = await self._store.older(scope, first, _PAGE)
        finally:
            self._is_loading = False
        now = self.view.rows.records
        if scope != self.scope or (now[0].index if now else first) != first:
            return
        is_last = is_last or not found
        gone = GONE if self._store.is_cut(scope) else ""
        self.view.add_older(found, gone if is_last else EARLIER)

    @work(group="log-newer")
    async def _load_newer(self) -> None:
        """Put records behind those that are loaded, until the newest is."""
        records, scope = self.view.rows.records, self.scope
        if self._is_loading or not records:
            return
        after = records[-1].index + 1
        self._is_loading = True
        try:
            if self.only_matches and self.query_now:
                found = await self._store.at(self.matches.after(after, _PAGE))
                is_last = len(found) < _PAGE
            else:
                found, is_last = await self._store.newer(scope, after, _PAGE)
        finally:
            self._is_loading = False
        now = self.view.rows.records
        if scope != self.scope or not now or now[-1].index + 1 != after:
            return
        self.view.add_newer(found)
        self.view.set_head(self._head())
        if is_last:
            self._catch_up(found[-1].index + 1 if found else after)

    def _catch_up(self, after: int) -> None:
        """Add what has come while the last page was read; others follow from then on."""
        if after < self._store.memory_first:
            # More than memory holds: the next page has it.
            return
        # First, so that the records that nobody has looked at yet are counted like those before.
        self.show_fresh_records()
        late = [one for one in self._store.recent(self.scope) if one.index >= after]
        if self.only_matches and self.query_now:
            late = [one for one in late if one.index in self.matches]
        self.view.add_newer(late)
        self.view.is_live = True
        self._write_frame()

    @on(LogView.FirstWanted)
    def _find_first(self, event: LogView.FirstWanted) -> None:
        event.stop()
        self._go_to_first()

    @work(group="log-older", exclusive=True)
    async def _go_to_first(self) -> None:
        view, scope = self.view, self.scope
        records = view.rows.records
        if records and self._has_older(records[0].index):
            if self.only_matches and self.query_now:
                found = await self._store.at(self.matches.after(0, _PAGE))
            else:
                found, _ = await self._store.newer(scope, 0, _PAGE)
            if scope != self.scope:
                return
            if found and found[0].index < records[0].index:
                view.replace(found, head=self._head(found), is_live=False)
        if len(view.rows):
            view.put_cursor(0)

    @on(LogView.LastWanted)
    def _go_to_last(self, event: LogView.LastWanted) -> None:
        event.stop()
        self._show_newest()

    # Searching

    def open_search(self) -> None:
        """Put the cursor into the search line."""
        self.add_class("-searching")
        self.screen.set_focus(self.search)

    def close_search(self) -> bool:
        """Take the search line away, and return whether it was there."""
        was_open = self.has_class("-searching")
        self.remove_class("-searching")
        self.search.value = ""
        if self.only_matches:
            self.toggle_only_matches()
        if self.search.has_focus:
            self.screen.set_focus(self.view)
        return was_open

    def toggle_only_matches(self) -> None:
        """Hide the records without a match, or show them again."""
        self.only_matches = not self.only_matches
        self._show_newest()

    def go_to_match(self, direction: int) -> None:
        """Put the cursor on the next place where the search is found, loaded or not."""
        if not self.query_now:
            self.open_search()
            return
        view, row = self.view, self.view.cursor_row
        record = view.rows.record_at(row) if row is not None else None
        index = self._store.end
        if record is not None and row is not None and not view.follow:
            index = record.index
            inside = view.rows_with_match(index)
            beyond = [one for one in inside if (one > row if direction > 0 else one < row)]
            if beyond:
                view.put_cursor(beyond[0 if direction > 0 else -1])
                return
        found = self.matches.next(index, direction)
        if found is not None:
            self._go_to_record(found, direction)
        elif self.matches.is_complete:
            self._say_missing()
        else:
            self._wanted = direction

    @work(group="log-older", exclusive=True)
    async def _go_to_record(self, index: int, direction: int = -1) -> None:
        view, scope = self.view, self.scope
        if view.rows.rows_of_record(index) is None:
            if self.only_matches:
                before = self.matches.before(index + 1, _AROUND)
                found = await self._store.at([*before, *self.matches.after(index + 1, _AROUND)])
            else:
                found, _ = await self._store.older(scope, index + 1, _AROUND)
                found += (await self._store.newer(scope, index + 1, _AROUND)).records
            if scope != self.scope:
                return
            view.replace(found, head=self._head(found), is_live=False)
        rows = view.rows_with_match(index)
        place = view.rows.rows_of_record(index)
        if place is not None and not rows:
            # It is found in what is folded.
            view.toggle(view.rows.record_at(place[0]) or view.rows.records[0])
            rows = view.rows_with_match(index) or [place[0]]
        if rows:
            view.put_cursor(rows[0 if direction > 0 else -1])

    @on(Input.Changed)
    def _find(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self.query_now.text:
            self._search(event.value)
            if self.only_matches:
                self._show_newest()

    @on(Input.Submitted)
    def _go_to_newest_match(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.set_focus(self.view)
        self.view.follow = True
        self.go_to_match(-1)

    def _search(self, text: str) -> None:
        self.query_now, self.matches, self._wanted = Query(text), Matches(), 0
        self.view.mark(self.query_now)
        self._find_all(self.scope, self.query_now, self.matches)
        self._write_frame()

    @work(group="log-search", exclusive=True)
    async def _find_all(self, scope: Scope, query: Query, matches: Matches) -> None:
        """Find the query in all records, the newest ones first."""
        if not query:
            return
        async for found in self._store.search(scope, query, self._store.end):
            matches.add_older(found)
            self._write_frame()
            if self._wanted and len(matches):
                self._wanted, direction = 0, self._wanted
                self.go_to_match(direction)
            if self.only_matches and len(self.view.rows) <= self.view.size.height:
                self._load_older()
            if matches.is_cut:
                break
        matches.is_complete = True
        if self._wanted:
            self._say_missing()
        self._write_frame()

    # The source

    def open_source(self) -> None:
        """Open the place in the source that the line under the cursor names, in the editor.

        Without a cursor it is the last place that the log names.
        """
        view, row = self.view, self.view.cursor_row
        if row is None:
            return
        if not view.has_cursor:
            newest = list(reversed(view.rows.records[-_LOOKED_AT:]))
        else:
            line = view.rows[row][0]
            if (place := find_place(line.plain)) is not None:
                self._open(place, line.record)
                return
            newest = [line.record]
        for record in newest:
            # The last one of a stack of Python, and the only one of the JSON of Node.js.
            for text in reversed(record.message.split("\n")):
                if (place := find_place(text)) is not None:
                    self._open(place, record)
                    return
        self._say("No place in the source is named here.")

    @on(LogView.PlaceChosen)
    def _open_chosen(self, event: LogView.PlaceChosen) -> None:
        event.stop()
        self._open(event.place, event.record)

    @work(group="editor")
    async def _open(self, place: SourcePlace, record: LogRecord) -> None:
        pool = self._pools.get(record.function)
        if pool is None:
            return
        file = await asyncio.to_thread(local_file, place.path, pool.synced_function)
        if file is None:
            self._say(f"{place.path} is not on this machine.")
            return
        problem = await open_in_editor(self.app, file, place.line, place.column)
        if problem:
            self._say(problem)

    def _say_missing(self) -> None:
        if not self.query_now.problem:
            self._say(f"“{self.query_now.text}” is not in this log.", "information")

    def _say(self, sentence: str, severity: SeverityLevel = "warning") -> None:
        self.notify(one_line(sentence), severity=severity, markup=False)

    # The frame

    @on(LogView.Changed)
    def _write_frame(self) -> None:
        view = self.view
        states = [] if view.follow else [f"+{view.missed:,} new ▼" if view.missed else "paused"]
        states += ["follow"] if view.follow else []
        states += ["wrap"] if view.wrap else []
        if self.query_now:
            states.append(self._search_state())
        name = self.scope.name
        if self._store is not self._live:
            name, states = (
                f"{name} of an earlier session",
                [one for one in states if one != "follow"],
            )
        self.write_frame(subtitle=" · ".join([name, *states]))
        self.set_class(bool(view.missed), "-missed")
        self.set_class(bool(self.query_now.problem), "-wrong")

    def _search_state(self) -> str:
        query = f"“{one_line(self.query_now.text, 40)}”"
        if self.query_now.problem:
            return f"{query}: {one_line(self.query_now.problem, 60)}"
        count = f"{len(self.matches):,}"
        if self.matches.is_cut:
            count = f"more than {MATCHES:,}"
        searching = "" if self.matches.is_complete else "…"
        return f"{query} found {count}{searching}" + " only" * self.only_matches
