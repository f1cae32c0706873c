"""The main screen's actions that send events to functions, and that choose which event."""

from __future__ import annotations

from textual import on, work

from lambda_tui import limits
from lambda_tui.engine.invocation import KEY, Payload
from lambda_tui.engine.pool import Pool
from lambda_tui.project.event_files import SampleEvent, check_event
from lambda_tui.project.function import LATEST
from lambda_tui.ui.event import EventPane
from lambda_tui.ui.figures import size
from lambda_tui.ui.model import InvocationType, Tab
from lambda_tui.ui.screens.dialogs import AskBurst, AskQualifier, AskTenant
from lambda_tui.ui.screens.view import ProjectView


class InvokingView(ProjectView):
    """Invokes the selected function with the event that the screen shows."""

    # Invoking

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
        pool = self.pool
        # Without a record, as when none passes the filter, the screen shows the own event.
        is_again = self.selection.invocation is not None and self.record is not None
        if pool is None:
            return
        name = pool.function.name
        if name != self.selection.function:
            missing = self.selection.function
            self.say(f"Nothing was sent: {missing} is not in the project now; choose another one.")
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

    async def action_invoke_asynchronously(self) -> None:
        """Queue the event for the function, as a service does that invokes it."""
        await self._invoke(1, "Event")

    # The event

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
