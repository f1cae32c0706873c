"""The base of the main screen's panes."""

from __future__ import annotations

from functools import lru_cache

from textual.content import Content
from textual.widget import Widget


class Pane(Widget):
    """A framed part of the main screen that can be copied from.

    List it last among the bases: Textual takes the default CSS and ``can_focus`` from the first.
    """

    title = ""
    """The name on the frame, and on the pane's tab where it shares its place with others."""

    @property
    def focus_target(self) -> Widget:
        """The widget that takes the focus of the pane."""
        return self

    @property
    def item_text(self) -> str | None:
        """The line or item under the cursor, to copy; None where there is none."""
        return None

    @property
    def whole_text(self) -> str | None:
        """Everything that the pane holds, to copy; None where it has no text of its own."""
        return None

    def write_frame(self, title: str | None = None, subtitle: str | None = None) -> None:
        """Set the texts in the frame, in Textual's markup; None leaves one as it is.

        Textual paints a widget anew even when its title is set to what it was, so only a text that
        has changed is set.
        """
        if title is not None and self.border_title != _as_read_back(title):
            self.border_title = title
        if subtitle is not None and self.border_subtitle != _as_read_back(subtitle):
            self.border_subtitle = subtitle


@lru_cache(maxsize=64)
def _as_read_back(markup: str) -> str:
    """Return the markup as the property of a widget gives it after it was set."""
    return Content.from_markup(markup).markup
