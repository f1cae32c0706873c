"""Finds the functions of a plain folder by reading its source files.

A folder without handlers is a function too when it has a ``bootstrap``, or one is built there.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from lambda_tui import limits
from lambda_tui.project.function import NODE_SUFFIXES, Function, Problem
from lambda_tui.project.handlers import (
    DEFAULT_HANDLER,
    FindPython,
    built_folder,
    compiled_source,
    exported_handlers,
    read_python_sources,
)
from lambda_tui.project.kinds.plain.dockerfiles import image_function
from lambda_tui.project.kinds.plain.folders import CodeFolders, folder_name, is_general
from lambda_tui.project.kinds.plain.python_handlers import (
    handler_in_text,
    imports_relatively,
    python_handlers,
)
from lambda_tui.project.runtimes import OS_ONLY_RUNTIMES
from lambda_tui.project.wording import shown

_MOST_NAMED = 8
"""Projects that one sentence names."""
MAXIMUM_FILES = 300
"""Source files of one project that are read."""

_WELL_KNOWN_MODULES = ("lambda_function", "app", "main", "handler", "index")
_SUFFIXES = (".py", *NODE_SUFFIXES)
"""Suffixes by preference: of two files with the same stem, the runtime loads the first."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A handler that was found."""

    file: Path
    handler: str
    line: int | None
    problem: Problem | None = None
    """The mistake in the file, while the function cannot be imported."""

    @property
    def path(self) -> str:
        """The handler as a function in the file's own folder has it."""
        return f"{self.file.stem}.{self.handler}"

    @property
    def is_well_known(self) -> bool:
        """Whether the file has one of the well-known names."""
        return self.file.stem in _WELL_KNOWN_MODULES


def find_functions(
    directory: Path, find_python: Callable[[Path], Path]
) -> tuple[tuple[Function, ...], tuple[Problem, ...]]:
    """Return the functions of a folder and of those below, and what is wrong.

    Well-known modules come first in each folder. What is below a function's folder belongs to that
    function, but for the project's own folder. ``find_python`` returns the Python of the functions
    in a folder.
    """
    finder = _Finder(directory, find_python)
    folders = CodeFolders(directory)
    has_own_functions = False
    for folder in folders:
        if has_own_functions and (folder / "__init__.py").is_file():
            # A package of those functions: its modules are imported, not deployed.
            folders.end_here()
            continue
        is_functions = finder.look_into(folder)
        if folder == directory:
            has_own_functions = bool(finder.functions)
        elif is_functions:
            folders.end_here()
    if folders.projects:
        finder.problems.append(_projects_below(folders.projects, directory))
    return tuple(finder.functions.values()), tuple(finder.problems)


def _projects_below(projects: list[Path], directory: Path) -> Problem:
    """Return the problem of folders that have to be opened themselves."""
    paths = sorted(os.path.relpath(one, directory) for one in projects)
    commands = [f"`lambda-tui {shown(shlex.quote(one))}`" for one in paths[:_MOST_NAMED]]
    more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
    are = "there is a project" if len(paths) == 1 else "there are projects"
    return Problem(f"{are} below that this folder does not open: {', '.join(commands)}{more}.")


class _Finder:
    """Finds the functions of one folder after the other, and collects what is wrong."""

    def __init__(self, directory: Path, find_python: Callable[[Path], Path]) -> None:
        self._directory = directory
        self._find_python = find_python
        self._budget = MAXIMUM_FILES
        self.functions: dict[str, Function] = {}
        """By their names."""
        self.problems: list[Problem] = []

    def look_into(self, folder: Path) -> bool:
        """Add the functions of a folder; return whether it has any, or the source of one."""
        find_python = partial(self._find_python, folder)
        found = list(_candidates(self._files(folder), find_python))
        built = image_function(folder, self._directory, self._name_of(folder), find_python)
        if built is not None:
            function, problems = built
            self._add(function, problems)
            found = [one for one in found if one.path != function.handler]
        for candidate in found:
            self._add_candidate(candidate, found, folder)
        return bool(found) or built is not None or self._add_compiled(folder)

    def _files(self, folder: Path) -> list[Path]:
        """Return the source files that are read; tell once where there are too many."""
        files = _source_files(folder)
        if len(files) > self._budget >= 0:
            message = (
                f"there are more than {MAXIMUM_FILES} source files, so not all were read; "
                "name the functions in a template.yaml."
            )
            self.problems.append(Problem(message, self._directory))
        chosen = files[: max(self._budget, 0)]
        self._budget -= len(files)
        return chosen

    def _add(self, function: Function, problems: Iterable[Problem] = ()) -> None:
        self.functions[function.name] = function
        self.problems += problems

    def _add_candidate(self, candidate: _Candidate, found: list[_Candidate], folder: Path) -> None:
        name = _unique(_name(candidate, found, folder, self._directory), self.functions)
        root = _root(candidate.file, self._directory)
        module = candidate.file.relative_to(root).with_suffix("")
        function = Function(
            name,
            f"{module}.{candidate.handler}",
            root,
            file=candidate.file,
            line=candidate.line,
        )
        problem = candidate.problem
        self._add(function, [] if problem is None else [replace(problem, functions=(name,))])

    def _add_compiled(self, folder: Path) -> bool:
        """Add the function that a build has made in a folder, or the problem that none has."""
        built = built_folder(folder)
        if built is not None:
            name, file, runtime = self._name_of(folder), built / "bootstrap", OS_ONLY_RUNTIMES[-1]
            self._add(Function(name, DEFAULT_HANDLER, built, runtime=runtime, file=file))
            return True
        place = os.path.relpath(folder, self._directory)
        source = compiled_source(folder, folder.name if place == os.curdir else place)
        if source is None:
            return False
        name = shown(folder_name(folder, self._directory))
        message = (
            f"{name} is a function in {source.language}, which does not run as it is; "
            f"{source.remedy}."
        )
        self.problems.append(Problem(message, source.file))
        return True

    def _name_of(self, folder: Path) -> str:
        return _unique(_valid_name(folder_name(folder, self._directory)), self.functions)


