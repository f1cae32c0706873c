"""Finds packages that a function imports, and that its requirements do not bring to Lambda."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.metadata import Distribution, distributions
from pathlib import Path

from lambda_tui.project.dependencies.imports import Import, foreign_imports
from lambda_tui.project.dependencies.requirements import (
    Requirement,
    Requirements,
    UnclearError,
    normalised,
    parse_requirement,
    read_requirements,
)
from lambda_tui.project.dependencies.runtime_packages import PYTHON_RUNTIME_PACKAGES
from lambda_tui.project.function import Function, Problem
from lambda_tui.project.interpreters import Interpreter
from lambda_tui.project.wording import shown

_MODULES_IN_THE_RUNTIME = frozenset({"dateutil", "snapshot_restore_py", "awslambdaric"})


def undeclared_packages(
    directory: Path, function: Function, interpreter: Interpreter
) -> tuple[Problem, ...]:
    """Return a problem for each package that would be missing on Lambda.

    The function's own requirement files count, or else those of the project in ``directory``.
    Where there are none, or they do not tell, there is no problem.
    """
    requirements = _requirements_of(directory, function, interpreter)
    if requirements is None:
        return ()
    imports = [
        one
        for one in foreign_imports(function.code_directory, function.handler)
        if one.module not in sys.stdlib_module_names | _MODULES_IN_THE_RUNTIME
        and not _is_in_layer(function, one.module)
    ]
    declared = {requirement.name for requirement in requirements.needed} | PYTHON_RUNTIME_PACKAGES
    declared |= set(function.added_packages)
    if all(normalised(one.module) in declared for one in imports):
        # This is mostly so, and spares the reading of what is installed.
        return ()
    installed = _Installed(interpreter)
    problems = _problems(function, imports, requirements, installed)
    return tuple(replace(problem, directory=directory) for problem in problems)


def undeclared_modules(
    directory: Path, function: Function, interpreter: Interpreter
) -> tuple[str, ...]:
    """Return the modules of all installed packages that would be missing on Lambda, sorted.

    A module that several packages share counts as there if one of them is. None is returned where
    ``undeclared_packages`` would return no problem for want of requirement files.
    """
    requirements = _requirements_of(directory, function, interpreter)
    if requirements is None:
        return ()
    installed = _Installed(interpreter)
    brought = _brought(function, requirements, installed)
    return tuple(sorted(installed.modules_beside(brought)))


def _requirements_of(
    directory: Path, function: Function, interpreter: Interpreter
) -> Requirements | None:
    """Return the requirements of a function that gets its packages by them."""
    if function.language != "python" or function.bootstrap or interpreter.language != "python":
        return None
    return read_requirements(dict.fromkeys((function.source_directory, directory)))


def _brought(function: Function, requirements: Requirements, installed: _Installed) -> set[str]:
    """Return the names of all packages that a function has on Lambda."""
    return installed.brought_by(requirements.needed) | set(function.added_packages)


def _problems(
    function: Function, imports: list[Import], requirements: Requirements, installed: _Installed
) -> Iterator[Problem]:
    brought = _brought(function, requirements, installed)
    told = set[str]()
    for one in imports:
        packages = installed.packages_of(one.module)
        missing = next(iter(packages), None)
        # A module that is not installed fails here as well.
        if missing is None or missing in told or any(name in brought for name in packages):
            continue
        told.add(missing)
        line = installed.line_for(missing)
        file = requirements.file.name
        yield Problem(
            f"{function.name} imports {shown(one.module)}, which {file} does not bring to Lambda; "
            f"add {shown(line)} to it.",
            # Code that was put together has links to the project's files.
            one.file.resolve(),
            one.line,
            (function.name,),
        )


class _Installed:
    """The packages that an interpreter has."""

    def __init__(self, interpreter: Interpreter) -> None:
        # Not resolved: the link in a virtual environment is what makes it that environment.
        prefix = interpreter.executable.parent.parent
        self._packages: dict[str, Distribution] = {}
        self._modules: dict[str, list[str]] = {}
        folders = [str(one) for one in prefix.glob("lib*/python3*/site-packages")]
        for package in distributions(path=folders):
            name = normalised(package.metadata["Name"] or "")
            if self._packages.setdefault(name, package) is package:
                for module in _modules_of(package):
                    self._modules.setdefault(module, []).append(name)

    def packages_of(self, module: str) -> list[str]:
        """Return the names of the packages that have a module."""
        return self._modules.get(module, [])

    def line_for(self, name: str) -> str:
        """Return the requirement of the package as it is installed."""
        package = self._packages[name]
        return f"{package.metadata['Name']}=={package.version}"

    def brought_by(self, needed: Iterable[Requirement]) -> set[str]:
        """Return the names of all packages that come with requirements, or with the runtime."""
        waiting, seen = list(needed), set[Requirement]()
        while waiting:
            requirement = waiting.pop()
            if requirement in seen:
                continue
            seen.add(requirement)
            waiting += [
                Requirement(inner.name, inner.extras)
                for inner in self._requirements_of(requirement.name)
                if inner.only_for is None or inner.only_for in requirement.extras
            ]
        return {requirement.name for requirement in seen} | PYTHON_RUNTIME_PACKAGES

    def modules_beside(self, brought: set[str]) -> set[str]:
        """Return the modules that none of these packages has."""
        return {
            module for module, packages in self._modules.items() if brought.isdisjoint(packages)
        }

    def _requirements_of(self, name: str) -> Iterator[Requirement]:
        package = self._packages.get(name)
        for text in package.requires or () if package is not None else ():
            try:
                yield parse_requirement(text)
            except UnclearError:
                continue


def _modules_of(package: Distribution) -> set[str]:
    """Return the names of a package's outermost modules."""
    listed = (package.read_text("top_level.txt") or "").split()
    files = (Path(str(file)) for file in package.files or ())
    tops = {
        file.parts[0] if len(file.parts) > 1 else file.name.partition(".")[0]
        for file in files
        if file.suffix in (".py", ".so", ".pyd")
    }
    return {name for name in (*listed, *tops) if name.isidentifier()}


def _is_in_layer(function: Function, module: str) -> bool:
    """Return whether a layer has a module, or may have it where it is not on this machine."""
    if any(layer.path is None for layer in function.layers):
        return True
    if function.layers_directory is None:
        return False
    python = function.layers_directory / "python"
    return any(
        (folder / module).is_dir() or any(folder.glob(f"{module}.*"))
        for folder in (python, *python.glob("lib/python3.*/site-packages"))
    )
