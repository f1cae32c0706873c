"""Functions whose deployed code ``sam build`` makes of their source, by a ``BuildMethod``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lambda_tui.project.function import Function, Problem
from lambda_tui.project.kinds.template.language import LinedMapping, section, text_under
from lambda_tui.project.kinds.template.stack import Stack
from lambda_tui.project.wording import shown
from lambda_tui.wording import counted

_COPYING = ("python", "nodejs", "ruby", "java", "dotnet")
"""The beginnings of methods, named like runtimes, whose result runs where the source does."""

CheckHandler = Callable[[Function], Problem | None]


class Builds:
    """The functions of one stack that have a method, with what is told of them together."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._running_build: dict[str, list[tuple[str, int | None]]] = {}
        """The names of functions that run as they were built, with their lines, by methods."""

    def choose(
        self, function: Function, logical_id: str, check: CheckHandler
    ) -> tuple[Function, Problem | None]:
        """Return the function with the code to run, and what ``check`` finds wrong with that.

        The source goes before what was built of it, as long as it has the handler.
        """
        problem = check(function)
        resource = section(self._stack.resolver.resources, logical_id)
        method = _method(resource)
        if method is None or problem is None:
            return function, problem
        line = section(resource, "Metadata").lines.get("BuildMethod", function.line)
        user = (function.name, line)
        folder = self._stack.built_folder(logical_id)
        built = replace(function, code_directory=folder, code_archive=None)
        if folder.is_dir() and check(built) is None:
            self._running_build.setdefault(method, []).append(user)
            return built, None
        if problem.file is not None or _has_program(function) or "; run `" in problem.message:
            # It is there and something else is wrong with it, or what builds it is told already.
            return function, problem
        reason = problem.message.partition(";")[0]
        remedy = f"run `sam build`, which makes it by {shown(method)}."
        return function, replace(problem, message=f"{reason}; {remedy}")

    def problems(self) -> list[Problem]:
        """Return one problem for all functions of a method that are run alike."""
        return [
            self._problem(
                users,
                f"the source does not run before {shown(method)} has made something of it, so what "
                "lies in .aws-sam/build runs; run `sam build` again after a change",
            )
            for method, users in self._running_build.items()
        ]

    def _problem(self, users: list[tuple[str, int | None]], sentence: str) -> Problem:
        (first, line), *others = users
        more = f", and {counted(len(others), 'more function')} like it" if others else ""
        names = tuple(name for name, _ in users)
        return Problem(f"{first}: {sentence}{more}.", self._stack.file, line, names)


def _has_program(function: Function) -> bool:
    folders = (function.code_directory, function.layers_directory)
    return any(folder is not None and (folder / "bootstrap").exists() for folder in folders)


def _method(resource: LinedMapping) -> str | None:
    """Return the method that makes other code than the source; None where it is left alone."""
    method = text_under(section(resource, "Metadata"), "BuildMethod")
    return None if method is None or method.startswith(_COPYING) else method
