"""The list of one-line rows with a cursor that shows functions, environments and files."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip

from lambda_tui.ui.bindings import PANE_BINDINGS
from lambda_tui.ui.terminal_text import fitted
from lambda_tui.ui.widgets.line_widget import ScrollingLines, text_strip

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Group:
    """A line between items that belong together, which the cursor passes over."""

    first: int
    """The index of the item below it; the number of items for one at the end."""
    text: str


class _Lines:
    """The lines of a list: its items, and the groups between them."""

    def __init__(self, items: int, groups: Sequence[Group]) -> None:
        self.groups: dict[int, Group] = {}
        """The groups by their lines."""
        self._of_items: Sequence[int] = range(items)
        self._items: Mapping[int, int] | None = None
        if groups:
            lines: list[int] = []
            for group in groups:
                lines += range(len(lines) + len(self.groups), group.first + len(self.groups))
                self.groups[len(lines) + len(self.groups)] = group
            lines += range(len(lines) + len(self.groups), items + len(self.groups))
            self._of_items = lines
            self._items = {line: index for index, line in enumerate(lines)}

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self._of_items) + len(self.groups)

    def of_item(self, index: int) -> int:
        """Return the line of an item."""
        return self._of_items[index]

    def item_at(self, line: int) -> int | None:
        """Return the index of the item on a line; None on a group's, and beyond the end."""
        if self._items is not None:
            return self._items.get(line)
        return line if line < len(self._of_items) else None


