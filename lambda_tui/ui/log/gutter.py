"""The columns in front of the log's lines: when, whose, of which invocation and environment."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from lambda_tui.terminal_text import one_line
from lambda_tui.ui.log.records import Extent, LogRecord
from lambda_tui.ui.terminal_text import fitted

_CLOCK_FROM = 100
"""Width of the log from which on the time has hours and minutes."""
_NAME_WIDTH = 14
_SIGN_WIDTH = 2


def largest_numbers(records: Sequence[LogRecord]) -> tuple[int, int]:
    """Return the largest number of an invocation and of an environment; 0 without one."""
    return (
        max((one.invocation or 0 for one in records), default=0),
        max((one.environment or 0 for one in records), default=0),
    )


@dataclass(frozen=True, slots=True)
class Gutter:
    """The columns, each as wide as the largest number that it has to hold."""

    extent: Extent = Extent.ALL
    is_wide: bool = False
    largest_invocation: int = 0
    """The largest number of an invocation; 0 without one, and without the column."""
    largest_environment: int = 0

    @classmethod
    def of(cls, extent: Extent, width: int, invocation: int, environment: int) -> Gutter:
        """Return the gutter of a log of this width: what its frame says, no line repeats."""
        if extent is Extent.INVOCATION:
            invocation = environment = 0
        elif extent is Extent.ENVIRONMENT:
            environment = 0
        return cls(extent, width >= _CLOCK_FROM, invocation, environment)

    @property
    def width(self) -> int:
        """Cells in all, with a blank behind each column and two for a sign."""
        clock = 13 if self.is_wide else 7
        name = _NAME_WIDTH + 1 if self.extent is Extent.ALL else 0
        return clock + name + self._invocation_width + self._environment_width + _SIGN_WIDTH

    def text(self, record: LogRecord) -> str:
        """Return ``12:30:01.042 Greet #12 env 1``, exactly ``width`` cells wide."""
        moment = time.localtime(record.time)
        clock = time.strftime("%H:%M:%S" if self.is_wide else "%S", moment)
        text = f"{clock}.{int(record.time * 1000) % 1000:03} "
        if self.extent is Extent.ALL:
            text += f"{fitted(one_line(record.function), _NAME_WIDTH)} "
        if self.largest_invocation:
            invocation = "" if record.invocation is None else f"#{record.invocation}"
            text += f"{invocation:<{self._invocation_width}}"
        if self.largest_environment:
            environment = "" if record.environment is None else f"env {record.environment}"
            text += f"{environment:<{self._environment_width}}"
        return f"{text}  "

    @property
    def _invocation_width(self) -> int:
        return len(f"#{self.largest_invocation} ") if self.largest_invocation else 0

    @property
    def _environment_width(self) -> int:
        return len(f"env {self.largest_environment} ") if self.largest_environment else 0
