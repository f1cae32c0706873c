"""The base of widgets that render themselves line by line."""

from __future__ import annotations

from rich.console import Console
from rich.style import Style
from rich.text import Text
from textual.color import Color
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

_CONSOLE = Console(width=10_000, color_system="truecolor", force_terminal=True)
"""Turns texts into segments; nothing is written to it."""


class LineWidget(Widget):
    """A widget that renders its own lines, with the styles of its component classes.

    Styles are computed once and kept until the theme or the focus changes. List it first among the
    bases: Textual inherits default CSS from the first base alone, and that of a scrolling base
    class is not wanted here.
    """

    def __init__(self, *, id: str, classes: str = "") -> None:
        super().__init__(id=id, classes=classes)
        self._styles_of_parts: dict[tuple[str, ...], Style] = {}
        self._base: Style | None = None

    @property
    def base(self) -> Style:
        """The style of the widget itself."""
        if self._base is None:
            self._base = self.rich_style
        return self._base

    def style_of(self, *names: str) -> Style:
        """Return the style of component classes, to be laid over a part of a line."""
        style = self._styles_of_parts.get(names)
        if style is None:
            style = self._styles_of_parts[names] = _component_style(self, *names)
        return style

    def notify_style_update(self) -> None:
        """Drop the computed styles: the theme or the focus has changed."""
        super().notify_style_update()
        self._styles_of_parts.clear()
        self._base = None


class ScrollingLines(LineWidget, ScrollView):
    """Lines of which a part is in view, with a scrollbar beside them.

    The scrollbar keeps its place, empty where there is nothing to scroll: another number of lines
    moves nothing then, and the screen need not be laid out anew.
    """

    DEFAULT_CSS = "ScrollingLines { overflow: hidden scroll; scrollbar-size: 0 1; }"

    @property
    def row_width(self) -> int:
        """The cells of a row that the scrollbar leaves."""
        return max(0, self.size.width - self.scrollbar_size_vertical)

    def set_extent(self, width: int, lines: int) -> None:
        """Let so many lines of this width be scrolled to."""
        size = Size(max(1, width), lines)
        if size == self.virtual_size:
            return
        if self.styles.auto_dimensions:
            self.virtual_size = size
            return
        self.set_reactive(ScrollingLines.virtual_size, size)
        self.vertical_scrollbar.window_virtual_size = lines
        here = self.scroll_offset
        if here.x > self.max_scroll_x or here.y > self.max_scroll_y:
            x, y = min(here.x, self.max_scroll_x), min(here.y, self.max_scroll_y)
            self.scroll_to(x=x, y=y, animate=False, immediate=True, force=True)


def text_strip(text: Text, width: int, base: Style) -> Strip:
    """Return the text as one line of ``width`` cells over the ``base`` style."""
    return Strip(text.render(_CONSOLE)).crop_extend(0, width, None).apply_style(base)


def _component_style(widget: Widget, *names: str) -> Style:
    """Return what the stylesheet sets for these component classes, and nothing inherited.

    Textual's own partial style loses a colour's transparency; here the colour is mixed with what is
    behind it. The terminal's own colours cannot be mixed: there a transparent text is dim.
    """
    combined = Style.null()
    for name in names:
        styles = widget.get_component_styles(name)
        behind = widget.background_colors[1]
        if styles.has_rule("background"):
            combined += _background(behind, styles.background)
            behind += styles.background
        if styles.has_rule("color"):
            combined += _foreground(behind, styles.color)
        if styles.has_rule("text_style"):
            combined += styles.text_style
    return combined


def _background(behind: Color, colour: Color) -> Style:
    if behind.ansi is None and colour.ansi is None:
        return Style(bgcolor=(behind + colour).rich_color)
    return Style(bgcolor=colour.rich_color)


def _foreground(behind: Color, colour: Color) -> Style:
    if behind.ansi is None and colour.ansi is None:
        return Style(color=(behind + colour).rich_color)
    return Style(color=colour._replace(a=1.0).rich_color, dim=colour.a < 1 or None)
