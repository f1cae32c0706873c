"""Finds the Python that a function runs on."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from lambda_tui.project.files import is_executable
from lambda_tui.project.function import Function
from lambda_tui.project.interpreters.interpreter import Interpreter
from lambda_tui.project.interpreters.search import Version, glob, is_shim, nearest, path_folders
from lambda_tui.project.runtimes import PYTHON_RUNTIMES

_VERSIONED_NAME = re.compile(r"python(\d+\.\d+)")
_VIRTUAL_ENVIRONMENTS = (".venv", "venv")


def find_python(directory: Path, function: Function) -> Interpreter:
    """Return the Python for a function of the project in ``directory``.

    The first of these: the virtual environment of the function or the project, ``VIRTUAL_ENV``,
    the ``pythonX.Y`` on PATH that Runtime names, the nearest to that, lambda-tui's own.
    """
    return (
        _project_environment(directory, function)
        or _active_environment()
        or _on_path(function.runtime)
        or _nearest(function.runtime)
        or _own_python()
    )


def interpreters_on_path() -> dict[str, Path]:
    """Return the Pythons on PATH by the runtimes that name them, oldest first."""
    found = {runtime: _on_path(runtime) for runtime in PYTHON_RUNTIMES}
    return {runtime: one.executable for runtime, one in found.items() if one is not None}


def resolve_shim(executable: Path) -> Path:
    """Return the newest interpreter that a version manager's shim stands for; others unchanged."""
    return next(_interpreters_of(executable), executable) if is_shim(executable) else executable


def _project_environment(directory: Path, function: Function) -> Interpreter | None:
    for folder in (function.code_directory, directory):
        for name in _VIRTUAL_ENVIRONMENTS:
            executable = folder / name / "bin" / "python"
            if is_executable(executable):
                owner = "the project's" if folder == directory else "the function's"
                return Interpreter(executable, f"{owner} {name}")
    return None


def _active_environment() -> Interpreter | None:
    """Return the activated virtual environment, unless lambda-tui itself is installed in it."""
    value = os.environ.get("VIRTUAL_ENV")
    if not value or os.path.realpath(value) == os.path.realpath(sys.prefix):
        return None
    executable = Path(value).absolute() / "bin" / "python"
    return Interpreter(executable, "VIRTUAL_ENV") if is_executable(executable) else None


def _on_path(runtime: str | None) -> Interpreter | None:
    # No function runs on an older one, whether AWS has retired it or not.
    if runtime not in PYTHON_RUNTIMES:
        return None
    for folder in path_folders():
        executable = resolve_shim(folder / runtime)
        # A shim without the interpreter behind it would fail.
        if not is_shim(executable) and is_executable(executable):
            is_own = os.path.realpath(executable.parent.parent) == os.path.realpath(sys.prefix)
            return Interpreter(executable, f"{runtime} on PATH", finds_packages=not is_own)
    return None


def _nearest(runtime: str | None) -> Interpreter | None:
    """Return what stands in for a version that is not there; lambda-tui's own may be nearer."""
    wanted = _version(runtime or "")
    if not wanted:
        return None
    pythons: dict[Version, Interpreter] = {sys.version_info[:2]: _own_python()}
    for name in PYTHON_RUNTIMES:
        python = _on_path(name)
        if python is not None:
            pythons[_version(name)] = python
    version = nearest(wanted, pythons)
    return None if version is None else pythons[version]


def _version(runtime: str) -> Version:
    """Return the version in a name such as python3.13; empty for another name."""
    named = _VERSIONED_NAME.fullmatch(runtime)
    return tuple(map(int, named[1].split("."))) if named is not None else ()


def _own_python() -> Interpreter:
    """Return lambda-tui's own Python, whose packages are lambda-tui's and no function's."""
    return Interpreter(Path(sys.executable), "lambda-tui's own Python", finds_packages=False)


def _interpreters_of(shim: Path) -> Iterator[Path]:
    """Yield the interpreters that a shim ``pythonX.Y`` stands for, newest first.

    A shim is a script that costs some 70 ms and fails where its version is not activated. pyenv
    keeps the real ones in ``versions``, asdf and mise in ``installs/python``.
    """
    named = _VERSIONED_NAME.fullmatch(shim.name)
    if named is None:
        return
    root = shim.parent.parent
    release = re.compile(re.escape(named[1]) + r"\.(\d+)")
    for versions in (root / "versions", root / "installs" / "python"):
        found = [
            (int(match[1]), folder)
            for folder in glob(versions, "*")
            if (match := release.fullmatch(folder.name))
        ]
        for _, folder in sorted(found, reverse=True):
            if is_executable(folder / "bin" / shim.name):
                yield folder / "bin" / shim.name
