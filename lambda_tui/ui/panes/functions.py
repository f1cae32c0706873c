"""Pane 1: the project's functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import ClassVar

from rich.text import Text

from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.pool import Pool
from lambda_tui.project.function import Function
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.glyphs import STATE_CLASSES, STATE_GLYPHS
from lambda_tui.ui.terminal_text import fitted
from lambda_tui.ui.widgets import Pane, RowList

_GLYPHS = 4
"""Environments up to which each has a glyph of its own; if there are more, states are counted."""
_ORDER = tuple(State)


class FunctionsPane(RowList[Pool], Pane):
    """A row for each function: its name, and the states of its environments."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*STATE_CLASSES.values(), "row--problem"}
    BORDER_TITLE = "1 Functions"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.chosen_qualifiers: dict[str, str] = {}
        """The aliases or versions that the user invokes, by the functions' names."""

    def qualifier(self, function: Function) -> str | None:
        """Return the alias or version that is invoked: the chosen one, else as SAM has it."""
        chosen = self.chosen_qualifiers.get(function.name)
        # A project that was read again may have lost it.
        is_there = chosen is not None and function.resolve(chosen) is not None
        return chosen if is_there else function.event_qualifier

    @property
    def item_text(self) -> str | None:
        """The ARN of the chosen function."""
        return self.highlighted.function.arn if self.highlighted is not None else None

    def key(self, item: Pool) -> Hashable:
        """Return the function's name."""
        return item.function.name

    def row(self, item: Pool, width: int) -> Text:
        """Return ``name   ❅❅►``; where room is short, the name is cut first."""
        marks = self._marks(item)
        marks.truncate(width // 2, overflow="ellipsis")
        room = width - marks.cell_len - 2
        qualifier = self.qualifier(item.function)
        name = one_line(f"{item.function.name}:{qualifier}" if qualifier else item.function.name)
        return Text.assemble(f" {fitted(name, room)}", marks, " ")

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