def _root(file: Path, directory: Path) -> Path:
    """Return the folder that is deployed for a function: the file's own, or one above it.

    That is the one with the ``package.json`` that a Node.js function's ``src`` belongs to, and the
    one around the packages of a Python function that imports from them with a dot.
    """
    folders = [file.parent]
    while folders[-1] != directory:
        folders.append(folders[-1].parent)
    if file.suffix not in NODE_SUFFIXES:
        if not imports_relatively(file):
            return file.parent
        around = (folder for folder in folders if not (folder / "__init__.py").is_file())
        return next(around, file.parent)
    if not is_general(file.parent.name):
        return file.parent
    return next((one for one in folders if (one / "package.json").is_file()), file.parent)


def _source_files(folder: Path) -> list[Path]:
    """Return the folder's modules without tests, those with well-known names first."""
    try:
        files = [
            file
            for file in folder.iterdir()
            if file.suffix in _SUFFIXES
            and not file.name.startswith((".", "test_"))
            and not file.stem.endswith("_test")
            and "." not in file.stem
            and file.stem != "conftest"
            and file.is_file()
        ]
    except OSError:
        return []
    return sorted(
        files, key=lambda file: (_rank(file.stem), file.stem, _SUFFIXES.index(file.suffix))
    )


def _rank(module: str) -> int:
    if module in _WELL_KNOWN_MODULES:
        return _WELL_KNOWN_MODULES.index(module)
    return len(_WELL_KNOWN_MODULES)


def _candidates(files: Sequence[Path], find_python: FindPython) -> Iterator[_Candidate]:
    sources = read_python_sources((file for file in files if file.suffix == ".py"), find_python)
    # Paths without suffixes: of handler.mjs and handler.js, only the first is loaded.
    in_node: set[Path] = set()
    for file in files:
        if file.suffix in NODE_SUFFIXES:
            if file.with_suffix("") not in in_node:
                is_well_known = file.stem in _WELL_KNOWN_MODULES
                for handler, line in exported_handlers(file, is_well_known=is_well_known).items():
                    in_node.add(file.with_suffix(""))
                    yield _Candidate(file, handler, line)
            continue
        source = sources[file]
        if source.problem is None:
            for handler in python_handlers(source):
                yield _Candidate(file, handler, source.names[handler]["line"])
            continue
        # A well-known module stays a function while it is being edited.
        expected = handler_in_text(file) if file.stem in _WELL_KNOWN_MODULES else None
        if expected is not None:
            problem = Problem(source.problem.sentence, file, source.problem.line)
            yield _Candidate(file, expected, source.problem.line, problem)


def _name(candidate: _Candidate, found: list[_Candidate], folder: Path, directory: Path) -> str:
    """Return the folder's name for its only function or well-known module, else the module's."""
    module = candidate.file.stem
    if sum(other.file == candidate.file for other in found) > 1:
        module = f"{module}-{candidate.handler}"
    well_known = sum(other.is_well_known for other in found)
    is_in_root = folder == directory
    is_only_one = candidate.is_well_known and well_known == 1
    if is_only_one or (len(found) == 1 and not is_in_root):
        name = folder_name(folder, directory)
    else:
        name = module if is_in_root else f"{folder_name(folder, directory)}-{module}"
    return _valid_name(name)


def _valid_name(text: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_-]+", "-", text).strip("-") or "function"


def _unique(name: str, taken: Iterable[str]) -> str:
    """Return the name, with a number appended where it is taken, within Lambda's length."""
    names, number, unique = set(taken), 1, name[: limits.FUNCTION_NAME_CHARACTERS]
    while unique in names:
        number += 1
        suffix = f"-{number}"
        unique = name[: limits.FUNCTION_NAME_CHARACTERS - len(suffix)] + suffix
    return unique
