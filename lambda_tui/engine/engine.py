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

from platformdirs import user_config_path

from lambda_tui.engine.asynchronous import AsyncInvocations
from lambda_tui.engine.credentials import FunctionCredentials
from lambda_tui.engine.dependency_checks import DependencyChecks
from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.event_loop import poll_after_invocations, start_task
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
from lambda_tui.engine.sync import Sync
from lambda_tui.engine.synthesis import AppSynthesis
from lambda_tui.engine.watching import (
    Quiet,
    ReloadStorms,
    Watcher,
    describe_project,
    describing_files,
    installed_packages,
    last_write,
    makes_environment,
    package_folders,
    seen_files,
    source_files,
    watched_files,
    watched_folders,
)
from lambda_tui.engine.wire import Zygote
from lambda_tui.project.code import OutwardLinks, is_deployed
from lambda_tui.project.dependencies import NODE_FILES, REQUIREMENT_FILES, SyncedPackages
from lambda_tui.project.function import NODE_SUFFIXES, Function, Problem, Project
from lambda_tui.project.interpreters import Interpreter, find_interpreter
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import (
    AFTER_RESTART,
    PROJECT_FILE,
    PYPROJECT_FILE,
    Settings,
    SettingsFiles,
)
from lambda_tui.terminal_text import one_line