class RowList(ScrollingLines, Generic[Item], can_focus=True):
    """A row for each item; the cursor stays with its item when items come and go."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row--cursor", "row--head", "row--dim"}
    BINDINGS: ClassVar[list[BindingType]] = [*PANE_BINDINGS["a list"]]
    HEADINGS = 0
    """The number of rows above the items, which do not scroll."""
    FOOTINGS = 0
    """The number of rows below them, at the bottom of the list, which do not scroll."""

    highlighted_key: var[Hashable] = var(None, init=False)
    """The key of the item under the cursor; None in an empty list.

    Whoever has to know watches this. A message would come behind keys that are typed right after
    the one that moves the cursor, which would then still concern the item before.
    """

    @dataclass
    class Chosen(Message):
        """Posted when enter was pressed on an item, or the item was clicked."""

        rows: RowList[Any]
        item: Any

        @property
        def control(self) -> RowList[Any]:
            """The list, which ``@on`` selects by."""
            return self.rows

    def __init__(self, *, id: str, classes: str = "") -> None:
        super().__init__(id=id, classes=classes)
        self.items: Sequence[Item] = ()
        self._lines = _Lines(0, ())
        self._cursor = 0
        self._rendered: dict[int, tuple[Text, Style]] = {}
        """The lines as they were last rendered, so that only what has changed is painted."""

    def key(self, item: Item) -> Hashable:
        """Return the item's identity: two items with the same key are the same row."""
        raise NotImplementedError

    def row(self, item: Item, width: int) -> Text:
        """Return the row of an item, at most ``width`` cells wide."""
        raise NotImplementedError

    def heading(self, width: int) -> Text:
        """Return the first row above the items."""
        return Text()

    def heading_at(self, y: int, width: int) -> Text:
        """Return one of the rows above the items."""
        return self.heading(width)

    def footing(self, width: int) -> Text:
        """Return the row at the bottom of the list."""
        return Text()

    @property
    def headings(self) -> int:
        """The number of rows above the items at the present size."""
        return self.HEADINGS

    @property
    def footings(self) -> int:
        """The number of rows below the items at the present size."""
        return self.FOOTINGS

    @property
    def highlighted(self) -> Item | None:
        """The item under the cursor; None in an empty list."""
        return self.items[self._cursor] if self._cursor < len(self.items) else None

    def show_items(self, items: Sequence[Item], groups: Sequence[Group] = ()) -> None:
        """Show these items; the cursor follows its item, or stays near where it was.

        ``groups`` stand in the order of the items.
        """
        before = self.highlighted
        index = None if before is None else _index(map(self.key, items), self.key(before))
        self.items = items
        self._lines = _Lines(len(items), groups)
        self._cursor = max(0, min(self._cursor, len(items) - 1)) if index is None else index
        self.set_extent(self.row_width, self._rows)
        self._refresh_changed()
        self._note_highlighted()

    def highlight(self, key: Hashable) -> None:
        """Put the cursor on the item with this key, if there is one."""
        if self.items and self.key(self.items[self._cursor]) != key:
            index = _index(map(self.key, self.items), key)
            if index is not None:
                self._move(index)

    def show_cursor(self) -> None:
        """Scroll to the cursor, once the items that are shown now are laid out."""
        self.call_after_refresh(self._scroll_to_cursor)

    def action_cursor(self, step: int) -> None:
        """Move the cursor by that many rows."""
        self._move(self._cursor + step)

    def action_choose(self) -> None:
        """Choose the item under the cursor."""
        if (item := self.highlighted) is not None:
            self.post_message(self.Chosen(self, item))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the clicked row and choose it."""
        offset = event.get_content_offset(self)
        index = None if offset is None else self.index_at(offset.y)
        if index is not None:
            self._move(index)
            self.action_choose()

    def index_at(self, y: int) -> int | None:
        """Return the index of the item on a line of the widget, if there is one."""
        if not self.headings <= y < self.size.height - self.footings:
            return None
        return self._lines.item_at(y - self.headings + self.scroll_offset.y)

    @property
    def _rows(self) -> int:
        return len(self._lines) + self.headings + self.footings

    def _move(self, index: int) -> None:
        index = max(0, min(index, len(self.items) - 1))
        if index == self._cursor or not self.items:
            return
        self._cursor = index
        self._scroll_to_cursor()
        self._refresh_changed()
        self._note_highlighted()

    def _note_highlighted(self) -> None:
        item = self.highlighted
        self.highlighted_key = None if item is None else self.key(item)

    def _scroll_to_cursor(self) -> None:
        if not self.items:
            return
        top, line = self.scroll_offset.y, self._lines.of_item(self._cursor)
        visible = max(1, self.size.height - self.headings - self.footings)
        first = line
        while first - 1 in self._lines.groups:
            # The group's line is all that tells where the item belongs.
            first -= 1
        if first < top:
            self.scroll_to(y=first, animate=False)
        elif line >= top + visible:
            self.scroll_to(y=line - visible + 1, animate=False)

    def on_resize(self) -> None:
        """Keep the cursor's row in view."""
        self.set_extent(self.row_width, self._rows)
        self._scroll_to_cursor()

    def render_line(self, y: int) -> Strip:
        """Render one line of the list."""
        width = self.row_width
        text, style = self._rendered[y] = self._line(y, width, self.size.height)
        return text_strip(text, width, self.base + style)

    def _refresh_changed(self) -> None:
        """Ask for a paint of the lines that no longer look as they were last rendered."""
        size, width = self.size, self.row_width
        for y in range(size.height):
            if self._rendered.get(y) != self._line(y, width, size.height):
                self.refresh(Region(0, y, size.width, 1))

    def _line(self, y: int, width: int, height: int) -> tuple[Text, Style]:
        """Return the text of a line of the widget, and the style under it.

        ``width`` is that of a row, and ``height`` the widget's: Textual computes them anew each
        time that they are asked for.
        """
        headings = self.headings
        if y < headings:
            return self.heading_at(y, width), self.style_of("row--head")
        if y >= height - self.footings:
            return self.footing(width), self.style_of("row--head")
        line = y - headings + self.scroll_offset.y
        if (group := self._lines.groups.get(line)) is not None:
            return Text(fitted(f" {group.text}", width)), self.style_of("row--head")
        index = self._lines.item_at(line)
        if index is None:
            return Text(), Style.null()
        style = self.style_of("row--cursor") if index == self._cursor else Style.null()
        return self.row(self.items[index], width), style


def _index(keys: Iterable[Hashable], wanted: Hashable) -> int | None:
    return next((index for index, key in enumerate(keys) if key == wanted), None)
