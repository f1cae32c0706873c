"""The engine as a whole: a pool for each function, a zygote for each interpreter, one stream."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from lambda_tui.engine.asynchronous import AsyncInvocations
from lambda_tui.engine.dependency_checks import DependencyChecks
from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.event_loop import poll_after_invocations
from lambda_tui.engine.events import (
    Event,
    EventStream,
    FunctionAdded,
    FunctionRemoved,
    Notice,
    ProblemFound,
    ProblemSolved,
)
from lambda_tui.engine.pool import Account, Pool
from lambda_tui.engine.runtime_api import OpenApi
from lambda_tui.engine.sampling import Sampler
from lambda_tui.engine.sdk import RuntimeSdk
from lambda_tui.engine.watching import Watcher, seen_files, source_files, watched_folders, watches
from lambda_tui.engine.wire import Zygote
from lambda_tui.project.code import OutwardLinks
from lambda_tui.project.dependencies import REQUIREMENT_FILES
from lambda_tui.project.function import NODE_SUFFIXES, Function, Problem, Project
from lambda_tui.project.interpreters import Interpreter, find_interpreter
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings

# A Shutdown phase with extensions takes two seconds, an init process that must be killed more.
_GOODBYE_SECONDS = 15.0
_DESCRIPTORS = 65_536
# Suffixes of files that may contain a handler.
_SOURCE_SUFFIXES = (".py", *NODE_SUFFIXES, ".zip")


class Engine:
    """Runs the functions of a project. Construct and use it inside an event loop."""

    def __init__(
        self,
        project: Project,
        settings: Settings,
        open_api: OpenApi,
        settings_problems: tuple[Problem, ...] = (),
    ) -> None:
        """``open_api`` starts the HTTP server that the processes of an environment call.

        The problems of the settings stand before the project's own, however often that is read.
        """
        self._settings_problems = settings_problems
        self.project = self._with_problems_of_settings(project)
        self.settings = settings
        self._open_api = open_api
        self.events = EventStream()
        self._links = OutwardLinks(project.directory)
        self._account = Account(settings.account_concurrency)
        self.pools = self._account.pools
        """By the name of their function, in the project's order."""
        self._zygotes: dict[Path, Zygote] = {}
        """By the path of their interpreter."""
        self._retired: list[Pool] = []
        """Pools of functions that are no more; their last invocations may still run."""
        self._endings: list[asyncio.Task[None]] = []
        """Tasks that close zygotes which have failed and were replaced."""
        self.asynchronous = AsyncInvocations(settings, self.pools)
        self.sdk = RuntimeSdk(settings, self.pools, self._zygotes)
        self.dependencies = DependencyChecks(project.directory, settings)
        self._watcher: Watcher | None = None
        self._sampling: asyncio.Task[None] | None = None
        self._reloading: asyncio.Task[None] | None = None
        self._is_reporting = False
        for function in project.functions:
            self.pools[function.name] = self._make_pool(function)

    async def start(self) -> None:
        """Start the interpreters, the watching and the sampling, without waiting for any."""
        _allow_many_descriptors()
        poll_after_invocations(self.events)
        asyncio.get_running_loop().set_exception_handler(self._on_defect)
        for pool in self.pools.values():
            pool.warm_up()
            self.dependencies.check(pool)
        sampler = Sampler(self._environments)
        self._sampling = asyncio.create_task(sampler.run())
        await self._watch()

    async def booted(self) -> None:
        """Wait until every interpreter has booted, or cannot."""
        await asyncio.gather(*(zygote.booted for zygote in self._zygotes.values()))

    async def close(self) -> None:
        """End every process that was started."""
        self.dependencies.close()
        await self.asynchronous.close()
        await self.sdk.close()
        for task in (self._sampling, self._reloading):
            if task is not None:
                task.cancel()
        if self._watcher is not None:
            await self._watcher.close()
        pools = [*self.pools.values(), *self._retired]
        for pool in pools:
            pool.shut_down()
        deadline = time.monotonic() + _GOODBYE_SECONDS
        while not all(pool.has_ended for pool in pools):
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(0.001)
        zygotes = (zygote.close() for zygote in self._zygotes.values())
        await asyncio.gather(*zygotes, *self._endings)

    async def reload_project(self, paths: frozenset[Path] = frozenset()) -> None:
        """Read the project's files again: functions appear, change and disappear.

        ``paths`` are the files that have changed, where that is known. A template that cannot be
        read changes nothing: it is being written, or will be corrected.
        """
        project = self._with_problems_of_settings(
            await asyncio.to_thread(load_project, self.project.directory, self.settings)
        )
        self._tell_problems(self.project.problems, project.problems)
        if self.pools and not project.functions:
            self.project = replace(self.project, problems=project.problems)
            return
        self.project = project
        pools = {
            function.name: self._changed_pool(function, paths) for function in project.functions
        }
        for name, pool in pools.items():
            if name not in self.pools:
                pool.tell(FunctionAdded())
        for name, pool in self.pools.items():
            if name not in pools:
                pool.retire()
                self._retired.append(pool)
                pool.tell(FunctionRemoved())
        # The dictionary itself is shared with the account and the asynchronous invocations.
        self.pools.clear()
        self.pools.update(pools)
        await self._watch()

    def tell_all_problems(self) -> None:
        """Put the problems that there are on the stream; those to come are put there anyway."""
        for problem in self.project.problems:
            self._tell_problem(problem)

    def _with_problems_of_settings(self, project: Project) -> Project:
        return replace(project, problems=(*self._settings_problems, *project.problems))

    def _tell_problems(self, before: Iterable[Problem], now: Iterable[Problem]) -> None:
        """Tell of problems that have come and gone, not of those whose line alone has changed."""
        known = {(problem.message, problem.file): problem for problem in before}
        found = {(problem.message, problem.file): problem for problem in now}
        for key, problem in known.items():
            if key not in found:
                record = ProblemSolved(str(problem))
                self.events.emit(Event(record=record, function=problem.function or ""))
        for key, problem in found.items():
            if key not in known:
                self._tell_problem(problem)

    def _tell_problem(self, problem: Problem) -> None:
        record = ProblemFound(str(problem))
        self.events.emit(Event(record=record, function=problem.function or ""))

    def _changed_pool(self, function: Function, paths: frozenset[Path]) -> Pool:
        pool = self.pools.get(function.name)
        if pool is None:
            pool = self._make_pool(function)
            pool.warm_up()
            self.dependencies.check(pool)
            return pool
        sources = source_files(paths, function)
        if sources or pool.function != function:
            interpreter = find_interpreter(self.project.directory, function, self.settings)
            required = tuple(path.name for path in paths if path.name in REQUIREMENT_FILES)
            file = function.file.name if function.file else "settings"
            pool.change(function, sources or required or (file,), interpreter)
            self.dependencies.check(pool)
        return pool

    def _make_pool(self, function: Function) -> Pool:
        interpreter = find_interpreter(self.project.directory, function, self.settings)
        return Pool(
            function,
            interpreter,
            self.settings,
            self._zygote_of,
            self._account,
            self.events.emit,
            self._open_api,
            self.sdk.note_missing,
            self._links,
        )

    def _zygote_of(self, interpreter: Interpreter) -> Zygote:
        """Return the running zygote of an interpreter. One that has failed is replaced."""
        zygote = self._zygotes.get(interpreter.executable)
        if zygote is None or zygote.problem is not None:
            if zygote is not None:
                self._endings.append(asyncio.create_task(zygote.close()))
            zygote = Zygote(interpreter, self.settings.sandbox)
            self._zygotes[interpreter.executable] = zygote
            self.sdk.provide(zygote)
            zygote.start()
        return zygote

    def _environments(self) -> Iterator[ExecutionEnvironment]:
        for pool in self.pools.values():
            yield from pool.environments

    def _warn(self, problem: str) -> None:
        self.events.emit(Event(record=Notice("warning", problem), function=""))

    def _on_defect(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Report an exception in a callback or a task, which asyncio would only log."""
        loop.default_exception_handler(context)
        if self._is_reporting:
            # By a listener to the report itself.
            return
        self._is_reporting = True
        error = context.get("exception")
        what = type(error).__name__ if error is not None else context["message"]
        self.events.emit(
            Event(record=Notice("error", f"A defect in lambda-tui: {what}."), function="")
        )
        self._is_reporting = False

    async def _watch(self) -> None:
        """Watch the project and the functions' code, anew when folders were added."""
        # In a thread, as a tree may be large; what is found is kept.
        functions = [pool.function for pool in self.pools.values()]
        await asyncio.to_thread(lambda: [self._links.search(one) for one in functions])
        directories = {self.project.directory}
        for pool in self.pools.values():
            directories |= watched_folders(pool.function, pool.links)
        before = self._watcher
        if not self.settings.watch or (before is not None and watches(before, directories)):
            return
        self._watcher = Watcher(directories, self._on_files_changed, self._warn)
        self._watcher.start()
        if before is not None:
            await before.close()

    def _on_files_changed(self, paths: frozenset[Path]) -> None:
        for pool in self.pools.values():
            files = seen_files(paths, pool.function, pool.links)
            if files and not source_files(paths, pool.function):
                pool.change(pool.function, files)
            if files or _are_required(paths):
                self.dependencies.check(pool)
        if self._describes_project(paths):
            if self._reloading is not None:
                self._reloading.cancel()
            self._reloading = asyncio.create_task(self.reload_project(paths))

    def _describes_project(self, paths: frozenset[Path]) -> bool:
        """Return whether the files determine which functions there are, or their content."""
        if any(source_files(paths, pool.function) for pool in self.pools.values()):
            return True
        templates = {self.project.directory / name for name in ("template.yaml", "template.yml")}
        if paths & templates:
            return True
        if self.settings.undeclared_packages == "error" and _are_required(paths):
            return True
        is_wrong = any(problem.functions for problem in self.project.problems)
        return (self.project.template is None or is_wrong) and any(map(_may_hold_handler, paths))


def _are_required(paths: frozenset[Path]) -> bool:
    return any(path.name in REQUIREMENT_FILES for path in paths)


def _may_hold_handler(path: Path) -> bool:
    return path.suffix in _SOURCE_SUFFIXES or path.name == "bootstrap" or path.is_dir()


def _allow_many_descriptors() -> None:
    """Raise the limit as far as the machine allows: an environment needs up to six."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
