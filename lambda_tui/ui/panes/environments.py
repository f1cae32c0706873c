"""Pane 2: the execution environments of the chosen function."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from itertools import groupby
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text

from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.lifecycle import Phase, State
from lambda_tui.engine.pool import Pool
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.figures import megabytes, seconds
from lambda_tui.ui.glyphs import EXTENSION_GLYPHS, STATE_CLASSES, STATE_GLYPHS, STRIP_GLYPHS
from lambda_tui.ui.terminal_text import fitted
from lambda_tui.ui.timeline import Timeline
from lambda_tui.ui.widgets import Pane, RowList

_GAP = 1
_WIDE = 80
"""Cells from which on every column has room."""
_SMALLEST_STRIP = 6
"""Cells below which no timeline is shown."""

_LONGEST_TENANT = 16
"""Cells that the tenant's id gets at most."""

_Column = tuple[str, int, str, Callable[[ExecutionEnvironment], str]]
"""Name, cells, alignment, and the function that makes the text of a cell."""


class EnvironmentsPane(RowList[ExecutionEnvironment], Pane):
    """A row for each environment: phase, state, figures, and its timeline."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*STATE_CLASSES.values()}
    BORDER_TITLE = "2 Environments"
    HEADINGS = 1

    def __init__(self, timelines: Mapping[str, Timeline], *, id: str, classes: str = "") -> None:
        super().__init__(id=id, classes=classes)
        self._timelines = timelines
        self._pool: Pool | None = None

    def show_pool(self, pool: Pool) -> None:
        """Show the environments of this pool as they are now."""
        self._pool = pool
        self.show_items(tuple(pool.environments))
        self.write_frame(subtitle=self._subtitle(pool))

    @property
    def item_text(self) -> str | None:
        """The id of the environment under the cursor."""
        return self.highlighted.id if self.highlighted is not None else None

    @property
    def whole_text(self) -> str | None:
        """The log stream of the environment under the cursor."""
        return self.highlighted.log_stream if self.highlighted is not None else None

    def key(self, item: ExecutionEnvironment) -> Hashable:
        """Return the environment's id."""
        return item.id

    def heading(self, width: int) -> Text:
        """Return the names of the columns, or what to do while there is no environment."""
        if not self.items:
            return self._empty()
        cells = [f"{name:{align}{size}}" for name, size, align, _ in self._columns(width)]
        strip = "  timeline" if self._strip_width(width) >= len("timeline") else ""
        return Text((" " * _GAP).join(cells) + strip)

    def row(self, item: ExecutionEnvironment, width: int) -> Text:
        """Return the environment's figures in columns, and its timeline in the remaining room."""
        row = Text()
        for index, (_, size, align, value) in enumerate(self._columns(width)):
            row.append(" " * _GAP if index else "")
            text = value(item)
            style = STATE_CLASSES[item.state] if text.startswith(STATE_GLYPHS[item.state]) else ""
            cell = f"{text:>{size}}" if align == ">" else text
            row.append(fitted(cell, size), self.style_of(style) if style else "")
        return row.append("  ").append_text(self._strip(item, self._strip_width(width)))

    def _columns(self, width: int) -> list[_Column]:
        wide = width >= _WIDE
        columns: list[_Column] = [(" #", 3, ">", lambda it: f"#{it.number}")]
        columns += self._partition_columns()
        if wide:
            columns.append(("phase", 8, "<", lambda it: str(it.phase or "–")))
        columns += [
            ("state", 15 if wide else 14, "<", _state),
            ("age", 5, ">", lambda it: seconds(time.monotonic() - it.created)),
            ("inv", 4, ">", lambda it: f"{it.invocations}"),
            ("mem MB", 8, ">", self._memory),
        ]
        if wide:
            columns.append(("CPU", 4, ">", lambda it: f"{it.usage.cpu_percent:.0f}%"))
        columns.append(("/tmp MB", 8, ">", self._tmp))
        most = max((len(environment.extensions) for environment in self.items), default=0)
        if most:
            columns.append(("ext", max(3, most), "<", _extensions))
        if wide:
            columns.append(("removal", 7, ">", _removal))
        return columns

    def _partition_columns(self) -> list[_Column]:
        """Return the columns that say whom environments serve, where these differ in that."""
        assert self._pool is not None
        function, columns = self._pool.function, list[_Column]()
        if function.published:
            columns.append(("version", 7, "<", lambda it: it.partition.version))
        if function.is_tenant_isolated:
            longest = max((cell_len(_tenant(it)) for it in self.items), default=0)
            width = min(max(len("tenant"), longest), _LONGEST_TENANT)
            columns.append(("tenant", width, "<", _tenant))
        return columns

    def _strip_width(self, width: int) -> int:
        columns = self._columns(width)
        left = width - sum(size + _GAP for _, size, _, _ in columns) - 2
        return left if left >= _SMALLEST_STRIP else 0

    def _strip(self, item: ExecutionEnvironment, width: int) -> Text:
        strip = Text()
        timeline = self._timelines.get(item.id)
        for state, cells in groupby(timeline.last(width) if timeline else ()):
            glyphs = STRIP_GLYPHS[state] * len(list(cells))
            strip.append(glyphs, self.style_of(STATE_CLASSES[state]))
        return strip

    def _memory(self, item: ExecutionEnvironment) -> str:
        assert self._pool is not None
        return f"{megabytes(item.usage.memory_mb)}/{self._pool.function.memory_size}"

    def _tmp(self, item: ExecutionEnvironment) -> str:
        assert self._pool is not None
        return f"{megabytes(item.usage.tmp_mb)}/{self._pool.function.ephemeral_storage}"

    def _empty(self) -> Text:
        if self._pool is not None and self._pool.problem:
            return Text(f"✗ {one_line(self._pool.problem)}", no_wrap=True, overflow="ellipsis")
        if self._pool is not None and self._pool.snapshot is not None:
            return Text("None yet: i invokes, and one is restored from the snapshot.")
        return Text("None yet: i invokes, and a cold start makes one.")

    def _subtitle(self, pool: Pool) -> str:
        parts = [f"{pool.throttles} throttled" if pool.throttles else ""]
        if self.highlighted is not None and self.highlighted.extensions:
            parts.append(_extension_states(self.highlighted))
        else:
            legend = "▓ Init █ Invoke · frozen" if self.size.width >= _WIDE else ""
            parts += [_snapshot(pool), legend]
        return " · ".join(filter(None, parts))


