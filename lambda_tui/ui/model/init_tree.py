"""An Init phase as a tree of named parts of its time, for a waterfall."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from lambda_tui.engine import events
from lambda_tui.terminal_text import one_line, plain_text
from lambda_tui.ui.figures import milliseconds
from lambda_tui.ui.model.inits import SeenInit

LARGEST = 3
"""The parts with the most time of their own that are marked."""
ERROR_LINES = 200
"""Lines of an error that are shown."""
_NAME_LIMIT = 120
_SHORTEST_WAIT_MS = 1.0
"""Waiting for less is not worth a row."""
_LIBRARY = re.compile(r"^.*/(?:site-packages|dist-packages|lib/python3\.\d+)/")


class Part(StrEnum):
    """The kind of a part; the component class ``init--<kind>`` styles it."""

    PHASE = "phase"
    WAITING = "waiting"
    SANDBOX = "sandbox"
    EXTENSION = "extension"
    RUNTIME = "runtime"
    FUNCTION = "function"
    MODULE = "module"
    ERROR = "error"


@dataclass(slots=True)
class InitNode:
    """A part of the time of an Init phase, and the parts of it that are known."""

    key: tuple[object, ...]
    """Names it among all parts, also when the tree is made again."""
    part: Part
    label: str
    began_ms: float
    """From the beginning of the whole phase, the building of the sandbox included."""
    total_ms: float
    place: str = ""
    """The user's file and line that have led to it: ``app.py:3``."""
    note: str = ""
    has_failed: bool = False
    is_largest: bool = False
    """Whether it is one of those with the most time of their own."""
    is_earlier: bool = False
    """Whether it is a phase that was repeated."""
    children: list[InitNode] = field(default_factory=list)

    @property
    def own_ms(self) -> float:
        """The time that is not that of its children; a phase has none, as it only names them."""
        if self.part is Part.PHASE:
            return 0.0
        return max(self.total_ms - sum(one.total_ms for one in self.children), 0.0)

    @property
    def end_ms(self) -> float:
        """The time of its end, from the beginning of the whole phase."""
        return self.began_ms + self.total_ms

    def all(self) -> Iterator[InitNode]:
        """Yield it and everything below it."""
        yield self
        for one in self.children:
            yield from one.all()


def init_trees(phases: Sequence[SeenInit], code_directory: str) -> list[InitNode]:
    """Return a tree for each phase; ``code_directory`` is where the function's code lies here."""
    trees = [_phase(seen, code_directory) for seen in phases]
    for seen, tree in zip(phases[:-1], trees, strict=False):
        tree.is_earlier = not seen.is_snapshot
    return trees


def visible(
    trees: Iterable[InitNode], is_open: Callable[[InitNode], bool]
) -> list[tuple[int, InitNode]]:
    """Return the rows of trees, each with its depth, without what is below closed ones."""
    rows: list[tuple[int, InitNode]] = []

    def add(node: InitNode, depth: int) -> None:
        rows.append((depth, node))
        if node.children and is_open(node):
            for one in node.children:
                add(one, depth + 1)

    for tree in trees:
        add(tree, 0)
    return rows


def is_open_at_first(node: InitNode) -> bool:
    """Return whether a node is open before the user has said so.

    So are all but modules; of these the handler's own, and those that lead to one of the largest.
    """
    if node.part is not Part.MODULE or not node.place:
        return not node.is_earlier
    return any(one.is_largest for child in node.children for one in child.all())


def _phase(seen: SeenInit, code_directory: str) -> InitNode:
    profile = seen.profile
    before = 0.0 if profile is None else profile.waiting_ms + profile.sandbox_ms
    took = seen.duration_ms or 0.0
    key = (seen.environment, seen.began)
    root = InitNode(key, Part.PHASE, _title(seen), 0.0, before + took, note=_outcome(seen))
    root.has_failed = seen.status not in (None, "success")
    if profile is not None:
        root.children += _before(root, profile, seen)
        root.children += _extensions(root, profile, before)
    root.children += _sub_phases(root, seen, before, code_directory)
    _mark_largest(root)
    if root.has_failed:
        root.children += _error(root, seen)
    return root


def _title(seen: SeenInit) -> str:
    """Return the name of a phase, which the building of its sandbox is shown with."""
    if seen.is_restore:
        return "Restore"
    if seen.is_snapshot:
        return "Snapshot"
    return "Init, repeated in an invocation" if seen.phase == "invoke" else "Cold start"


def _outcome(seen: SeenInit) -> str:
    if seen.status is None:
        return "under way"
    if seen.status != "success":
        return f"{seen.status}: {seen.error_type or 'unknown'}"
    phase = "Restore" if seen.is_restore else "Init"
    return "" if seen.duration_ms is None else f"{phase} {milliseconds(seen.duration_ms)}"


