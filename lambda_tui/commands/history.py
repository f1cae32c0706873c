"""``lambda-tui history``: lists past invocations of a project, shows one, or removes them all."""

from __future__ import annotations

import argparse
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from lambda_tui.commands.arguments import FOLDER_GIVEN
from lambda_tui.commands.errors import CommandError
from lambda_tui.commands.output import table, write_error, write_output, writes_unicode
from lambda_tui.history import Contents, InvocationRecord, Kept
from lambda_tui.history.command_lines import events_directory, remove_event_files
from lambda_tui.history.database import Database, all_database_files, clear, database_file
from lambda_tui.project.wording import shown
from lambda_tui.terminal_text import one_line
from lambda_tui.wording import counted, dollars

_HEADINGS = (
    *("ID", "STARTED", "FUNCTION", "#", "START", "EVENT", "DURATION", "INIT", "BILLED"),
    *("MAX MEMORY", "COST", "OUTCOME"),
)
_NONE = "-"


def run(options: argparse.Namespace) -> int:
    """List, show or remove invocations. Returns the exit status; raises ``CommandError``."""
    if options.clear:
        _clear(options)
        return 0
    file = database_file(options.project)
    if not file.exists():
        if options.which is not None:
            raise _not_found(options)
        _say("no invocation of this project is kept.")
        return 0
    with _opened(file) as database:
        if options.which is not None:
            _show(database, options)
        else:
            _list(database, options)
    return 0


def _clear(options: argparse.Namespace) -> None:
    is_one = getattr(options, FOLDER_GIVEN, False)
    files = [database_file(options.project)] if is_one else all_database_files()
    count = 0
    for file in files:
        with _failures(file):
            count += clear(file)
    if not is_one:
        with _failures(events_directory()):
            remove_event_files()
    whose = "this project" if is_one else counted(len(files), "project")
    _say(f"removed the history of {whose}: {counted(count, 'invocation')}.")


def _list(database: Database, options: argparse.Namespace) -> None:
    rows = database.rows(function=options.function, failed=options.failed, limit=options.limit)
    if options.output == "json":
        write_output("".join(_json_line(_fields(number, record)) for number, record in rows))
    elif rows:
        write_output(table([_HEADINGS, *(_row(number, record) for number, record in rows)]))
    else:
        _say("no such invocation of this project is kept.")


def _show(database: Database, options: argparse.Namespace) -> None:
    which: str = options.which
    is_id = which.isascii() and which.isdigit() and len(which) < 19
    number = int(which) if is_id else database.newest_id_of_request(which)
    found = None if number is None else database.one(number)
    if number is None or found is None:
        raise _not_found(options)
    record, contents = found
    if options.output == "json":
        write_output(_json_line({**_fields(number, record), **_content_fields(contents)}))
    else:
        write_output(_page(record, contents))


def _not_found(options: argparse.Namespace) -> CommandError:
    return CommandError(
        f"no invocation {shown(options.which)} of this project is kept; `lambda-tui history` lists "
        "them."
    )


@contextmanager
def _opened(file: Path) -> Iterator[Database]:
    with _failures(file):
        database = Database(file)
        try:
            yield database
        finally:
            database.close()


@contextmanager
def _failures(file: Path) -> Iterator[None]:
    """Raise ``CommandError`` when the file fails."""
    try:
        yield
    except BrokenPipeError:
        raise
    except (sqlite3.Error, OSError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise CommandError(
            f"the history in {file} cannot be used: {reason}; `lambda-tui history --clear` removes "
            "it."
        ) from error


def _row(number: int, record: InvocationRecord) -> tuple[str, ...]:
    cells = (
        str(number),
        _moment(record),
        record.function,
        str(record.number),
        "cold" if record.is_cold else "warm",
        record.event_name or _NONE,
        _milliseconds(record.duration_ms),
        _milliseconds(_waited_ms(record)),
        _NONE if record.billed_ms is None else f"{record.billed_ms:,} ms",
        _NONE if record.max_memory_mb is None else f"{record.max_memory_mb:,} MB",
        _NONE if record.cost is None else dollars(record.cost),
        _outcome(record),
    )
    return tuple(map(one_line, cells))


def _page(record: InvocationRecord, contents: Contents) -> str:
    start = "cold" if record.is_cold else "warm"
    attempt = f", attempt {record.attempt} of {record.attempts}" if record.attempt else ""
    facts = {
        "Invocation": f"#{record.number} of {record.function}, version {record.version}",
        "Started": f"{_moment(record)} by {record.caller}{attempt}",
        "Request ID": record.request_id,
        "Tenant ID": record.tenant_id or "",
        "Environment": "" if record.environment is None else f"env {record.environment}",
        "Start": f"{start}: {record.cold_because}" if record.cold_because else start,
        "Outcome": _outcome(record),
        "Error": f"{record.error_message} {record.error_place}".strip(),
        "Duration": _milliseconds(record.duration_ms),
        "Init": _milliseconds(_waited_ms(record)),
        "Billed": "" if record.billed_ms is None else f"{record.billed_ms:,} ms",
        "Memory": ""
        if record.max_memory_mb is None
        else f"{record.max_memory_mb:,} of {record.memory_size_mb:,} MB",
        "Cost": "" if record.cost is None else dollars(record.cost),
    }
    lines = [f"{name + ':':13}{one_line(text)}" for name, text in facts.items() if text != ""]
    parts = [
        _part(f"Event {record.event_name}".strip(), contents.event),
        _part("Response", contents.response),
        _part("Log", contents.log),
        *(_part(name, Kept(extra, len(extra))) for name, extra in sorted(contents.extras.items())),
    ]
    return "\n".join([*lines, *parts]) + "\n"


def _part(title: str, kept: Kept | None) -> str:
    if kept is None:
        return f"\n{one_line(title)}: none"
    cut = f", {counted(len(kept.content), 'byte')} of them kept" if kept.is_cut else ""
    text = kept.content.decode("utf-8", "replace").rstrip("\n")
    return f"\n{one_line(title)} ({counted(kept.size, 'byte')}{cut}):\n{text}"


def _fields(number: int, record: InvocationRecord) -> dict[str, Any]:
    return {"id": number, **msgspec.to_builtins(record)}


def _content_fields(contents: Contents) -> dict[str, Any]:
    def text(kept: Kept | None) -> str | None:
        return None if kept is None else kept.content.decode("utf-8", "replace")

    return {
        "event": text(contents.event),
        "is_event_cut": contents.event.is_cut,
        "response": text(contents.response),
        "is_response_cut": contents.response is not None and contents.response.is_cut,
        "log": text(contents.log),
        "is_log_cut": contents.log.is_cut,
        "extras": {
            name: extra.decode("utf-8", "replace") for name, extra in contents.extras.items()
        },
    }


def _json_line(fields: dict[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=not writes_unicode()) + "\n"


def _moment(record: InvocationRecord) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.started))


def _outcome(record: InvocationRecord) -> str:
    # The answer of one that timed out says no more than the status.
    return " ".join(dict.fromkeys(part for part in (record.status, record.answer) if part))


def _waited_ms(record: InvocationRecord) -> float | None:
    return record.init_ms if record.init_ms is not None else record.restore_ms


def _milliseconds(value: float | None) -> str:
    return _NONE if value is None else f"{value:,.2f} ms"


def _say(sentence: str) -> None:
    write_error(f"lambda-tui: {sentence}\n")
