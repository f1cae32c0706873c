"""The main screen without its actions: what the selection stands for, drawn in the panes."""

from __future__ import annotations

from textual import work
from textual.app import ComposeResult
from textual.notifications import SeverityLevel
from textual.timer import Timer

from lambda_tui.engine.engine import Engine
from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.invocation import Payload
from lambda_tui.engine.pool import Pool
from lambda_tui.history import History, InvocationRecord
from lambda_tui.project.function import Project
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.bindings import PANE_KEYS
from lambda_tui.ui.event import EventPane
from lambda_tui.ui.feed import Feed
from lambda_tui.ui.log import Scope
from lambda_tui.ui.model import Drafts, Past, Selected, Selection, SentEvent
from lambda_tui.ui.model.toasts import Announcements
from lambda_tui.ui.panes import PaneGrid
from lambda_tui.ui.remembered import Remembered, RememberedFile
from lambda_tui.ui.screens.lives import LivesScreen
from lambda_tui.ui.screens.palette import SearchableScreen
from lambda_tui.ui.screens.view_state import ViewState
from lambda_tui.ui.widgets import Banner, Empty, HeaderLine, KeyBar

NARROW = 100
"""Width below which the functions are one line."""
_RESTING = 0.15
"""Seconds on a function after which the panes take the heights that suit it."""
_SENT_EVENTS = 50
"""Events of earlier invocations that can be chosen."""


