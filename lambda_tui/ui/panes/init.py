"""The tab Init: where the time went in the Init of the environment that served an invocation."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.actions import SkipAction
from textual.binding import BindingType

from lambda_tui.history import InvocationRecord
from lambda_tui.ui.bindings import PANE_BINDINGS
from lambda_tui.ui.figures import milliseconds
from lambda_tui.ui.model import Inits, Selected
from lambda_tui.ui.model.init_tree import (
    InitNode,
    Part,
    init_trees,
    is_open_at_first,
    visible,
)
from lambda_tui.ui.model.inits import SeenInit
from lambda_tui.ui.terminal_text import ending, fitted
from lambda_tui.ui.widgets import Pane, RowList
from lambda_tui.ui.widgets.waterfall import bar

_NARROW = 60
"""Cells up to which there is no room for the lines of code."""
_WIDE = 100
"""Cells from which on each level is indented by two of them."""
_NOTHING = "No environment, no Init: i invokes the function, which makes one."


@dataclass(frozen=True, slots=True)
class _Row:
    depth: int
    node: InitNode


@dataclass(frozen=True, slots=True)
class _Columns:
    """The widths of the columns: those of figures are as wide as their largest value."""

    width: int
    indent: str
    """The indent of one level."""
    name: int
    bar: int
    total: int
    own: int
    place: int


def _columns(rows: Sequence[_Row], width: int) -> _Columns:
    nodes = [row.node for row in rows if row.node.part is not Part.ERROR]
    indent = "  " if width >= _WIDE else " "
    total = max([len("total"), *(len(_figure(node.total_ms)) for node in nodes)])
    own = max([len("own ms"), *(len(_figure(node.own_ms)) + 1 for node in nodes)])
    left = max(width - total - own - 4, 0)
    places = max((cell_len(node.place or node.note) for node in nodes), default=0)
    place = min(places, left // 4 if width < _WIDE else left // 3) if width > _NARROW else 0
    names = max(
        (
            len(indent) * row.depth + 4 + cell_len(row.node.label)
            for row in rows
            if row.node.part is not Part.ERROR
        ),
        default=0,
    )
    name = min(names, (left - place) * 3 // 5)
    return _Columns(width, indent, name, max(left - place - name, 0), total, own, place)


class InitPane(RowList[_Row], Pane):
    """A waterfall: each part of the time with its bar on one scale, its total and its own time."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"init--{part}" for part in Part),
        "init--largest",
        "init--failed",
    }
    BINDINGS: ClassVar[list[BindingType]] = [*PANE_BINDINGS["Init"]]
    HEADINGS = 1

    def __init__(self, inits: Inits, *, id: str) -> None:
        super().__init__(id=id)
        self._inits = inits
        self.trees: list[InitNode] = []
        self._unfolded: dict[Hashable, bool] = {}
        """Whether the user has folded or unfolded a node, by its key."""
        self._shown: tuple[object, ...] | None = None
        self._scale = 0.0
        self._columns: _Columns | None = None
        """The columns of the rows that are shown; None until these are drawn."""
        self._subtitle = ""

    # The rows ------------------------------------------------------------------------------------

    def show(self, selected: Selected) -> None:
        """Show the Init of the environment that serves or served the selected invocation."""
        if not self.display:
            return
        record, environment = selected.record, selected.environment
        code_directory = str(selected.pool.function.code_directory)
        if record is not None:
            phases = self._inits.before(record) or (selected.kept.phases if selected.kept else ())
            key = record.session, record.number, record.status, record.environment_id, len(phases)
            self._show((*key, self._inits.changes), phases, code_directory, _served(record, phases))
        elif environment is not None:
            phases = self._inits.of(environment.id)
            subtitle = f"env {environment.number}, which has served nobody yet"
            self._show((environment.id, self._inits.changes), phases, code_directory, subtitle)
        else:
            self._show((selected.pool.function.name,), (), code_directory, _NOTHING)

    @property
    def item_text(self) -> str | None:
        """The row under the cursor, with its times."""
        row = self.highlighted
        return None if row is None else _plain(row)

    @property
    def whole_text(self) -> str:
        """All rows that are shown, with their times."""
        return "\n".join(map(_plain, self.items))

    def _show(
        self,
        key: tuple[object, ...],
        phases: Sequence[SeenInit],
        code_directory: str,
        subtitle: str,
    ) -> None:
        if key == self._shown:
            return
        self._shown = key
        self.trees = init_trees(phases, code_directory)
        self._scale = max((tree.end_ms for tree in self.trees), default=0.0)
        self._subtitle = subtitle
        self.write_frame(subtitle=f"m goes to the largest ● · {subtitle}" if self.trees else "")
        self._show_rows()

    def _show_rows(self) -> None:
        rows = [_Row(depth, node) for depth, node in visible(self.trees, self._is_open)]
        self._columns = None
        self.show_items(rows)

    def _is_open(self, node: InitNode) -> bool:
        chosen = self._unfolded.get(node.key)
        return is_open_at_first(node) if chosen is None else chosen

    # Drawing -------------------------------------------------------------------------------------

    def key(self, item: _Row) -> Hashable:
        """Return the key of the row's node."""
        return item.node.key

    def heading(self, width: int) -> Text:
        """Return the names of the columns; without a row, why there is none."""
        if not self.items:
            return Text(fitted(self._subtitle, width))
        columns = self._columns_of(width)
        scale = f"0 … {milliseconds(self._scale)}"
        cells = (
            fitted("", columns.name),
            fitted(scale if len(scale) <= columns.bar else "", columns.bar),
            "total".rjust(columns.total),
            "own ms".rjust(columns.own),
            fitted("by", columns.place) if columns.place else "",
        )
        return Text(fitted(" ".join(cells), width))

    def row(self, item: _Row, width: int) -> Text:
        """Return the name, the bar, the times and the line of code."""
        node, columns = item.node, self._columns_of(width)
        indent = columns.indent * item.depth
        if node.part is Part.ERROR:
            return Text.assemble(
                (fitted(f"{indent}{node.label}", width), self.style_of("init--failed"))
            )
        fold = ("▾ " if self._is_open(node) else "▸ ") if node.children else "  "
        sign = "✗ " if node.has_failed else ""
        style = self.style_of("init--failed" if node.has_failed else f"init--{node.part}")
        is_phase = node.part is Part.PHASE
        whole = (node.began_ms, node.end_ms)
        others = [whole] if is_phase else [(one.began_ms, one.end_ms) for one in node.children]
        own = "" if is_phase else _figure(node.own_ms)
        own_style = self.style_of("init--largest" if node.is_largest else "row--dim")
        return Text.assemble(
            (fitted(f"{indent}{fold}{sign}{node.label}", columns.name), style),
            " ",
            (bar(whole, others, self._scale, columns.bar), style),
            " ",
            _figure(node.total_ms).rjust(columns.total),
            " ",
            (f"{'●' if node.is_largest else ''}{own}".rjust(columns.own), own_style),
            " ",
            (ending(node.place or node.note, columns.place), self.style_of("row--dim")),
        )

    def _columns_of(self, width: int) -> _Columns:
        """Return the columns of the rows that are shown, for a width."""
        if self._columns is None or self._columns.width != width:
            self._columns = _columns(self.items, width)
        return self._columns

    # Actions -------------------------------------------------------------------------------------

    def action_choose(self) -> None:
        """Fold or unfold what is under the cursor."""
        if (row := self.highlighted) is not None and row.node.children:
            self._unfold(row.node, not self._is_open(row.node))

    def action_fold(self) -> None:
        """Fold what is under the cursor, or go to what is around it."""
        row = self.highlighted
        if row is not None and row.node.children and self._is_open(row.node):
            self._unfold(row.node, False)
            return
        above = [] if row is None else self.items[: self.items.index(row)]
        around = next((one for one in reversed(above) if row and one.depth < row.depth), None)
        if around is None:
            # The screen's own: it goes to the pane before.
            raise SkipAction
        self.highlight(around.node.key)

    def action_unfold(self) -> None:
        """Unfold what is under the cursor."""
        row = self.highlighted
        if row is None or not row.node.children or self._is_open(row.node):
            raise SkipAction
        self._unfold(row.node, True)

    def action_largest(self) -> None:
        """Go to the next of those with the most time of their own, and unfold what is around it."""
        marked = [path for tree in self.trees for path in _paths(tree) if path[-1].is_largest]
        if not marked:
            return
        marked.sort(key=lambda path: -path[-1].own_ms)
        here = None if self.highlighted is None else self.highlighted.node.key
        keys = [path[-1].key for path in marked]
        path = marked[(keys.index(here) + 1) % len(marked) if here in keys else 0]
        for node in path[:-1]:
            self._unfolded[node.key] = True
        self._show_rows()
        self.highlight(path[-1].key)

    def _unfold(self, node: InitNode, is_open: bool) -> None:
        self._unfolded[node.key] = is_open
        self._show_rows()


