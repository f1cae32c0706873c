"""The interpreter's own places, reported as AWS's: this machine's would fail there.

What a function can rely on is named as on AWS: the program, the prefixes, the import path, and the
files of the standard library in modules and in tracebacks.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from importlib.machinery import FileFinder
from types import TracebackType
from typing import Any

LANGUAGE_ROOT = "/var/lang"
"""Folder of the interpreter on AWS, and in every environment with a root directory of its own."""

# From this version on, the interpreter itself shows uncaught exceptions through ``traceback``.
_SHOWS_UNCAUGHT_ITSELF = (3, 13)


def report_places_on_aws(program: str) -> None:
    """Report ``program``, a path below ``LANGUAGE_ROOT``, as the interpreter, and AWS's prefixes.

    To be called once, before a function is loaded.
    """
    if sys.prefix == sys.base_prefix:
        # A virtual environment, which stands there itself, has no standard library.
        _move_modules(f"{sys.prefix}/lib/", f"{LANGUAGE_ROOT}/lib/")
    _rename_in_tracebacks(_places_on_aws())
    sys.executable = sys._base_executable = program  # type: ignore[attr-defined]
    sys.orig_argv = [program, "/var/runtime/bootstrap.py"]
    sys.prefix = sys.base_prefix = sys.exec_prefix = sys.base_exec_prefix = LANGUAGE_ROOT


def _move_modules(here: str, there: str) -> None:
    """Have the modules that are loaded, and those that will be found, lie in another folder."""

    def moved(path: Any) -> Any:  # noqa: ANN401
        is_here = isinstance(path, str) and path.startswith(here)
        return there + path[len(here) :] if is_here else path

    sys.path[:] = map(moved, sys.path)
    # From Python 3.11 on, the files of frozen modules are named after it.
    sys._stdlib_dir = moved(getattr(sys, "_stdlib_dir", None))  # type: ignore[attr-defined]
    for path, finder in list(sys.path_importer_cache.items()):
        if moved(path) != path:
            del sys.path_importer_cache[path]
        if moved(path) != path and isinstance(finder, FileFinder):
            # With what it knows of the folder, which no environment then has to read again.
            finder.path = moved(path)
            sys.path_importer_cache[finder.path] = finder
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", {})
        for name in ("__file__", "__cached__"):
            if name in names:
                names[name] = moved(names[name])
        if isinstance(names.get("__path__"), list):
            names["__path__"][:] = map(moved, names["__path__"])
        loader, spec = names.get("__loader__"), names.get("__spec__")
        for holder, name in ((loader, "path"), (spec, "origin"), (spec, "_cached")):
            before = getattr(holder, name, None)
            if moved(before) != before:
                setattr(holder, name, moved(before))


def _places_on_aws() -> dict[str, str]:
    """Return AWS's folders by those of this interpreter; narrower ones come first."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    places = {os.path.dirname(os.__file__): f"{LANGUAGE_ROOT}/lib/{version}"}
    for prefix in (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix):
        for folder in ("lib", "lib64"):
            places.setdefault(f"{prefix}/{folder}", f"{LANGUAGE_ROOT}/{folder}")
    return places


def _rename_in_tracebacks(places: dict[str, str]) -> None:
    """Have every traceback that is formatted show other folders, after its files were read."""
    beginnings = [(f'  File "{here}/', f'  File "{there}/') for here, there in places.items()]
    format_entries = traceback.StackSummary.format

    def renamed(entry: str) -> str:
        for here, there in beginnings:
            if entry.startswith(here):
                return there + entry[len(here) :]
        return entry

    def format_renamed(stack: traceback.StackSummary, **options: Any) -> list[str]:  # noqa: ANN401
        return [renamed(entry) for entry in format_entries(stack, **options)]

    # All ways lead through it: the runtime's own errors, ``logging``, ``traceback.print_exc``.
    traceback.StackSummary.format = format_renamed  # type: ignore[assignment, method-assign]
    if sys.version_info < _SHOWS_UNCAUGHT_ITSELF:
        sys.excepthook = _show_uncaught
        threading.excepthook = _show_uncaught_in_thread


def _show_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    traceback.print_exception(kind, error, trace)


def _show_uncaught_in_thread(uncaught: threading.ExceptHookArgs) -> None:
    """Do as Python's own hook does, which is written in C."""
    if uncaught.exc_type is SystemExit or sys.stderr is None:
        return
    name = uncaught.thread.name if uncaught.thread is not None else threading.get_ident()
    sys.stderr.write(f"Exception in thread {name}:\n")
    traceback.print_exception(uncaught.exc_type, uncaught.exc_value, uncaught.exc_traceback)
    sys.stderr.flush()