def _snapshot(pool: Pool) -> str:
    """Return the state of the snapshot that environments are restored from, if there is one."""
    if pool.snapshot is None:
        return ""
    return f"snap-start: snapshot {STATE_GLYPHS[pool.snapshot.state]} {pool.snapshot.state}"


def _state(environment: ExecutionEnvironment) -> str:
    stale = "*" if environment.stale else ""
    failed = environment.state is State.RESET and environment.init.error_type
    word = "init failed" if failed else str(environment.state)
    if environment.phase is Phase.RESTORE:
        word = "restoring"
    return f"{STATE_GLYPHS[environment.state]} {word}{stale}"


def _tenant(environment: ExecutionEnvironment) -> str:
    return one_line(environment.partition.tenant_id or "")


def _extensions(environment: ExecutionEnvironment) -> str:
    return "".join(EXTENSION_GLYPHS[extension.state] for extension in environment.extensions)


def _extension_states(environment: ExecutionEnvironment) -> str:
    """Return each extension's name and state."""
    states = (
        f"{EXTENSION_GLYPHS[one.state]} {one_line(one.name)} {one.state}"
        for one in environment.extensions
    )
    return " · ".join(states)


def _removal(environment: ExecutionEnvironment) -> str:
    if environment.removal_at is None:
        return "–"
    return seconds(environment.removal_at - time.monotonic())
