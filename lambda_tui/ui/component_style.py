"""Turns component classes of the stylesheet into Rich styles that can be laid over one another."""

from __future__ import annotations

from rich.style import Style
from textual.color import Color
from textual.widget import Widget


class StyledLines(Widget):
    """A widget that renders its own lines; its looks are worked out once, until the style changes.

    It stands first among the bases, before what scrolls.
    """

    def __init__(self, *, id: str, classes: str = "") -> None:
        super().__init__(id=id, classes=classes)
        self._looks: dict[tuple[str, ...], Style] = {}
        self._base: Style | None = None

    @property
    def base(self) -> Style:
        """The look of the widget itself."""
        if self._base is None:
            self._base = self.rich_style
        return self._base

    def style_of(self, *names: str) -> Style:
        """The look of component classes, to put on a part of a line."""
        style = self._looks.get(names)
        if style is None:
            style = self._looks[names] = component_style(self, *names)
        return style

    def notify_style_update(self) -> None:
        """Forgets the looks: another theme, or another focus."""
        super().notify_style_update()
        self._looks.clear()
        self._base = None


def component_style(widget: Widget, *names: str) -> Style:
    """What the stylesheet says of these component classes, and no more.

    Textual's own partial style loses a colour's transparency; here it is mixed with what is behind.
    The terminal's own colours cannot be mixed: faint text is dim there, backgrounds are reversed.
    """
    combined = Style.null()
    for name in names:
        styles = widget.get_component_styles(name)
        behind = widget.background_colors[1]
        if styles.has_rule("background"):
            combined += _background(behind, styles.background)
            behind += styles.background
        if styles.has_rule("color"):
            combined += _colour(behind, styles.color)
        if styles.has_rule("text_style"):
            combined += styles.text_style
    return combined


def _background(behind: Color, colour: Color) -> Style:
    if behind.ansi is None and colour.ansi is None:
        return Style(bgcolor=(behind + colour).rich_color)
    return Style(reverse=True)


def _colour(behind: Color, colour: Color) -> Style:
    if behind.ansi is None and colour.ansi is None:
        return Style(color=(behind + colour).rich_color)
    return Style(color=colour._replace(a=1.0).rich_color, dim=colour.a < 1 or None)
