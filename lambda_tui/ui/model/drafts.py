"""The events that the functions are invoked with next, and the reading of the first of each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Literal, get_args

from lambda_tui.project.event_files import DEFAULT_EVENT, SampleEvent
from lambda_tui.project.function import Function, Project

InvocationType = Literal["RequestResponse", "Event", "DryRun"]
"""Lambda's: wait for the response, queue the event, or only check that it would be taken."""
INVOCATION_TYPES: tuple[InvocationType, ...] = get_args(InvocationType)


class Draft:
    """The event that one function is invoked with next, and how."""

    def __init__(self) -> None:
        self.text = DEFAULT_EVENT
        self.origin = "default"
        """A file's name, ``sqs (built)``, ``saved: NAME``, ``#12``, or ``default``."""
        self.is_chosen = False
        """Whether the user has chosen it, so that nothing else may."""
        self.client_context = ""
        """A JSON object; empty for none."""
        self.invocation_type: InvocationType = "RequestResponse"
        self._original = self.text

    @property
    def is_edited(self) -> bool:
        """Whether it is another than what was taken."""
        return self.text != self._original

    @property
    def name(self) -> str:
        """The origin; with ``*`` when the event was edited since."""
        return f"{self.origin}*" if self.is_edited else self.origin

    @property
    def payload(self) -> bytes:
        """The event as UTF-8 bytes."""
        return self.text.encode("utf-8", "replace")

    def take(self, event: SampleEvent) -> None:
        """Begin with another event."""
        self.text = self._original = event.text
        self.origin = event.origin


class Drafts:
    """A draft for each function. The first event is read when somebody asks for the draft.

    What was begun for a function ends for that function, whichever is shown by then.
    """

    def __init__(self, project: Callable[[], Project], on_change: Callable[[str], None]) -> None:
        """``project`` returns the project as it is; ``on_change`` is told a function's name."""
        self._project = project
        self._on_change = on_change
        self._drafts: dict[str, Draft] = {}
        self._wanted: dict[str, asyncio.Event] = {}
        """Functions whose first event is to be read, the last asked for at the end."""
        self._reader: asyncio.Task[None] | None = None

    def of(self, function: str) -> Draft:
        """Return a function's draft, which has the default event until its own is read."""
        draft = self._drafts.get(function)
        if draft is None:
            draft = self._drafts[function] = Draft()
            self._want(function)
        elif function in self._wanted:
            # Read next: it is the one that is looked at.
            self._wanted[function] = self._wanted.pop(function)
            self._start_reader()
        return draft

    async def ready(self, function: str) -> Draft:
        """Return a function's draft as soon as its first event is read."""
        draft = self.of(function)
        reading = self._wanted.get(function)
        if reading is not None:
            await reading.wait()
        return draft

    def take(self, function: str, event: SampleEvent) -> None:
        """Begin with an event that the user has chosen."""
        draft = self.of(function)
        draft.take(event)
        draft.is_chosen = True
        self._on_change(function)

    def edit(self, function: str, text: str) -> None:
        """Note what the user has made of the event."""
        draft = self.of(function)
        draft.text = text
        draft.is_chosen = draft.is_chosen or draft.is_edited

    def review(self) -> None:
        """Choose the first events anew, as the project has changed; what users chose stays."""
        for function, draft in self._drafts.items():
            if not draft.is_chosen:
                self._want(function)

    def close(self) -> None:
        """Read no more."""
        if self._reader is not None:
            self._reader.cancel()
        for reading in self._wanted.values():
            reading.set()

    def _want(self, function: str) -> None:
        self._wanted.setdefault(function, asyncio.Event())
        self._start_reader()

    def _start_reader(self) -> None:
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read_wanted(), name="first events")

    async def _read_wanted(self) -> None:
        # One at a time: others need threads too, and the last one asked for comes first.
        while self._wanted:
            function = next(reversed(self._wanted))
            project = self._project()
            found = next((one for one in project.functions if one.name == function), None)
            try:
                event = None
                if found is not None:
                    event = await asyncio.to_thread(_first_event, project, found)
                if event is not None:
                    self._take_first(function, event)
            finally:
                self._wanted.pop(function).set()

    def _take_first(self, function: str, event: SampleEvent) -> None:
        draft = self._drafts[function]
        # A built event is another each time; the one that is shown is as good.
        is_same = event.origin == draft.origin and event.origin.endswith("(built)")
        if draft.is_chosen or draft.is_edited or is_same:
            return
        draft.take(event)
        self._on_change(function)


def _first_event(project: Project, function: Function) -> SampleEvent:
    # Imported here, in the thread: all builders take a while, and the first paint does not wait.
    from lambda_tui.sample_events import first_event

    return first_event(project, function)


def client_context_problem(text: str, most: int) -> str | None:
    """Return one sentence on a client context that Lambda does not take; None for one it takes.

    ``most`` is the number of bytes that it may have in base64.
    """
    if not text.strip():
        return None
    try:
        is_object = isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        is_object = False
    if not is_object:
        return 'The client context is a JSON object, such as {"custom": {"key": "value"}}.'
    size = (len(text.encode("utf-8", "replace")) + 2) // 3 * 4
    if size > most:
        return f"The client context has {size:,} bytes in base64, but Lambda takes {most:,}."
    return None
