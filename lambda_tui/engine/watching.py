"""Watches files: which of those that a function sees have changed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from watchfiles import DefaultFilter, watch

from lambda_tui.project.code import OutwardLink
from lambda_tui.project.function import Function

# Milliseconds without a save that end a burst, and the longest duration of one.
_STEP_MS = 5
_DEBOUNCE_MS = 100
_EDITORS_AND_TOOLS = frozenset(
    {*DefaultFilter.ignore_dirs, "venv", ".aws-sam", "cdk.out", ".ruff_cache", ".lambda-tui"}
)

OnChange = Callable[[frozenset[Path]], None]


class SourceFilter(DefaultFilter):
    """Ignores what editors and tools write: caches, swap files, version control."""

    ignore_dirs = ()
    ignore_entity_patterns = (*DefaultFilter.ignore_entity_patterns, r"\.log$")


def changed_files(paths: Iterable[Path], code_directory: Path) -> tuple[str, ...]:
    """Return the paths that the function can see, relative to its code and sorted.

    Folders of tools are ignored below the code, not above it: a project may well lie in a folder
    called ``venv``. Sample events are not code. A folder that was deleted and comes back may be
    reported by its own path only.
    """
    relative = [
        path.relative_to(code_directory) for path in paths if path.is_relative_to(code_directory)
    ]
    seen = [path for path in relative if not _is_of_a_tool(path)]
    return tuple(sorted(str(path) if path.parts else code_directory.name for path in seen))


def watched_folders(function: Function, links: Iterable[OutwardLink] = ()) -> set[Path]:
    """Return the folders of the files that a function sees, or from which these are made.

    ``links`` lead out of its own.

    Archives outside the project's folder are not watched: anything may lie beside them.
    """
    folders = {layer.path for layer in function.layers if layer.path is not None}
    if function.code_archive is None:
        folders.add(function.code_directory)
    folders |= {link.target if link.target.is_dir() else link.target.parent for link in links}
    return {folder for folder in folders if folder.is_dir()}


def seen_files(
    paths: Iterable[Path], function: Function, links: Iterable[OutwardLink] = ()
) -> tuple[str, ...]:
    """Return the paths that the function sees directly, in its code or in its only layer.

    By ``links`` it sees files outside of them.
    """
    paths = tuple(paths)
    files = changed_files(paths, function.code_directory)
    if function.layers_directory is not None:
        files += changed_files(paths, function.layers_directory)
    for link in links:
        folder = function.layers_directory if link.is_in_layers else function.code_directory
        assert folder is not None
        # The kernel names a file by one of the paths that are watched.
        names = changed_files(paths, link.target) + changed_files(paths, folder / link.path)
        is_folder = link.target.is_dir()
        seen = [f"{link.path}/{name}" if is_folder else link.path for name in names]
        files += tuple(name for name in dict.fromkeys(seen) if name not in files)
    return files


def source_files(paths: Iterable[Path], function: Function) -> tuple[str, ...]:
    """Return the paths from which the function's files are made: archives, layers to be merged."""
    paths = tuple(paths)
    files: tuple[str, ...] = ()
    for source in (function.code_archive, *(layer.path for layer in function.layers)):
        if source in paths:
            files += (source.name,)
        elif source is not None and source != function.layers_directory:
            files += changed_files(paths, source)
    return files


def _is_of_a_tool(path: Path) -> bool:
    return bool(_EDITORS_AND_TOOLS.intersection(path.parts)) or path.parts[:1] == ("events",)


class Watcher:
    """Watches folders in a thread of its own, and reports changes in the event loop."""

    def __init__(
        self, directories: Iterable[Path], on_change: OnChange, on_problem: Callable[[str], None]
    ) -> None:
        self.directories = _outermost(directories)
        """Watched folders, each tree once."""
        self._on_change = on_change
        self._on_problem = on_problem
        self._loop = asyncio.get_running_loop()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watcher", daemon=True)

    def start(self) -> None:
        """Begin to watch; a large tree takes a while."""
        self._thread.start()

    async def close(self) -> None:
        """End the thread."""
        self._stop.set()
        await asyncio.to_thread(self._thread.join)

    def _watch(self) -> None:
        try:
            self._watch_until_stopped()
        except (OSError, RuntimeError) as error:
            problem = (
                f"Saves are not seen: {error}. If there are too many files to watch, raise "
                "fs.inotify.max_user_watches with sysctl."
            )
            self._loop.call_soon_threadsafe(self._on_problem, problem)

    def _watch_until_stopped(self) -> None:
        changes = watch(
            *self.directories,
            watch_filter=SourceFilter(),
            step=_STEP_MS,
            debounce=_DEBOUNCE_MS,
            stop_event=self._stop,
            raise_interrupt=False,
            ignore_permission_denied=True,
        )
        for change in changes:
            paths = frozenset(Path(path) for _, path in change)
            self._loop.call_soon_threadsafe(self._on_change, paths)


def watches(watcher: Watcher, directories: Iterable[Path]) -> bool:
    """Return whether the watcher covers all of these folders."""
    return all(
        any(directory.is_relative_to(outer) for outer in watcher.directories)
        for directory in directories
        if directory.is_dir()
    )


def _outermost(directories: Iterable[Path]) -> list[Path]:
    """Return the folders that lie in no other of them."""
    chosen: list[Path] = []
    for directory in sorted(set(directories)):
        if directory.is_dir() and not any(directory.is_relative_to(outer) for outer in chosen):
            chosen.append(directory)
    return chosen
