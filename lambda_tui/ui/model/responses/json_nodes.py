"""JSON of any size as a tree that is read level by level, with numbers exactly as they are written.

Only what is opened is decoded. Strings that are JSON themselves, such as the body of a message, can
be opened too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cached_property

import msgspec

JsonPath = tuple[str | int, ...]
"""Keys and indices from the root down to a value."""

STEP = 500
"""Members that are shown of an opened value at first, and as many more on request."""
OPENED_AT_FIRST = 400
"""Rows up to which values are open from the beginning."""

BEFORE, AFTER = "\0before", "\0after"
"""The last part of the path of a row that stands for members that are not shown."""

_MOST_ROWS = 20_000
_SAMPLE = 200
"""Characters of a string that are shown in its row."""
_LONG = 60
"""Characters of a string from which on it can be opened to be read whole."""
_PIECE = 2_000
_DEPTH = 200
"""Levels down to which values are searched, and opened all at once."""
_FOUND = 1_000
"""Matches of a search that are kept."""


class JsonNode:
    """One value, with its members once they are asked for."""

    def __init__(self, raw: msgspec.Raw, path: JsonPath = ()) -> None:
        self.path = path
        self.raw = memoryview(raw)
        """The text of the value, in UTF-8."""

    @classmethod
    def root(cls, payload: bytes) -> JsonNode | None:
        """Return the whole value; None when the payload is no JSON. This scans all of it once."""
        try:
            raw = msgspec.json.decode(payload, type=msgspec.Raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return cls(raw)

    @property
    def kind(self) -> str:
        """``object``, ``array``, ``string``, ``number`` or ``literal``."""
        first = self.raw[:1].tobytes()
        kinds = {b"{": "object", b"[": "array", b'"': "string"}
        return kinds.get(first) or ("number" if first in b"-0123456789" else "literal")

    @property
    def label(self) -> str | int | None:
        """The key or the index of the value; None for the root."""
        return self.path[-1] if self.path else None

    @cached_property
    def text(self) -> str:
        """The string, or the text of a number or a literal."""
        if self.kind == "string":
            try:
                return str(msgspec.json.decode(self.raw, type=str))
            except (msgspec.DecodeError, UnicodeDecodeError):
                pass
        return self.raw.tobytes().decode("utf-8", "replace")

    @property
    def sample(self) -> str:
        """The beginning of the value's text, as JSON writes it."""
        if self.kind != "string" or len(self.raw) <= _SAMPLE:
            return self.raw[: _SAMPLE * 4].tobytes().decode("utf-8", "replace")
        return self.raw[: _SAMPLE * 4].tobytes().decode("utf-8", "ignore")[:_SAMPLE] + "…"

    @cached_property
    def inner(self) -> JsonNode | None:
        """The object or array that a string consists of, if it does."""
        if self.kind != "string" or self.raw[1:2].tobytes() not in (b"{", b"["):
            return None
        return JsonNode.root(self.text.encode("utf-8", "surrogatepass"))

    @property
    def can_open(self) -> bool:
        """Whether it has members, or is too long for a row."""
        if self.kind in ("object", "array"):
            return bool(self.members)
        return self.kind == "string" and len(self.raw) > _LONG

    @cached_property
    def members(self) -> list[tuple[str | int, msgspec.Raw]]:
        """The values inside with their keys or indices, not decoded any further."""
        try:
            if self.kind == "object":
                found = msgspec.json.decode(self.raw, type=dict[str, msgspec.Raw])
                return list(found.items())
            if self.kind == "array":
                values = msgspec.json.decode(self.raw, type=list[msgspec.Raw])
                return list(enumerate(values))
        except (msgspec.DecodeError, UnicodeDecodeError):
            # A key that is no Unicode: the value is shown as it is written.
            return []
        return self.inner.members if self.inner is not None else []

    def children(self, limit: int, first: int = 0) -> Iterator[JsonNode]:
        """Yield members from the ``first`` on as nodes, at most as many as the limit."""
        for label, raw in self.members[first : first + limit]:
            yield JsonNode(raw, (*self.path, label))

    def pieces(self) -> list[str]:
        """Return a string line by line, and longer lines in pieces."""
        return [
            line[start : start + _PIECE]
            for line in self.text.split("\n")
            for start in range(0, max(len(line), 1), _PIECE)
        ]


class JsonRow(msgspec.Struct, frozen=True):
    """A row of the tree: a value, a piece of an opened string, or how many are not shown."""

    path: JsonPath
    depth: int
    node: JsonNode | None = None
    is_open: bool = False
    piece: str = ""
    more: int = 0
    """The number of members that are not shown, in their place."""


