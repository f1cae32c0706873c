"""Watches folders and single files in threads, and reports changes in the event loop."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from watchfiles import Change, DefaultFilter, watch

from lambda_tui.engine.watching.file_systems import must_poll

# Milliseconds without a save that end a burst, and the longest duration of one. A thread of
# watchfiles also looks so often whether there was any: every 5 ms would take 0.5 % of a core.
_STEP_MS = 50
_DEBOUNCE_MS = 100
_POLL_MS = 200
"""Between two looks at folders of whose changes the kernel does not tell."""

OnChange = Callable[[frozenset[Path]], None]


class SourceFilter(DefaultFilter):
    """Ignores what editors and tools write beside the files that they are for."""

    ignore_dirs = ()
    ignore_entity_patterns = (
        *DefaultFilter.ignore_entity_patterns,
        r"\.log$",
        # Files of Vim (a file on trial), Emacs, Kate, GNOME and network file systems.
        r"^4913$",
        r"^#.*#$",
        r"\.kate-swp$",
        r"^\.goutputstream-",
        r"^\.(nfs|fuse_hidden)",
        r"^\.coverage(\.|$)",
        r"^\.git(ignore|attributes|keep)?$",
    )


class Watcher:
    """Watches more and more folders and files; what is watched stays so until the end."""

    def __init__(self, on_change: OnChange, on_problem: Callable[[str], None]) -> None:
        self._on_change = on_change
        self._on_problem = on_problem
        self._watches: list[_Watch] = []
        self._ended: list[_Watch] = []

    def cover(self, folders: Iterable[Path], files: Iterable[Path]) -> None:
        """Watch these too from now on: folders with all below them, and single files.

        What is watched already goes on without a gap. A large tree takes a while.
        """
        trees = [one for watch in self._watches if watch.is_recursive for one in watch.directories]
        new = [one for one in _outermost(folders) if not _is_below(one, trees)]
        if new:
            self._start(_Watch(new, None))
        known = {one for watch in self._watches for one in watch.files or ()}
        lone = {
            one for one in files if one not in known and not _is_below(one.parent, [*trees, *new])
        }
        if lone:
            self._start(_Watch(sorted({one.parent for one in lone}), frozenset(lone)))

    async def close(self) -> None:
        """End all threads."""
        for one in self._watches:
            one.stop()
        for one in (*self._watches, *self._ended):
            await asyncio.to_thread(one.join)

    def _start(self, watch: _Watch) -> None:
        self._watches.append(watch)
        watch.start(lambda paths: self._note(watch, paths), self._on_problem)

    def _note(self, watch: _Watch, paths: frozenset[Path]) -> None:
        if watch.is_recursive and any(one in paths for one in watch.directories):
            # The kernel's watch went with the folder; another one is needed where it comes back.
            self._watches.remove(watch)
            self._ended.append(watch)
            watch.stop()
        self._on_change(paths)


class _Watch:
    """A thread that watches some folders."""

    def __init__(self, directories: list[Path], files: frozenset[Path] | None) -> None:
        """Let everything below ``directories`` count, or only ``files`` that are in them."""
        self.directories = directories
        self.files = files
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_recursive(self) -> bool:
        """Whether everything below its folders counts."""
        return self.files is None

    def start(self, on_change: OnChange, on_problem: Callable[[str], None]) -> None:
        """Begin to watch; both are called in the event loop."""
        loop = asyncio.get_running_loop()
        # The thread has a context of its own, without what listeners may look for in theirs.
        context = contextvars.copy_context()

        def call(report: Callable[[], None]) -> None:
            if not self._stop.is_set():
                loop.call_soon_threadsafe(report, context=context)

        def run() -> None:
            try:
                for paths in self._changes():
                    call(lambda paths=paths: on_change(paths))  # type: ignore[misc]
            except (OSError, RuntimeError) as error:
                problem = (
                    f"Saves are not seen: {error}. If there are too many files to watch, raise "
                    "fs.inotify.max_user_watches with sysctl."
                )
                call(lambda: on_problem(problem))

        self._thread = threading.Thread(target=run, name="watcher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Report nothing more."""
        self._stop.set()

    def join(self) -> None:
        """Wait until the thread has ended."""
        if self._thread is not None:
            self._thread.join()

    def _changes(self) -> Iterable[frozenset[Path]]:
        tools = SourceFilter()
        changes = watch(
            *self.directories,
            watch_filter=tools if self.files is None else self._is_wanted,
            step=_STEP_MS,
            debounce=_DEBOUNCE_MS,
            force_polling=must_poll(self.directories),
            poll_delay_ms=_POLL_MS,
            stop_event=self._stop,
            raise_interrupt=False,
            ignore_permission_denied=True,
            recursive=self.is_recursive,
        )
        for change in changes:
            yield frozenset(Path(path) for _, path in change)

    def _is_wanted(self, _change: Change, path: str) -> bool:
        return self.files is not None and Path(path) in self.files


def _is_below(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _outermost(directories: Iterable[Path]) -> list[Path]:
    """Return the folders that lie in no other of them."""
    chosen: list[Path] = []
    for directory in sorted(set(directories)):
        if directory.is_dir() and not _is_below(directory, chosen):
            chosen.append(directory)
    return chosen
