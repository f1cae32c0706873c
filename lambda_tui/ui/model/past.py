"""The invocations that the history keeps, for the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lambda_tui.history import Contents, History, InvocationRecord
from lambda_tui.ui.model.inits import INIT, SeenInit, from_json
from lambda_tui.ui.model.invocations import Invocations
from lambda_tui.ui.model.tmp import TMP, TmpChange

EARLIER = 500
"""Invocations of earlier sessions of a function that are listed."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An invocation as the history has it, in the form that the tabs show."""

    contents: Contents
    phases: Sequence[SeenInit] = ()
    """The phases that it waited for, as far as they are kept."""
    change: TmpChange | None = None
    """The change of its environment's ``/tmp``, if that is kept."""

    @classmethod
    def of(cls, contents: Contents) -> Opened:
        """Return what there is in an invocation's contents."""
        extras = contents.extras
        return cls(contents, from_json(extras.get(INIT)), TmpChange.from_json(extras.get(TMP)))


class Past:
    """Finds invocations of earlier sessions, and the contents of all."""

    def __init__(self, invocations: Invocations, history: History) -> None:
        self._invocations = invocations
        self._history = history
        self._asked: set[str] = set()
        """The functions whose earlier invocations are listed, or soon will be."""
        self._opened: tuple[InvocationRecord, Opened | None] | None = None
        """The one that was opened last."""

    async def list_earlier(self, function: str) -> bool:
        """List a function's invocations of earlier sessions; return whether any have come."""
        if function in self._asked:
            return False
        self._asked.add(function)
        session = self._invocations.session
        found = await self._history.rows(function, limit=EARLIER, besides=session)
        if found:
            self._invocations.add_earlier(function, found[::-1])
        return bool(found)

    async def contents(self, record: InvocationRecord) -> Contents | None:
        """Return event, response and log of an invocation; None if they are not kept any more."""
        if not record.is_over and (invocation := self._invocations.live(record)) is not None:
            return Contents.of(invocation.payload, invocation.response, "", {})
        return await self._history.open_one(record.session, record.function, record.number)

    async def open(self, record: InvocationRecord) -> None:
        """Read the contents of an invocation, which ``opened`` returns from then on."""
        if not self.is_opened(record):
            contents = await self.contents(record)
            self._opened = record, None if contents is None else Opened.of(contents)

    def is_opened(self, record: InvocationRecord) -> bool:
        """Return whether the contents of an invocation are read."""
        return self._opened is not None and self._opened[0] is record

    def opened(self, record: InvocationRecord) -> Opened | None:
        """Return what is kept; None where they are not read yet, or not kept any more."""
        return self._opened[1] if self._opened is not None and self.is_opened(record) else None

    async def matching(self, function: str, text: str) -> frozenset[tuple[str, int]]:
        """Return the keys of those of a function in whose event or response a text stands."""
        found = await self._history.search(text, function, limit=EARLIER)
        return frozenset(record.key for record in found)
