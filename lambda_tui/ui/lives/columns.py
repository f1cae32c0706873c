"""The figures beside a life: one column for each, as wide as its largest value."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from lambda_tui.engine.lifecycle import Phase, State
from lambda_tui.engine.pool import Pool
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.figures import megabytes, milliseconds
from lambda_tui.ui.glyphs import EXTENSION_GLYPHS, STATE_CLASSES, STATE_GLYPHS
from lambda_tui.ui.model.lives import Life
from lambda_tui.ui.terminal_text import fitted

GAP = 1
"""Cells between two columns."""
_BAR = 5
"""Cells of a bar."""
_EIGHTHS = " ▏▎▍▌▋▊▉"
_FULL_FROM = 0.9
"""Share of a limit from which a bar warns."""
_LONGEST_TENANT = 16
_USUAL_STATE = len("► invoking")
_MINUTE = 60

_SHORT_WORDS = {State.INITIALISING: "init", State.SHUTTING_DOWN: "shutdown"}
"""Words that are as wide as the others; the rest say their states in full."""

StyledText = tuple[str, str]
"""A text and its component class."""


@dataclass(frozen=True, slots=True)
class Column:
    """One figure of every row."""

    name: str
    rank: int
    """The columns with the lowest ranks are shown first."""
    text: Callable[[Life], Sequence[StyledText]]
    align: str = ">"
    least: int = 0
    """Cells that it has at least."""
    is_fixed: bool = False
    """Whether all its texts have the least width."""
    needs_tick: bool = False
    """Whether its text changes with the clock alone."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns that are shown, with their widths."""

    columns: tuple[tuple[Column, int], ...]

    @property
    def width(self) -> int:
        """The cells of all columns, with the gaps behind them."""
        return sum(width + GAP for _, width in self.columns)

    def heading(self) -> str:
        """Return the names of the columns."""
        return "".join(f"{column.name:{column.align}{width}} " for column, width in self.columns)

    def row(self, life: Life) -> Iterable[StyledText]:
        """Yield the texts of a row, padded to the columns' widths."""
        for column, width in self.columns:
            texts = column.text(life)
            pad = " " * (width - sum(cell_len(text) for text, _ in texts))
            if column.align == ">":
                yield pad, ""
            yield from texts
            yield (pad if column.align == "<" else "") + " " * GAP, ""


def lay_out(
    columns: Iterable[Column], lives: Sequence[Life], width: int, picture: int, before: Layout
) -> Layout:
    """Return as many columns as leave ``picture`` cells of the width to the picture.

    A column is as wide as its widest text, and no narrower than it was ``before``.
    """
    known = {column.name: size for column, size in before.columns}
    chosen: list[tuple[Column, int]] = []
    room = width - picture
    in_order = list(columns)
    for column in sorted(in_order, key=lambda each: each.rank):
        size = max(_width(column, lives), known.get(column.name, 0))
        # The first two are there before any picture.
        if size + GAP <= (room if column.rank > 1 else room + picture):
            chosen.append((column, size))
            room -= size + GAP
        else:
            break
    chosen.sort(key=lambda each: in_order.index(each[0]))
    return Layout(tuple(chosen))


def _width(column: Column, lives: Sequence[Life]) -> int:
    if column.is_fixed:
        return column.least
    widths = (sum(cell_len(text) for text, _ in column.text(life)) for life in lives)
    return max(column.least, len(column.name), max(widths, default=0))


def columns_of(pool: Pool, lives: Sequence[Life]) -> list[Column]:
    """Return the columns that matter for the environments of a pool, in their order."""
    function = pool.function
    memory, storage = function.memory_size, function.ephemeral_storage
    columns = [Column("env", 0, lambda life: [(str(life.number or "?"), "")])]
    if function.published:
        columns.append(Column("version", 4, _version, "<"))
    if function.is_tenant_isolated:
        columns.append(Column("tenant", 3, _tenant, "<"))
    columns.append(Column("state", 1, _state, "<", _USUAL_STATE))
    if any(life.environment and len(life.environment.extensions) for life in lives):
        columns.append(Column("ext", 6, _extensions, "<"))
    columns += [
        Column("inv", 2, lambda life: [(str(life.invocations), "")]),
        Column("", 9, lambda life: _memory_bar(life, memory), "<", _BAR, is_fixed=True),
        Column("max MB", 5, lambda life: _memory(life, memory)),
        Column(
            " ",
            11,
            lambda life: _tmp_bar(life, storage),
            "<",
            _BAR,
            is_fixed=True,
        ),
        Column("/tmp MB", 7, lambda life: _tmp(life, storage)),
        Column("last", 8, _last, least=7),
        Column("CPU", 14, _cpu, least=4),
        Column("age", 12, _age, least=4, needs_tick=True),
        Column("ends in", 13, _removal, needs_tick=True),
    ]
    return columns


