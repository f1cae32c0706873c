"""A response, what it can be shown as, and the rows of each of these views."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from msgspec import Struct
from rich.cells import chop_cells

from lambda_tui.engine.invocation import Part
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.figures import milliseconds, size
from lambda_tui.ui.model.responses import (
    ErrorAnswer,
    HttpAnswer,
    JsonNode,
    JsonRow,
    JsonTree,
    error_answer,
    http_answer,
    is_users,
)
from lambda_tui.ui.panes.file_kinds import kind_of_file

SHOWN = 256_000
"""Bytes of a response that are shown as they are; all of it can be copied."""

_BINARY = 8_192
"""Bytes that are shown in hexadecimal."""
_PARTS = 500
"""Parts of a stream that are shown, the newest."""
_LINE = 20_000
"""Characters of one line that are shown."""


class Line(Struct, frozen=True):
    """A row of text in pieces, each with the name of the component class that styles it."""

    key: Hashable
    pieces: tuple[tuple[str, str], ...]
    frame: str = ""
    """The line of a stack that it belongs to, which may name a file and a line."""


Row = Line | JsonRow


@dataclass(frozen=True, slots=True)
class Reading:
    """A payload, and the forms in which it can be shown."""

    payload: bytes
    error: ErrorAnswer | None = None
    http: HttpAnswer | None = None
    tree: JsonTree | None = None
    """The payload as JSON; None when it is none, or not even an object or a list."""
    body: JsonTree | None = None
    """The body of an HTTP response as JSON."""
    parts: Sequence[Part] = ()
    """The parts of a streamed response."""
    started: float = 0.0
    """Seconds since the epoch at which the invocation began, for the times of its parts."""

    @classmethod
    def of(
        cls,
        payload: bytes,
        *,
        has_failed: bool,
        content_type: str = "",
        parts: Sequence[Part] = (),
        started: float = 0.0,
    ) -> Reading:
        """Read a payload; call it in a thread when it is large."""
        root = JsonNode.root(payload)
        http = None if has_failed else http_answer(payload, content_type)
        body = JsonNode.root(http.body) if http is not None else None
        return cls(
            payload,
            error_answer(payload) if has_failed else None,
            http,
            JsonTree(root) if root is not None else None,
            JsonTree(body) if body is not None and body.can_open else None,
            parts,
            started,
        )

    @property
    def views(self) -> tuple[str, ...]:
        """The names of the views that make sense, the best first."""
        found = {
            "error": self.error is not None,
            "HTTP": self.http is not None,
            "JSON": self.tree is not None,
            "parts": bool(self.parts),
            "raw": True,
        }
        return tuple(name for name, is_there in found.items() if is_there)

    def rows(self, view: str, width: int) -> list[Row]:
        """Return the rows of a view, in which text is folded to the width."""
        width = max(width, 10)
        if view == "error" and self.error is not None:
            return list(_error_rows(self.error, width))
        if view == "HTTP" and self.http is not None:
            return [*_http_rows(self.http, width, has_tree=self.body is not None), *self._body()]
        if view == "JSON" and self.tree is not None:
            return [*self.tree.rows()]
        if view == "parts":
            return list(_part_rows(self, width))
        return list(_text_rows(self.payload, width, "raw"))

    def tree_of(self, view: str) -> JsonTree | None:
        """Return the tree whose rows a view shows."""
        return {"JSON": self.tree, "HTTP": self.body}.get(view)

    def _body(self) -> list[JsonRow]:
        return [] if self.body is None else self.body.rows()


def _error_rows(error: ErrorAnswer, width: int, above: int = 0) -> Iterator[Row]:
    """Yield type and message, the stack, and below it the error that was the cause."""
    key = f"error {above}"
    heading = "caused by " if above else ""
    for number, piece in enumerate(_folded(f"✗ {heading}{error.type}", width)):
        yield Line((key, "type", number), ((piece, "response--error"),))
    for number, line in enumerate(error.message.split("\n") if error.message else []):
        for part, piece in enumerate(_folded(line, width)):
            yield Line((key, "message", number, part), ((piece, "response--text"),))
    if error.frames:
        yield Line((key, "gap"), ())
    frame, is_ours = "", True
    for number, line in enumerate(error.frames):
        # Python's frames have a second line, the source, which belongs to the first.
        if line.lstrip().startswith(("File ", "at ")) or not frame:
            frame, is_ours = line, is_users(line)
        style = "response--text" if is_ours else "response--dim"
        for part, piece in enumerate(_folded(line, width)):
            yield Line((key, "frame", number, part), ((piece, style),), frame)
    if error.cause is not None:
        yield Line((key, "below"), ())
        yield from _error_rows(error.cause, width, above + 1)


def _http_rows(http: HttpAnswer, width: int, *, has_tree: bool) -> Iterator[Row]:
    """Yield warnings, the status, the headers, and the body unless its tree follows."""
    for number, warning in enumerate(http.warnings):
        for part, piece in enumerate(wrap(f"▲ {one_line(warning)}", width)):
            yield Line(("warning", number, part), ((piece, "response--warning"),))
    yield Line("status", ((f"HTTP {http.status_line}", _status_class(http.status)),))
    names = max((len(name) for name, _ in http.headers), default=0)
    indent = min(names, width // 3) + 2
    for number, (name, value) in enumerate(http.headers):
        label = one_line(name)
        for part, piece in enumerate(_folded(value, max(width - max(indent, len(label) + 2), 10))):
            shown = f"{label}: ".ljust(indent) if not part else " " * indent
            yield Line(
                ("header", number, part), ((shown, "response--key"), (piece, "response--text"))
            )
    note = f"body · {size(len(http.body))}" if http.body else "no body"
    kind = kind_of_file(http.body)
    yield Line("body", ((f"── {note}{f' · {kind}' if kind else ''}", "response--dim"),))
    if not has_tree:
        yield from _text_rows(http.body, width, "body")


def _status_class(status: int | None) -> str:
    if status is None or status >= 500:
        return "response--error"
    if status >= 400:
        return "response--warning"
    return "response--good" if status < 300 else "response--key"


def _part_rows(reading: Reading, width: int) -> Iterator[Row]:
    """Yield the parts of a stream, each with the time since the invocation began."""
    first = max(len(reading.parts) - _PARTS, 0)
    start, shown = (reading.parts[first - 1].end if first else 0), 0
    if first:
        yield Line("earlier", ((f"… {first:,} earlier parts", "response--dim"),))
    for number, part in enumerate(reading.parts[first:], first):
        wait = milliseconds(max(part.at - reading.started, 0.0) * 1000)
        clock = time.strftime("%H:%M:%S", time.localtime(part.at))
        head = f"{number + 1:>4}  +{wait:<9} {size(part.end - start):>9}  {clock}"
        yield Line(("part", number), ((head, "response--key"),))
        content = reading.payload[start : part.end]
        start = part.end
        if shown < SHOWN:
            shown += len(content)
            yield from _text_rows(content, width, f"part {number}", "  ")


def _text_rows(data: bytes, width: int, key: str, indent: str = "") -> Iterator[Row]:
    """Yield text line by line, folded, or bytes in hexadecimal."""
    head = data[:4096]
    if b"\0" in head or head.decode("utf-8", "replace").count("\ufffd") * 10 > len(head):
        yield from _hexadecimal(data, key, indent)
        return
    text = data[:SHOWN].decode("utf-8", "replace").removesuffix("\n")
    for number, line in enumerate(text.split("\n") if text else []):
        for part, piece in enumerate(_folded(line, width - len(indent))):
            yield Line((key, number, part), ((f"{indent}{piece}", "response--text"),))
    if len(data) > SHOWN:
        note = f"… the first {size(SHOWN)} of {size(len(data))}; Y copies everything"
        yield Line((key, "cut"), ((note, "response--warning"),))


def _hexadecimal(data: bytes, key: str, indent: str) -> Iterator[Row]:
    for offset in range(0, min(len(data), _BINARY), 16):
        row = data[offset : offset + 16]
        text = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in row)
        line = f"{indent}{offset:06x}  {row.hex(' '):47}  {text}"
        yield Line((key, "bytes", offset), ((line, "response--text"),))
    if len(data) > _BINARY:
        note = f"… the first {size(_BINARY)} of {size(len(data))}"
        yield Line((key, "cut"), ((note, "response--warning"),))


def _folded(line: str, width: int) -> list[str]:
    """Return a line in pieces that fit, safe for the terminal."""
    return chop_cells(one_line(line.expandtabs(4), _LINE), max(width, 1)) or [""]
