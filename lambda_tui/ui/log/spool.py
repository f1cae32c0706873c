"""The log on disk: more lines than memory should hold, read back by scope and searched.

Nothing here is called on the loop but by ``LogStore``, in its one thread.
"""

from __future__ import annotations

import os
import tempfile
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from struct import Struct
from typing import IO, NamedTuple

from lambda_tui.terminal_text import UNSAFE_CHARACTER
from lambda_tui.ui.log.query import Query
from lambda_tui.ui.log.records import Fold, Kind, LogRecord, Scope

SEGMENT_BYTES = 32 << 20
SEGMENT_RECORDS = 250_000
SEGMENTS = 12
"""Full segments that are kept: 384 MB of text, 3 million records at most."""
BLOCK_BYTES = 1 << 20
"""Text that is searched at a time."""
_ENTRIES = 4_096
"""Entries that are read at a time."""

_ENTRY = Struct("=IIIIIdHHBBxx")
_NUMBERS = _ENTRY.size // 4
"""Numbers of four bytes in an entry, of which the offset is the first."""
_KINDS = tuple(Kind)


class _Entry(NamedTuple):
    """A record without its text; 0 stands for no environment and invocation."""

    offset: int
    plain_bytes: int
    """Bytes of its text without escape sequences, which is searched."""
    raw_bytes: int
    """Bytes of the message as it was written, where that is different; they follow a line end."""
    environment: int
    invocation: int
    time: float
    function: int
    summary: int
    """Characters of the summary, with which the text begins."""
    kind: int
    fold: int


_ENVIRONMENT, _INVOCATION, _FUNCTION = map(
    _Entry._fields.index, ("environment", "invocation", "function")
)


class Page(NamedTuple):
    """Some records of a scope, in their order."""

    records: list[LogRecord]
    is_last: bool
    """Whether there are no more in that direction."""


