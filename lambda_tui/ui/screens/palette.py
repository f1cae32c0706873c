"""The palette: everything that can be chosen or done, found by a few of its letters."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider

from lambda_tui.engine.pool import Pool
from lambda_tui.history import InvocationRecord
from lambda_tui.project.function import Listing, Project
from lambda_tui.project.settings import PROJECT_FILE, Settings
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.glyphs import STATUS_GLYPHS
from lambda_tui.ui.keys import PromptScreen
from lambda_tui.ui.model import EventChoice
from lambda_tui.ui.textual_private import SteadyScreen
from lambda_tui.wording import counted

MOST_INVOCATIONS = 500
"""Invocations of the chosen function that are offered, the newest."""
_IN_ONE_GO = 200
"""Entries that are compared before keys are looked at again."""


class Palette(CommandPalette, SteadyScreen[None]):
    """Textual's palette, over the entries of the screen below it."""


_EVENT_HELP = {
    "trigger": "Build the event of the function's trigger",
    "file": "Put the event file into the editor",
    "saved": "Put the saved event into the editor",
    "sent": "Put the event of that invocation into the editor",
    "service": "Build an event of this service",
}
"""By the group of the choice."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be chosen, and what choosing it does."""

    text: str
    help: str
    choose: Callable[[], Any]


class ScreenEntries(Provider):
    """Offers the entries of the main screen, as they were when the palette was opened."""

    def __init__(self, *arguments: Any, **more: Any) -> None:  # noqa: ANN401 - Textual's own
        super().__init__(*arguments, **more)
        self._entries: list[Entry] = []

    async def startup(self) -> None:
        """Take the entries, for which files may have to be listed."""
        if isinstance(self.screen, SearchableScreen):
            self._entries = await self.screen.palette_entries()

    async def search(self, query: str) -> Hits:
        """Yield the entries that have these letters in this order, the best with most points."""
        matcher, folded = self.matcher(query), query.casefold().replace(" ", "")
        for number, entry in enumerate(self._entries, 1):
            if number % _IN_ONE_GO == 0:
                await asyncio.sleep(0)
            # Nine of ten do not have the letters, which costs a fiftieth of a score.
            if _has_letters(entry.text.casefold(), folded) and (score := matcher.match(entry.text)):
                highlighted = matcher.highlight(entry.text)
                yield Hit(score, highlighted, entry.choose, text=entry.text, help=entry.help)

    async def discover(self) -> Hits:
        """Yield the functions, before anything is typed."""
        for entry in self._entries[:_IN_ONE_GO]:
            if entry.help == FUNCTION_HELP:
                yield DiscoveryHit(entry.text, entry.choose, help=entry.help)


class SearchableScreen(PromptScreen):
    """A screen whose palette offers more than its actions."""

    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {ScreenEntries}

    async def palette_entries(self) -> list[Entry]:
        """Return what the palette offers beside the actions."""
        raise NotImplementedError


FUNCTION_HELP = "Choose the function"


def function_entries(pools: Iterable[Pool], choose: Callable[[str], object]) -> Iterator[Entry]:
    """Yield an entry for each function."""
    for pool in pools:
        name = pool.function.name
        yield Entry(f"Function: {one_line(name)}", FUNCTION_HELP, _with(choose, name))


def template_entries(
    templates: Iterable[Listing], project: Project, open_template: Callable[[Path], object]
) -> Iterator[Entry]:
    """Yield an entry for each template in or below the project's folder that is not opened."""
    for one in templates:
        if one.file is not None and one.file not in {project.template, *project.sources}:
            number = counted(one.unread, "function")
            text = one_line(f"Template: {one.name(project.directory)} ({number})")
            yield Entry(text, "Open the template's functions", _with(open_template, one.file))


def invocation_entries(
    records: Sequence[InvocationRecord], choose: Callable[[InvocationRecord], object]
) -> Iterator[Entry]:
    """Yield an entry for each of the newest invocations, the newest first."""
    for record in records[:MOST_INVOCATIONS]:
        start = "cold" if record.is_cold else "warm"
        outcome = f"{STATUS_GLYPHS[record.status]} {record.answer or record.status}"
        parts = (outcome, start, record.event_name, record.request_id)
        text = " ".join(one_line(part) for part in parts if part)
        name = one_line(record.function)
        entry = f"Invocation: {name} #{record.number} {text}"
        yield Entry(entry, "Choose the invocation", _with(choose, record))


def event_entries(
    choices: Iterable[EventChoice], take: Callable[[EventChoice], Any]
) -> Iterator[Entry]:
    """Yield an entry for each event that the function can be sent: files, saved, built ones."""
    for choice in choices:
        detail = f" ({choice.detail})" if choice.detail else ""
        text = one_line(f"Event: {choice.name}{detail}", limit=100)
        yield Entry(text, _EVENT_HELP[choice.group], _with(take, choice))


def setting_entries(settings: Settings, say: Callable[[str], object]) -> Iterator[Entry]:
    """Yield an entry for each setting with its value; choosing it says where it is set."""
    usual = Settings()
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        is_usual = "" if value == getattr(usual, field.name) else ", set by you"
        if isinstance(value, Mapping):
            # The values may be secrets.
            value = ", ".join(value) or "empty"
        sentence = f"{field.name} is {value}{is_usual}; {PROJECT_FILE} sets it."
        text = one_line(f"Setting: {field.name} = {value}", limit=100)
        yield Entry(text, "Say where the setting is made", _with(say, sentence))


def theme_entries(themes: Iterable[str], choose: Callable[[str], object]) -> Iterator[Entry]:
    """Yield an entry for each theme."""
    for name in sorted(themes):
        yield Entry(f"Theme: {name}", "Choose the colours", _with(choose, name))


def _with(act: Callable[[Any], object], argument: object) -> Callable[[], object]:
    return lambda: act(argument)


def _has_letters(text: str, letters: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)
