"""The names that Python files define at their top level, without running them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lambda_tui.project.files import UnreadableFileError, read_bytes
from lambda_tui.project.handlers import outline
from lambda_tui.project.handlers.outline import Definition, Outline
from lambda_tui.project.wording import shown

LARGEST_SOURCE = 1024 * 1024
"""Bytes; larger files are not parsed."""

FindPython = Callable[[], Path]
"""Returns the interpreter that the functions in a file run on."""

_OUTLINE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class PythonSourceProblem:
    """The reason why a file cannot be parsed."""

    sentence: str
    line: int | None


@dataclass(frozen=True, slots=True)
class PythonSource:
    """The top level of one Python file."""

    names: Mapping[str, Definition] = field(default_factory=dict)
    """Every name that the module binds, and what binds it first."""
    is_certain: bool = False
    """Whether these are all the names."""
    problem: PythonSourceProblem | None = None


def read_python_sources(files: Iterable[Path], find_python: FindPython) -> dict[Path, PythonSource]:
    """Parse Python files; a file that cannot be read gives a source without names.

    What lambda-tui's own Python cannot parse may be newer: the functions' Python, which is asked
    for then, decides. Never raise: a file that it cannot parse gives a source with a problem.
    """
    outlines = {}
    for file in files:
        try:
            outlines[file] = outline.outline(read_bytes(file, LARGEST_SOURCE))
        except UnreadableFileError:
            outlines[file] = {}
    failed = [file for file, found in outlines.items() if "problem" in found]
    if failed:
        outlines.update(zip(failed, _outlines_by(find_python(), failed), strict=False))
    return {file: _source(found) for file, found in outlines.items()}


def read_python_source(file: Path, find_python: FindPython) -> PythonSource:
    """Parse one Python file, as ``read_python_sources`` does."""
    return read_python_sources([file], find_python)[file]


def _outlines_by(python: Path, files: Sequence[Path]) -> list[Outline]:
    """Return the outlines that another Python makes; none where it makes none."""
    if python == Path(sys.executable):
        return []
    # Isolated and without packages: nothing of the project's runs.
    command = [str(python), "-I", "-S", outline.__file__, *map(str, files)]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_OUTLINE_SECONDS
        )
        outlines: list[Outline] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return []
    return outlines


def _source(found: Outline) -> PythonSource:
    if "problem" in found:
        sentence = (
            f"Python {found['version']} cannot parse the file: {shown(found['problem'])}; "
            "mend it and save."
        )
        return PythonSource(problem=PythonSourceProblem(sentence, found["line"]))
    return PythonSource(found.get("names", {}), found.get("is_certain", False))
