"""Two invocations line by line: what is the same in both, and what is not."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from lambda_tui.history import Contents, InvocationRecord, Kept
from lambda_tui.terminal_text import plain_text
from lambda_tui.ui.figures import size
from lambda_tui.ui.model.invocation_facts import INVOCATION_FACTS

MOST_LINES = 2_000
"""Lines of each event, response and log that are compared: the time grows with their square."""

Kind = Literal["heading", "note", "same", "changed", "left", "right"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the comparison: one of both sides, or of one that the other is without."""

    kind: Kind
    """A ``heading`` and a ``note`` are about both sides; ``left`` and ``right`` have one only."""
    left: str = ""
    right: str = ""

    @property
    def is_difference(self) -> bool:
        """Whether the sides differ here."""
        return self.kind in ("changed", "left", "right")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two invocations."""

    record: InvocationRecord
    contents: Contents | None
    """None when nothing but the record is kept."""

    @property
    def name(self) -> str:
        """The name on the frame: ``ApiFunction #12``."""
        return f"{self.record.function} #{self.record.number}"


def compare(left: Side, right: Side) -> list[Line]:
    """Return figures, event, response and log of both. It takes time: call it in a thread."""
    return [
        *_figures(left.record, right.record),
        *_part("Event", left, right, lambda contents: contents.event, _json_lines),
        *_part("Response", left, right, lambda contents: contents.response, _json_lines),
        *_part("Log", left, right, lambda contents: contents.log, _log_lines),
    ]


_Lines = Callable[[bytes, InvocationRecord], list[str]]


def _figures(left: InvocationRecord, right: InvocationRecord) -> Iterator[Line]:
    yield Line("heading", "Figures")
    for name, figure in INVOCATION_FACTS.items():
        one, other = figure(left), figure(right)
        if one or other:
            kind: Kind = "same" if one == other else "changed"
            yield Line(kind, f"{name:<12} {one or '–'}", f"{name:<12} {other or '–'}")


def _part(
    title: str, left: Side, right: Side, kept_of: Callable[[Contents], Kept | None], lines: _Lines
) -> Iterator[Line]:
    yield Line("heading", title)
    texts: list[list[str]] = []
    for side in (left, right):
        kept = None if side.contents is None else kept_of(side.contents)
        if side.contents is None:
            yield Line("note", f"{side.name}: it is not kept any more")
        elif kept is not None and kept.is_cut:
            yield Line("note", f"{side.name}: {size(len(kept.content))} of {size(kept.size)}")
        found = [] if kept is None else lines(kept.content, side.record)
        if len(found) > MOST_LINES:
            yield Line("note", f"{side.name}: {MOST_LINES:,} of {len(found):,} lines")
        texts.append(found[:MOST_LINES])
    differences = list(_differences(*texts))
    if not differences:
        yield Line("note", "none")
    yield from differences


def _differences(left: list[str], right: list[str]) -> Iterator[Line]:
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    for kind, left_begin, left_end, right_begin, right_end in matcher.get_opcodes():
        ours, theirs = left[left_begin:left_end], right[right_begin:right_end]
        if kind == "equal":
            yield from (Line("same", one, one) for one in ours)
            continue
        both = min(len(ours), len(theirs))
        pairs = zip(ours[:both], theirs[:both], strict=True)
        yield from (Line("changed", one, other) for one, other in pairs)
        yield from (Line("left", one) for one in ours[both:])
        yield from (Line("right", right=one) for one in theirs[both:])


def _json_lines(content: bytes, _record: InvocationRecord) -> list[str]:
    """Return JSON with its keys in order, a value a line; other text as it is."""
    text = content.decode("utf-8", "replace")
    try:
        value = json.loads(text)
        text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    except (ValueError, RecursionError):
        pass
    return _safe_lines(text)


def _log_lines(content: bytes, record: InvocationRecord) -> list[str]:
    """Return the lines of a log, without the request id, in which any two would differ."""
    text = content.decode("utf-8", "replace")
    if record.request_id:
        text = text.replace(record.request_id, "…")
    return _safe_lines(text)


def _safe_lines(text: str) -> list[str]:
    return plain_text(text).expandtabs(4).rstrip("\n").split("\n") if text.strip() else []
