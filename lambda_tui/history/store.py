"""Keeps invocations for later sessions, in a thread of its own and never in their way."""

from __future__ import annotations

import asyncio
import concurrent.futures
import copy
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from lambda_tui.history.contents import Contents, Entry
from lambda_tui.history.invocation_record import InvocationRecord
from lambda_tui.project.settings import Settings

if TYPE_CHECKING:
    # Imported in the thread: SQLite takes its time, and the first paint does not need it.
    from lambda_tui.history.database import Database
    from lambda_tui.history.keeper import Keeper

MOST_WAITING = 2_000
"""Invocations that may wait for the disk."""
MOST_BYTES_WAITING = 32 << 20
"""Bytes of their events, responses and logs together."""
BATCH_SECONDS = 0.2
"""How long invocations are gathered for one transaction."""
CLOSING_SECONDS = 1.0
"""How long the end of lambda-tui waits for the disk."""

Answer = TypeVar("Answer")


class History:
    """The invocations of one project, of this session and of earlier ones.

    They lie in a file in the user's state directory that the user alone can read; with the setting
    ``history = false``, and where that file cannot be written, in memory.
    """

    def __init__(self, project: Path | None, say: Callable[[str], None]) -> None:
        """Start the thread; None keeps everything in memory. See ``open``."""
        self.dropped = 0
        """Invocations for which there was no room, since the disk was too slow."""
        self._project = project
        self._say = say
        self._loop = asyncio.get_running_loop()
        self._change = threading.Condition()
        self._waiting: deque[Entry] = deque()
        self._bytes_waiting = 0
        self._questions: deque[_Question] = deque()
        self._is_closing = False
        self._closed: concurrent.futures.Future[None] = concurrent.futures.Future()
        # A daemon: a disk that never answers must not keep lambda-tui from ending.
        threading.Thread(target=self._work, name="history", daemon=True).start()

    @classmethod
    def open(cls, project: Path, settings: Settings, say: Callable[[str], None]) -> History:
        """Return the history of the project in a folder. Call it inside an event loop.

        It returns at once; the file is opened in the thread. ``say`` is called in the loop, with a
        sentence for the user, when invocations cannot be kept.
        """
        return cls(project if settings.history else None, say)

    def add(
        self,
        record: InvocationRecord,
        event: bytes | bytearray,
        response: bytes | None,
        log: str,
        extras: Mapping[str, bytes],
    ) -> None:
        """Keep an invocation, in the place of what is known of it; never wait for the disk.

        ``extras`` are JSON by name. ``Contents`` says how much of each is kept.
        """
        self._put(record, Contents.of(event, response, log, extras))

    def update(self, record: InvocationRecord, later: Mapping[str, bytes] | None = None) -> None:
        """Keep a later record of an invocation that was added, and extras beside its contents."""
        self._put(record, None, later)

    def _put(
        self,
        record: InvocationRecord,
        contents: Contents | None,
        later: Mapping[str, bytes] | None = None,
    ) -> None:
        # A copy: the record of an invocation that is not over still changes.
        entry = Entry(copy.copy(record), contents, later or {})
        with self._change:
            has_room = (
                len(self._waiting) < MOST_WAITING
                and self._bytes_waiting + entry.bytes <= MOST_BYTES_WAITING
                and not self._is_closing
            )
            if has_room:
                self._waiting.append(entry)
                self._bytes_waiting += entry.bytes
                self._change.notify()
        if not has_room:
            self.dropped += 1
            if self.dropped == 1:
                self._say("The disk is too slow for the history, which misses some invocations.")

    async def rows(
        self,
        function: str | None = None,
        *,
        limit: int = 200,
        before: InvocationRecord | None = None,
        besides: str | None = None,
    ) -> list[InvocationRecord]:
        """Return records, newest first, of one function or of all.

        ``before`` is the last one of the page above; ``besides`` is a session to leave out.
        """

        def rows(database: Database) -> list[InvocationRecord]:
            found = database.rows(function=function, limit=limit, before=before, besides=besides)
            return [record for _, record in found]

        return await self._ask(rows, [])

    async def search(
        self, text: str, function: str | None = None, *, limit: int = 200
    ) -> list[InvocationRecord]:
        """Return records, newest first, that have a text in them, in the event or in the response.

        ASCII letters match in any case.
        """

        def matches(database: Database) -> list[InvocationRecord]:
            found = database.rows(text=text, function=function, limit=limit)
            return [record for _, record in found]

        return await self._ask(matches, [])

    async def open_one(self, session: str, function: str, number: int) -> Contents | None:
        """Return event, response, log and extras of an invocation; None if it is not kept."""

        def contents(database: Database) -> Contents | None:
            found = database.id_of(session, function, number)
            one = None if found is None else database.one(found)
            return None if one is None else one[1]

        return await self._ask(contents, None)

    async def close(self) -> None:
        """Write what waits and close the file; give up on a disk that does not answer in time."""
        with self._change:
            self._is_closing = True
            self._change.notify()
        with suppress(TimeoutError):
            closed = asyncio.wrap_future(self._closed)
            await asyncio.wait_for(asyncio.shield(closed), CLOSING_SECONDS)

    async def _ask(self, work: Callable[[Database], Answer], otherwise: Answer) -> Answer:
        """Return what the work returns in the thread; ``otherwise`` after the end."""
        future: concurrent.futures.Future[Answer] = concurrent.futures.Future()

        def answer(keeper: Keeper | None) -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(otherwise if keeper is None else keeper.ask(work))
            except Exception as error:
                future.set_exception(error)

        with self._change:
            if self._is_closing:
                return otherwise
            self._questions.append(answer)
            self._change.notify()
        return await asyncio.wrap_future(future)

    # In the thread

    def _work(self) -> None:
        try:
            keeper = self._make_keeper()
            while self._serve(keeper):
                pass
            if keeper is not None:
                keeper.close()
        finally:
            with self._change:
                self._is_closing = True
            self._closed.set_result(None)
            for answer in self._questions:
                answer(None)

    def _make_keeper(self) -> Keeper | None:
        try:
            from lambda_tui.history.database import database_file
            from lambda_tui.history.keeper import Keeper
        except ImportError:
            # Some builds of Python are without it.
            self._tell("This Python has no module sqlite3, so that no history is kept.")
            return None
        file = None if self._project is None else database_file(self._project)
        return Keeper(file, self._tell)

    def _serve(self, keeper: Keeper | None) -> bool:
        """Write what waits, then answer questions; return whether there is more to come."""
        with self._change:
            self._change.wait_for(lambda: self._waiting or self._is_urgent)
            self._change.wait_for(lambda: self._is_urgent, BATCH_SECONDS)
            batch, self._waiting = self._waiting, deque()
            questions, self._questions = self._questions, deque()
            self._bytes_waiting = 0
            is_closing = self._is_closing
        try:
            if batch and keeper is not None:
                keeper.ask(lambda database: database.add(batch))
        finally:
            for answer in questions:
                answer(keeper)
        return not is_closing

    @property
    def _is_urgent(self) -> bool:
        """Whether somebody waits for the thread."""
        return bool(self._questions) or self._is_closing

    def _tell(self, sentence: str) -> None:
        # The loop is closed when lambda-tui has ended without waiting for the disk.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._say, sentence)


_Question = Callable[["Keeper | None"], None]
"""Answers a question with the keeper; without one, None, with nothing."""