class JsonTree:
    """A value, which parts of it are open, and the rows that show them."""

    def __init__(self, root: JsonNode) -> None:
        self.root = root
        self._open: set[JsonPath] = set()
        self._first: dict[JsonPath, int] = {}
        """The first member that is shown, where others stand before it."""
        self._shown: dict[JsonPath, int] = {}
        self._nodes: dict[JsonPath, JsonNode] = {}
        """The nodes that were shown, with their members once decoded."""
        self._open_what_fits()

    def rows(self) -> list[JsonRow]:
        """Return the rows of what is open."""
        rows: list[JsonRow] = []
        self._add(rows, self.root, 0)
        return rows

    def toggle(self, path: JsonPath) -> None:
        """Open a value, or fold it."""
        self._open ^= {path}

    def show_more(self, path: JsonPath, *, before: bool = False) -> None:
        """Show as many members of a value again, after those that are shown or before."""
        first, shown = self._first.get(path, 0), self._shown.get(path, STEP)
        if before:
            self._first[path] = max(first - STEP, 0)
            shown += first - self._first[path]
        else:
            shown += STEP
        self._shown[path] = shown

    def fold_all(self) -> None:
        """Fold everything but the root."""
        self._open = {()}

    def open_all(self) -> None:
        """Open everything, as far as it can be shown."""
        self._open_what_fits(_MOST_ROWS)

    def reveal(self, path: JsonPath) -> None:
        """Open whatever a value is in, and show it."""
        node = self.root
        for depth, label in enumerate(path):
            here = path[:depth]
            self._open.add(here)
            labels = [member for member, _ in node.members]
            if label not in labels:
                return
            index = labels.index(label)
            first = self._first.get(here, 0)
            if not first <= index < first + self._shown.get(here, STEP):
                self._first[here] = index - index % STEP
                self._shown[here] = STEP
            node = JsonNode(node.members[index][1], (*here, label))

    def _open_what_fits(self, limit: int = OPENED_AT_FIRST) -> None:
        """Open level by level as much as makes no more rows than the limit."""
        level = [self.root]
        rows = 1
        while level and len(level[0].path) < _DEPTH:
            below: list[JsonNode] = []
            for node in level:
                if node.kind not in ("object", "array"):
                    continue
                count = min(len(node.members), STEP)
                if rows + count > limit:
                    # A single long list is opened all the same, as there is nothing else to see.
                    if not node.path:
                        self._open.add(())
                    return
                rows += count
                self._open.add(node.path)
                below += node.children(STEP)
            level = below

    def _add(self, rows: list[JsonRow], node: JsonNode, depth: int) -> None:
        is_open = node.path in self._open and node.can_open
        rows.append(JsonRow(node.path, depth, node, is_open))
        if not is_open or len(rows) > _MOST_ROWS:
            return
        first, limit = self._first.get(node.path, 0), self._shown.get(node.path, STEP)
        if first:
            rows.append(JsonRow((*node.path, BEFORE), depth + 1, more=first))
        if node.kind == "string" and node.inner is None:
            pieces = node.pieces()
            for number, piece in enumerate(pieces[:limit]):
                path = (*node.path, number)
                rows.append(JsonRow(path, depth + 1, piece=piece))
            left = len(pieces) - limit
        else:
            for child in node.children(limit, first):
                self._add(rows, self._nodes.setdefault(child.path, child), depth + 1)
            left = len(node.members) - limit - first
        if left > 0:
            rows.append(JsonRow((*node.path, AFTER), depth + 1, more=left))


def find(root: JsonNode, needle: str) -> list[JsonPath]:
    """Return the paths of values that contain the text, or whose key does; call it in a thread.

    Upper and lower case are the same. What does not contain the text is not decoded.
    """
    # Characters beyond ASCII may be written as they are, or escaped.
    forms = {json.dumps(needle, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False)}
    joined = b"|".join(re.escape(form.encode("utf-8", "replace")) for form in forms)
    pattern = re.compile(joined, re.IGNORECASE)
    found: list[JsonPath] = []
    _find(root, pattern, needle.casefold(), found)
    return found


def _find(node: JsonNode, pattern: re.Pattern[bytes], needle: str, found: list[JsonPath]) -> None:
    for label, raw in node.members:
        if len(found) == _FOUND:
            return
        is_key = isinstance(label, str) and needle in label.casefold()
        is_inside = pattern.search(raw) is not None
        if not is_key and not is_inside:
            continue
        child = JsonNode(raw, (*node.path, label))
        if child.kind in ("object", "array"):
            if is_key:
                found.append(child.path)
            if is_inside and len(child.path) < _DEPTH:
                _find(child, pattern, needle, found)
        elif is_key or (is_inside and needle in child.text.casefold()):
            found.append(child.path)