class Spool:
    """Records in files without a name, which are gone with the process however it ends."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._segments: list[_Segment] = []
        self._functions: dict[str, int] = {}
        self._names: list[str] = []
        self.first = 0
        """The index of the oldest record that is kept."""
        self.end = 0
        """The index of the next record."""

    def append(self, records: Sequence[LogRecord]) -> None:
        """Write records with ascending indices, and drop the oldest beyond the bound.

        Raise ``OSError``.
        """
        for at in range(0, len(records), _ENTRIES):
            part = records[at : at + _ENTRIES]
            last = self._segments[-1] if self._segments else None
            if last is None or last.is_full or last.end != part[0].index:
                self._segments.append(_Segment(self._directory, part[0].index))
            self._segments[-1].append(part, [self._function(one.function) for one in part])
            self.end = part[-1].index + 1
        while self._is_too_large():
            self._segments.pop(0).close()
        self.first = self._segments[0].first if self._segments else self.end

    def _is_too_large(self) -> bool:
        """Return whether the oldest segment must go. Gaps between records make small segments."""
        segments = self._segments
        return len(segments) > 1 and (
            len(segments) > SEGMENTS * 4
            or sum(one.size for one in segments) > SEGMENTS * SEGMENT_BYTES
            or sum(one.end - one.first for one in segments) > SEGMENTS * SEGMENT_RECORDS
        )

    def close(self) -> None:
        """Give the room on the disk back."""
        for segment in self._segments:
            segment.close()
        self._segments.clear()

    def _function(self, name: str) -> int:
        number = self._functions.get(name)
        if number is None:
            number = self._functions[name] = len(self._names)
            self._names.append(name)
        return number

    # Reading

    def older(self, scope: Scope, first: int, before: int, count: int) -> Page:
        """Return the last ``count`` records of a scope from ``first`` on and before ``before``."""
        found: list[LogRecord] = []
        for segment in reversed(self._segments):
            start, stop = max(first, segment.first), min(before, segment.end)
            while start < stop:
                at = max(start, stop - _ENTRIES)
                indices = self._in_scope(segment, scope, at, stop)
                for index, entry in reversed(indices):
                    found.append(self._record(segment, index, entry))
                    if len(found) == count:
                        return Page(found[::-1], is_last=False)
                stop = at
        return Page(found[::-1], is_last=True)

    def newer(self, scope: Scope, after: int, count: int) -> Page:
        """Return the next ``count`` records of a scope from the index ``after`` on."""
        found: list[LogRecord] = []
        for segment in self._segments:
            start, stop = max(after, segment.first), segment.end
            while start < stop:
                at = min(stop, start + _ENTRIES)
                for index, entry in self._in_scope(segment, scope, start, at):
                    found.append(self._record(segment, index, entry))
                    if len(found) == count:
                        return Page(found, is_last=False)
                start = at
        return Page(found, is_last=True)

    def at(self, indices: Sequence[int]) -> list[LogRecord]:
        """Return the records with these indices, as far as they are kept."""
        found: list[LogRecord] = []
        for index in indices:
            segment = self._segment(index)
            if segment is not None:
                found.append(self._record(segment, index, segment.entry(index)))
        return found

    def blocks(self, first: int, before: int) -> Iterator[tuple[int, int]]:
        """Yield the ranges of indices that are searched one after the other, the newest first."""
        for segment in reversed(self._segments):
            stop = min(before, segment.end)
            for start in reversed(segment.block_starts):
                begin = max(first, start)
                if begin < stop:
                    yield begin, stop
                stop = min(stop, start)

    def search(self, scope: Scope, query: Query, first: int, before: int) -> array[int]:
        """Return the indices of a scope's records in this block in which the query is found."""
        found: array[int] = array("Q")
        segment = self._segment(first)
        if segment is None:
            return found
        before = min(before, segment.end)
        start, last = segment.entry(first).offset, segment.entry(before - 1)
        data = segment.text(start, last.offset + last.plain_bytes - start)
        block = data.decode("utf-8", "surrogatepass")
        place = query.find(block, 0)
        if place is None:
            return found
        packed = segment.packed(first, before)
        starts = memoryview(packed).cast("I")[::_NUMBERS]
        # The same position in characters of the block and in bytes of the data.
        characters = offset = 0
        while place is not None:
            offset += _size(block[characters : place[0]])
            characters = place[0]
            at = bisect_right(starts, start + offset) - 1
            entry = _Entry._make(_ENTRY.unpack_from(packed, at * _ENTRY.size))
            begin = entry.offset - start
            end = begin + entry.plain_bytes
            if (
                self._is_in_scope(scope, entry)
                and (
                    offset + _size(block[slice(*place)]) <= end
                    # It reaches into the record behind, or into the escape sequences of this one.
                    or query.is_in(data[begin:end].decode("utf-8", "surrogatepass"))
                )
            ):
                found.append(first + at)
            if first + at + 1 == before:
                break
            behind = starts[at + 1] - start
            characters += len(data[offset:behind].decode("utf-8", "surrogatepass"))
            offset = behind
            place = query.find(block, characters)
        return found

    def _segment(self, index: int) -> _Segment | None:
        for segment in reversed(self._segments):
            if segment.first <= index:
                return segment if index < segment.end else None
        return None

    def _is_in_scope(self, scope: Scope, entry: _Entry) -> bool:
        name = self._names[entry.function]
        return scope.holds(name, entry.environment or None, entry.invocation or None)

    def _in_scope(
        self, segment: _Segment, scope: Scope, start: int, stop: int
    ) -> list[tuple[int, _Entry]]:
        numbered = enumerate(_ENTRY.iter_unpack(segment.packed(start, stop)), start)
        if scope.function is None:
            return [(at, _Entry._make(one)) for at, one in numbered]
        # This goes through millions of entries: comparing numbers is what can be afforded.
        functions = {self._functions.get(one) for one in scope.functions}
        column, number = _FUNCTION, None
        if scope.invocation is not None:
            column, number = _INVOCATION, scope.invocation
        elif scope.environment is not None:
            column, number = _ENVIRONMENT, scope.environment
        return [
            (at, _Entry._make(one))
            for at, one in numbered
            if one[_FUNCTION] in functions and (number is None or one[column] == number)
        ]

    def _record(self, segment: _Segment, index: int, entry: _Entry) -> LogRecord:
        length = entry.plain_bytes + (entry.raw_bytes and 1 + entry.raw_bytes)
        data = segment.text(entry.offset, length)
        text = data[: entry.plain_bytes].decode()
        message = text[entry.summary + 1 :] if entry.summary else text
        if entry.raw_bytes:
            message = data[entry.plain_bytes + 1 :].decode("utf-8", "surrogatepass")
        return LogRecord(
            self._names[entry.function],
            entry.environment or None,
            entry.time,
            _KINDS[entry.kind],
            message,
            entry.invocation or None,
            Fold(entry.fold),
            text[: entry.summary],
            index,
        )


