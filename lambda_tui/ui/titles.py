"""Writes into the frames of panes; Textual paints a pane anew even when its title says the same."""

from __future__ import annotations

from functools import lru_cache

from textual.content import Content
from textual.widget import Widget


def write_titles(widget: Widget, title: str | None = None, subtitle: str | None = None) -> None:
    """Sets those texts, in Textual's markup, that have changed; None leaves one alone."""
    if title is not None and widget.border_title != _as_read_back(title):
        widget.border_title = title
    if subtitle is not None and widget.border_subtitle != _as_read_back(subtitle):
        widget.border_subtitle = subtitle


@lru_cache(maxsize=64)
def _as_read_back(markup: str) -> str:
    return Content.from_markup(markup).markup
