"""The views of a response, named beside its status."""

from __future__ import annotations

from textual.content import Content
from textual.message import Message
from textual.widgets import Static


class ViewNames(Static):
    """The names of the views; a click chooses one."""

    _names = Content()

    class Chosen(Message):
        """Posted when a name was clicked."""

        def __init__(self, view: str) -> None:
            super().__init__()
            self.view = view

    def action_view(self, view: str) -> None:
        """Choose a view."""
        self.post_message(self.Chosen(view))

    @property
    def cells(self) -> int:
        """The cells that it takes beside the status."""
        return self._names.cell_length + 1

    def show_views(self, views: tuple[str, ...], shown: str) -> None:
        """Write the names, the one that is shown in brackets; nothing where there is no choice."""
        parts = [
            Content.styled(f"‹{view}›", "bold")
            if view == shown
            else Content.from_markup(f"[@click=view('{view}')]{view}[/]")
            for view in views
        ]
        names = Content(" ").join(parts) if len(views) > 1 else Content("")
        if names != self._names:
            self._names = names
            self.update(names)
