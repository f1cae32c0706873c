"""Tells of packages that are missing here, and of those that would be missing on Lambda."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NamedTuple

from lambda_tui.engine.event_loop import start_task
from lambda_tui.engine.events import ProblemFound, ProblemSolved
from lambda_tui.engine.pool import Pool
from lambda_tui.project.dependencies import (
    SyncedPackages,
    missing_sentence,
    undeclared_packages,
)
from lambda_tui.project.function import Function, Problem
from lambda_tui.project.interpreters import Interpreter
from lambda_tui.project.settings import Settings


class _Found(NamedTuple):
    """All that was found out of one function."""

    function: Function
    """The function with what is installed for it."""
    changed_file: Path | None
    """A file that says something else than that."""
    undeclared: tuple[Problem, ...]


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
            pool.warn_once(sentence)

    async def _check(self, pool: Pool) -> None:
        found = await asyncio.to_thread(self._look, pool.function, pool.interpreter)
        self._follow_packages(pool, found)
        self._tell_undeclared(pool, found.undeclared)

    def _look(self, function: Function, interpreter: Interpreter) -> _Found:
        return _Found(
            self._packages.complete(function, interpreter),
            self._packages.changed_file(function, interpreter),
            undeclared_packages(self._directory, function, interpreter) if self._are_on else (),
        )

    def _follow_packages(self, pool: Pool, found: _Found) -> None:
        """Give a function the packages that its files name now, or tell that a sync is needed."""
        name, folder = pool.function.name, found.function.packages_directory
        if any(one.function.packages_directory != folder for one in pool.environments):
            pool.change(pool.function, ("the packages",))
        if not self._offers_sync:
            return
        remedy = f"S on the screen, or `lambda-tui invoke {name} --sync`,"
        for layer in found.function.layers:
            if layer.path is None and layer.source is not None:
                pool.warn_once(
                    f"The layer in {layer.source.folder.name}, of {name}, is missing from /opt "
                    f"until it is built: {remedy} does that, and so does `sam build`."
                )
        if found.changed_file is not None:
            pool.warn_once(
                f"What {found.changed_file.name} lists is not what is installed for {name}, as it "
                f"has changed: {remedy} installs it."
            )

    def _tell_undeclared(self, pool: Pool, problems: tuple[Problem, ...]) -> None:
        name = pool.function.name
        before, self._told[name] = self._told.get(name, ()), problems
        for problem in before:
            if problem not in problems:
                pool.tell(ProblemSolved(str(problem)))
        for problem in problems:
            if problem not in before:
                pool.tell(ProblemFound(str(problem)))
