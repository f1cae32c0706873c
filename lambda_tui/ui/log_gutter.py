"""What stands in front of a log line: when, whose, and which environment."""

from __future__ import annotations

import time
from dataclasses import dataclass

from lambda_tui.ui.facts import safe
from lambda_tui.ui.log_lines import LogRecord

_NAME_WIDTH = 14
_CLOCK_WIDTH = 13
_NUMBER_WIDTH = 6
"""With the room for a glyph at its end."""


@dataclass(frozen=True, slots=True)
class Gutter:
    """Which columns stand in front of the lines."""

    with_clock: bool
    with_names: bool

    @property
    def width(self) -> int:
        """Cells in all."""
        names = _NAME_WIDTH + 1 if self.with_names else 0
        return (_CLOCK_WIDTH if self.with_clock else 0) + names + _NUMBER_WIDTH

    def text(self, record: LogRecord) -> str:
        """``12:30:01.042 Greet          #1``, exactly ``width`` cells."""
        clock = name = ""
        if self.with_clock:
            whole = time.strftime("%H:%M:%S", time.localtime(record.time))
            clock = f"{whole}.{int(record.time * 1000) % 1000:03} "
        if self.with_names:
            name = f"{safe(record.function)[:_NAME_WIDTH]:{_NAME_WIDTH}} "
        number = "" if record.number is None else f"#{record.number}"
        return f"{clock}{name}{number:<{_NUMBER_WIDTH}}"