def _before(root: InitNode, profile: events.InitProfile, seen: SeenInit) -> Iterator[InitNode]:
    """Yield what came before the first process."""
    if profile.waiting_ms >= _SHORTEST_WAIT_MS:
        label = "waiting for the snapshot" if seen.is_restore else "waiting for the interpreter"
        yield InitNode((*root.key, "waiting"), Part.WAITING, label, 0.0, profile.waiting_ms)
    if profile.sandbox_ms > 0:
        yield InitNode(
            (*root.key, "sandbox"),
            Part.SANDBOX,
            "sandbox",
            profile.waiting_ms,
            profile.sandbox_ms,
        )


def _extensions(root: InitNode, profile: events.InitProfile, before: float) -> Iterator[InitNode]:
    for one in profile.extensions:
        is_over = one.ready_ms is not None
        took = one.ready_ms if one.ready_ms is not None else (one.registered_ms or 0.0)
        note = "" if is_over else ("not ready" if one.registered_ms is not None else "unregistered")
        if one.registered_ms is not None:
            note = f"registered at {one.registered_ms:.1f} ms{', ' if note else ''}{note}"
        yield InitNode(
            (*root.key, "extension", one.name),
            Part.EXTENSION,
            f"extension {one_line(one.name, _NAME_LIMIT)}",
            before,
            took,
            note=note,
        )


_SUB_PHASES = {
    "extensionInit": None,
    "runtimeInit": (Part.RUNTIME, "runtime init"),
    "functionInit": (Part.FUNCTION, "function init"),
}
"""By AWS's names; the time until all extensions have registered is told by their own rows."""


def _sub_phases(
    root: InitNode, seen: SeenInit, before: float, code_directory: str
) -> Iterator[InitNode]:
    began = before
    if seen.is_restore and seen.duration_ms is not None:
        yield InitNode(
            (*root.key, "restore"),
            Part.RUNTIME,
            "fork of the snapshot, and hooks",
            before,
            seen.duration_ms,
        )
    for span in seen.spans:
        shown = _SUB_PHASES.get(span.name)
        if shown is not None:
            part, label = shown
            node = InitNode((*root.key, span.name), part, label, began, span.duration_ms)
            yield node
            if part is Part.FUNCTION and seen.profile is not None:
                yield from _waiting_for_extensions(node, seen.profile, before)
                _add_modules(node, seen.profile.modules, code_directory)
            if part is Part.FUNCTION and not node.children:
                # Not of Python, behind a proxy, ended in the middle of it, or long ago.
                node.note = "modules are not known"
        began += span.duration_ms


def _waiting_for_extensions(
    function: InitNode, profile: events.InitProfile, before: float
) -> Iterator[InitNode]:
    """End the function's part where the runtime was ready, and yield the rest."""
    if profile.ready_ms is None or not profile.extensions:
        return
    ready = before + profile.ready_ms
    rest = function.end_ms - ready
    if rest >= _SHORTEST_WAIT_MS:
        function.total_ms -= rest
        key = (*function.key[:-1], "extensions")
        yield InitNode(key, Part.WAITING, "waiting for extensions", ready, rest)


def _add_modules(
    parent: InitNode, modules: Sequence[events.ImportedModule], code_directory: str
) -> None:
    """Add the modules, which come in the order of their time, below the function's part."""
    around = [parent]
    for number, module in enumerate(modules):
        # A function may have sent them itself: a depth says no more than how far to go back.
        del around[module.depth + 1 :]
        above = around[-1]
        line = f":{module.line}" if module.line else ""
        error = f": {module.error_type}" if module.error_type else ""
        node = InitNode(
            (*parent.key, number),
            Part.MODULE,
            one_line(f"{module.name}{error}", _NAME_LIMIT),
            parent.began_ms + module.began_ms,
            module.duration_ms,
            place=f"{short_path(module.file, code_directory)}{line}",
            has_failed=bool(module.error_type),
        )
        above.children.append(node)
        around.append(node)


def _mark_largest(root: InitNode) -> None:
    known = [node for node in root.all() if node.part not in (Part.PHASE, Part.WAITING)]
    known.sort(key=lambda node: -node.own_ms)
    for node in known[:LARGEST]:
        # A part that is lost in the whole is not worth a mark.
        node.is_largest = node.own_ms >= root.total_ms * 0.02


def _error(root: InitNode, seen: SeenInit) -> Iterator[InitNode]:
    lines = plain_text(seen.error.replace("\u00a0", " ")).split("\n") if seen.error else []
    for number, line in enumerate(lines[:ERROR_LINES]):
        yield InitNode((*root.key, "error", number), Part.ERROR, line.rstrip(), 0.0, 0.0)


def short_path(file: str, code_directory: str) -> str:
    """Return a path as its user thinks of it: from the code, or from the library that has it."""
    for root in ("/var/task", code_directory):
        if root and file.startswith(f"{root}/"):
            return one_line(file[len(root) + 1 :])
    return one_line(_LIBRARY.sub("", file))
