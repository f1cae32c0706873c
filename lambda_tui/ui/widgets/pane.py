"""The base of the main screen's panes."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.widget import Widget

from lambda_tui.terminal_text import one_line
from lambda_tui.ui.terminal_text import fitted_title

FRAME = 6
"""Cells of a frame that a text in it cannot have."""


class Pane(Widget):
    """A framed part of the main screen that can be copied from.

    List it last among the bases: Textual takes the default CSS and ``can_focus`` from the first.
    """

    title = ""
    """The name on the frame, and on the pane's tab where it shares its place with others."""

    def on_click(self, event: events.Click) -> None:
        """Go to the pane whose title is clicked; tabs in a title lead elsewhere."""
        if event.widget is self and event.y == 0 and "@click" not in event.style.meta:
            self.call_later(self.screen.run_action, f"pane('{self.id}')")

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

    def write_frame(
        self, title: Content | str | None = None, subtitle: Content | str | None = None
    ) -> None:
        """Set the texts in the frame; None leaves one as it is.

        A string has no markup, and is shortened where the frame has no room for it.

        Textual paints a widget anew even when its title is set to what it was, so only a text that
        has changed is set.
        """
        if title is not None and self.border_title != (content := self._fitted(title)).markup:
            self.border_title = content
        if (
            subtitle is not None
            and self.border_subtitle != (content := self._fitted(subtitle)).markup
        ):
            self.border_subtitle = content

    def _fitted(self, text: Content | str) -> Content:
        if isinstance(text, Content):
            return text
        room = self.outer_size.width - FRAME
        return Content(fitted_title(one_line(text), room) if room > 0 else one_line(text))
