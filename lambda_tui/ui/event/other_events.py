"""Puts another event into a function's draft, and saves the one that is there, by dialogs.

It is imported when a dialog is first asked for: builders and dialogs take a while to load.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from textual.app import App

from lambda_tui.project.event_files import SampleEvent
from lambda_tui.project.files import UnreadableFileError
from lambda_tui.project.function import Function, Project
from lambda_tui.sample_events import Builder, SavedEventError, SavedEvents
from lambda_tui.ui.event.build_event import BuildEvent
from lambda_tui.ui.event.choose_event import ChooseEvent
from lambda_tui.ui.event.save_event import Place, SaveEvent
from lambda_tui.ui.model import Drafts, EventChoice, SentEvent, event_choices

Say = Callable[[str], None]
"""Tells the user of an error in a sentence."""


@dataclass(frozen=True, slots=True)
class OtherEvents:
    """The dialogs about one function's event."""

    app: App[object]
    drafts: Drafts
    project: Project
    function: Function
    complain: Say
    on_taken: Callable[[], object]
    """Called when the draft has another event."""

    async def choose(self, sent: Sequence[SentEvent]) -> None:
        """Ask which event to take: a file, a saved one, one of ``sent``, or a new one."""
        saved = SavedEvents.of_project(self.project.directory)

        async def delete(choice: EventChoice) -> str | None:
            try:
                await asyncio.to_thread(saved.delete, choice.name)
            except SavedEventError as error:
                return str(error)
            return None

        await self.app.push_screen(ChooseEvent(await self.choices(sent), delete), self.take)

    async def choices(self, sent: Sequence[SentEvent]) -> list[EventChoice]:
        """Return all events for the function, what fits best first."""
        saved = SavedEvents.of_project(self.project.directory)
        return await asyncio.to_thread(event_choices, self.project, self.function, saved, sent)

    async def take(self, choice: EventChoice | None) -> None:
        """Put an event into the draft; one that is built after its parameters were asked for."""
        if choice is not None and choice.builder is not None:
            await self._build(choice.builder, choice.given)
        elif choice is not None and choice.read is not None:
            await self._read(choice.read)

    async def _build(self, builder: Builder, given: Mapping[str, str]) -> None:
        def take(values: dict[str, str] | None) -> None:
            if values is not None:
                self._take(SampleEvent(builder.text(values), f"{builder.name} (built)"))

        await self.app.push_screen(BuildEvent(builder, given), take)

    async def _read(self, read: Callable[[], SampleEvent]) -> None:
        try:
            self._take(await asyncio.to_thread(read))
        except (UnreadableFileError, SavedEventError, OSError) as error:
            self.complain(f"The event cannot be read: {error}")

    def _take(self, event: SampleEvent) -> None:
        self.drafts.take(self.function.name, event)
        self.on_taken()

    async def save(self, text: str) -> None:
        """Ask for a name, and save an event under it, which the draft then has."""
        directory = self.project.directory
        places = {False: SavedEvents.of_project(directory), True: SavedEvents.beside(directory)}
        taken = {is_shared: await asyncio.to_thread(one.names) for is_shared, one in places.items()}

        async def save(place: Place | None) -> None:
            if place is None:
                return
            try:
                file = await asyncio.to_thread(places[place.is_shared].save, place.name, text)
            except SavedEventError as error:
                self.complain(str(error))
                return
            origin = file.name if place.is_shared else f"saved: {place.name}"
            if self.drafts.of(self.function.name).text == text:
                self._take(SampleEvent(text, origin))

        await self.app.push_screen(SaveEvent(self._suggestion(), taken), save)

    def _suggestion(self) -> str:
        """Return the name that the event has, else the function's."""
        name = self.drafts.of(self.function.name).origin
        name = name.removeprefix("saved: ").removesuffix(".json")
        is_name = re.fullmatch(r"[\w.-]+", name) and name != "default"
        return name if is_name else self.function.name
