"""The main screen: what its keys do beside invoking."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.actions import SkipAction
from textual.binding import BindingType

from lambda_tui.engine.lifecycle import State
from lambda_tui.history import InvocationRecord
from lambda_tui.project.function import REGION
from lambda_tui.project.installers import InstallationError
from lambda_tui.project.kinds.cdk import is_cdk_app
from lambda_tui.project.kinds.template import other_templates
from lambda_tui.ui.bindings import BINDINGS
from lambda_tui.ui.clipboard import copy
from lambda_tui.ui.lives import LivesView
from lambda_tui.ui.model.lives import Life, Segment
from lambda_tui.ui.screens.dialogs import AskCredentials, AskQuit
from lambda_tui.ui.screens.help import Help
from lambda_tui.ui.screens.invoking import InvokingView
from lambda_tui.ui.screens.lives import LivesScreen
from lambda_tui.ui.screens.palette import (
    Entry,
    event_entries,
    function_entries,
    invocation_entries,
    setting_entries,
    template_entries,
    theme_entries,
)
from lambda_tui.ui.screens.problems import Problems
from lambda_tui.ui.widgets import FilteredPane, RowList
from lambda_tui.wording import counted

_WITHOUT_FUNCTION = frozenset({"quit", "help", "problems", "back", "synthesise"})
"""The actions that need no function."""


class MainScreen(InvokingView):
    """The screen of a project; each key of the table of bindings is one of its actions."""

    BINDINGS: ClassVar[list[BindingType]] = list(BINDINGS)
    # Textual's choice, behind a dialog, could be a filter that is hidden.
    AUTO_FOCUS = ""
    _may_synthesise = False
    """Whether the user has agreed to the command of the CDK app."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether an action is enabled; without a function, most are not."""
        is_ours = any(binding.action.split("(")[0] == action for binding in BINDINGS)
        if is_ours and not self.engine.pools:
            return action in _WITHOUT_FUNCTION
        return True

    @work(group="credentials")
    async def action_credentials(self) -> None:
        """Choose whose AWS credentials functions get until the user leaves."""
        from lambda_tui.project.credentials import profile_names

        profiles = await asyncio.to_thread(profile_names)
        asking = AskCredentials(profiles, self.engine.credentials.choice)
        choice = await self.app.push_screen_wait(asking)
        if choice is not None:
            self.engine.choose_credentials(choice)

    @work(group="sync")
    async def action_sync(self) -> None:
        """Install what the function lacks here, or give that up; the log shows how far it is."""
        if self.pool is None:
            return
        if self.engine.sync.is_under_way:
            self.engine.sync.cancel()
            return
        try:
            await self.engine.sync.sync(self.pool)
        except InstallationError as error:
            self.say(str(error), "warning")

    @work(group="synthesis")
    async def action_synthesise(self) -> None:
        """Run the command that synthesises the CDK app, and read the project again."""
        if not is_cdk_app(self.engine.project):
            self.say("There is no cdk.json here, so there is no CDK app to synthesise.")
            return
        from lambda_tui.ui.screens.synthesis import SynthesisScreen

        screen = SynthesisScreen(self.engine.synthesis, is_agreed=self._may_synthesise)
        if await self.app.push_screen_wait(screen):
            self._may_synthesise = True
            self.say(f"Synthesised: {counted(len(self.engine.pools), 'function')}.")

    # Environments

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

    # Invocations

    def action_invocation(self, step: int) -> None:
        """Choose an earlier or later invocation."""
        record = self.record
        if record is None:
            return
        index = max(0, min(self._listed.index(record) + step, len(self._listed) - 1))
        self.selection.choose_invocation(self._listed[index].key if index else None)
        self.paint()

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

    @on(RowList.Chosen, "#invocation-list")
    def _open_invocation(self, event: RowList.Chosen) -> None:
        # Also the newest stays selected now, with its event and its log, whatever comes.
        self._choose_record(event.item)
        self.panes.go_to(self.selection.tab)

    @on(FilteredPane.Found, "#invocations")
    def _choose_found(self, event: FilteredPane.Found) -> None:
        self._choose_record(event.item)

    @on(FilteredPane.Filtered, "#invocations")
    def _filter_invocations(self) -> None:
        invocations = self.panes.invocations
        invocations.found_in_contents = frozenset()
        self.paint()
        self._look_into_contents(invocations.filter.value.strip())

    @on(FilteredPane.Filtered, "#functions")
    def _filter_functions(self) -> None:
        self.paint()

    @on(FilteredPane.Found, "#functions")
    @on(RowList.Chosen, "#function-list")
    def _leave_functions(self, event: FilteredPane.Found | RowList.Chosen) -> None:
        # A filter may have put the cursor on another one than the function that is shown.
        self._choose_function(event.item.pool.function.name)
        if self.panes.is_narrow:
            self.panes.go_to("invocations")

    @on(RowList.Chosen, "#template-list")
    def _open_listed_template(self, event: RowList.Chosen) -> None:
        self._open_template(event.item.file)

    @work(group="template", exclusive=True)
    async def _open_template(self, file: Path) -> None:
        await self.engine.open_template(file)
        self.paint()

    # The log

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

    # The screen

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
        project = self.engine.project
        templates = await asyncio.to_thread(other_templates, project.directory)
        return [
            *function_entries(self.engine.pools.values(), self._choose_function),
            *template_entries(templates, project, self._open_template),
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
