"""Which Python or Node.js a function runs on. Nothing is run to find out."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lambda_tui.project.node import find_node
from lambda_tui.project.runtimes import (
    LANGUAGE_NAMES,
    OS_ONLY_RUNTIMES,
    PYTHON_RUNTIMES,
    Language,
    language_of,
)

if TYPE_CHECKING:
    from lambda_tui.project.function import Function
    from lambda_tui.project.settings import Settings

_VERSIONED_NAME = re.compile(r"python(\d+\.\d+)")
_INTERPRETER_NAME = re.compile(r"python(\d+(\.\d+)?)?")
_NAMED_VERSION = re.compile(r"(python|nodejs)(\d+(?:\.\d+)?)(?:\.x)?")
_VIRTUAL_ENVIRONMENTS = (".venv", "venv")


_NO_NODE = (
    "There is no Node.js for it: put node on PATH, or name one in lambda-tui.toml, "
    'such as node = "/usr/local/bin/node".'
)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python or Node.js and why it was chosen."""

    executable: Path
    """Absolute. A virtual environment's own link, which is what makes it that environment."""
    origin: str
    """Where it comes from, as the screen says it: "the project's .venv"."""
    language: Language = "python"
    problem: str | None = None
    """One sentence when there is none; ``executable`` is then what was looked for."""

    def title(self, version: str) -> str:
        """As it is spoken of: Python 3.13.1, Node.js 22.20.0."""
        return f"{LANGUAGE_NAMES[self.language]} {version}"


def find_interpreter(directory: Path, function: Function, settings: Settings) -> Interpreter:
    """The interpreter for a function of the project in ``directory``.

    In this order: the one that runs a runtime of the user's own; for Node.js the setting ``node``,
    then what ``find_node`` finds; for Python the setting ``python``, the project's virtual
    environment, ``VIRTUAL_ENV``, the ``pythonX.Y`` that Runtime names, lambda-tui's own.
    """
    if function.bootstrap and is_python(program := Path(function.bootstrap[0])):
        return Interpreter(_behind_shim(program), "the setting bootstrap")
    if function.language == "node" and not function.bootstrap:
        return _find_node(directory, function, settings)
    if settings.python is not None:
        return Interpreter(_behind_shim(settings.python), "the setting python")
    return (
        _project_environment(directory, function)
        or _active_environment()
        or _on_path(function.runtime)
        or Interpreter(Path(sys.executable), "lambda-tui's own Python")
    )


def is_python(program: Path) -> bool:
    """Whether a program is a Python interpreter, by its name."""
    return _INTERPRETER_NAME.fullmatch(program.name) is not None


def interpreters_on_path() -> dict[str, Path]:
    """Where Lambda's Python runtimes are found on this machine, oldest first."""
    found = {runtime: _on_path(runtime) for runtime in PYTHON_RUNTIMES}
    return {runtime: one.executable for runtime, one in found.items() if one is not None}


def own_program(function: Function) -> str | None:
    """The name of what runs a function in place of a Python or Node.js; None where one does."""
    if function.bootstrap:
        program = Path(function.bootstrap[0])
        return None if is_python(program) else program.name
    return function.runtime if function.runtime in OS_ONLY_RUNTIMES else None


def version_mismatch(function: Function, version: str) -> str | None:
    """A sentence when ``version``, such as 3.11.7, is not what Runtime names; else None."""
    runtime = function.runtime
    named = _NAMED_VERSION.fullmatch(runtime or "")
    is_replaced = bool(function.bootstrap) and (
        own_program(function) is not None or language_of(runtime) != "python"
    )
    if named is None or is_replaced:
        return None
    language, parts = ("Node.js", 1) if named[1] == "nodejs" else ("Python", 2)
    running = ".".join(version.split(".")[:parts])
    if named[2] == running:
        return None
    return f"runs on {language} {running}, but Runtime names {runtime}"


def _find_node(directory: Path, function: Function, settings: Settings) -> Interpreter:
    if settings.node is not None:
        return Interpreter(settings.node, "the setting node", "node")
    found = find_node(directory, function)
    if found is None:
        return Interpreter(Path("node"), "nowhere", "node", _NO_NODE)
    return Interpreter(found.executable, found.origin, "node")


def _project_environment(directory: Path, function: Function) -> Interpreter | None:
    for folder, owner in (
        (function.code_directory, "the function's"),
        (directory, "the project's"),
    ):
        for name in _VIRTUAL_ENVIRONMENTS:
            executable = folder / name / "bin" / "python"
            if _is_executable(executable):
                whose = "the project's" if folder == directory else owner
                return Interpreter(executable, f"{whose} {name}")
    return None


def _active_environment() -> Interpreter | None:
    """The activated virtual environment, unless it is the one that lambda-tui is installed in."""
    value = os.environ.get("VIRTUAL_ENV")
    if not value or os.path.realpath(value) == os.path.realpath(sys.prefix):
        return None
    executable = Path(value).absolute() / "bin" / "python"
    return Interpreter(executable, "VIRTUAL_ENV") if _is_executable(executable) else None


def _on_path(runtime: str | None) -> Interpreter | None:
    if runtime is None or not _VERSIONED_NAME.fullmatch(runtime):
        return None
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        if not os.path.isabs(folder):
            # Relative to wherever lambda-tui was started: nobody's choice of an interpreter.
            continue
        executable = Path(folder) / runtime
        if _is_shim(executable):
            executable = next(_shimmed(executable), executable)
            if _is_shim(executable):
                continue
        if _is_executable(executable):
            return Interpreter(executable, f"{runtime} on PATH")
    return None


def _behind_shim(executable: Path) -> Path:
    return next(_shimmed(executable), executable) if _is_shim(executable) else executable


def _is_shim(executable: Path) -> bool:
    return executable.parent.name == "shims"


def _shimmed(shim: Path) -> Iterator[Path]:
    """The interpreters that a shim ``pythonX.Y`` stands for, newest first.

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
            for folder in _listed(versions)
            if (match := release.fullmatch(folder.name))
        ]
        for _, folder in sorted(found, reverse=True):
            if _is_executable(folder / "bin" / shim.name):
                yield folder / "bin" / shim.name


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _is_executable(file: Path) -> bool:
    return os.path.isfile(file) and os.access(file, os.X_OK)
