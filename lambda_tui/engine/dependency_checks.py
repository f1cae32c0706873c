"""Tells of packages that are missing here, and of those that would be missing on Lambda."""

from __future__ import annotations

import asyncio
from pathlib import Path

from lambda_tui.engine.event_loop import start_task
from lambda_tui.engine.events import Notice, ProblemFound, ProblemSolved
from lambda_tui.engine.pool import Pool
from lambda_tui.project.dependencies import (
    SyncedPackages,
    missing_sentence,
    undeclared_packages,
)
from lambda_tui.project.function import Problem
from lambda_tui.project.settings import Settings


class DependencyChecks:
    """Looks for packages in a thread, and tells of each once until it changes."""

    def __init__(self, directory: Path, settings: Settings, packages: SyncedPackages) -> None:
        """``directory`` is the project's."""
        self._directory = directory
        self._packages = packages
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
        self._offers_sync = settings.dependencies != "off"

    def check(self, pool: Pool) -> None:
        """Look at a function that is new, or has changed."""
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

    async def _look_at_packages(self, pool: Pool) -> None:
        """Give the function the packages that its files name now, or tell that they are others."""
        function, interpreter = pool.function, pool.interpreter
        complete = await asyncio.to_thread(self._packages.complete, function, interpreter)
        changed = await asyncio.to_thread(self._packages.changed_file, function, interpreter)
        folder = complete.packages_directory
        if any(one.function.packages_directory != folder for one in pool.environments):
            pool.change(function, ("the packages",))
        remedy = f"S on the screen, or `lambda-tui invoke {function.name} --sync`,"
        for layer in complete.layers:
            if layer.path is None and layer.source is not None:
                pool.warn_once(
                    f"The layer in {layer.source.folder.name}, of {function.name}, is missing from "
                    f"/opt until it is built: {remedy} does that, and so does `sam build`."
                )
        if changed is not None:
            pool.warn_once(
                f"What {changed.name} lists is not what is installed for {function.name}, as it "
                f"has changed: {remedy} installs it."
            )

    async def _tell_remedy(self, pool: Pool, module: str) -> None:
        sentence = await asyncio.to_thread(
            missing_sentence,
            self._directory,
            pool.synced_function,
            pool.interpreter,
            module,
            offers_sync=self._offers_sync,
        )
        if sentence is not None:
            pool.tell(Notice("warning", sentence))

    async def _check(self, pool: Pool) -> None:
        await self._look_at_packages(pool)
        if not self._are_on:
            return
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
