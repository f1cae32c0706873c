"""The floor of what a terminal shows: a Textual application with an input, and nothing else."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Input

READY = "bare Textual"
"""The text of its first paint."""


class BareApp(App[None]):
    """Paints what is typed."""

    def compose(self) -> ComposeResult:
        """Yield the input."""
        yield Input(placeholder=READY)


if __name__ == "__main__":
    BareApp().run()