# The texts


def _state(life: Life) -> list[StyledText]:
    environment = life.environment
    if environment is None:
        return [(f"{STATE_GLYPHS[State.ENDED]} ended", "row--dim")]
    state = environment.state
    stale = "*" if environment.stale else ""
    return [(f"{STATE_GLYPHS[state]} {_state_word(life, state)}{stale}", STATE_CLASSES[state])]


def _state_word(life: Life, state: State) -> str:
    environment = life.environment
    assert environment is not None
    if environment.phase is Phase.RESTORE:
        return "restoring"
    if state is not State.RESET:
        return _SHORT_WORDS.get(state, str(state))
    if environment.init.error_type:
        return "init failed"
    current = life.current
    return "timeout" if current is not None and current.reason == "timeout" else "crashed"


def _version(life: Life) -> list[StyledText]:
    environment = life.environment
    return [(environment.partition.version if environment else "", "")]


def _tenant(life: Life) -> list[StyledText]:
    tenant = one_line((life.environment and life.environment.partition.tenant_id) or "")
    return [(fitted(tenant, min(cell_len(tenant), _LONGEST_TENANT)), "")]


def _extensions(life: Life) -> list[StyledText]:
    extensions = life.environment.extensions if life.environment else ()
    return [("".join(EXTENSION_GLYPHS[one.state] for one in extensions), "")]


def _memory(life: Life, limit: int) -> list[StyledText]:
    """Return the peak, which the REPORT has as its Max Memory Used."""
    if life.environment is None:
        return [("–", "row--dim")]
    peak = math.ceil(life.environment.peak_memory_mb)
    return [(f"{min(peak, limit)}/{limit}", "")]


def _memory_bar(life: Life, limit: int) -> list[StyledText]:
    environment = life.environment
    if environment is None:
        return [(" " * _BAR, "")]
    return bar(environment.usage.memory_mb / limit, environment.peak_memory_mb / limit)


def _tmp(life: Life, limit: int) -> list[StyledText]:
    if life.environment is None:
        return [("–", "row--dim")]
    return [(f"{megabytes(life.environment.usage.tmp_mb)}/{limit}", "")]


def _tmp_bar(life: Life, limit: int) -> list[StyledText]:
    if life.environment is None:
        return [(" " * _BAR, "")]
    return bar(life.environment.usage.tmp_mb / limit)


def bar(share: float, peak: float = 0.0) -> list[StyledText]:
    """Return a bar that is filled to a share of its cells, with a mark at the peak."""
    eighths = round(min(share, 1.0) * _BAR * 8)
    if share > 0:
        eighths = max(eighths, 1)
    full, rest = divmod(eighths, 8)
    filled = "█" * full + (_EIGHTHS[rest] if rest else "")
    track = list("·" * (_BAR - len(filled)))
    look = "bar--full" if max(share, peak) >= _FULL_FROM else "bar--filled"
    mark = min(int(peak * _BAR), _BAR - 1) - len(filled)
    if mark < 0 or peak <= share:
        return [(filled, look), ("".join(track), "bar--track")]
    before, after = "".join(track[:mark]), "".join(track[mark + 1 :])
    return [(filled, look), (before, "bar--track"), ("│", look), (after, "bar--track")]


def _last(life: Life) -> list[StyledText]:
    last = life.last_duration_ms
    return [(milliseconds(last) if last is not None else "–", "")]


def _cpu(life: Life) -> list[StyledText]:
    """Return the load while there is one: a sample says nothing of processes that stand still."""
    environment = life.environment
    if environment is None or not life.is_working:
        return [("–", "row--dim")]
    return [(f"{environment.usage.cpu_percent:.0f}%", "")]


def _age(life: Life) -> list[StyledText]:
    if life.environment is None:
        return [("–", "row--dim")]
    return [(coarse(time.monotonic() - life.environment.created), "")]


def _removal(life: Life) -> list[StyledText]:
    at = life.environment.removal_at if life.environment else None
    return [("–", "row--dim") if at is None else (coarse(at - time.monotonic()), "")]


def coarse(seconds: float) -> str:
    """Return a time that changes seldom: ten seconds below a minute, whole minutes and hours."""
    whole = max(0, int(seconds))
    if whole < 10:
        return "<10s"
    if whole < _MINUTE:
        return f"{whole // 10 * 10}s"
    if whole < 60 * _MINUTE:
        return f"{whole // _MINUTE}m"
    return f"{whole // (60 * _MINUTE)}h{whole // _MINUTE % 60:02}"
