"""Pane 1: the project's functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text

from lambda_tui.engine.lifecycle import State
from lambda_tui.ui.facts import safe
from lambda_tui.ui.states import STATE_CLASSES, STATE_GLYPHS
from lambda_tui.ui.widgets.row_list import RowList

if TYPE_CHECKING:
    from lambda_tui.engine.pool import Pool


_GLYPHS = 4
"""Environments up to which each has a glyph of its own; more are counted by state."""
_ORDER = tuple(State)


class Functions(RowList["Pool"]):
    """One row per function: its name, and a glyph for each of its environments."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*STATE_CLASSES.values(), "row--problem"}
    BORDER_TITLE = "1 Functions"

    def key(self, item: Pool) -> Hashable:
        """Functions are known by their names."""
        return item.function.name

    def row(self, item: Pool, width: int) -> Text:
        """``name   ❅❅►``, the name cut first."""
        marks = self._marks(item)
        marks.truncate(width // 2, overflow="ellipsis")
        room = width - len(marks.plain) - 2
        name = safe(item.function.name)
        name = name if len(name) <= room else name[: room - 1] + "…"
        return Text.assemble(f" {name:<{room}}", marks, " ")

    def _marks(self, pool: Pool) -> Text:
        if pool.problem:
            return Text("✗", self.style_of("row--problem"))
        marks = Text()
        states = Counter(environment.state for environment in pool.environments)
        counted = states.total() > _GLYPHS
        for state, count in sorted(states.items(), key=lambda each: _ORDER.index(each[0])):
            text = f" {STATE_GLYPHS[state]}{count}" if counted else STATE_GLYPHS[state] * count
            marks.append(text, self.style_of(STATE_CLASSES[state]))
        return marks
