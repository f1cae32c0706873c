"""Installs, on the user's word, what functions lack: what their files name, and AWS's SDK."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path

from lambda_tui.engine.events import Notice
from lambda_tui.engine.pool import Pool
from lambda_tui.engine.wire import Zygote
from lambda_tui.project.dependencies import ManifestError, Need, SyncedPackages
from lambda_tui.project.installers import InstallationError, Installer
from lambda_tui.project.runtimes import runtime_of
from lambda_tui.project.sdk import (
    brings_sdk,
    install_sdk,
    installed_packages,
    installed_sdk,
    installed_version,
    is_of_sdk,
    needed_packages,
    requested_packages,
)
from lambda_tui.project.settings import Settings


class Sync:
    """Installs into the user's cache what functions lack, one after the other.

    That is what their own files name, which then stands beside their code, and the SDK that AWS's
    runtimes bring. Nothing is installed without a command, or a setting that says so.
    """

    def __init__(
        self,
        settings: Settings,
        pools: Mapping[str, Pool],
        zygotes: Mapping[Path, Zygote],
        packages: SyncedPackages,
        on_synced: Callable[[], Awaitable[None]],
        on_unmet: Callable[[Pool, str], None],
    ) -> None:
        """``on_synced`` is called when packages were installed.

        ``on_unmet`` is called with a function and the package that it has failed for want of, when
        a sync for that has ended: it may not have brought the package.
        """
        self._settings = settings
        self._pools = pools
        self._zygotes = zygotes
        self._packages = packages
        self._on_synced = on_synced
        self._on_unmet = on_unmet
        self._missed: defaultdict[str, set[str]] = defaultdict(set)
        """The packages that invocations have missed since the last sync, by function."""
        self._tried: set[tuple[str, str]] = set()
        """Functions and packages for which a sync was begun without being asked for."""
        self._turn = asyncio.Lock()
        self._installer: Installer | None = None
        self._tasks: set[asyncio.Task[object]] = set()

    @property
    def is_under_way(self) -> bool:
        """Whether something is being installed, which ``cancel`` gives up."""
        return self._turn.locked()

    def configure(self, settings: Settings) -> None:
        """Go by other settings from now on."""
        self._settings = settings

    def provide(self, zygote: Zygote) -> None:
        """Look, when an interpreter has booted, whether the SDK is installed for it."""
        if self._settings.sdk != "off":
            zygote.booted.add_done_callback(lambda _: _find_sdk(zygote))

    def note_missing(self, pool: Pool, package: str) -> bool:
        """Take notice that a function has failed for want of a package.

        Return whether the remedy is said or done here: for the SDK it is, and by the setting.
        """
        name = pool.function.name
        self._missed[name].add(package)
        is_of_the_sdk = is_of_sdk(pool.function, package)
        choice = self._settings.sdk if is_of_the_sdk else self._settings.dependencies
        is_to_be_had = is_of_the_sdk or bool(self._packages.needs(pool.function))
        if choice == "install" and is_to_be_had and (name, package) not in self._tried:
            self._tried.add((name, package))
            self._keep(asyncio.create_task(self._sync_for(pool, package)))
            return True
        if is_of_the_sdk and choice != "off" and not self.is_under_way:
            pool.tell(Notice("warning", missing_sentence(name, package)))
        return is_of_the_sdk

    def sync_needed_soon(self) -> None:
        """Install what functions lack, as far as the settings say so; do not wait."""
        if "install" in (self._settings.sdk, self._settings.dependencies):
            self._keep(asyncio.create_task(self._sync_all_needed()))

    def sync_soon(self, pool: Pool) -> None:
        """Install what a function lacks, and tell what keeps it from that; do not wait."""
        self._keep(asyncio.create_task(self._try_to_sync(pool, is_asked=True)))

    async def sync_needed(self, pool: Pool) -> None:
        """Install what a function lacks, as far as the settings say so."""
        lacks = self._settings.dependencies == "install" and await self._lacks_packages(pool)
        if self._settings.sdk == "install" and not lacks:
            zygote = await pool.boot()
            function = pool.synced_function
            needed = await asyncio.to_thread(needed_packages, function, zygote.interpreter)
            self._tried |= {(pool.function.name, package) for package in needed}
            lacks = bool(needed) and zygote.runtime_version is not None
        if lacks:
            await self._try_to_sync(pool, is_asked=False)

    async def sync(self, pool: Pool) -> None:
        """Install what a function lacks; its environments are then initialised again.

        Raise ``InstallationError``.
        """
        await self._sync(pool, is_asked=True)

    def cancel(self) -> None:
        """Give up what is being installed; whoever waits for it gets an ``InstallationError``."""
        for task in self._tasks:
            task.cancel()
        if self._installer is not None:
            self._installer.cancel()

    async def settle(self) -> None:
        """Wait until what is being installed by the settings is installed, or cannot be."""
        await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Give up what is being installed, and wait for the end of that."""
        self.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _sync(self, pool: Pool, *, is_asked: bool) -> None:
        """Install all that a function lacks if the user asks for it, or what the settings allow."""
        zygote = await pool.boot()
        if zygote.runtime_version is None:
            raise InstallationError(f"nothing is installed: {zygote.problem}")
        async with self._turn:
            has_files = False
            if is_asked or self._settings.dependencies == "install":
                has_files = await self._sync_packages(pool)
            if is_asked or self._settings.sdk == "install":
                await self._sync_sdk(pool, zygote, is_all=is_asked and not has_files)

    # Packages that the function's files name -----------------------------------------------------

    async def _sync_packages(self, pool: Pool) -> bool:
        """Install what a function's files name; return whether it has such files."""
        function, interpreter = pool.function, pool.interpreter
        if self._settings.dependencies == "off":
            return False
        needs = await asyncio.to_thread(self._packages.needs, function)
        try:
            lacking = await asyncio.to_thread(self._packages.lacking, function, interpreter)
        except ManifestError as error:
            raise InstallationError(str(error)) from error
        if not lacking and any(not is_of_sdk(function, one) for one in self._missed[function.name]):
            # As far as names tell, all is there.
            lacking = needs[:1]
        for need in needs:
            if need not in lacking:
                pool.tell(Notice("information", f"What {need.file.name} lists is installed."))
        for need in lacking:
            await self._install(pool, need)
        return bool(needs)

    async def _install(self, pool: Pool, need: Need) -> None:
        """Install what is needed; functions that need the same are then initialised again."""
        name, file = pool.function.name, need.file
        pool.tell(Notice("information", f"Installing what {file.name} lists for {name}."))
        installer = self._installer = Installer(pool.interpreter, self._teller(pool))
        try:
            folder = await asyncio.to_thread(self._packages.install, need, installer)
        finally:
            self._installer = None
        pool.tell(Notice("information", f"What {file.name} lists is installed, in {folder}."))
        for one in self._pools.values():
            is_own = one.synced_function.packages_directory == folder
            if is_own or need in self._packages.needs(one.function):
                self._missed.pop(one.function.name, None)
                one.change(one.function, (f"what {file.name} lists",))
        await self._on_synced()

    async def _lacks_packages(self, pool: Pool) -> bool:
        function, interpreter = pool.function, pool.interpreter

        def look() -> bool:
            with suppress(ManifestError):
                return bool(self._packages.lacking(function, interpreter))
            return False

        return await asyncio.to_thread(look)

    # AWS's SDK -----------------------------------------------------------------------------------

    async def _sync_sdk(self, pool: Pool, zygote: Zygote, *, is_all: bool) -> None:
        """Install the SDK where a function needs it; with ``is_all`` nothing else is asked for."""
        function, interpreter = pool.synced_function, zygote.interpreter
        refusal = self._refusal_of_sdk(pool)
        if refusal is not None:
            if is_all:
                pool.tell(Notice("information", refusal))
            return
        asked = {one for one in self._missed[function.name] if is_of_sdk(function, one)}
        if not (is_all or asked):
            needed = await asyncio.to_thread(needed_packages, function, interpreter)
            if not needed:
                return
        wanted = await asyncio.to_thread(requested_packages, function, interpreter, asked)
        if not wanted:
            # It lacks nothing, and may well be invoked.
            sentence = f"{function.name} imports no package of AWS's SDK that it does not bring."
            pool.tell(Notice("information", sentence))
            return
        folder = zygote.sdk_directory
        installed = frozenset[str]() if folder is None else installed_packages(folder)
        if folder is not None and wanted <= installed:
            pool.tell(Notice("information", f"{installed_version(folder)} is installed."))
            return
        assert zygote.runtime_version is not None
        runtime = runtime_of(interpreter.language, zygote.runtime_version)
        if interpreter.language == "node":
            # The new folder takes the place of the one before.
            wanted |= installed
        what = ", ".join(sorted(wanted))
        pool.tell(Notice("information", f"Installing {what} for {runtime}, from the index."))
        installer = self._installer = Installer(interpreter, self._teller(pool))
        try:
            folder = await asyncio.to_thread(install_sdk, installer, runtime, wanted)
        finally:
            self._installer = None
        pool.tell(Notice("information", f"{installed_version(folder)} is installed."))
        self._use_sdk(runtime)

    def _refusal_of_sdk(self, pool: Pool) -> str | None:
        if self._settings.sdk == "off":
            return 'The SDK is not installed: the setting sdk says "off".'
        if not brings_sdk(pool.function):
            return f"{pool.function.name} has a runtime of its own, without AWS's SDK."
        return None

    def _use_sdk(self, runtime: str) -> None:
        """Initialise the functions of a runtime again, which now brings what is installed."""
        for zygote in self._zygotes.values():
            _find_sdk(zygote)
        for pool in self._pools.values():
            function, version = pool.function, pool.runtime_version
            if version is None or not brings_sdk(function):
                continue
            if runtime_of(pool.interpreter.language, version) == runtime:
                self._missed.pop(function.name, None)
                pool.change(function, ("the SDK",))

    # Both ----------------------------------------------------------------------------------------

    def _teller(self, pool: Pool) -> Callable[[str], None]:
        """Return what tells progress from a thread."""
        loop = asyncio.get_running_loop()

        def tell(line: str) -> None:
            # The loop is closed when the program ends meanwhile.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(pool.tell, Notice("information", line))

        return tell

    async def _sync_all_needed(self) -> None:
        for pool in list(self._pools.values()):
            await self.sync_needed(pool)

    async def _sync_for(self, pool: Pool, package: str) -> None:
        """Install what a function lacks, for a package that it has missed."""
        is_done = await self._try_to_sync(pool, is_asked=False)
        if is_done and not is_of_sdk(pool.function, package):
            self._on_unmet(pool, package)

    async def _try_to_sync(self, pool: Pool, *, is_asked: bool) -> bool:
        """Install what a function lacks, and tell why that fails; return whether it has not."""
        try:
            await self._sync(pool, is_asked=is_asked)
        except InstallationError as error:
            pool.tell(Notice("warning", f"{pool.function.name}: {error}"))
            return False
        return True

    def _keep(self, task: asyncio.Task[object]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def missing_sentence(function: str, package: str) -> str:
    """Return why a function has failed for want of a package of the SDK, and the remedy."""
    return (
        f"{function} relies on a package that AWS's runtime brings ({package}), which is not "
        f"installed here: `lambda-tui invoke {function} --sync`, or S on the screen, installs it."
    )


def _find_sdk(zygote: Zygote) -> None:
    if zygote.runtime_version is not None:
        runtime = runtime_of(zygote.interpreter.language, zygote.runtime_version)
        zygote.sdk_directory = installed_sdk(runtime)