class ProjectView(SearchableScreen):
    """Draws the project at work: everything that is shown belongs to the one selection."""

    def __init__(self, engine: Engine, remembered: RememberedFile[Remembered]) -> None:
        super().__init__(id="main")
        self.engine = engine
        self.feed = Feed(engine, self._request_paint)
        self.announcements = Announcements(engine.events, self._request_toasts)
        session = self.feed.invocations.session
        self.selection = Selection(next(iter(engine.pools), ""), session=session)
        self.drafts = Drafts(lambda: engine.project, self._show_draft)
        event = EventPane(self.drafts, lambda: engine.project, self._sent_events, id="event")
        self.panes = PaneGrid(self.feed, self.selection, event)
        self._address: str | None = None
        self._project: Project | None = None
        """The project that is shown, to notice when it was read again."""
        self._listed: list[InvocationRecord] = []
        """The invocations in scope that pass the filter, newest first."""
        self._shown_function: str | None = None
        """The function whose event and log are shown."""
        self._resting: Timer | None = None
        """Runs while the user goes from function to function."""
        self._view_state = ViewState(remembered, self.panes, self.selection)
        self._view_state.choose_function(engine.pools)
        self._past: Past | None = None
        """None until the history is opened."""
        self._opening: InvocationRecord | None = None
        """The invocation whose contents are read at the moment, or were read last."""

    def compose(self) -> ComposeResult:
        """Yield header, problems, panes and keys, and what stands there without a function."""
        yield HeaderLine(self.announcements, id="header")
        yield Banner(id="banner")
        yield self.panes
        yield Empty(id="empty")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Show the first function."""
        self.query_one(KeyBar).show_keys(PANE_KEYS["functions"])
        panes = self.panes
        self.watch(panes.functions.list, "highlighted_key", self._choose_function, init=False)
        self.watch(panes.environments, "highlighted_key", self._choose_environment, init=False)
        self.watch(panes.invocations.list, "highlighted_key", self._choose_invocation, init=False)
        # Where the screen is narrow the functions are a line until they have the focus.
        first = panes.invocations.list if self.app.size.width < NARROW else panes.functions.list
        self.set_focus(first)
        self._view_state.restore()
        self.paint()

    def on_unmount(self) -> None:
        """Stop listening to the engine, and remember how the screen was left."""
        self._view_state.remember()
        self.feed.close()
        self.announcements.close()
        self.drafts.close()

    # The selection

    @property
    def function(self) -> str:
        """The name of the function that is shown; empty while the project has none."""
        pool = self.pool
        return pool.function.name if pool is not None else ""

    @property
    def pool(self) -> Pool | None:
        """The chosen function's pool; the first one's while the project is without it."""
        pools = self.engine.pools
        return pools.get(self.selection.function) or next(iter(pools.values()), None)

    @property
    def record(self) -> InvocationRecord | None:
        """The selected invocation."""
        return self.selection.find(self._listed)

    @property
    def environment(self) -> ExecutionEnvironment | None:
        """The chosen environment, else that of the selected invocation, else the newest."""
        pool, record = self.pool, self.record
        if pool is None or not pool.environments:
            return None
        wanted = self.selection.environment
        is_own = record is not None and record.session == self.feed.invocations.session
        if wanted is None and record is not None and is_own:
            wanted = record.environment
        found = next((one for one in pool.environments if one.number == wanted), None)
        if found is None and wanted is None:
            found = pool.environments[-1]
        return found

    def _choose_function(self, name: object) -> None:
        """Take the function under the cursor, if the user has put it there."""
        if self.panes.is_painting:
            return
        if isinstance(name, str) and name != self.selection.function:
            self.selection.choose_function(name)
            self.paint()

    def _choose_environment(self, _id: object) -> None:
        """Take the row under the cursor, if the user has put it there."""
        panes = self.panes
        chosen = panes.environments.highlighted
        if chosen is None or panes.is_painting or not panes.environments.has_focus:
            return
        if chosen.environment is not None and chosen.environment is self.environment:
            return
        self.selection.choose_environment(chosen.number)
        self.paint()

    def _choose_invocation(self, _key: object) -> None:
        """Take the row under the cursor, if the user has put it there."""
        shown = self.panes.invocations.list
        chosen = shown.highlighted
        if chosen is None or chosen is self.record or self.panes.is_painting:
            return
        is_newest = bool(self._listed) and chosen.key == self._listed[0].key
        is_followed = is_newest and not self.panes.invocations.is_filtering
        self.selection.choose_invocation(None if is_followed else chosen.key)
        self.paint()

    def say(self, sentence: str, severity: SeverityLevel = "information") -> None:
        """Show one sentence for a while."""
        self.notify(one_line(sentence), severity=severity, markup=False)

    def say_warning(self, sentence: str) -> None:
        """Show one sentence for a while that the user has to know."""
        self.say(sentence, "warning")

    # The history

    def keep_in(self, history: History) -> None:
        """Keep invocations in a history from now on, and list those of earlier sessions."""
        self.feed.recorder.history = history
        self._past = Past(self.feed.invocations, history)
        self._list_earlier(self.function)

    @work(group="earlier")
    async def _list_earlier(self, function: str) -> None:
        if self._past is not None and await self._past.list_earlier(function):
            self.feed.request_paint()

    @work(group="open", exclusive=True)
    async def _open(self, record: InvocationRecord) -> None:
        if self._past is not None:
            await self._past.open(record)
            self.paint()

    async def _selected_event(self) -> tuple[bytes, InvocationRecord] | None:
        """Return the event of the selected invocation; None, and say why, if it is not known."""
        record = self.record
        if record is None:
            self.say("There is no invocation yet.")
            return None
        invocation = self.feed.invocations.live(record)
        if invocation is not None:
            return bytes(invocation.payload), record
        contents = None if self._past is None else await self._past.contents(record)
        if contents is not None and not contents.event.is_cut:
            return contents.event.content, record
        what = "is not kept any more" if contents is None else "is too large to be kept whole"
        self.say(f"The event of #{record.number} {what}.", "warning")
        return None

    def _payload_of(self, record: InvocationRecord) -> Payload | None:
        """Return the event that an invocation was sent, as far as it is known at the moment."""
        invocation = self.feed.invocations.live(record)
        if invocation is not None:
            return invocation.payload
        kept = None if self._past is None else self._past.opened(record)
        return None if kept is None else kept.contents.event.content

    @work(group="search", exclusive=True)
    async def _look_into_contents(self, text: str) -> None:
        """Add those to the list in whose event or response the text of the filter stands."""
        if text and self._past is not None:
            found = await self._past.matching(self.function, text)
            self.panes.invocations.found_in_contents = found
            self.paint()

    # Painting

    def paint(self) -> None:
        """Show the engine as it is now. The feed calls this at most once a frame."""
        if not self.is_attached:
            return
        self._show_project()
        pools = tuple(self.engine.pools.values())
        pool, panes = self.pool, self.panes
        is_there = pool is None or pool.function.name == self.selection.function
        missing = "" if is_there else self.selection.function
        self.query_one(HeaderLine).show(self.engine, pool, self._address, missing)
        if pool is None:
            return
        # The version of an interpreter comes without an event: look again until it is there.
        if any(each.runtime_version is None and not each.problem for each in pools):
            self.feed.request_paint()
        self._show_function(pool)
        in_scope = self.selection.listed(self.feed.invocations.of(pool.function.name))
        self._listed = panes.invocations.passing(in_scope)
        selected = self._selected(self.record) or Selected(pool)
        self._show_log(selected)
        with panes.painting():
            panes.functions.show_pools(pools, pool.function.name, self.engine.project)
            panes.environments.show_pool(pool, self.feed.lives)
            if selected.environment is not None:
                panes.environments.highlight(selected.environment.id)
            panes.invocations.show_records(
                self._listed,
                selected.record,
                self._scope(pool),
                total=len(in_scope),
                version=self.feed.invocations.version,
            )
        self._show_event(pool)
        panes.show_selected(selected)
        self._view_state.remember()
        if self._resting is None:
            panes.fit(len(panes.environments.items))
        if isinstance(self.app.screen, LivesScreen):
            self.app.screen.paint()

    def _selected(self, record: InvocationRecord | None) -> Selected | None:
        """Return what is shown of an invocation; None without a function."""
        pool = self.pool
        if pool is None:
            return None
        if record is None:
            return Selected(pool, environment=self.environment)
        invocation, kept = self.feed.invocations.live(record), None
        if invocation is None and self._past is not None:
            kept = self._past.opened(record)
            if self._opening is not record and not self._past.is_opened(record):
                self._opening = record
                self._open(record)
        return Selected(pool, record, invocation, self.environment, kept)

    def _show_function(self, pool: Pool) -> None:
        """Show the event of another function."""
        name = pool.function.name
        if name != self._shown_function:
            if self._shown_function is not None:
                self._rest()
            self._shown_function = name
            self.panes.event.show_function(name)
            self._show_keys()
            self._list_earlier(name)

    def _rest(self) -> None:
        """Fit the panes once the user stays; meanwhile they neither jump nor hold keys up."""
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(_RESTING, self._fit_to_function)

    def _fit_to_function(self) -> None:
        self._resting = None
        self.paint()

    def _show_event(self, pool: Pool) -> None:
        """Show the event that ``i`` sends, and what is invoked with it."""
        event, record, payload = self.panes.event, self.record, None
        if record is not None and self.selection.invocation is not None:
            payload = self._payload_of(record)
        if record is None or payload is None:
            event.show_sent(None)
        else:
            event.show_sent(f"#{record.number}", payload)
        event.show_qualifier(self.panes.functions.qualifier(pool.function) or "")

    def _scope(self, pool: Pool) -> str:
        name = one_line(pool.function.name)
        number = self.selection.environment
        return name if number is None else f"{name} · env {number} (esc shows all)"

    def _show_log(self, selected: Selected) -> None:
        """Show the log of the chosen invocation or environment, else the function's."""
        log, record, kept = self.panes.log_pane, selected.record, selected.kept
        chosen = record if self.selection.invocation is not None else None
        is_here = chosen is not None and chosen.session == self.feed.invocations.session
        if chosen is not None and not is_here and kept is not None:
            log.show_earlier(chosen, kept.contents.log)
        else:
            number = chosen.number if chosen is not None and is_here else None
            name = selected.pool.function.name
            log.show_scope(Scope(name, self.selection.environment, number))
        log.show_fresh_records()

    def show_address(self, address: str | None) -> None:
        """Show where the Lambda API listens."""
        self._address = address
        self.feed.request_paint()

    def _request_toasts(self) -> None:
        # The engine's events come in any context; the header's timer needs the application's.
        self.call_later(self._show_toasts)

    def _show_toasts(self) -> None:
        for header in self.query(HeaderLine):
            # By way of its queue: a timer that is begun in the engine's context never fires.
            header.call_later(header.show_toasts)

    def _request_paint(self) -> None:
        self.call_later(self.paint)

    def _show_project(self) -> None:
        """Show the functions and problems of a project that was read again."""
        if self._project is self.engine.project:
            return
        self._project = self.engine.project
        self.drafts.review()
        has_functions = bool(self.engine.pools)
        problems = self._project.problems
        self.panes.display = has_functions
        empty = self.query_one(Empty)
        empty.display = not has_functions
        self.query_one(Banner).show_problems(problems if has_functions else ())
        self.refresh_bindings()
        if has_functions and empty.templates.has_focus:
            self.panes.go_to("functions")
        if not has_functions:
            empty.show_project(self._project)
            if empty.templates.items:
                self.set_focus(empty.templates)
        elif not self.selection.function:
            self.selection.choose_function(self.function)

    def on_descendant_focus(self) -> None:
        """Show the keys of the pane that has the focus."""
        if self.engine.pools:
            self._show_keys()
            self.panes.write_titles()
            self.feed.request_paint()

    def _show_keys(self) -> None:
        """Show the keys of the focused pane that have something to act on."""
        focused = self.focused.id if self.focused is not None else None
        keys = PANE_KEYS.get(focused or "", PANE_KEYS[self.panes.focused_pane])
        has_versions = self.pool is not None and bool(self.pool.function.published)
        shown = [key for key in keys if key != "qualifier" or has_versions]
        self.query_one(KeyBar).show_keys(shown)

    def on_screen_resume(self) -> None:
        """Show what has changed while another screen lay on top."""
        self.feed.request_paint()

    def on_resize(self) -> None:
        """Lay the panes out anew, and write titles that fit."""
        self.call_after_refresh(self.paint)

    def _show_draft(self, function: str) -> None:
        self.panes.event.show_draft(function)

    def _sent_events(self, function: str) -> list[SentEvent]:
        """Return the events that a function was sent, those first of which was sent last."""
        found = []
        for record in reversed(self.feed.invocations.of(function)):
            invocation = self.feed.invocations.live(record)
            if invocation is not None:
                detail = f"{record.event_name or record.caller} · {record.answer or record.status}"
                found.append(SentEvent(f"#{record.number}", detail, invocation.payload))
        return found[:_SENT_EVENTS]