class _Segment:
    """A run of records: a file of their texts, and a file of entries of one size."""

    def __init__(self, directory: Path, first: int) -> None:
        self.first = first
        self.end = first
        self.block_starts: list[int] = []
        """The indices at which there are ``BLOCK_BYTES`` more of text, ascending."""
        self._block_offset = 0
        self._text = _nameless_file(directory)
        self._entries = _nameless_file(directory)
        self.size = 0
        """Bytes of all texts."""

    @property
    def is_full(self) -> bool:
        """Whether the next records go to another segment."""
        return self.size >= SEGMENT_BYTES or self.end - self.first >= SEGMENT_RECORDS

    def append(self, records: Sequence[LogRecord], functions: Sequence[int]) -> None:
        """Write records and the numbers of their functions."""
        texts, entries = bytearray(), bytearray()
        for record, function in zip(records, functions, strict=True):
            offset = self.size + len(texts)
            if not self.block_starts or offset - self._block_offset >= BLOCK_BYTES:
                self._block_offset = offset
                self.block_starts.append(record.index)
            plain = record.searched_text.encode("utf-8")
            texts += plain
            is_plain = not UNSAFE_CHARACTER.search(record.message)
            raw = b"" if is_plain else record.message.encode("utf-8", "surrogatepass")
            if raw:
                texts += b"\n" + raw
            texts += b"\n"
            entries += _ENTRY.pack(
                offset,
                len(plain),
                len(raw),
                record.environment or 0,
                record.invocation or 0,
                record.time,
                function,
                len(record.summary),
                _KIND_NUMBERS[record.kind],
                record.fold,
            )
        _write(self._text, texts)
        _write(self._entries, entries)
        self.size += len(texts)
        self.end = records[-1].index + 1

    def packed(self, start: int, stop: int) -> bytes:
        """Return the packed entries of the records with these indices."""
        at = (start - self.first) * _ENTRY.size
        return os.pread(self._entries.fileno(), (stop - start) * _ENTRY.size, at)

    def entry(self, index: int) -> _Entry:
        """Return the entry of one record."""
        return _Entry._make(_ENTRY.unpack(self.packed(index, index + 1)))

    def text(self, offset: int, length: int) -> bytes:
        """Return bytes of the texts."""
        return os.pread(self._text.fileno(), length, offset)

    def close(self) -> None:
        """Give the room on the disk back."""
        self._text.close()
        self._entries.close()


_KIND_NUMBERS = {kind: number for number, kind in enumerate(_KINDS)}


def _nameless_file(directory: Path) -> IO[bytes]:
    return tempfile.TemporaryFile(dir=directory, buffering=0)


def _write(file: IO[bytes], data: bytes | bytearray) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _size(text: str) -> int:
    """Return the number of bytes that a text has in the file."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