# A Shutdown phase with extensions takes two seconds, an init process that must be killed more.
_GOODBYE_SECONDS = 15.0
_BUILT_BY = ("bootstrap", "Dockerfile")
"""Names of files beside source files that make a folder a function."""
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
        *,
        profiles_init: bool = False,
    ) -> None:
        """``open_api`` starts the HTTP server that the processes of an environment call.

        The problems of the settings stand before the project's own, however often that is read.
        With ``profiles_init`` a record tells what each Init phase has spent its time on.
        """
        self._profiles_init = profiles_init
        self._settings_problems = settings_problems
        self.project = self._with_problems_of_settings(project)
        self.settings = settings
        self._open_api = open_api
        self.events = EventStream()
        self._links = OutwardLinks(project.directory)
        self.credentials = FunctionCredentials(
            settings.credentials, self._on_credentials, self._tell_of_credentials
        )
        self._account = Account(settings.account_concurrency, self.credentials)
        self.pools = self._account.pools
        """By the name of their function, in the project's order."""
        self._zygotes: dict[Path, Zygote] = {}
        """By the path of their interpreter."""
        self._retired: list[Pool] = []
        """Pools of functions that are no more; their last invocations may still run."""
        self._endings: set[asyncio.Task[None]] = set()
        """Tasks that close zygotes which have failed and were replaced."""
        self.asynchronous = AsyncInvocations(settings, self.pools)
        self._packages = SyncedPackages(project.directory)
        self._packages.is_on = settings.dependencies != "off"
        self.dependencies = DependencyChecks(project.directory, settings, self._packages)
        self.sync = Sync(
            settings,
            self.pools,
            self._zygotes,
            self._packages,
            on_synced=self._watch,
            on_unmet=self.dependencies.note_missing,
        )
        self.synthesis = AppSynthesis(project.directory, settings, self._read_again)
        self._settings_files = SettingsFiles(project.directory, user_config_path("lambda-tui"))
        self._watcher = Watcher(self._on_files_changed, self._warn)
        self._installations = Quiet(self._on_installed)
        self._storms = ReloadStorms(self._warn)
        self._changed: set[Path] = set()
        """Saved files that are not followed up yet."""
        self._is_outdated = False
        """Whether the project is to be read again, whatever was saved."""
        self._sampling: asyncio.Task[None] | None = None
        self._following: asyncio.Task[None] | None = None
        self._is_reporting = False
        for function in project.functions:
            self.pools[function.name] = self._make_pool(function)

    async def start(self) -> None:
        """Start the interpreters, the watching and the sampling, without waiting for any."""
        _allow_many_descriptors()
        poll_after_invocations(self.events)
        self.credentials.start()
        asyncio.get_running_loop().set_exception_handler(self._on_defect)
        for pool in self.pools.values():
            pool.warm_up()
            self.dependencies.check(pool)
        sampler = Sampler(self._environments, self.events)
        self._sampling = start_task(sampler.run())
        await self._watch()

    async def booted(self) -> None:
        """Wait until every interpreter has booted, or cannot."""
        await asyncio.gather(*(zygote.booted for zygote in self._zygotes.values()))

    async def close(self) -> None:
        """End every process that was started."""
        self.credentials.close()
        self.synthesis.cancel()
        self.dependencies.close()
        await self.asynchronous.close()
        await self.sync.close()
        for task in (self._sampling, self._following):
            if task is not None:
                task.cancel()
        self._installations.close()
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
        if self.pools and not project.functions:
            # The problems of the functions that stay are not solved.
            problems = (*project.problems, *_lasting(self.project.problems, project.problems))
            project = replace(self.project, problems=problems)
        self._tell_problems(self.project.problems, project.problems)
        self.project = project
        pools = {
            function.name: self._changed_pool(function, paths) for function in project.functions
        }
        for name, pool in pools.items():
            if name not in self.pools:
                pool.tell(FunctionAdded())
        self._retired = [pool for pool in self._retired if not pool.has_ended]
        for name, pool in self.pools.items():
            if name not in pools:
                pool.retire()
                self._retired.append(pool)
                pool.tell(FunctionRemoved())
        # The dictionary itself is shared with the account and the asynchronous invocations.
        self.pools.clear()
        self.pools.update(pools)
        await self._watch()

    async def open_template(self, file: Path) -> None:
        """Read another template in the place of what the project's folder has by itself."""
        self.settings = replace(self.settings, template=file)
        await self.reload_project()

    def let_functions_call(self, address: str | None) -> None:
        """Have SDKs in the environments to come call the Lambda API at a URL, if there is one."""
        self._account.lambda_endpoint = address

    def choose_credentials(self, choice: str) -> None:
        """Give functions other credentials; ``choice`` is a value of the setting for them."""
        self.settings = replace(self.settings, credentials=choice)
        # The region may be theirs, which is followed up when they are there.
        self._is_outdated = True
        self.credentials.choose(choice)

    def tell_all_problems(self) -> None:
        """Put the problems that there are on the stream; those to come are put there anyway."""
        for problem in self.project.problems:
            self._tell_problem(problem)

    def _with_problems_of_settings(self, project: Project) -> Project:
        return replace(project, problems=(*self._settings_problems, *project.problems))

    def _tell_problems(self, before: Iterable[Problem], now: Iterable[Problem]) -> None:
        """Tell of problems that have come and gone, not of those whose line alone has changed."""
        known, found = _by_sentence(before), _by_sentence(now)
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
        interpreter = find_interpreter(self.project.directory, function, self.settings)
        if sources or pool.function != function or pool.interpreter != interpreter:
            required = tuple(path.name for path in paths if path.name in REQUIREMENT_FILES)
            file = function.file.name if function.file else "settings"
            pool.change(function, sources or required or (file,), interpreter)
            self.dependencies.check(pool)
        else:
            pool.describe(function)
        return pool

    async def _reload_settings(self) -> None:
        """Apply what has changed in the settings files, or say that it takes a restart."""
        changes = await asyncio.to_thread(self._settings_files.read_again)
        self._settings_problems = self._settings_files.problems
        later = sorted(AFTER_RESTART.intersection(changes))
        if later:
            verb = "holds" if len(later) == 1 else "hold"
            self._warn(f"{PROJECT_FILE}: {' and '.join(later)} {verb} after a restart.")
        changes = {name: value for name, value in changes.items() if name not in later}
        self.settings = replace(self.settings, **changes)
        self._account.concurrency = self.settings.account_concurrency
        if "credentials" in changes:
            self.credentials.choose(self.settings.credentials)
        self.asynchronous.configure(self.settings)
        self.sync.configure(self.settings)
        self.dependencies.configure(self.settings)
        self._packages.is_on = self.settings.dependencies != "off"
        self.synthesis.configure(self.settings)
        for pool in self.pools.values():
            pool.configure(self.settings)
            if "dependencies" in changes:
                self.dependencies.check(pool)

    def _on_credentials(self) -> None:
        """Initialise every function with the credentials that there are now, and say whose."""
        current = self.credentials.current
        what = "placeholders for credentials"
        if current.are_real:
            what = f"the credentials of {one_line(current.owner)}"
        notice = Notice("information", f"functions get {what}.")
        self.events.emit(Event(record=notice, function=""))
        if not self.credentials.known.done():
            # The environments have waited for them.
            return
        for pool in self.pools.values():
            pool.change(pool.function, ("credentials",))
        self._follow_soon()

    def _tell_of_credentials(self, problem: str) -> None:
        """Say why functions do not have the credentials that were chosen."""
        has = "those of before" if self.credentials.current.are_real else "placeholders"
        notice = Notice("error", f"{problem} Until then functions have {has}.")
        self.events.emit(Event(record=notice, function=""))

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
            self._on_missing_package,
            self._links,
            self._packages,
            profiles_init=self._profiles_init,
        )

    def _on_missing_package(self, pool: Pool, package: str) -> None:
        """Tell the remedy for a package that a function has failed for want of."""
        if not self.sync.note_missing(pool, package):
            self.dependencies.note_missing(pool, package)

    def _zygote_of(self, interpreter: Interpreter) -> Zygote:
        """Return the running zygote of an interpreter. One that has failed is replaced."""
        zygote = self._zygotes.get(interpreter.executable)
        if zygote is None or zygote.problem is not None:
            if zygote is not None:
                ending = start_task(zygote.close())
                self._endings.add(ending)
                ending.add_done_callback(self._endings.discard)
            zygote = Zygote(interpreter, self.settings.sandbox)
            self._zygotes[interpreter.executable] = zygote
            self.sync.provide(zygote)
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
        """Watch the project and all that its functions are made of, as far as it is not watched."""
        # In a thread, as a tree may be large; what is found is kept.
        pools = list(self.pools.values())
        await asyncio.to_thread(self._look_into, pools)
        if not self.settings.watch:
            return
        # As a single file too: nobody below the project's folder tells that it has come back.
        folders = {self.project.directory}
        describing = describing_files(self.project)
        files = {self.project.directory, *(one for one in describing if one.parent.is_dir())}
        for pool in self.pools.values():
            folders |= watched_folders(pool.function, pool.links)
            folders |= package_folders(pool.interpreter)
            files |= watched_files(pool.function, pool.links)
        local = self._packages.local_packages
        folders |= {path for path in local if path.is_dir()}
        files |= {path for path in local if path.is_file()}
        # One that is missing may be made, and one that is there may go.
        mounts = self.settings.file_systems.values()
        files |= {folder for folder in mounts if folder.parent.is_dir()}
        self._watcher.cover(folders, files)

    def _look_into(self, pools: Iterable[Pool]) -> None:
        """Find the links and the packages of functions, which lie outside of their code."""
        for pool in pools:
            self._links.search(pool.function)
            self._packages.complete(pool.function, pool.interpreter)

    def _on_files_changed(self, paths: frozenset[Path]) -> None:
        are_required = _are_required(paths) or self._packages.are_sources(paths)
        has_environment = makes_environment(paths, self.project)
        written_at = last_write(paths)
        for pool in self.pools.values():
            files = seen_files(paths, pool.function, self.project, pool.links)
            packages = installed_packages(paths, files, pool.interpreter)
            files = tuple(file for file in files if not _is_in(file, packages))
            is_running = written_at is not None and pool.ran_at(written_at)
            files = self._storms.saved(pool.function.name, files, is_running=is_running)
            if files and not source_files(paths, pool.function):
                pool.change(pool.function, files)
            if packages or has_environment:
                self._installations.note(pool.function.name, packages)
            if files or are_required:
                self.dependencies.check(pool)
        if are_required:
            self.sync.sync_needed_soon()
        self._changed |= paths
        self._follow_soon()

    def _follow_soon(self) -> None:
        if self._following is None or self._following.done():
            self._following = start_task(self._follow())

    async def _read_again(self) -> None:
        """Read the project again, in its turn among what saves concern."""
        self._is_outdated = True
        self._follow_soon()
        assert self._following is not None
        await self._following

    async def _follow(self) -> None:
        """Read again what the saves concern, and watch what is new: one burst after the other."""
        while self._changed or self._is_outdated:
            paths, self._changed = frozenset(self._changed), set()
            is_outdated, self._is_outdated = self._is_outdated, False
            directory = self.project.directory
            are_settings = bool(paths & {directory / PROJECT_FILE, directory / PYPROJECT_FILE})
            if are_settings:
                await self._reload_settings()
            if is_outdated or are_settings or self._describes_project(paths):
                await self.reload_project(paths)
            else:
                await self._watch()

    def _on_installed(self, packages: dict[str, set[str]]) -> None:
        """Initialise functions again whose packages have changed, or whose interpreter."""
        for name, folders in packages.items():
            pool = self.pools.get(name)
            if pool is None:
                continue
            interpreter = find_interpreter(self.project.directory, pool.function, self.settings)
            if folders or interpreter != pool.interpreter:
                where = tuple(sorted(folders)) or (interpreter.origin,)
                pool.change(pool.function, where, interpreter)
                self.dependencies.check(pool)
        if self.settings.undeclared_packages == "error":
            # The installed packages decide which modules a function may not find.
            self._is_outdated = True
            self._follow_soon()

    def _describes_project(self, paths: frozenset[Path]) -> bool:
        """Return whether the files determine which functions there are, or their content."""
        functions = [pool.function for pool in self.pools.values()]
        if any(source_files(paths, function) for function in functions):
            return True
        gone = [path for path in paths if not path.exists()]
        if any(
            function.code_directory.is_relative_to(path) for function in functions for path in gone
        ):
            return True
        directory = self.project.directory
        if describe_project(paths, self.project):
            return True
        if not paths.isdisjoint(self.settings.file_systems.values()):
            return True
        if self.settings.undeclared_packages == "error" and _are_required(paths):
            return True
        is_wrong = any(problem.functions for problem in self.project.problems)
        return (self.project.template is None or is_wrong) and any(
            _may_hold_handler(path) and is_deployed(path.relative_to(directory), directory)
            for path in paths
            if path.is_relative_to(directory) and "node_modules" not in path.parts
        )


def _by_sentence(problems: Iterable[Problem]) -> dict[tuple[str, Path | None], Problem]:
    return {(problem.message, problem.file): problem for problem in problems}


def _lasting(before: Iterable[Problem], now: Iterable[Problem]) -> Iterable[Problem]:
    """Return the problems of single functions that are not among those of now."""
    found = _by_sentence(now)
    known = _by_sentence(problem for problem in before if problem.functions)
    return (problem for key, problem in known.items() if key not in found)


def _is_in(file: str, folders: tuple[str, ...]) -> bool:
    return any(Path(file).is_relative_to(folder) for folder in folders)


def _are_required(paths: frozenset[Path]) -> bool:
    return any(path.name in REQUIREMENT_FILES or path.name in NODE_FILES for path in paths)


def _may_hold_handler(path: Path) -> bool:
    return path.suffix in _SOURCE_SUFFIXES or path.name in _BUILT_BY or path.is_dir()


def _allow_many_descriptors() -> None:
    """Raise the limit as far as the machine allows: an environment needs up to six."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
