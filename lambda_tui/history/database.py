"""The SQLite database of one project's invocations: its file, its tables, and its bounds.

Everything here blocks, and belongs to one thread.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import fields
from platformdirs import user_state_path

from lambda_tui.history.contents import Contents, Entry, Kept
from lambda_tui.history.invocation_record import InvocationRecord

MOST_INVOCATIONS = 5_000
"""Invocations of one project that are kept."""
MOST_BYTES = 200 << 20
"""Bytes of one project's database."""
MOST_BYTES_IN_MEMORY = 32 << 20
"""Bytes of a database that has no file."""

_SUFFIX = ".sqlite"
_DAMAGED = ".damaged"
_BESIDE = ("-wal", "-shm", "-journal")
"""Suffixes of the files that SQLite keeps beside a database."""
_BUSY_SECONDS = 5.0
"""How long another process may hold the lock."""
_SHRINK_FROM = 256
"""Free pages, of 4 KB each, from which on the file is made smaller."""
_LONGEST_SEARCH = 1_000
"""Characters of a text that are looked for."""

_VERSION = 1
"""The version of the tables. A database of another one is set aside as if it was damaged."""
_DAMAGE = (
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    # Our statements are right, so that these tell of other tables than ours.
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_MISMATCH,
)

_COLUMNS = tuple(field.name for field in fields(InvocationRecord))
_BOOLEANS = tuple(field.name for field in fields(InvocationRecord) if field.type is bool)
_DEFAULTS: Mapping[str, object] = {
    field.name: field.default for field in fields(InvocationRecord) if not field.required
}
_SEARCHED = (
    "function", "request_id", "caller", "event_name", "qualifier", "tenant_id", "cold_because",
    "status", "answer", "error_type", "error_message", "error_place",
)  # fmt: skip
"""The columns of a record that a search looks into; besides them the event and the response."""
_NEWEST_FIRST = "started DESC, session DESC, function DESC, number DESC"
_FAILED = "status IN ('error', 'timeout', 'throttled')"


class OtherVersionError(sqlite3.DatabaseError):
    """The tables are those of another version."""


def history_directory() -> Path:
    """Return the folder of all projects' databases, in the user's state directory."""
    return user_state_path("lambda-tui") / "history"


def database_file(project: Path) -> Path:
    """Return the path of a project's database, by the project's absolute path."""
    path = os.path.realpath(project)
    key = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    name = re.sub(r"[^A-Za-z0-9_-]", "-", os.path.basename(path))[:40]
    return history_directory() / f"{name}-{key}{_SUFFIX}"


