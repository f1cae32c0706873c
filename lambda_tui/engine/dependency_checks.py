"""Tells of packages that are missing here, and of those that would be missing on Lambda."""

from __future__ import annotations

import asyncio
from pathlib import Path

from lambda_tui.engine.event_loop import start_task
from lambda_tui.engine.events import Notice, ProblemFound, ProblemSolved
from lambda_tui.engine.pool import Pool
from lambda_tui.project.dependencies import missing_sentence, undeclared_packages
from lambda_tui.project.function import Problem
from lambda_tui.project.settings import Settings


class DependencyChecks:
    """Looks for packages in a thread, and tells of each once until it changes."""

    def __init__(self, directory: Path, settings: Settings) -> None:
        """``directory`` is the project's."""
        self._directory = directory
        self.configure(settings)
        self._told: dict[str, tuple[Problem, ...]] = {}
        """By the name of the function."""
        self._checks: dict[str, asyncio.Task[None]] = {}
        """The last check of each function, by its name."""
        self._remedies: set[asyncio.Task[None]] = set()
        """The searches for remedies that are under way."""

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

    def note_missing(self, pool: Pool, module: str) -> None:
        """Take notice that a function has failed for want of a module; tell the remedy soon."""
        task = start_task(self._tell_remedy(pool, module))
        self._remedies.add(task)
        task.add_done_callback(self._remedies.discard)

    async def settle(self) -> None:
        """Wait until all that is to be told is told."""
        tasks = (*self._checks.values(), *self._remedies)
        await asyncio.gather(*tasks, return_exceptions=True)

    def close(self) -> None:
        """Tell no more."""
        for task in (*self._checks.values(), *self._remedies):
            task.cancel()

    async def _tell_remedy(self, pool: Pool, module: str) -> None:
        function, interpreter = pool.function, pool.interpreter
        sentence = await asyncio.to_thread(
            missing_sentence, self._directory, function, interpreter, module
        )
        if sentence is not None:
            pool.tell(Notice("warning", sentence))

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