def _paths(node: InitNode, above: tuple[InitNode, ...] = ()) -> list[tuple[InitNode, ...]]:
    """Return the way from the top to each node."""
    path = (*above, node)
    return [path, *(found for one in node.children for found in _paths(one, path))]


def _figure(value: float) -> str:
    """Return milliseconds without their unit, with a decimal below 100."""
    return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def _plain(row: _Row) -> str:
    node = row.node
    indent = "  " * row.depth
    if node.part is Part.ERROR:
        return f"{indent}{node.label}"
    own = "" if node.part is Part.PHASE else f", {_figure(node.own_ms)} ms its own"
    aside = " · ".join(one for one in (f"by {node.place}" if node.place else "", node.note) if one)
    return f"{indent}{node.label}: {_figure(node.total_ms)} ms{own}{' · ' if aside else ''}{aside}"


def _served(record: InvocationRecord, phases: Sequence[SeenInit]) -> str:
    """Return what an invocation has to do with the phases that are shown, or why none is."""
    if not phases:
        if not record.environment_id:
            return f"#{record.number} has no environment yet."
        if record.is_over and not record.is_cold:
            return f"#{record.number} was warm, and its environment's Init is not kept any more."
        known = "" if record.init_ms is None else f" It took {milliseconds(record.init_ms)}."
        return f"The Init before #{record.number} is not kept any more.{known}"
    if record.is_cold:
        return f"env {record.environment}, cold for #{record.number}"
    return f"env {record.environment}, which served #{record.number} warm"
