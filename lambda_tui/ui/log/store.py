"""The log's records: the newest in memory, the others in files behind them."""

from __future__ import annotations

import asyncio
import tempfile
from array import array
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from platformdirs import user_cache_path

from lambda_tui.ui.log.lines import copied_text
from lambda_tui.ui.log.query import Query
from lambda_tui.ui.log.records import LogRecord, Scope
from lambda_tui.ui.log.spool import Page, Spool

RECORDS = 10_000
"""Records that are kept in memory."""
CHARACTERS = 32_000_000
"""Characters that all records in memory may have: lines of megabytes must not add up."""
_BATCH, _BATCH_CHARACTERS = 500, 1_000_000
"""Records, and characters of them, that wait at most to be written together."""
_WAITING = 200_000
"""Records that wait at most for a slow disk; more are dropped, and said to be gone."""
_RANGES = 10_000
"""Invocations of which it is known where their records lie."""

Result = TypeVar("Result")


class LogStore:
    """The records of all functions in the order in which they came; each has its index."""

    def __init__(self, directory: Path | None = None) -> None:
        """``directory`` is where the files are made; None is the user's cache."""
        self.records: deque[LogRecord] = deque()
        """The newest ones."""
        self.fresh: deque[LogRecord] = deque(maxlen=RECORDS)
        """Records that were added since the last ``take``."""
        self.end = 0
        """The index of the next record."""
        self._characters = 0
        self._waiting: list[LogRecord] = []
        self._waiting_characters = 0
        self._spool: Spool | None = None
        self._directory = directory
        self._thread = ThreadPoolExecutor(1, "log")
        self._failure = ""
        """Why nothing can be written; empty while it can."""
        self._is_closed = False
        self._submitted = self._written = 0
        """Records that were given to the thread, and that it is done with."""
        self._is_behind = False
        """Whether records are dropped until the thread has written those that it was given."""
        self._floors: dict[Scope, int] = {}
        """For each scope that was cleared, the index from which on its records are shown."""
        self._ranges: dict[tuple[str, int], tuple[int, int]] = {}
        """The first and last index of an invocation's records."""
        self._firsts: dict[tuple[str, int | None], int] = {}
        """The index of the first record of each function, and of each of its environments."""
        self._complete_from = 0
        """The index before which records were dropped, as the disk is too slow."""

    def add(self, record: LogRecord) -> None:
        """Add a record; beyond ``RECORDS`` and ``CHARACTERS`` the oldest are in the files alone."""
        record.index = self.end
        self.end += 1
        self.records.append(record)
        self.fresh.append(record)
        whose = record.function, record.environment
        if whose not in self._firsts:
            self._firsts.setdefault((record.function, None), record.index)
            self._firsts.setdefault(whose, record.index)
        if record.invocation is not None:
            self._note_range(record.function, record.invocation, record.index)
        size = len(record.message)
        self._characters += size
        while len(self.records) > RECORDS or self._characters > CHARACTERS:
            oldest = self.records.popleft()
            self._characters -= len(oldest.message)
        if self._failure:
            return
        self._waiting.append(record)
        self._waiting_characters += size
        if len(self._waiting) >= _BATCH or self._waiting_characters >= _BATCH_CHARACTERS:
            self._write_waiting()

    def take(self) -> list[LogRecord]:
        """Return the records that were added since the last call."""
        fresh = list(self.fresh)
        self.fresh.clear()
        return fresh

    def clear(self, scope: Scope) -> None:
        """Show the records that a scope has now no more, neither in it nor in narrower ones."""
        self._floors[scope] = self.end
        self.fresh.clear()

    def close(self) -> None:
        """Give the room on the disk back; nothing is read any more."""
        self._is_closed = True
        self._thread.submit(self._close_spool)
        self._thread.shutdown(wait=False)

    # Reading

    def recent(self, scope: Scope, most: int = RECORDS) -> list[LogRecord]:
        """Return those of a scope's records that are in memory, the newest ones of too many."""
        first, end = self._bounds(scope)
        found: list[LogRecord] = []
        for record in reversed(self.records):
            if record.index < first or len(found) == most:
                break
            if record.index < end and scope.has(record):
                found.append(record)
        return found[::-1]

    def has_older(self, scope: Scope, before: int) -> bool:
        """Return whether records of the scope before this index are kept."""
        return self._bounds(scope)[0] < before

    def is_cut(self, scope: Scope) -> bool:
        """Return whether the oldest records of a scope are gone for want of room."""
        return max(self._floor(scope), self._first(scope)) < self._kept_first

    async def older(self, scope: Scope, before: int, count: int) -> Page:
        """Return the last ``count`` records of a scope before an index."""
        first, _ = self._bounds(scope)
        page = await self._in_thread(lambda spool: spool.older(scope, first, before, count))
        if not self._failure:
            return page
        kept = [one for one in self.recent(scope) if one.index < before]
        return Page(kept[-count:], is_last=len(kept) <= count)

    async def newer(self, scope: Scope, after: int, count: int) -> Page:
        """Return the first ``count`` records of a scope from an index on."""
        after = max(after, self._bounds(scope)[0])
        page = await self._in_thread(lambda spool: spool.newer(scope, after, count))
        if not self._failure:
            return page
        kept = [one for one in self.recent(scope) if one.index >= after]
        return Page(kept[:count], is_last=len(kept) <= count)

    async def at(self, indices: Sequence[int]) -> list[LogRecord]:
        """Return the records with these indices, as far as they are kept."""
        records = await self._in_thread(lambda spool: spool.at(indices))
        if not self._failure:
            return records
        wanted = set(indices)
        return [record for record in self.records if record.index in wanted]

    async def search(self, scope: Scope, query: Query, before: int) -> AsyncIterator[array[int]]:
        """Yield the indices of records before an index that match, block by block, newest first."""
        first, end = self._bounds(scope)
        before = min(before, end)
        blocks = await self._in_thread(lambda spool: list(spool.blocks(first, before)))
        if self._failure:
            kept = (one for one in self.recent(scope) if one.index < before)
            yield array("Q", [one.index for one in kept if query.is_in(one.searched_text)])
        for start, stop in blocks:
            if query.problem:
                return
            search = partial(Spool.search, scope=scope, query=query, first=start, before=stop)
            yield await self._in_thread(search)

    async def invocation_text(self, function: str, number: int, limit: int) -> str:
        """Return the log of an invocation as plain lines, cut to the last ``limit`` characters.

        Empty where nothing of it is kept.
        """
        scope = Scope(function, invocation=number)
        page = await self.older(scope, self.end, RECORDS)
        return "\n".join(map(copied_text, page.records))[-limit:]

    # The thread

    async def _in_thread(self, read: Callable[[Spool], Result]) -> Result:
        """Return what is read from the files, once everything is in them."""
        self._write_waiting()
        if self._is_closed:
            # Whoever still reads at the end gets nothing.
            return read(Spool(Path()))
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: read(self._opened_spool()))

    def _write_waiting(self) -> None:
        waiting, self._waiting, self._waiting_characters = self._waiting, [], 0
        if not waiting or self._is_closed:
            return
        behind = self._submitted - self._written
        # One large gap rather than many small ones.
        self._is_behind = behind > _WAITING or (self._is_behind and behind > 0)
        if self._is_behind:
            self._complete_from = self.end
            return
        self._submitted += len(waiting)
        self._thread.submit(self._write, waiting)

    def _opened_spool(self) -> Spool:
        if self._spool is None:
            self._spool = Spool(self._directory or _cache_directory())
        return self._spool

    def _write(self, records: list[LogRecord]) -> None:
        try:
            self._opened_spool().append(records)
        except OSError as error:
            self._failure = error.strerror or str(error)
            self._close_spool()
        self._written += len(records)

    def _close_spool(self) -> None:
        if self._spool is not None:
            self._spool.close()

    # Bounds

    @property
    def memory_first(self) -> int:
        """The index from which on all records are in memory."""
        return self.records[0].index if self.records else self.end

    def _floor(self, scope: Scope) -> int:
        return max((self._floors.get(one, 0) for one in scope.around()), default=0)

    @property
    def _kept_first(self) -> int:
        """The index from which on all records are kept."""
        return max(self._oldest, self._complete_from)

    def _first(self, scope: Scope) -> int:
        """Return the index of the first record of a scope, kept or not."""
        if scope.function is None:
            return 0
        known = self._range(scope)
        if known is not None:
            return known[0]
        if scope.invocation is None and scope.environment is not None:
            return self._firsts.get((scope.function, scope.environment), self.end)
        firsts = (self._firsts.get((name, None), self.end) for name in ("", scope.function))
        return min(firsts)

    def _bounds(self, scope: Scope) -> tuple[int, int]:
        """Return the first index that a kept record of the scope has, and the last one and one."""
        first = max(self._floor(scope), self._first(scope), self._oldest)
        known = self._range(scope)
        return first, self.end if known is None else known[1] + 1

    @property
    def _oldest(self) -> int:
        if self._failure:
            return self.memory_first
        return self._spool.first if self._spool is not None else 0

    def _range(self, scope: Scope) -> tuple[int, int] | None:
        if scope.function is None or scope.invocation is None:
            return None
        return self._ranges.get((scope.function, scope.invocation))

    def _note_range(self, function: str, invocation: int, index: int) -> None:
        known = self._ranges.get((function, invocation))
        self._ranges[function, invocation] = (index if known is None else known[0], index)
        if len(self._ranges) > _RANGES:
            del self._ranges[next(iter(self._ranges))]


def _cache_directory() -> Path:
    """Return a folder of the user's alone, on a disk rather than in memory where there is one."""
    try:
        directory = user_cache_path("lambda-tui") / "log"
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.gettempdir())
    return directory
