"""The main screen: shows the engine at work, one function at a time, and acts on keys."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import on, work
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.notifications import SeverityLevel

from lambda_tui.engine.engine import Engine
from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.pool import Pool
from lambda_tui.project.event_files import EventFile, find_events
from lambda_tui.project.function import LATEST, Project
from lambda_tui.project.sdk import InstallationError
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.bindings import BINDINGS, PANE_KEYS
from lambda_tui.ui.clipboard import copy
from lambda_tui.ui.feed import Feed
from lambda_tui.ui.keys import PromptScreen
from lambda_tui.ui.panes import PaneGrid
from lambda_tui.ui.screens.dialogs import AskBurst, AskEventFile, AskQualifier, AskQuit, AskTenant
from lambda_tui.ui.screens.help import Help
from lambda_tui.ui.screens.problems import Problems
from lambda_tui.ui.widgets import Banner, Empty, HeaderLine, KeyBar, RowList
from lambda_tui.wording import counted

_WITHOUT_FUNCTION = frozenset({"quit", "help", "problems", "back"})
"""The actions that need no function."""
_BURST = 10
"""Invocations that the first burst suggests."""


class MainScreen(PromptScreen):
    """Functions, environments, log, event, response and ``/tmp``, all of one function at a time."""

    BINDINGS: ClassVar[list[BindingType]] = list(BINDINGS)

    def __init__(self, engine: Engine) -> None:
        super().__init__(id="main")
        self.engine = engine
        self.feed = Feed(engine, self._request_paint)
        self.panes = PaneGrid(self.feed)
        self.function = next(iter(engine.pools), "")
        """The name of the chosen function; empty while the project has none."""
        self._address: str | None = None
        self._project: Project | None = None
        """The project that is shown, to notice when it was read again."""
        self._burst = _BURST
        self._tenant_id = ""
        """The tenant that functions with isolated tenants were last invoked for."""

    def compose(self) -> ComposeResult:
        """Yield header, problems, panes and keys, and what stands there without a function."""
        yield HeaderLine(id="header")
        yield Banner(id="banner")
        yield self.panes
        yield Empty(id="empty")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Show the first function, and start a clock for what changes with the time alone."""
        self.set_interval(1.0, self._tick)
        self.query_one(KeyBar).show_keys(PANE_KEYS["functions"])
        self._show_project()
        self.watch(self.panes.functions, "highlighted_key", self._choose_highlighted, init=False)
        self.watch(self.panes.environments, "highlighted_key", self._request_paint, init=False)
        self.set_focus(self.panes.functions)
        self.paint()

    def on_unmount(self) -> None:
        """Stop listening to the engine."""
        self.feed.close()

    @property
    def pool(self) -> Pool | None:
        """The chosen function's pool."""
        return self.engine.pools.get(self.function)

    @property
    def environment(self) -> ExecutionEnvironment | None:
        """The environment under the cursor."""
        return self.panes.environments.highlighted

    def say(self, sentence: str, severity: SeverityLevel = "information") -> None:
        """Show one sentence for a while."""
        self.notify(one_line(sentence), severity=severity, markup=False)

    # Painting

    def paint(self) -> None:
        """Show the engine as it is now. The feed calls this at most once a frame."""
        if not self.is_attached:
            return
        self._show_project()
        pools = tuple(self.engine.pools.values())
        panes = self.panes
        # First: this may choose another function, which all the others then show.
        panes.functions.show_items(pools)
        self.query_one(HeaderLine).show(self.engine, self.pool, self._address)
        pool = self.pool
        if pool is None:
            return
        # The version of an interpreter comes without an event: look again until it is there.
        if any(each.runtime_version is None and not each.problem for each in pools):
            self.feed.request_paint()
        panes.log_pane.show_fresh_records()
        panes.environments.show_pool(pool)
        panes.response.show_pool(pool)
        panes.tmp.show_environment(self.environment, pool.function.ephemeral_storage)
        panes.write_titles()

    def show_address(self, address: str | None) -> None:
        """Show where the Lambda API listens."""
        self._address = address
        self.feed.request_paint()

    def _request_paint(self) -> None:
        self.call_later(self.paint)

    def _tick(self) -> None:
        self.feed.tick()
        self.paint()

    def _show_project(self) -> None:
        """Show the functions and problems of a project that was read again."""
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

    def _choose(self, function: str) -> None:
        self.function = function
        self.panes.event.show_function(self.engine.pools[function].function, self.engine.project)
        self.panes.log_pane.show_function(function)
        self.paint()

    def _choose_highlighted(self, function: str | None) -> None:
        if function is not None and function != self.function:
            self._choose(function)

    def on_descendant_focus(self) -> None:
        """Show the keys of the pane that has the focus."""
        if self.engine.pools:
            focused = self.focused.id if self.focused is not None else None
            keys = PANE_KEYS.get(focused or "", PANE_KEYS[self.panes.focused_pane])
            self.query_one(KeyBar).show_keys(keys)
            self.panes.write_titles()

    def on_resize(self) -> None:
        """Write titles that fit the new layout."""
        if self.engine.pools:
            self.call_after_refresh(self.panes.write_titles)

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
        await self.app.push_screen(AskBurst(self._burst), self._invoke_at_once)

    async def _invoke_at_once(self, count: int | None) -> None:
        if count is not None:
            self._burst = count
            await self._invoke_for_tenant(count)

    async def _invoke_for_tenant(self, count: int) -> None:
        """Invoke; ask for which tenant first, where the function's environments need to know."""
        if self.pool is None or not self.pool.function.is_tenant_isolated:
            await self._invoke(count)
            return

        async def invoke(tenant_id: str | None) -> None:
            if tenant_id is not None:
                self._tenant_id = tenant_id
                await self._invoke(count)

        await self.app.push_screen(AskTenant(self._tenant_id), invoke)

    async def _invoke(self, count: int) -> None:
        event = self.panes.event
        await event.wait_until_loaded()
        problem = event.check()
        if self.pool is None:
            return
        if problem is not None:
            self.say(f"Nothing was sent: {problem}.", "error")
            self.panes.go_to("event")
            event.go_to_problem()
            return
        self.panes.response.choose_newest(self.pool)
        function = self.pool.function
        tenant_id = self._tenant_id if function.is_tenant_isolated else None
        qualifier = self.panes.functions.qualifier(function)
        for _ in range(count):
            self.pool.invoke(event.payload, qualifier=qualifier, tenant_id=tenant_id)
        self.panes.show_response()
        self.feed.request_paint()

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

    def action_invocation(self, step: int) -> None:
        """Show the response of an earlier or later invocation."""
        if self.pool is not None and self.pool.invocations:
            self.panes.response.step(self.pool, step)
            self.panes.show_response()
            self.paint()

    async def action_event_file(self) -> None:
        """Ask which of the project's event files to put into the editor."""
        if self.pool is None:
            return
        function = self.pool.function
        files = await asyncio.to_thread(find_events, self.engine.project, function)
        if not files:
            self.say("No event file: put some into events/*.json of the project.")
            return
        await self.app.push_screen(AskEventFile(files), self._take_chosen_file)

    async def _take_chosen_file(self, file: EventFile | None) -> None:
        if file is not None:
            await self.panes.event.take_file(file)
            self.panes.go_to("event")

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
            self.say(f"#{environment.number} is {environment.state}: only an idle one is frozen.")

    def action_kill(self) -> None:
        """Kill the environment's runtime, as a crash does."""
        if self.environment is None:
            self.say("No environment to kill: i invokes, which makes one.")
        else:
            self.environment.kill()

    @on(RowList.Chosen, "#environments")
    def _look_into_tmp(self) -> None:
        self.panes.bring_forward("tmp")

    # Actions on the log

    def action_search(self) -> None:
        """Open the search."""
        self.panes.go_to("log")
        self.panes.log_pane.open_search()

    def action_match(self, direction: int) -> None:
        """Go to another match."""
        view = self.panes.log_pane.view
        if not view.query_text:
            self.action_search()
        elif not view.go_to_match(direction):
            self.say(f"“{view.query_text}” is not in this log.")

    def action_only_matches(self) -> None:
        """Hide lines without a match, or show them again."""
        view = self.panes.log_pane.view
        view.only_matches = not view.only_matches

    def action_follow(self) -> None:
        """Stay at the newest line, or stop staying there."""
        view = self.panes.log_pane.view
        view.follow = not view.follow

    def action_wrap(self) -> None:
        """Wrap long lines, or stop wrapping them."""
        view = self.panes.log_pane.view
        view.wrap = not view.wrap

    def action_all_functions(self) -> None:
        """Show the log of all functions, or of the chosen one."""
        self.panes.log_pane.toggle_all_functions()

    def action_clear_log(self) -> None:
        """Clear the log that is shown."""
        self.panes.log_pane.clear_records()

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

    def action_zoom(self) -> None:
        """Let the focused pane fill the screen, or end that."""
        self.panes.zoom(None if self.panes.is_zoomed else self.panes.focused_pane)
        self.panes.write_titles()

    def action_back(self) -> None:
        """End the search, else the zoom, else go to the functions."""
        if self.panes.log_pane.close_search():
            return
        if self.panes.is_zoomed:
            self.action_zoom()
        elif self.engine.pools:
            self.panes.go_to("functions")

    def action_problems(self) -> None:
        """List all problems."""
        self.app.push_screen(Problems(self.engine))

    def action_help(self) -> None:
        """Show all keys."""
        self.app.push_screen(Help())

    async def action_quit(self) -> None:
        """Leave; ask first while an invocation has no response."""
        unanswered = sum(
            environment.invocation is not None and environment.invocation.response is None
            for pool in self.engine.pools.values()
            for environment in pool.environments
        )
        if unanswered:
            await self.app.push_screen(AskQuit(unanswered), self._leave)
        else:
            self._leave(True)

    def _leave(self, is_meant: bool | None) -> None:
        if is_meant:
            self.app.exit()
