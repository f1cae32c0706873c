"""AWS's SDK for functions that rely on their runtime for it: found, missed, and installed."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from lambda_tui.engine.events import Notice
from lambda_tui.engine.pool import Pool
from lambda_tui.engine.wire import Zygote
from lambda_tui.project.runtimes import runtime_of
from lambda_tui.project.sdk import (
    Installation,
    InstallationError,
    brings_sdk,
    installed_packages,
    installed_sdk,
    installed_version,
    needed_packages,
    requested_packages,
)
from lambda_tui.project.settings import Settings


class RuntimeSdk:
    """Gives interpreters the SDK that AWS's runtimes bring; installs it on the user's word."""

    def __init__(
        self, settings: Settings, pools: Mapping[str, Pool], zygotes: Mapping[Path, Zygote]
    ) -> None:
        self._choice = settings.sdk
        self._pools = pools
        self._zygotes = zygotes
        self._missed: defaultdict[str, set[str]] = defaultdict(set)
        """The packages that invocations have missed since the last installation, by function."""
        self._tried: set[tuple[str, str]] = set()
        """Functions and packages for which an installation was begun without being asked for."""
        self._installing = asyncio.Lock()
        self._installation: Installation | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def configure(self, settings: Settings) -> None:
        """Go by other settings from now on."""
        self._choice = settings.sdk

    def provide(self, zygote: Zygote) -> None:
        """Look, when an interpreter has booted, whether the SDK is installed for it."""
        if self._choice != "off":
            zygote.booted.add_done_callback(lambda _: _find_for(zygote))

    def note_missing(self, pool: Pool, package: str) -> None:
        """Take notice that a function has failed for want of a package; say or do the remedy."""
        name = pool.function.name
        self._missed[name].add(package)
        if self._choice == "off":
            return
        if self._choice == "install" and (name, package) not in self._tried:
            self._tried.add((name, package))
            self._begin(pool)
        elif not self._installing.locked():
            pool.tell(Notice("warning", missing_sentence(name, package)))

    def install_needed_soon(self) -> None:
        """Install what functions need by their source, if the setting says so; do not wait."""
        if self._choice == "install":
            task = asyncio.create_task(self._install_all_needed())
            self._keep(task)

    async def install_needed(self, pool: Pool) -> None:
        """Install what a function needs by its source, if the setting says so."""
        if self._choice != "install":
            return
        zygote = await pool.boot()
        needed = await asyncio.to_thread(needed_packages, pool.function, zygote.interpreter)
        if needed and zygote.runtime_version is not None:
            self._tried |= {(pool.function.name, package) for package in needed}
            await self._try_to_install(pool)

    async def install(self, pool: Pool) -> None:
        """Install the SDK for a function, whose environments are then initialised again.

        Raise ``InstallationError``.
        """
        function = pool.function
        if self._choice == "off":
            raise InstallationError('the SDK is not installed: the setting sdk says "off".')
        if not brings_sdk(function):
            raise InstallationError(f"{function.name} has a runtime of its own, without AWS's SDK.")
        zygote = await pool.boot()
        if zygote.runtime_version is None:
            raise InstallationError(f"the SDK is not installed: {zygote.problem}")
        async with self._installing:
            await self._install(pool, zygote, zygote.runtime_version)

    async def settle(self) -> None:
        """Wait until what is being installed by the setting is installed, or cannot be."""
        await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Give up what is being installed."""
        for task in self._tasks:
            task.cancel()
        if self._installation is not None:
            self._installation.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _install(self, pool: Pool, zygote: Zygote, version: str) -> None:
        function, interpreter = pool.function, zygote.interpreter
        asked = self._missed[function.name]
        wanted = await asyncio.to_thread(requested_packages, function, interpreter, asked)
        if not wanted:
            raise InstallationError(
                f"{function.name} imports no package of AWS's SDK that it does not bring."
            )
        folder = zygote.sdk_directory
        installed = frozenset[str]() if folder is None else installed_packages(folder)
        if folder is not None and wanted <= installed:
            pool.tell(Notice("information", f"{installed_version(folder)} is installed."))
            return
        runtime = runtime_of(interpreter.language, version)
        if interpreter.language == "node":
            # The new folder takes the place of the one before.
            wanted |= installed
        what = ", ".join(sorted(wanted))
        pool.tell(Notice("information", f"Installing {what} for {runtime}, from the index."))
        loop = asyncio.get_running_loop()

        def note_progress(line: str) -> None:
            # The loop is closed when the program ends meanwhile.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(pool.tell, Notice("information", line))

        self._installation = Installation(interpreter, runtime, wanted, note_progress)
        try:
            folder = await asyncio.to_thread(self._installation.run)
        finally:
            self._installation = None
        pool.tell(Notice("information", f"{installed_version(folder)} is installed."))
        self._use(runtime)

    def _use(self, runtime: str) -> None:
        """Initialise the functions of a runtime again, which now brings what is installed."""
        for zygote in self._zygotes.values():
            _find_for(zygote)
        for pool in self._pools.values():
            function, version = pool.function, pool.runtime_version
            if version is None or not brings_sdk(function):
                continue
            if runtime_of(pool.interpreter.language, version) == runtime:
                self._missed.pop(function.name, None)
                pool.change(function, ("the SDK",))

    async def _install_all_needed(self) -> None:
        for pool in list(self._pools.values()):
            await self.install_needed(pool)

    async def _try_to_install(self, pool: Pool) -> None:
        try:
            await self.install(pool)
        except InstallationError as error:
            pool.tell(Notice("warning", f"{pool.function.name}: {error}"))

    def _begin(self, pool: Pool) -> None:
        self._keep(asyncio.create_task(self._try_to_install(pool)))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def missing_sentence(function: str, package: str) -> str:
    """Return why a function has failed for want of a package, and the remedy."""
    return (
        f"{function} relies on a package that AWS's runtime brings ({package}), which is not "
        f"installed here: `lambda-tui invoke {function} --sync`, or S on the screen, installs it."
    )


def _find_for(zygote: Zygote) -> None:
    if zygote.runtime_version is not None:
        runtime = runtime_of(zygote.interpreter.language, zygote.runtime_version)
        zygote.sdk_directory = installed_sdk(runtime)
