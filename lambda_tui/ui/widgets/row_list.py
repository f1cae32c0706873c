"""A list of one-line rows with a cursor: what functions, environments and files are shown with."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from rich.console import Console
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from lambda_tui.ui.component_style import StyledLines

Item = TypeVar("Item")

_CONSOLE = Console(width=10_000, color_system="truecolor", force_terminal=True)
"""Renders texts to segments; it writes nothing."""


def text_strip(text: Text, width: int, base: Style) -> Strip:
    """The text as one line of ``width`` cells over the ``base`` style."""
    return Strip(text.render(_CONSOLE)).crop_extend(0, width, None).apply_style(base)


class RowList(StyledLines, ScrollView, Generic[Item], can_focus=True):
    """Rows over items that have a key; the cursor stays with its item when items come and go."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row--cursor", "row--head", "row--dim"}
    DEFAULT_CSS = "RowList { overflow: hidden auto; scrollbar-size-vertical: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "cursor(-1)", "Up", show=False),
        Binding("down,j", "cursor(1)", "Down", show=False),
        Binding("pageup", "cursor(-10)", "Page up", show=False),
        Binding("pagedown", "cursor(10)", "Page down", show=False),
        Binding("home,g", "cursor(-1000000)", "First", show=False),
        Binding("end,G", "cursor(1000000)", "Last", show=False),
        Binding("enter", "choose", "Choose", show=False),
    ]
    HEADINGS = 0
    """Rows above the items that do not scroll."""

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another item."""

        rows: RowList[Any]
        item: Any

        @property
        def control(self) -> RowList[Any]:
            """The list, for ``@on``."""
            return self.rows

    class Chosen(Highlighted):
        """Enter was pressed on an item, or it was clicked."""

    def __init__(self, *, id: str, classes: str = "") -> None:
        super().__init__(id=id, classes=classes)
        self.items: Sequence[Item] = ()
        self._cursor = 0
        self._painted: dict[int, tuple[Text, Style]] = {}
        """What stands in each line of the screen, to paint only what has changed."""

    def key(self, item: Item) -> Hashable:
        """What an item is known by; two items with the same key are the same row."""
        raise NotImplementedError

    def row(self, item: Item, width: int) -> Text:
        """The row of an item, at most ``width`` cells."""
        raise NotImplementedError

    def heading(self, width: int) -> Text:
        """The row above the items."""
        return Text()

    @property
    def highlighted(self) -> Item | None:
        """The item under the cursor."""
        return self.items[self._cursor] if self._cursor < len(self.items) else None

    def show_items(self, items: Sequence[Item]) -> None:
        """Shows these items; the cursor follows its item, or stays near where it was."""
        before = self.highlighted
        keys = [self.key(item) for item in items]
        key = None if before is None else self.key(before)
        self.items = items
        self._cursor = keys.index(key) if key in keys else max(0, min(self._cursor, len(items) - 1))
        size = Size(max(1, self.size.width), len(items) + self.HEADINGS)
        if size != self.virtual_size:
            self.virtual_size = size
        now = self.highlighted
        if now is not None and self.key(now) != key:
            self.post_message(self.Highlighted(self, now))
        self._refresh_changed()

    def highlight(self, key: Hashable) -> None:
        """Puts the cursor on the item with this key, if there is one."""
        for index, item in enumerate(self.items):
            if self.key(item) == key:
                self._move(index)

    def action_cursor(self, step: int) -> None:
        """Moves the cursor by that many rows."""
        self._move(self._cursor + step)

    def action_choose(self) -> None:
        """Chooses the item under the cursor."""
        if (item := self.highlighted) is not None:
            self.post_message(self.Chosen(self, item))

    def on_click(self, event: events.Click) -> None:
        """Puts the cursor on the clicked row and chooses it."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y < self.HEADINGS:
            return
        index = offset.y - self.HEADINGS + self.scroll_offset.y
        if index < len(self.items):
            self._move(index)
            self.action_choose()

    def _move(self, index: int) -> None:
        index = max(0, min(index, len(self.items) - 1))
        if index == self._cursor or not self.items:
            return
        self._cursor = index
        self._scroll_to_cursor()
        self._refresh_changed()
        self.post_message(self.Highlighted(self, self.items[index]))

    def _scroll_to_cursor(self) -> None:
        top = self.scroll_offset.y
        visible = max(1, self.size.height - self.HEADINGS)
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False)
        elif self._cursor >= top + visible:
            self.scroll_to(y=self._cursor - visible + 1, animate=False)

    def on_resize(self) -> None:
        """Keeps the cursor's row in view."""
        self.virtual_size = Size(max(1, self.size.width), len(self.items) + self.HEADINGS)
        self._scroll_to_cursor()

    def render_line(self, y: int) -> Strip:
        """One line of the list."""
        text, look = self._painted[y] = self._line(y)
        return text_strip(text, self.size.width, self.base + look)

    def _refresh_changed(self) -> None:
        """Asks for those lines to be painted that are not on the screen as they should be."""
        for y in range(self.size.height):
            if self._painted.get(y) != self._line(y):
                self.refresh(Region(0, y, self.size.width, 1))

    def _line(self, y: int) -> tuple[Text, Style]:
        """What belongs into a line of the screen, and what is laid under it."""
        width = self.size.width
        if y < self.HEADINGS:
            return self.heading(width), self.style_of("row--head")
        index = y - self.HEADINGS + self.scroll_offset.y
        if index >= len(self.items):
            return Text(), Style.null()
        look = self.style_of("row--cursor") if index == self._cursor else Style.null()
        return self.row(self.items[index], width), look
