"""The log that the history keeps of an invocation, as records."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lambda_tui.engine.events import severity_of_text
from lambda_tui.history import InvocationRecord, Kept
from lambda_tui.ui.log.recorder import KINDS, is_json
from lambda_tui.ui.log.records import RECORD_LIMIT, Fold, Kind, LogRecord
from lambda_tui.ui.log.store import LogStore

_REPORT = re.compile(r"(?:INIT_|RESTORE_)?REPORT ")
_PLATFORM = re.compile(r"(?:START|END) RequestId: |INIT_START |RESTORE_START |EXTENSION\t|XRAY ")


def earlier_log(record: InvocationRecord, log: Kept) -> LogStore:
    """Return a store of what is kept of an invocation's log; whoever asks has to close it.

    The history keeps lines without their times, so each is a record without one.
    """
    store = LogStore()
    for kind, line, fold in _lines(log):
        store.add(
            LogRecord(record.function, record.environment, 0.0, kind, line, record.number, fold)
        )
    # They are there from the beginning, and come as news to nobody.
    store.take()
    return store


def _lines(log: Kept) -> Iterator[tuple[Kind, str, Fold]]:
    if log.is_cut:
        yield Kind.DIVIDER, "── the beginning of this log was too large to be kept", Fold.NONE
    if not log.content:
        yield Kind.DIVIDER, "── nothing is kept of this log", Fold.NONE
        return
    for line in log.content.decode("utf-8", "replace").split("\n"):
        text = line[:RECORD_LIMIT]
        if _REPORT.match(text):
            yield Kind.REPORT, text.replace("\t", "  ").rstrip(), Fold.NONE
        elif _PLATFORM.match(text):
            yield Kind.PLATFORM, text.replace("\t", "  ").rstrip(), Fold.NONE
        else:
            kind = KINDS.get(severity_of_text(text), Kind.FUNCTION)
            yield kind, text, Fold.JSON if is_json(text) else Fold.NONE
