"""The main screen: draws what the selection stands for, and acts on keys."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import on, work
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.notifications import SeverityLevel

from lambda_tui import limits
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.invocation import KEY, Payload
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.pool import Pool
from lambda_tui.history import History, InvocationRecord
from lambda_tui.project.event_files import SampleEvent, check_event
from lambda_tui.project.function import LATEST, REGION, Project
from lambda_tui.project.sdk import InstallationError
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.bindings import BINDINGS, PANE_KEYS
from lambda_tui.ui.clipboard import copy
from lambda_tui.ui.event import EventPane
from lambda_tui.ui.feed import Feed
from lambda_tui.ui.figures import size
from lambda_tui.ui.lives import LivesView
from lambda_tui.ui.log import Scope
from lambda_tui.ui.model import (
    Drafts,
    InvocationType,
    Past,
    Selected,
    Selection,
    SentEvent,
    Tab,
)
from lambda_tui.ui.model.lives import Life
from lambda_tui.ui.model.segments import Segment
from lambda_tui.ui.model.toasts import Announcements
from lambda_tui.ui.panes import FunctionsPane, InvocationsPane, PaneGrid
from lambda_tui.ui.remembered import Remembered, RememberedFile
from lambda_tui.ui.screens.dialogs import AskBurst, AskQualifier, AskQuit, AskTenant
from lambda_tui.ui.screens.help import Help
from lambda_tui.ui.screens.lives import LivesScreen
from lambda_tui.ui.screens.palette import (
    Entry,
    SearchableScreen,
    event_entries,
    function_entries,
    invocation_entries,
    setting_entries,
    theme_entries,
)
from lambda_tui.ui.screens.problems import Problems
from lambda_tui.ui.screens.view_state import ViewState
from lambda_tui.ui.widgets import Banner, Empty, HeaderLine, KeyBar, RowList
from lambda_tui.wording import counted

_WITHOUT_FUNCTION = frozenset({"quit", "help", "problems", "back"})
"""The actions that need no function."""
NARROW = 100
"""Width below which the functions are one line."""
_SENT_EVENTS = 50
"""Events of earlier invocations that can be chosen."""


class MainScreen(SearchableScreen):
    """Shows what the selection stands for, and changes it; the engine does the rest."""

    BINDINGS: ClassVar[list[BindingType]] = list(BINDINGS)

    def __init__(self, engine: Engine, remembered: RememberedFile[Remembered]) -> None:
        super().__init__(id="main")
        self.engine = engine
        self.feed = Feed(engine, self._request_paint)
        self.announcements = Announcements(engine.events, self._show_toasts)
        session = self.feed.invocations.session
        self.selection = Selection(next(iter(engine.pools), ""), session=session)
        self.drafts = Drafts(lambda: engine.project, self._show_draft)
        event = EventPane(self.drafts, lambda: engine.project, self._sent_events, id="event")
        self.panes = PaneGrid(self.feed, self.selection, event)
        self._address: str | None = None
        self._project: Project | None = None
        """The project that is shown, to notice when it was read again."""
        self._listed: list[InvocationRecord] = []
        """The invocations in scope, newest first."""
        self._shown_function: str | None = None
        """The function whose event and log are shown."""
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
        self.selection.choose_invocation(None if is_newest else chosen.key)
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

    @work(group="compare")
    async def action_compare(self) -> None:
        """Mark the selected invocation, or compare it with the one that is marked."""
        record = self.record
        if record is None or self._past is None:
            self.say("There is no invocation to compare.")
            return
        marked = self.panes.invocations.mark(record)
        if marked is not None:
            # Imported here, after the first paint, as is what else a dialog alone needs.
            from lambda_tui.ui.model.comparison import Side
            from lambda_tui.ui.screens.comparison import Comparison

            sides = [Side(one, await self._past.contents(one)) for one in (marked, record)]
            self.app.push_screen(Comparison(*sides))

    def action_statistics(self) -> None:
        """Plot latency and memory of the function."""
        from lambda_tui.ui.screens.statistics import Statistics

        records = self.feed.invocations.of(self.function)
        self.app.push_screen(Statistics(self.function, records))

    @work(group="copy")
    async def action_copy_as(self, program: str) -> None:
        """Copy the selected invocation as a command of the AWS CLI or of lambda-tui."""
        found = await self._selected_event()
        if found is None:
            return
        event, record = found
        from lambda_tui.history.command_lines import Call, aws_line, lambda_tui_line

        invocation = self.feed.invocations.live(record)
        call = Call(
            function=record.function,
            event=event,
            qualifier=record.qualifier,
            client_context=None if invocation is None else invocation.client_context,
            tenant_id=record.tenant_id,
            is_asynchronous=record.attempt > 0,
        )
        region = REGION if self.pool is None else self.pool.function.region
        try:
            # In a thread: a large event is written to a file.
            if program == "aws":
                line = await asyncio.to_thread(aws_line, call, self._address, region)
            else:
                directory = self.engine.project.directory
                line = await asyncio.to_thread(lambda_tui_line, call, directory)
        except OSError as error:
            self.say(f"The event cannot be written to a file: {error.strerror}.", "error")
            return
        self._copy(line)

    # Painting

    def paint(self) -> None:
        """Show the engine as it is now. The feed calls this at most once a frame."""
        if not self.is_attached:
            return
        self._show_project()
        pools = tuple(self.engine.pools.values())
        pool, panes = self.pool, self.panes
        self.query_one(HeaderLine).show(self.engine, pool, self._address)
        if pool is None:
            return
        # The version of an interpreter comes without an event: look again until it is there.
        if any(each.runtime_version is None and not each.problem for each in pools):
            self.feed.request_paint()
        self._show_function(pool)
        self._listed = self.selection.listed(self.feed.invocations.of(pool.function.name))
        selected = self._selected(self.record) or Selected(pool)
        panes.log_pane.show_scope(self._log_scope(pool, selected.record))
        panes.log_pane.show_fresh_records()
        with panes.painting():
            panes.functions.show_pools(pools, pool.function.name)
            panes.environments.show_pool(pool, self.feed.lives)
            if selected.environment is not None:
                panes.environments.highlight(selected.environment.id)
            panes.invocations.show_records(
                self._listed, self.selection.invocation, self._scope(pool), version=self._version()
            )
        self._show_event(pool)
        panes.show_selected(selected)
        self._view_state.remember()
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
        invocation, contents = self.feed.invocations.live(record), None
        if invocation is None and self._past is not None:
            contents = self._past.opened(record)
            if self._opening is not record and not self._past.is_opened(record):
                self._opening = record
                self._open(record)
        return Selected(pool, record, invocation, self.environment, contents)

    def _show_function(self, pool: Pool) -> None:
        """Show the event of another function."""
        name = pool.function.name
        if name != self._shown_function:
            self._shown_function = name
            self.panes.event.show_function(name)
            self._show_keys()
            self._list_earlier(name)

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

    def _log_scope(self, pool: Pool, record: InvocationRecord | None) -> Scope:
        """Return what the log is of: the invocation or environment, once one is chosen."""
        chosen = record if self.selection.invocation is not None else None
        is_here = chosen is not None and chosen.session == self.feed.invocations.session
        number = chosen.number if chosen is not None and is_here else None
        return Scope(pool.function.name, self.selection.environment, number)

    def _version(self) -> int:
        """Return a number that changes with the list of invocations."""
        return self.feed.invocations.version

    def show_address(self, address: str | None) -> None:
        """Show where the Lambda API listens."""
        self._address = address
        self.feed.request_paint()

    def _show_toasts(self) -> None:
        for header in self.query(HeaderLine):
            header.show_toasts()

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
        if not has_functions:
            empty.show_problems(self._project.directory, problems)
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

    # Actions on the function

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether an action is enabled; without a function, most are not."""
        is_ours = any(binding.action.split("(")[0] == action for binding in BINDINGS)
        if is_ours and not self.engine.pools:
            return action in _WITHOUT_FUNCTION
        return True

    async def action_invoke(self) -> None:
        """Invoke the function with the event."""
        await self._invoke_for_tenant(1)

    async def action_burst(self) -> None:
        """Ask how many, and invoke the function that many times at once."""
        await self.app.push_screen(AskBurst(self._view_state.burst), self._invoke_at_once)

    async def _invoke_at_once(self, count: int | None) -> None:
        if count is not None:
            self._view_state.burst = count
            await self._invoke_for_tenant(count)

    async def _invoke_for_tenant(self, count: int) -> None:
        """Invoke; ask for which tenant first, where the function's environments need to know."""
        if self.pool is None or not self.pool.function.is_tenant_isolated:
            await self._invoke(count)
            return

        async def invoke(tenant_id: str | None) -> None:
            if tenant_id is not None:
                self._view_state.tenant_id = tenant_id
                await self._invoke(count)

        await self.app.push_screen(AskTenant(self._view_state.tenant_id), invoke)

    async def _invoke(self, count: int, invocation_type: InvocationType | None = None) -> None:
        """Send the event that is shown; None stands for the type that the user has chosen."""
        pool, is_again = self.pool, self.selection.invocation is not None
        if pool is None:
            return
        name = pool.function.name
        if name != self.selection.function:
            self.say(f"Nothing was sent: {self.selection.function} is not in the project now.")
            return
        # First: another invocation, or another function, may be chosen meanwhile.
        chosen = await self._selected_event() if is_again else None
        if is_again and chosen is None:
            return
        self.panes.event.commit()
        # Another function may be chosen before this one's event is read.
        draft = await self.drafts.ready(name)
        problem = check_event(draft.text) if chosen is None else None
        if problem is not None:
            self.say(f"Nothing was sent: {problem}.", "error")
            self.panes.go_to("event")
            self.panes.event.go_to_problem()
            return
        payload: Payload = draft.payload
        event_name = draft.name
        if chosen is not None:
            payload, record = chosen
            event_name = record.event_name or f"of #{record.number}"
        context = draft.client_context or None
        match invocation_type or draft.invocation_type:
            case "RequestResponse":
                self._send(pool, payload, event_name, count, context)
            case "Event":
                self._queue(pool, payload, event_name, count)
            case "DryRun":
                self.say(f"Lambda would take this event for {name}: DryRun runs nothing.")
                return
        if self.function == name:
            # The new one is what the user wants to see, whichever was chosen before.
            self.selection.choose_invocation(None)
            self.panes.show_response()
        self.feed.request_paint()

    def _send(
        self, pool: Pool, payload: Payload, event_name: str, count: int, client_context: str | None
    ) -> None:
        for _ in range(count):
            invocation = pool.invoke(
                payload,
                KEY,
                client_context=client_context,
                qualifier=self.panes.functions.qualifier(pool.function),
                tenant_id=self._view_state.tenant_id if pool.function.is_tenant_isolated else None,
            )
            self.feed.invocations.name_event(invocation, event_name)

    def _queue(self, pool: Pool, payload: Payload, event_name: str, count: int) -> None:
        if len(payload) > limits.ASYNCHRONOUS_EVENT_BYTES:
            self.say(
                f"Nothing was queued: the event has {size(len(payload))}, but Lambda takes "
                f"{size(limits.ASYNCHRONOUS_EVENT_BYTES)} asynchronously.",
                "error",
            )
            return
        for _ in range(count):
            request_id = self.engine.asynchronous.accept(
                pool,
                payload,
                qualifier=self.panes.functions.qualifier(pool.function),
                tenant_id=self._view_state.tenant_id if pool.function.is_tenant_isolated else None,
            )
            if request_id is None:
                self.say("The queue of asynchronous invocations is full.", "error")
                return
            self.feed.invocations.name_queued_event(request_id, event_name)

    def action_qualifier(self) -> None:
        """Ask which alias or version of the function to invoke."""
        if self.pool is None:
            return
        function = self.pool.function
        if not function.published:
            self.say(f"{function.name} has no alias or version: {LATEST} is invoked.")
            return

        def take(qualifier: str | None) -> None:
            if qualifier is not None:
                self.panes.functions.chosen_qualifiers[function.name] = qualifier
                self.paint()

        self.app.push_screen(AskQualifier(function, self.panes.functions.qualifier(function)), take)

    def _payload_of(self, record: InvocationRecord) -> Payload | None:
        """Return the event that an invocation was sent, as far as it is known at the moment."""
        invocation = self.feed.invocations.live(record)
        if invocation is not None:
            return invocation.payload
        contents = None if self._past is None else self._past.opened(record)
        return None if contents is None else contents.event.content

    async def action_invoke_asynchronously(self) -> None:
        """Queue the event for the function, as a service does that invokes it."""
        await self._invoke(1, "Event")

    @work(group="reuse")
    async def action_reuse_event(self) -> None:
        """Put the event of the selected invocation into the editor."""
        found = await self._selected_event()
        if found is None:
            return
        event, record = found
        text = event.decode("utf-8", "replace")
        self.drafts.take(record.function, SampleEvent(text, f"#{record.number}"))
        self.selection.choose_invocation(None)
        self.panes.go_to("event")
        self.paint()

    def action_invocation(self, step: int) -> None:
        """Choose an earlier or later invocation."""
        record = self.record
        if record is None:
            return
        index = max(0, min(self._listed.index(record) + step, len(self._listed) - 1))
        self.selection.choose_invocation(self._listed[index].key if index else None)
        self.paint()

    # Actions on the event

    async def action_event_file(self) -> None:
        """Ask which event to take."""
        if self.pool is not None:
            await self.panes.event.choose()

    async def action_save_event(self) -> None:
        """Ask for a name, and save the event under it."""
        await self.panes.event.save_as()

    async def action_lay_out_event(self) -> None:
        """Write the event with a value on each line."""
        await self.panes.event.lay_out()

    @work(group="editor")
    async def action_edit_elsewhere(self) -> None:
        """Edit the event in the user's own editor."""
        await self.panes.event.edit_elsewhere()

    async def action_event_options(self) -> None:
        """Ask how to invoke the function."""
        await self.panes.event.ask_options()

    @on(EventPane.Taken)
    def _show_taken_event(self, taken: EventPane.Taken) -> None:
        if taken.function == self.function:
            self.selection.choose_invocation(None)
            # Without the focus: the next key is one for the function.
            self.panes.bring_forward(Tab.EVENT)
            self.paint()

    @on(EventPane.QualifierChosen)
    def _take_qualifier(self, chosen: EventPane.QualifierChosen) -> None:
        self.panes.functions.chosen_qualifiers[chosen.function] = chosen.qualifier
        self.paint()

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

    @work(group="sdk")
    async def action_install_sdk(self) -> None:
        """Install the SDK that the runtime brings on AWS; the log shows how far that is."""
        if self.pool is None:
            return
        try:
            await self.engine.sdk.install(self.pool)
        except InstallationError as error:
            self.say(str(error), "warning")

    # Actions on the environment

    def action_reinitialise(self) -> None:
        """Replace this environment by a new one."""
        if self.pool is not None:
            self.pool.reinitialise(self.environment)

    def action_reinitialise_all(self) -> None:
        """Replace all environments of the function."""
        if self.pool is not None:
            self.pool.reinitialise()

    def action_freeze(self) -> None:
        """Freeze the environment by hand, or thaw it."""
        environment = self.environment
        if environment is None:
            self.say("No environment to freeze: i invokes, which makes one.")
        elif environment.state is State.FROZEN:
            environment.thaw()
        elif environment.state is State.IDLE:
            environment.freeze()
        else:
            number, state = environment.number, environment.state
            self.say(f"env {number} is {state}: only an idle one is frozen.")

    def action_kill(self) -> None:
        """Kill the environment's runtime, as a crash does."""
        if self.environment is None:
            self.say("No environment to kill: i invokes, which makes one.")
        else:
            self.environment.kill()

    @on(RowList.Chosen, "#environments")
    def _choose_clicked_environment(self, event: RowList.Chosen) -> None:
        self.selection.choose_environment(event.item.number)
        self.paint()

    @on(LivesView.SegmentChosen, "#environments")
    def _choose_clicked_segment(self, event: LivesView.SegmentChosen) -> None:
        self._choose_segment(event.life, event.segment)

    def _choose_segment(self, life: Life, segment: Segment) -> None:
        """Select the invocation that a segment is about, if it is about one."""
        for record in self.feed.invocations.of(life.function):
            if segment.number is not None and record.number == segment.number:
                self.selection.choose_environment(life.number)
                self.selection.choose_invocation(record.key)
                self.paint()

    @on(RowList.Chosen, "#invocation-list")
    def _open_invocation(self) -> None:
        self.panes.go_to(self.selection.tab)

    @on(RowList.Chosen, "#function-list")
    def _leave_functions(self) -> None:
        if self.panes.is_narrow:
            self.panes.go_to("invocations")

    @on(FunctionsPane.Filtered)
    def _filter_functions(self) -> None:
        self.paint()

    @on(InvocationsPane.Filtered)
    def _filter_invocations(self, event: InvocationsPane.Filtered) -> None:
        self.paint()
        self._look_into_contents(event.text)

    @work(group="search", exclusive=True)
    async def _look_into_contents(self, text: str) -> None:
        """Add those to the list in whose event or response the text of the filter stands."""
        if text and self._past is not None:
            found = await self._past.matching(self.function, text)
            self.panes.invocations.found_in_contents = found
            self.paint()

    # Actions on the log

    def action_search(self) -> None:
        """Filter the functions or invocations, where one of these has the focus, else the log."""
        match self.panes.focused_pane:
            case "functions":
                self.panes.functions.open_filter()
            case "invocations":
                self.panes.invocations.open_filter()
            case _:
                self.panes.go_to("log")
                self.panes.log_pane.open_search()

    def action_match(self, direction: int) -> None:
        """Go to another match."""
        self.panes.go_to("log")
        self.panes.log_pane.go_to_match(direction)

    def action_only_matches(self) -> None:
        """Hide lines without a match, or show them again."""
        self.panes.log_pane.toggle_only_matches()

    def action_follow(self) -> None:
        """Stay at the newest line, or stop staying there."""
        view = self.panes.log_pane.view
        view.follow = not view.follow

    def action_wrap(self) -> None:
        """Wrap long lines, or stop wrapping them."""
        view = self.panes.log_pane.view
        view.wrap = not view.wrap

    def action_widen_log(self) -> None:
        """Show the log of more: of an environment, the function, all functions."""
        self.panes.log_pane.widen()

    def action_clear_log(self) -> None:
        """Clear the log that is shown."""
        self.panes.log_pane.clear_records()

    def action_open_source(self) -> None:
        """Open the place in the source that the line under the cursor names."""
        self.panes.log_pane.open_source()

    # Copying

    def action_copy_item(self) -> None:
        """Copy the selected text, else the line or item under the cursor."""
        self._copy(self.get_selected_text() or self.panes.item_text())

    def action_copy_all(self) -> None:
        """Copy everything that the pane holds."""
        self._copy(self.panes.whole_text())

    def action_copy_text(self) -> None:
        """Copy what the mouse has selected."""
        selected = self.get_selected_text()
        if selected is None:
            raise SkipAction
        self._copy(selected)

    @work(group="copy")
    async def _copy(self, text: str) -> None:
        if not text:
            self.say("There is nothing to copy here.")
            return
        what = counted(text.count("\n") + 1, "line")
        how = await copy(text, self.app.copy_to_clipboard)
        self.say(f"Copied {what} {how}." if how.startswith("with") else f"{what} {how}.")

    # Actions on the screen

    def action_pane(self, pane: str) -> None:
        """Go to a pane."""
        self.panes.go_to(pane)

    def action_step_pane(self, step: int) -> None:
        """Go to the pane before or after."""
        self.panes.step(step)

    def action_step_tab(self, step: int) -> None:
        """Go to the tab before or after."""
        self.panes.step_tab(step)

    def action_zoom(self) -> None:
        """Let the focused pane fill the screen, or end that; the lives have one of their own."""
        environments = self.panes.environments
        if self.panes.focused_pane == "environments" and self.pool is not None:
            lives = LivesScreen(
                self.feed,
                self.pool,
                environments.item_text,
                environments.chosen_scale,
                self._choose_segment,
            )
            self.app.push_screen(lives)
            return
        self.panes.zoom(None if self.panes.is_zoomed else self.panes.focused_pane)
        self.paint()

    def action_back(self) -> None:
        """Undo the last narrowing: a search or filter, the zoom, a choice; else go to the list."""
        panes, selection = self.panes, self.selection
        if panes.log_pane.close_search() or panes.functions.close_filter():
            return
        if panes.invocations.close_filter():
            return
        if panes.is_zoomed:
            self.action_zoom()
        elif panes.focused_pane in panes.tabs:
            panes.go_to("invocations")
        elif selection.invocation is not None:
            selection.choose_invocation(None)
            self.paint()
        elif selection.environment is not None:
            selection.choose_environment(None)
            self.paint()
        elif self.engine.pools:
            panes.go_to("functions")

    async def palette_entries(self) -> list[Entry]:
        """Return functions, invocations, events, settings and themes for the palette."""
        choices, take = await self.panes.event.choices()
        return [
            *function_entries(self.engine.pools.values(), self._choose_function),
            *invocation_entries(self._listed, self._choose_record),
            *event_entries(choices, take),
            *setting_entries(self.engine.settings, self.say),
            *theme_entries(self.app.available_themes, self._choose_theme),
        ]

    def _choose_record(self, record: InvocationRecord) -> None:
        self.selection.choose_invocation(record.key)
        self.paint()

    def _choose_theme(self, name: str) -> None:
        self.app.theme = name

    def action_problems(self) -> None:
        """List all problems."""
        self.app.push_screen(Problems(self.engine))

    def action_help(self) -> None:
        """Show all keys."""
        self.app.push_screen(Help(self.panes.by_id[self.panes.focused_pane], self.focused))

    async def action_quit(self) -> None:
        """Leave; ask first while an invocation, or the next try of one, would be lost."""
        unanswered = sum(
            environment.invocation is not None and environment.invocation.response is None
            for pool in self.engine.pools.values()
            for environment in pool.environments
        )
        waiting = self.engine.asynchronous.waiting
        if unanswered or waiting:
            await self.app.push_screen(AskQuit(unanswered, waiting), self._leave)
        else:
            self._leave(True)

    def _leave(self, is_meant: bool | None) -> None:
        if is_meant:
            self.app.exit()
