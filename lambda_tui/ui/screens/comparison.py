"""Two invocations compared: figures, event, response and log."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from lambda_tui.terminal_text import one_line
from lambda_tui.ui.model.comparison import Side, compare
from lambda_tui.ui.textual_private import SteadyScreen
from lambda_tui.ui.widgets.comparison_view import ComparisonView
from lambda_tui.wording import counted


class Comparison(ModalScreen[None], SteadyScreen[None]):
    """Shows the differences of two invocations by sign and colour; esc goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,equals_sign", "dismiss(None)", "Back")
    ]

    def __init__(self, left: Side, right: Side) -> None:
        super().__init__()
        self._left = left
        self._right = right

    def compose(self) -> ComposeResult:
        """Yield the view of both sides."""
        with Vertical(id="comparison", classes="dialog") as dialog:
            dialog.border_title = Content.assemble(
                ("- ", "$text-error"), one_line(self._left.name),
                ("   + ", "$text-success"), one_line(self._right.name),
            )  # fmt: skip
            dialog.border_subtitle = "comparing …"
            yield ComparisonView(id="comparison-view")

    def on_mount(self) -> None:
        """Compare them, which may take a moment."""
        self.query_one(ComparisonView).focus()
        self._compare()

    @work
    async def _compare(self) -> None:
        lines = await asyncio.to_thread(compare, self._left, self._right)
        self.query_one(ComparisonView).show_lines(lines)
        differences = sum(line.is_difference for line in lines)
        told = counted(differences, "difference") if differences else "no difference"
        keys = "n next · d differences only · esc goes back"
        self.query_one("#comparison").border_subtitle = f"{told} · {keys}"
