"""Latency of a function's cold and warm invocations, and memory of one of its environments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from lambda_tui.history import InvocationRecord
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.figures import milliseconds
from lambda_tui.ui.model.statistics import (
    Latency,
    Summary,
    environments_of,
    in_environment,
    latencies,
    summary,
)
from lambda_tui.ui.textual_private import SteadyScreen
from lambda_tui.ui.widgets.plot import Axis, Mark, Plot, Points, Steps
from lambda_tui.wording import counted

COLD, WARM = "◆", "•"
_LEAST_MS = 0.01
"""The least that a logarithmic axis shows."""
_NOTE = "Init and duration, logarithmic"
_LABEL = 8
"""Cells of an axis's labels, so that both plots begin in one column."""


class Statistics(ModalScreen[None], SteadyScreen[None]):
    """Each invocation by how long it took, their percentiles, and the memory of an environment."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,P", "dismiss(None)", "Back"),
        Binding("left,h", "environment(1)", "Earlier environment", show=False),
        Binding("right,l", "environment(-1)", "Later environment", show=False),
    ]

    def __init__(self, function: str, records: Sequence[InvocationRecord]) -> None:
        """Take the records of a function, of this session and of earlier ones, in any order."""
        super().__init__()
        self._function = function
        self._records = records
        self._latencies = latencies(records)
        self._environments = environments_of(records)
        self._chosen = 0
        """An index of the environments, of which the first has served last."""

    def compose(self) -> ComposeResult:
        """Yield the plot of latencies, their table, and the memory of an environment."""
        with Vertical(id="statistics", classes="dialog") as dialog:
            count = counted(len(self._latencies), "invocation")
            dialog.border_title = Content(f"Latency of {one_line(self._function)} · {count}")
            choice = "← → environment · " if len(self._environments) > 1 else ""
            dialog.border_subtitle = f"{choice}esc goes back"
            if not self._latencies:
                yield Static("No invocation of it has run yet.")
                return
            yield Plot(id="latency-plot")
            yield Static(self._table(), id="latency-table")
            yield Static("", id="memory-title")
            yield Plot(id="memory-plot")

    def on_mount(self) -> None:
        """Draw the plots."""
        if self._latencies:
            self._show_latencies()
            self._show_memory()

    def action_environment(self, step: int) -> None:
        """Show the memory of an environment that has served before, or later."""
        last = len(self._environments) - 1
        chosen = max(0, min(self._chosen + step, last))
        if chosen != self._chosen:
            self._chosen = chosen
            self._show_memory()

    def _show_latencies(self) -> None:
        found = self._latencies
        times = [max(latency.milliseconds, _LEAST_MS) for latency in found]
        places = [(index + 0.5) / len(found) for index in range(len(found))]

        def values(is_cold: bool) -> list[tuple[float, float]]:
            every = zip(found, places, times, strict=True)
            return [(place, took) for one, place, took in every if one.is_cold == is_cold]

        series = (
            Points("warm", WARM, values(False), may_be_dots=True),
            Points("cold", COLD, values(True)),
        )
        marks = [
            Mark(max(value, _LEAST_MS), name, percentile)
            for name, one in self._summaries().items()
            if one is not None
            for percentile, value in (("p50", one.p50), ("p90", one.p90), ("p99", one.p99))
        ]
        axis = Axis.logarithmic(times, lambda value: f"{milliseconds(value):>{_LABEL}}")
        foot = (f"#{found[0].record.number}", _NOTE, f"#{found[-1].record.number}")
        self.query_one("#latency-plot", Plot).show(axis, series, marks, foot)

    def _summaries(self) -> dict[str, Summary | None]:
        def of(is_cold: bool) -> Summary | None:
            chosen = (one for one in self._latencies if one.is_cold == is_cold)
            return summary(map(_took, chosen))

        return {"warm": of(False), "cold": of(True)}

    def _table(self) -> Content:
        names = ("count", "min", "p50", "p90", "p99", "max")
        rows = {
            f"{COLD if name == 'cold' else WARM} {name}": _cells(one)
            for name, one in self._summaries().items()
        }
        widths = [max(map(len, column)) for column in zip(names, *rows.values(), strict=True)]
        head = "  ".join(f"{name:>{width}}" for name, width in zip(names, widths, strict=True))
        lines = [Content.styled(f"        {head}", "$text-muted")]
        for title, cells in rows.items():
            padded = zip(cells, widths, strict=True)
            line = "  ".join(f"{cell:>{width}}" for cell, width in padded)
            look = "$text-warning" if title.startswith(COLD) else "$text-success"
            lines.append(Content.assemble((f"{title:<8}", look), line))
        return Content("\n").join(lines)

    def _show_memory(self) -> None:
        title, plot = self.query_one("#memory-title", Static), self.query_one("#memory-plot", Plot)
        if not self._environments:
            title.update("No environment has reported its memory.")
            plot.display = False
            return
        session, number = self._environments[self._chosen]
        served = in_environment(self._records, session, number)
        used = [record.max_memory_mb or 0 for record in served]
        limit = max(served[-1].memory_size_mb, *used, 1)
        started = "" if session == self._newest_session else f" of {one_line(session)}"
        title.update(
            Content.assemble(
                (f"Memory of env {number}{started}", "bold"),
                f" · {counted(len(served), 'invocation')} · peak {max(used):,} of {limit:,} MB",
            )
        )
        foot = (f"#{served[0].number}", "", f"#{served[-1].number}")
        axis = Axis(0, limit, lambda value: f"{f'{value:,.0f} MB':>{_LABEL}}")
        plot.show(axis, (Steps("memory", used),), foot=foot)

    @property
    def _newest_session(self) -> str:
        return max(self._records, key=lambda record: record.started).session


def _took(latency: Latency) -> float:
    return latency.milliseconds


def _cells(one: Summary | None) -> tuple[str, ...]:
    if one is None:
        return ("0", *"–" * 5)
    times = (one.minimum, one.p50, one.p90, one.p99, one.maximum)
    return (f"{one.count:,}", *map(milliseconds, times))
