"""Tells of packages that a function imports here and that would be missing on Lambda."""

from __future__ import annotations

import asyncio
from pathlib import Path

from lambda_tui.engine.event_loop import start_task
from lambda_tui.engine.events import ProblemFound, ProblemSolved
from lambda_tui.engine.pool import Pool
from lambda_tui.project.dependencies import undeclared_packages
from lambda_tui.project.function import Problem
from lambda_tui.project.settings import Settings


class DependencyChecks:
    """Looks for such packages in a thread, and tells of each once until it changes."""

    def __init__(self, directory: Path, settings: Settings) -> None:
        """``directory`` is the project's."""
        self._directory = directory
        self.configure(settings)
        self._told: dict[str, tuple[Problem, ...]] = {}
        """By the name of the function."""
        self._checks: dict[str, asyncio.Task[None]] = {}
        """The last check of each function, by its name."""

    def configure(self, settings: Settings) -> None:
        """Go by these settings from now on."""
        self._are_on = settings.undeclared_packages != "off"

    def check(self, pool: Pool) -> None:
        """Look at a function that is new, or has changed."""
        if not self._are_on:
            return
        name = pool.function.name
        if name in self._checks:
            self._checks[name].cancel()
        self._checks[name] = start_task(self._check(pool))

    async def settle(self) -> None:
        """Wait until all that is to be told is told."""
        await asyncio.gather(*self._checks.values(), return_exceptions=True)

    def close(self) -> None:
        """Tell no more."""
        for check in self._checks.values():
            check.cancel()

    async def _check(self, pool: Pool) -> None:
        function = pool.function
        problems = await asyncio.to_thread(
            undeclared_packages, self._directory, function, pool.interpreter
        )
        before, self._told[function.name] = self._told.get(function.name, ()), problems
        for problem in before:
            if problem not in problems:
                pool.tell(ProblemSolved(str(problem)))
        for problem in problems:
            if problem not in before:
                pool.tell(ProblemFound(str(problem)))
