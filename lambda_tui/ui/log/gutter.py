"""The columns in front of the log's lines: when, whose, of which invocation and environment."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from lambda_tui.terminal_text import one_line
from lambda_tui.ui.log.records import Extent, LogRecord
from lambda_tui.ui.terminal_text import fitted_name

_CLOCK_FROM = 80
"""Width of the log from which on the time has hours and minutes."""
_LONGEST_NAME = 18
_SIGN_WIDTH = 2


@dataclass(frozen=True, slots=True)
class Largest:
    """The largest numbers that the columns have to hold, and the cells of the longest name."""

    invocation: int = 0
    """0 without one."""
    environment: int = 0
    name: int = 0

    def with_records(self, records: Sequence[LogRecord]) -> Largest:
        """Return what they have to hold when these records come."""
        functions = {record.function for record in records}
        return Largest(
            max([self.invocation, *(one.invocation or 0 for one in records)]),
            max([self.environment, *(one.environment or 0 for one in records)]),
            max([self.name, *(cell_len(one_line(one)) for one in functions)]),
        )


@dataclass(frozen=True, slots=True)
class Gutter:
    """The columns, each as wide as the largest value that it has to hold."""

    is_wide: bool = False
    """Whether there is room for hours and minutes."""
    name_width: int = 0
    """Cells of each column with the blank behind it; 0 without the column."""
    invocation_width: int = 0
    environment_width: int = 0

    @classmethod
    def of(cls, extent: Extent, width: int, largest: Largest) -> Gutter:
        """Return the gutter of a log of this width: what its frame says, no line repeats."""
        name = invocation = environment = 0
        if extent is Extent.ALL and largest.name:
            name = min(largest.name, _LONGEST_NAME) + 1
        if extent is not Extent.INVOCATION and largest.invocation:
            invocation = len(f"#{largest.invocation} ")
        if extent in (Extent.FUNCTION, Extent.ALL) and largest.environment:
            environment = len(f"env {largest.environment} ")
        return cls(width >= _CLOCK_FROM, name, invocation, environment)

    @property
    def width(self) -> int:
        """Cells in all."""
        columns = self.name_width + self.invocation_width + self.environment_width
        return (13 if self.is_wide else 7) + columns + _SIGN_WIDTH

    def text(self, record: LogRecord) -> str:
        """Return ``12:30:01.042 Greet #12 env 1``, exactly ``width`` cells wide."""
        text = _clock(record.time, "%H:%M:%S" if self.is_wide else "%S")
        if self.name_width:
            text += f"{fitted_name(one_line(record.function), self.name_width - 1)} "
        invocation = "" if record.invocation is None else f"#{record.invocation}"
        environment = "" if record.environment is None else f"env {record.environment}"
        if self.invocation_width:
            text += f"{invocation:<{self.invocation_width}}"
        if self.environment_width:
            text += f"{environment:<{self.environment_width}}"
        return text + " " * _SIGN_WIDTH


def _clock(at: float, form: str) -> str:
    """Return the time to the millisecond with a blank behind it; only blanks for none."""
    text = f"{time.strftime(form, time.localtime(at))}.{int(at * 1000) % 1000:03} "
    return text if at else " " * len(text)
