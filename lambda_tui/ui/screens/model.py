"""The main screen's showing half: puts the engine's model before the eyes, frame by frame."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.worker import Worker

from lambda_tui.project.event_files import DEFAULT_EVENT, find_events, read_event
from lambda_tui.project.text_file import UnreadableFileError
from lambda_tui.ui import facts
from lambda_tui.ui.bindings import PANE_KEYS
from lambda_tui.ui.feed import Feed
from lambda_tui.ui.textual_private import needs_paint, paint_now
from lambda_tui.ui.widgets.banner import Banner
from lambda_tui.ui.widgets.empty import Empty
from lambda_tui.ui.widgets.environments import Environments
from lambda_tui.ui.widgets.event import EventEditor
from lambda_tui.ui.widgets.functions import Functions
from lambda_tui.ui.widgets.header_line import HeaderLine
from lambda_tui.ui.widgets.key_bar import KeyBar
from lambda_tui.ui.widgets.log import Log
from lambda_tui.ui.widgets.panes import Panes
from lambda_tui.ui.widgets.response import Response
from lambda_tui.ui.widgets.row_list import RowList
from lambda_tui.ui.widgets.tmp import Tmp

if TYPE_CHECKING:
    from lambda_tui.engine.engine import Engine
    from lambda_tui.engine.environment import ExecutionEnvironment
    from lambda_tui.engine.pool import Pool
    from lambda_tui.project.event_files import EventFile
    from lambda_tui.project.function import Project


HASTE = 0.1
"""Seconds after a key in which what changes does not wait for Textual's next frame."""
_GATHERING = 0.002
"""Seconds in which the changes that a key makes here and there come together for one paint."""


