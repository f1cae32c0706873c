"""The tab Details: an invocation, the environment that served it, and the function's code."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual import work

from lambda_tui.engine.environment import ExecutionEnvironment, processes_below
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.pool import Pool
from lambda_tui.history import InvocationRecord
from lambda_tui.ui.model import Selected
from lambda_tui.ui.model.details import (
    Detail,
    environment_details,
    function_details,
    invocation_details,
    lambda_variable_details,
    mount_details,
    process_details,
    variable_details,
)
from lambda_tui.ui.terminal_text import ending, fitted
from lambda_tui.ui.widgets import Pane, RowList

_PAUSE = 0.5
"""Seconds between two looks at the processes."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A fact, or the heading of a section, whose detail has no label."""

    detail: Detail
    number: int
    """Counted within the section: two processes may have the same label."""
    label_width: int
    """Cells of the longest label of the section."""


class DetailsPane(RowList[_Row], Pane):
    """A row for each fact, by sections. Values that look like secrets are shown on request."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"details--section", "details--label"}

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._revealed: Hashable = None
        """The key of the row whose secret is shown."""
        self._processes: list[Detail] = []
        self._looked_at: tuple[object, ...] = ()
        """The environment, and what it was doing, when its processes were looked at."""
        self._looked = 0.0
        self._pool: Pool | None = None
        self._environment: ExecutionEnvironment | None = None
        self._record: InvocationRecord | None = None

    def on_mount(self) -> None:
        """Hide a secret again when the cursor leaves it."""
        self.watch(self, "highlighted_key", self._hide_secret, init=False)

    @property
    def item_text(self) -> str | None:
        """The value under the cursor, masked unless it is shown; the name of a section."""
        row = self.highlighted
        return None if row is None else self._value(row) or row.detail.section

    @property
    def whole_text(self) -> str:
        """All facts, with secrets masked."""
        return "\n".join(map(self._plain, self.items))

    def show(self, selected: Selected) -> None:
        """Show the selected invocation with its environment, as far as there are any, and more."""
        if not self.display:
            return
        if selected.pool is not self._pool or selected.environment is not self._environment:
            self._processes, self._looked_at = [], ()
            # Another's variable of the same name was not asked for.
            self._revealed = None
        self._pool, self._environment = selected.pool, selected.environment
        self._record = selected.record
        self._show_details()
        self._look_at_processes()

    def _show_details(self) -> None:
        pool, environment = self._pool, self._environment
        if pool is None:
            return
        function = pool.function if environment is None else environment.function
        details = [] if self._record is None else invocation_details(self._record, function)
        details += [] if environment is None else environment_details(environment, pool)
        details += self._processes
        where = "no environment" if environment is None else f"env {environment.number}"
        self.write_frame(subtitle=f"enter shows a masked value · {where}")
        details += variable_details(function, environment)
        details += function_details(function, pool)
        details += [] if environment is None else mount_details(environment)
        details += lambda_variable_details(function, environment)
        rows: list[_Row] = []
        for section, group in groupby(details, lambda one: one.section):
            facts = list(group)
            width = max(cell_len(one.label) for one in facts)
            headed = [Detail(section, "", ""), *facts]
            rows += [_Row(detail, number, width) for number, detail in enumerate(headed)]
        self.show_items(rows)

    def _look_at_processes(self) -> None:
        environment = self._environment
        if environment is None or environment.pid is None:
            return
        is_still = environment.state in (State.FROZEN, State.RESET, State.ENDED)
        sampled = None if is_still else environment.usage.taken
        seen = (environment.id, environment.state_since, sampled)
        if seen == self._looked_at or time.monotonic() - self._looked < _PAUSE:
            return
        self._looked_at, self._looked = seen, time.monotonic()
        self._read_processes(environment, environment.pid)

    @work(exclusive=True, group="details")
    async def _read_processes(self, environment: ExecutionEnvironment, pid: int) -> None:
        found = await asyncio.to_thread(processes_below, pid)
        if environment is self._environment:
            self._processes = process_details(found)
            self._show_details()

    # Drawing -------------------------------------------------------------------------------------

    def key(self, item: _Row) -> Hashable:
        """Return the section, the label and the number in the section."""
        return item.detail.section, item.detail.label, item.number

    def row(self, item: _Row, width: int) -> Text:
        """Return the name of a section; or the label, the value and its origin."""
        detail = item.detail
        if not detail.label:
            return Text.assemble((detail.section, self.style_of("details--section")))
        label = fitted(detail.label, min(item.label_width, width // 2))
        room = max(width - cell_len(label) - 4, 0)
        value, origin = self._value(item), detail.origin
        # An origin keeps its end, which has the number of a line, and a third of the room.
        least = min(cell_len(origin) + 2, max(room // 3, room - cell_len(value))) if origin else 0
        if cell_len(value) > room - least:
            value = fitted(value, room - least)
        return Text.assemble(
            (f"  {label}", self.style_of("details--label")),
            "  ",
            value,
            "  " if origin else "",
            (ending(origin, max(room - cell_len(value) - 2, 0)), self.style_of("row--dim")),
        )

    def _plain(self, row: _Row) -> str:
        detail = row.detail
        if not detail.label:
            return detail.section
        origin = f" ({detail.origin})" if detail.origin else ""
        return f"  {detail.label}: {self._value(row)}{origin}"

    def _value(self, row: _Row) -> str:
        is_revealed = self._revealed is not None and self._revealed == self.key(row)
        return row.detail.value if is_revealed else row.detail.masked

    # Actions -------------------------------------------------------------------------------------

    def action_choose(self) -> None:
        """Show the secret under the cursor, or hide it again."""
        row = self.highlighted
        if row is not None and row.detail.is_secret:
            key = self.key(row)
            self._revealed = None if self._revealed == key else key
            self.refresh()

    def on_blur(self) -> None:
        """Hide a secret that nobody looks at."""
        self._hide_secret(None)

    def _hide_secret(self, key: Hashable) -> None:
        if self._revealed is not None and self._revealed != key:
            self._revealed = None
            self.refresh()
