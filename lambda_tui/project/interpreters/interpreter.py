"""An interpreter, and whether a function runs on one and on the version that it names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lambda_tui.project.function import Function
from lambda_tui.project.runtimes import LANGUAGE_NAMES, OS_ONLY_RUNTIMES, Language, language_of

_PYTHON_NAME = re.compile(r"python(\d+(\.\d+)?)?")
_NAMED_VERSION = re.compile(r"(python|nodejs)(\d+(?:\.\d+)?)(?:\.x|-edge)?")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python or Node.js, and why it was chosen."""

    executable: Path
    """Absolute. A virtual environment's own link, which is what makes it that environment."""
    origin: str
    """The place where it was found, as the screen shows it: "the project's .venv"."""
    language: Language = "python"
    problem: str | None = None
    """One sentence when none was found; ``executable`` is then what was looked for."""
    finds_packages: bool = True
    """Whether functions can import what is installed for it."""

    def title(self, version: str) -> str:
        """Return its name with a version: Python 3.13.1, Node.js 22.20.0."""
        return f"{LANGUAGE_NAMES[self.language]} {version}"


def is_python(program: Path) -> bool:
    """Return whether a program is a Python interpreter, by its name."""
    return _PYTHON_NAME.fullmatch(program.name) is not None


def own_program(function: Function) -> str | None:
    """Return the name of what runs a function, or would, in place of an interpreter of ours.

    None where such a one runs it.
    """
    if function.bootstrap:
        program = Path(function.bootstrap[0])
        return None if is_python(program) else program.name
    if function.obstacle is not None:
        return function.runtime or "a container image"
    return function.runtime if function.runtime in OS_ONLY_RUNTIMES else None


def version_mismatch(function: Function, version: str) -> str | None:
    """Return a sentence when ``version``, such as 3.11.7, is another than it names; else None."""
    runtime = function.runtime
    named = _NAMED_VERSION.fullmatch(runtime or "")
    is_replaced = bool(function.bootstrap) and (
        own_program(function) is not None or language_of(runtime) != "python"
    )
    if named is None or is_replaced:
        return None
    # Python's runtimes name major and minor version, those of Node.js the major one.
    language, parts = ("Node.js", 1) if named[1] == "nodejs" else ("Python", 2)
    running = ".".join(version.split(".")[:parts])
    if ".".join(named[2].split(".")[:parts]) == running:
        return None
    named_by = "Runtime names" if function.image is None else "its image has"
    return f"runs on {language} {running}, but {named_by} {runtime}"