class ModelScreen(Screen[None]):
    """Functions, environments, log, event, response and ``/tmp``, all of one function at a time."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(id="main")
        self.engine = engine
        self.address: str | None = None
        """Where others may call the functions."""
        self.feed = Feed(engine, self._request)
        self._project: Project | None = None
        self.function = next(iter(engine.pools), "")
        self._event_loading: Worker[None] | None = None
        self._hasty_until = 0.0
        self._is_gathering = False
        self.all_functions = False
        self.shown: dict[str, int] = {}
        self.panes = Panes(
            Functions(id="functions"),
            Environments(self.feed.timelines, id="environments"),
            Log(id="log"),
            EventEditor(id="event"),
            Response(id="response"),
            Tmp(id="tmp"),
        )

    def compose(self) -> ComposeResult:
        """Header, problems, panes, keys; or, without a function, what to do next."""
        yield HeaderLine(id="header")
        yield Banner(id="banner")
        yield self.panes
        yield Empty(id="empty")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Begins with the first function, and a clock for what only time changes."""
        self.set_interval(1.0, self._tick)
        self.query_one(KeyBar).show_keys(PANE_KEYS["functions"])
        self._show_project()
        self.set_focus(self.panes.functions)
        self.paint()

    def on_unmount(self) -> None:
        """Listens to the engine no more."""
        self.feed.close()

    # What is on the screen

    @property
    def pool(self) -> Pool | None:
        """The chosen function's pool."""
        return self.engine.pools.get(self.function)

    @property
    def environment(self) -> ExecutionEnvironment | None:
        """The environment under the cursor."""
        return self.panes.environments.highlighted

    def hasten(self) -> None:
        """Has what comes of a key painted at once.

        All else waits for Textual's next frame, which on a busy screen begins up to 33 ms later.
        """
        self._hasty_until = time.monotonic() + HASTE

    def on_idle(self) -> None:
        """Sees to a paint of what has changed, if it is for a key."""
        is_wanted = self.is_current and time.monotonic() < self._hasty_until and needs_paint(self)
        if is_wanted and not self._is_gathering:
            self._is_gathering = True
            loop = asyncio.get_running_loop()
            loop.call_later(_GATHERING, self.call_later, self._paint_gathered)

    def _paint_gathered(self) -> None:
        self._is_gathering = False
        paint_now(self)

    def _request(self) -> None:
        self.call_later(self.paint)

    def _tick(self) -> None:
        self.feed.tick()
        self.paint()

    def paint(self) -> None:
        """Shows the model as it is; called at most once a frame."""
        if not self.is_attached:
            return
        self._show_project()
        self.query_one(HeaderLine).show_parts(
            facts.header_parts(self.engine, self.pool, self.address)
        )
        pool = self.pool
        if pool is None:
            return
        if any(each.runtime_version is None and not each.problem for each in self._pools):
            self.feed.request_paint()
        panes = self.panes
        records = self.feed.take()
        if not self.all_functions:
            records = [record for record in records if record.function in ("", self.function)]
        panes.log_pane.view.add(records)
        panes.functions.show_items(self._pools)
        panes.environments.show_pool(pool)
        self._show_invocation(pool)
        panes.tmp.show_environment(self.environment, pool.function.ephemeral_storage)
        panes.tell()

    def _show_project(self) -> None:
        """Takes notice of a project that was read again: other functions, other problems."""
        if self._project is self.engine.project:
            return
        is_first, self._project = self._project is None, self.engine.project
        has_functions = bool(self.engine.pools)
        problems = self._project.problems
        self.panes.display = has_functions
        empty = self.query_one(Empty)
        empty.display = not has_functions
        self.query_one(Banner).show_problems(problems if has_functions else ())
        self.refresh_bindings()
        if not has_functions:
            self.function = ""
            empty.show_problems(self._project.directory, problems)
        elif is_first or self.function not in self.engine.pools:
            self._choose(next(iter(self.engine.pools)))

    @property
    def _pools(self) -> tuple[Pool, ...]:
        return tuple(self.engine.pools.values())

    def _show_invocation(self, pool: Pool) -> None:
        number = self.shown.get(self.function)
        invocations = pool.invocations
        shown = next((each for each in invocations if each.number == number), None)
        if shown is None and invocations:
            shown = invocations[-1]
        self.panes.response.show_invocation(shown, name=pool.function.name)

    def _choose(self, function: str) -> None:
        self.function = function
        event = self.panes.event
        is_new = not event.has_event(function)
        event.show_function(function)
        self.show_log()
        if is_new:
            self._event_loading = self._load_first_event(function)
        self.paint()

    def show_log(self) -> None:
        """Fills the log with the records of the chosen function, or of all."""
        self.feed.fresh.clear()
        everything = self.all_functions
        wanted = ("", self.function)
        records = [each for each in self.feed.records if everything or each.function in wanted]
        scope = "all functions" if everything else facts.safe(self.function)
        is_cut = any(everything or function in wanted for function in self.feed.forgotten)
        self.panes.log_pane.show(records, scope, with_names=everything, is_cut=is_cut)

    @work(group="event")
    async def _load_first_event(self, function: str) -> None:
        pool = self.engine.pools[function]
        files = await asyncio.to_thread(find_events, self.engine.project, pool.function)
        event = self.panes.event
        if files and self.function == function and event.text == DEFAULT_EVENT:
            await self.take_event_file(files[0])

    async def event_is_loaded(self) -> None:
        """Waits until a function that was just chosen has its event."""
        if self._event_loading is not None and not self._event_loading.is_finished:
            await self._event_loading.wait()

    async def take_event_file(self, file: EventFile) -> None:
        """Puts an event file into the editor, or says why it cannot be read."""
        try:
            text = await asyncio.to_thread(read_event, file.path)
        except (UnreadableFileError, OSError) as error:
            self.say(f"{file.path.name}: {error}", "error")
            return
        self.panes.event.set_event(text, facts.safe(file.path.name))

    def say(self, sentence: str, severity: SeverityLevel = "information") -> None:
        """Shows one sentence for a while."""
        self.notify(facts.safe(sentence), severity=severity, markup=False)

    # What the panes tell

    @on(RowList.Highlighted, "#functions")
    def _function_highlighted(self, event: RowList.Highlighted) -> None:
        if event.item.function.name != self.function:
            self._choose(event.item.function.name)

    @on(RowList.Highlighted, "#environments")
    def _environment_highlighted(self) -> None:
        self.paint()

    def on_descendant_focus(self) -> None:
        """Shows the keys of the pane that has the focus."""
        if self.engine.pools:
            focused = self.focused.id if self.focused is not None else None
            keys = PANE_KEYS.get(focused or "", PANE_KEYS[self.panes.focused_pane])
            self.query_one(KeyBar).show_keys(keys)
            self.panes.tell()

    def on_resize(self) -> None:
        """Writes titles that fit the new layout."""
        if self.engine.pools:
            self.call_after_refresh(self.panes.tell)
