"""Waits until the installation of packages, which writes many files, has come to an end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

QUIET_SECONDS = 0.3
"""Seconds without a change after which an installation is taken to be over."""


class Quiet:
    """Collects names by their subject, and passes them on when no more have come for a while."""

    def __init__(self, on_quiet: Callable[[dict[str, set[str]]], None]) -> None:
        self._on_quiet = on_quiet
        self._names: dict[str, set[str]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def note(self, subject: str, names: Iterable[str]) -> None:
        """Add names, perhaps none, and begin to wait anew."""
        self._names.setdefault(subject, set()).update(names)
        self.close()
        self._timer = asyncio.get_running_loop().call_later(QUIET_SECONDS, self._pass_on)

    def close(self) -> None:
        """Pass nothing on."""
        if self._timer is not None:
            self._timer.cancel()

    def _pass_on(self) -> None:
        names, self._names = self._names, {}
        self._on_quiet(names)
