"""The main screen's acting half: each key, click and palette entry is one short action."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import on, work
from textual.actions import SkipAction
from textual.binding import BindingType

from lambda_tui.engine.lifecycle import State
from lambda_tui.project.event_files import EventFile, find_events
from lambda_tui.ui import facts
from lambda_tui.ui.bindings import BINDINGS
from lambda_tui.ui.clipboard import copy
from lambda_tui.ui.screens.dialogs import AskBurst, AskEventFile, AskQuit
from lambda_tui.ui.screens.help import Help
from lambda_tui.ui.screens.model import ModelScreen
from lambda_tui.ui.screens.problems import Problems
from lambda_tui.ui.widgets.row_list import RowList
from lambda_tui.wording import counted

_NOT_WITHOUT_FUNCTION = frozenset({"quit", "help", "problems", "back"})
_BURST = 10
"""Invocations that a burst suggests at first."""


class MainScreen(ModelScreen):
    """Routes what the user does to the engine and the panes."""

    BINDINGS: ClassVar[list[BindingType]] = list(BINDINGS)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a function there is nothing to act on."""
        is_ours = any(binding.action.split("(")[0] == action for binding in BINDINGS)
        if is_ours and not self.engine.pools:
            return action in _NOT_WITHOUT_FUNCTION
        return True

    # The function

    async def action_invoke(self) -> None:
        """Invokes the function with the event."""
        await self._invoke(1)

    async def action_burst(self) -> None:
        """Asks how many, and invokes that often at once."""
        await self.app.push_screen(AskBurst(self._burst), self._invoke_at_once)

    async def _invoke_at_once(self, count: int | None) -> None:
        if count is not None:
            self._burst = count
            await self._invoke(count)

    _burst = _BURST

    async def _invoke(self, count: int) -> None:
        await self.event_is_loaded()
        event = self.panes.event
        problem = event.check()
        if self.pool is None:
            return
        if problem is not None:
            self.say(f"Nothing was sent: {problem}.", "error")
            self.panes.go_to("event")
            event.go_to_problem()
            return
        self.shown.pop(self.function, None)
        for _ in range(count):
            self.pool.invoke(event.payload)
        self.panes.show_response()
        self.feed.request_paint()

    def action_invocation(self, step: int) -> None:
        """Shows an earlier or later invocation's response."""
        numbers = [each.number for each in self.pool.invocations] if self.pool else []
        if not numbers:
            return
        here = self.shown.get(self.function, numbers[-1])
        index = numbers.index(here) if here in numbers else len(numbers) - 1
        number = numbers[max(0, min(index + step, len(numbers) - 1))]
        if number == numbers[-1]:
            self.shown.pop(self.function, None)
        else:
            self.shown[self.function] = number
        self.panes.show_response()
        self.paint()

    async def action_event_file(self) -> None:
        """Takes one of the project's event files."""
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
            await self.take_event_file(file)
            self.panes.go_to("event")

    # The environment

    def action_reinitialise(self) -> None:
        """Replaces this environment by a new one."""
        if self.pool is not None:
            self.pool.reinitialise(self.environment)

    def action_reinitialise_all(self) -> None:
        """Replaces all environments of the function."""
        if self.pool is not None:
            self.pool.reinitialise()

    def action_freeze(self) -> None:
        """Freezes the environment by hand, or thaws it."""
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
        """Kills the environment's runtime, as a crash does."""
        if self.environment is None:
            self.say("No environment to kill: i invokes, which makes one.")
        else:
            self.environment.kill()

    @on(RowList.Chosen, "#environments")
    def _look_into_tmp(self) -> None:
        self.panes.bring_forward("tmp")

    # The log

    def action_search(self) -> None:
        """Opens the search."""
        self.panes.go_to("log")
        self.panes.log_pane.open_search()

    def action_match(self, direction: int) -> None:
        """Goes to another match."""
        view = self.panes.log_pane.view
        if not view.query_text:
            self.action_search()
        elif not view.go_to_match(direction):
            self.say(f"“{view.query_text}” is not in this log.")

    def action_only_matches(self) -> None:
        """Hides lines without a match, or shows them again."""
        view = self.panes.log_pane.view
        view.only_matches = not view.only_matches

    def action_follow(self) -> None:
        """Stays at the newest line, or not."""
        view = self.panes.log_pane.view
        view.follow = not view.follow

    def action_wrap(self) -> None:
        """Folds long lines, or not."""
        view = self.panes.log_pane.view
        view.wrap = not view.wrap

    def action_all_functions(self) -> None:
        """Shows the log of all functions, or of the chosen one."""
        self.all_functions = not self.all_functions
        self.show_log()

    def action_clear_log(self) -> None:
        """Forgets what the log shows."""
        self.feed.clear("" if self.all_functions else self.function)
        self.show_log()

    # Copying

    def action_copy_item(self) -> None:
        """Copies the line or item under the cursor."""
        self._copy(self.get_selected_text() or self.panes.item_text())

    def action_copy_all(self) -> None:
        """Copies everything that the pane holds."""
        self._copy(self.panes.whole_text())

    def action_copy_text(self) -> None:
        """Copies what the mouse has selected."""
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
        """Goes to a pane."""
        self.panes.go_to(pane)

    def action_step_pane(self, step: int) -> None:
        """Goes to the pane before or after."""
        self.panes.step(step)

    def action_zoom(self) -> None:
        """Gives the pane the whole screen, or ends that."""
        self.panes.zoom(None if self.panes.is_zoomed else self.panes.focused_pane)
        self.panes.tell()

    def action_back(self) -> None:
        """Ends the search, else the zoom, else leaves the pane for the functions."""
        if self.panes.log_pane.close_search():
            return
        if self.panes.is_zoomed:
            self.action_zoom()
        elif self.engine.pools:
            self.panes.go_to("functions")

    def action_problems(self) -> None:
        """Lists what needs a hand."""
        self.app.push_screen(Problems(facts.problems(self.engine)))

    def action_help(self) -> None:
        """Shows all keys."""
        self.app.push_screen(Help())

    async def action_quit(self) -> None:
        """Leaves, after a question while an invocation has no answer."""
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