class Database:
    """The invocations of one project.

    Its methods raise ``sqlite3.Error``, and ``OSError`` where the file itself is at fault.
    """

    def __init__(self, file: Path | None) -> None:
        """Open or make the file, readable by the user alone; None keeps everything in memory."""
        self._file = file
        self._most_bytes = MOST_BYTES if file is not None else MOST_BYTES_IN_MEMORY
        self._identity = None if file is None else _own_file(file)
        name = ":memory:" if file is None else str(file)
        self._connection = sqlite3.connect(name, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @property
    def is_gone(self) -> bool:
        """Whether the file was removed or replaced since it was opened."""
        if self._file is None:
            return False
        try:
            found = os.stat(self._file, follow_symlinks=False)
        except OSError:
            return True
        return (found.st_dev, found.st_ino) != self._identity

    def add(self, entries: Iterable[Entry]) -> None:
        """Keep invocations, each in the place of what is known of it, and remove the oldest."""
        with self._transaction():
            for entry in entries:
                if entry.contents is None:
                    self._connection.execute(_UPDATE, [*_row(entry.record), *_key(entry.record)])
                    self._add_extras(entry)
                    continue
                self._connection.execute(_DELETE, _key(entry.record))
                row = self._connection.execute(_INSERT, _row(entry.record))
                self._connection.execute(_INSERT_CONTENTS, _contents(row.lastrowid, entry.contents))
            self._remove_oldest()
        if self._pragma("freelist_count") >= _SHRINK_FROM:
            # Each step frees a page, and ``execute`` makes one step only.
            self._connection.executescript("PRAGMA incremental_vacuum")

    def _add_extras(self, entry: Entry) -> None:
        id = self.id_of(*_key(entry.record)) if entry.later else None
        known = None if id is None else self.one(id)
        if known is not None:
            extras = _extras(known[1].with_extras(entry.later))
            self._connection.execute("UPDATE contents SET extras = ? WHERE id = ?", (extras, id))

    def rows(
        self,
        *,
        function: str | None = None,
        before: InvocationRecord | None = None,
        besides: str | None = None,
        failed: bool = False,
        text: str = "",
        limit: int = 200,
    ) -> list[tuple[int, InvocationRecord]]:
        """Return records with their ids, newest first.

        ``before`` is the last one of the page above, ``besides`` a session to leave out, and
        ``text`` stands in the record, in the event or in the response; ASCII letters in any case.
        """
        conditions, values = ["1"], list[object]()
        if function is not None:
            conditions.append("function = ?")
            values.append(function)
        if before is not None:
            conditions.append("(started, session, function, number) < (?, ?, ?, ?)")
            values += [before.started, *_key(before)]
        if besides is not None:
            conditions.append("session <> ?")
            values.append(besides)
        if failed:
            conditions.append(_FAILED)
        if text:
            conditions.append(_MATCHES)
            values += [_pattern(text)] * _MATCHES.count("?")
        query = (
            f"SELECT invocation.id, {', '.join(_COLUMNS)} FROM invocation"
            f"{' JOIN contents USING (id)' if text else ''}"
            f" WHERE {' AND '.join(conditions)} ORDER BY {_NEWEST_FIRST} LIMIT ?"
        )
        found = self._connection.execute(query, [*values, limit]).fetchall()
        return [(row[0], record) for row in found if (record := _record(row[1:])) is not None]

    def id_of(self, session: str, function: str, number: int) -> int | None:
        """Return the id of an invocation; None if there is none."""
        query = "SELECT id FROM invocation WHERE session = ? AND function = ? AND number = ?"
        row = self._connection.execute(query, (session, function, number)).fetchone()
        return None if row is None else row[0]

    def newest_id_of_request(self, request_id: str) -> int | None:
        """Return the id of the last attempt of a request; None if there is none."""
        query = f"SELECT id FROM invocation WHERE request_id = ? ORDER BY {_NEWEST_FIRST} LIMIT 1"
        row = self._connection.execute(query, (request_id,)).fetchone()
        return None if row is None else row[0]

    def one(self, invocation: int) -> tuple[InvocationRecord, Contents] | None:
        """Return an invocation by its id, with its contents; None if there is none."""
        query = (
            f"SELECT {', '.join(_COLUMNS)}, event, event_size, response, response_size, log,"
            " log_size, extras FROM invocation JOIN contents USING (id) WHERE invocation.id = ?"
        )
        row = self._connection.execute(query, (invocation,)).fetchone()
        record = None if row is None else _record(row[: len(_COLUMNS)])
        if record is None:
            return None
        event, event_size, response, response_size, log, log_size, extras = row[len(_COLUMNS) :]
        kept, left_out = msgspec.msgpack.decode(extras, type=tuple[dict[str, bytes], list[str]])
        return record, Contents(
            event=Kept(event, event_size),
            response=None if response is None else Kept(response, response_size),
            log=Kept(log, log_size),
            extras=kept,
            left_out=tuple(left_out),
        )

    def count(self) -> int:
        """Return how many invocations are kept."""
        return int(self._connection.execute("SELECT count(*) FROM invocation").fetchone()[0])

    def empty(self) -> bool:
        """Remove everything, so that no byte of it is left; return whether nobody else has it open.

        Nobody has it open from then on as a log beside it, so that its file may be removed.
        """
        with self._transaction():
            self._connection.execute("DELETE FROM invocation")
        self._connection.execute("VACUUM")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        try:
            mode = self._connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
        except sqlite3.OperationalError:
            return False
        return bool(mode == "delete")

    def _prepare(self) -> None:
        execute = self._connection.execute
        # Before the first table: it cannot be chosen later. The file shrinks when rows go.
        execute("PRAGMA auto_vacuum = INCREMENTAL")
        execute("PRAGMA foreign_keys = ON")
        # Readers and a writer do not wait for each other, and a commit waits for no disk.
        execute("PRAGMA journal_mode = WAL").fetchall()
        execute("PRAGMA synchronous = NORMAL")
        execute(f"PRAGMA journal_size_limit = {8 << 20}").fetchall()
        with self._transaction():
            if self._pragma("user_version") not in (0, _VERSION):
                raise OtherVersionError
            execute(f"PRAGMA user_version = {_VERSION}")
            execute(
                "CREATE TABLE IF NOT EXISTS invocation (id INTEGER PRIMARY KEY AUTOINCREMENT, "
                f"{', '.join(_COLUMNS)})"
            )
            execute(
                "CREATE TABLE IF NOT EXISTS contents (id INTEGER PRIMARY KEY REFERENCES invocation"
                " ON DELETE CASCADE, event BLOB, event_size INTEGER, response BLOB, response_size"
                " INTEGER, log BLOB, log_size INTEGER, extras BLOB)"
            )
            # Another version of lambda-tui may know fewer fields of a record, or more.
            there = {row[1] for row in execute("PRAGMA table_info(invocation)")}
            for column in _COLUMNS:
                if column not in there:
                    execute(f"ALTER TABLE invocation ADD COLUMN {column}")
            execute("CREATE INDEX IF NOT EXISTS by_key ON invocation (session, function, number)")
            execute(
                "CREATE INDEX IF NOT EXISTS by_time"
                " ON invocation (started, session, function, number)"
            )
            execute("CREATE INDEX IF NOT EXISTS by_request ON invocation (request_id)")

    def _remove_oldest(self) -> None:
        beyond = self.count() - MOST_INVOCATIONS
        self._remove(beyond)
        while self._used_bytes() > self._most_bytes and (count := self.count()) > 1:
            self._remove(max(count // 20, 1))

    def _remove(self, count: int) -> None:
        if count > 0:
            oldest = "SELECT id FROM invocation ORDER BY id LIMIT ?"
            self._connection.execute(f"DELETE FROM invocation WHERE id IN ({oldest})", (count,))

    def _used_bytes(self) -> int:
        pages = self._pragma("page_count") - self._pragma("freelist_count")
        return pages * self._pragma("page_size")

    def _pragma(self, name: str) -> int:
        return int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            with suppress(sqlite3.Error):
                # SQLite may have rolled back already, for example on a full disk.
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


def set_aside(file: Path, stamp: str) -> Path:
    """Rename a file that is no usable database, and return its new path. Raises ``OSError``.

    It takes the place of the one that was set aside before.
    """
    for older in _set_aside(file):
        older.unlink(missing_ok=True)
    damaged = file.with_name(f"{file.name}{_DAMAGED}-{stamp}")
    file.rename(damaged)
    for suffix in _BESIDE:
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    return damaged


def clear(file: Path) -> int:
    """Remove a database and what lies beside it; return how many invocations it had.

    One that another lambda-tui has open is emptied and stays. Raises ``sqlite3.Error`` and
    ``OSError``.
    """
    count = 0
    is_unused = True
    if file.exists():
        try:
            database = Database(file)
            try:
                count = database.count()
                is_unused = database.empty()
            finally:
                database.close()
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
    if is_unused:
        for path in (file, *(file.with_name(file.name + suffix) for suffix in _BESIDE)):
            path.unlink(missing_ok=True)
    for damaged in _set_aside(file):
        damaged.unlink(missing_ok=True)
    return count


def _set_aside(file: Path) -> list[Path]:
    return list(file.parent.glob(f"{file.name}{_DAMAGED}-*"))


def all_database_files() -> list[Path]:
    """Return the databases of all projects, those included that were set aside as damaged."""
    names = {path.name.partition(_SUFFIX)[0] for path in history_directory().glob(f"*{_SUFFIX}*")}
    return [history_directory() / f"{name}{_SUFFIX}" for name in sorted(names)]


def is_damage(error: Exception) -> bool:
    """Return whether an error says that the file is no database of ours, or a broken one."""
    # The lower byte is SQLite's primary code.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
    return isinstance(error, OtherVersionError) or code in _DAMAGE


def _own_file(file: Path) -> tuple[int, int]:
    """Make the file and its folder if they are not there, for the user alone; return its number."""
    folder = file.parent
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        found = os.fstat(descriptor)
        if found.st_mode & 0o077:
            # SQLite gives the files beside it the mode of this one.
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)
    return found.st_dev, found.st_ino


def _key(record: InvocationRecord) -> tuple[str, str, int]:
    return _text(record.session), _text(record.function), record.number


def _row(record: InvocationRecord) -> list[object]:
    values = (getattr(record, name) for name in _COLUMNS)
    return [_text(value) if isinstance(value, str) else value for value in values]


def _text(value: str) -> str:
    """Return a text that SQLite can hold: names of files may have lone surrogates."""
    return value.encode("utf-8", "backslashreplace").decode()


def _contents(number: int | None, contents: Contents) -> tuple[object, ...]:
    response = contents.response
    return (
        number,
        contents.event.content,
        contents.event.size,
        None if response is None else response.content,
        None if response is None else response.size,
        contents.log.content,
        contents.log.size,
        _extras(contents),
    )


def _extras(contents: Contents) -> bytes:
    return msgspec.msgpack.encode((contents.extras, contents.left_out))


def _record(row: tuple[Any, ...]) -> InvocationRecord | None:
    """Return a record; None for one of another version that cannot be understood here."""
    values = dict(zip(_COLUMNS, row, strict=True))
    for name, default in _DEFAULTS.items():
        if values[name] is None:
            # Kept by a version that did not know the field.
            values[name] = default
    for name in _BOOLEANS:
        values[name] = bool(values[name])
    try:
        return msgspec.convert(values, InvocationRecord)
    except msgspec.ValidationError:
        return None


def _pattern(text: str) -> str:
    escaped = re.sub(r"([\\%_])", r"\\\1", _text(text[:_LONGEST_SEARCH]))
    return f"%{escaped}%"


_DELETE = "DELETE FROM invocation WHERE session = ? AND function = ? AND number = ?"
_INSERT = (
    f"INSERT INTO invocation ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
)
_UPDATE = (
    f"UPDATE invocation SET {', '.join(f'{name} = ?' for name in _COLUMNS)}"
    " WHERE session = ? AND function = ? AND number = ?"
)
_INSERT_CONTENTS = f"INSERT INTO contents VALUES ({', '.join('?' * 8)})"
_MATCHES = "({})".format(
    " OR ".join(
        [rf"{name} LIKE ? ESCAPE '\'" for name in _SEARCHED]
        + [rf"CAST({name} AS TEXT) LIKE ? ESCAPE '\'" for name in ("event", "response")]
    )
)
