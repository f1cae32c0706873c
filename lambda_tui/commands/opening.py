"""From the options of a command to the project, its settings and the function that is meant."""

from __future__ import annotations

import argparse
import difflib
from dataclasses import dataclass, replace

from platformdirs import user_config_path

from lambda_tui.commands.refused import RefusedError
from lambda_tui.project.function import Function, Problem, Project
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings, load_settings
from lambda_tui.project.wording import shown


@dataclass(frozen=True, slots=True)
class Opened:
    """A project as a command has it."""

    project: Project
    settings: Settings
    settings_problems: tuple[Problem, ...]

    def problems_of(self, function: Function) -> list[Problem]:
        """What is to be said of the settings and of this function."""
        own = [one for one in self.project.problems if one.function in (None, function.name)]
        return [*self.settings_problems, *own]


def open_project(options: argparse.Namespace) -> Opened:
    """Reads ``options.project``; ``options.sandbox``, where there is one, goes before the files."""
    settings, problems = load_settings(options.project, user_config_path("lambda-tui"))
    if getattr(options, "sandbox", None) is not None:
        settings = replace(settings, sandbox=options.sandbox)
    return Opened(load_project(options.project, settings), settings, problems)


def require_functions(opened: Opened) -> None:
    """Raises ``RefusedError`` with all that is wrong when there is no function."""
    if not opened.project.functions:
        raise RefusedError(*opened.settings_problems, *opened.project.problems)


def find_function(opened: Opened, name: str | None) -> Function:
    """The function that is named, or the only one; raises ``RefusedError`` with the near names."""
    require_functions(opened)
    project = opened.project
    functions = {function.name: function for function in project.functions}
    if name is None:
        if len(functions) > 1:
            raise RefusedError(f"name a function: {_listed(functions)}.")
        return project.functions[0]
    if name in functions:
        return functions[name]
    why = [problem for problem in project.problems if problem.function == name]
    if why:
        raise RefusedError(*why)
    raise RefusedError(f"there is no function {shown(name)}; {_hint(name, functions)}")


def _hint(name: str, functions: dict[str, Function]) -> str:
    folded = {known.casefold(): known for known in functions}
    near = difflib.get_close_matches(name[:64].casefold(), folded, n=3)
    if near:
        return f"did you mean {' or '.join(folded[one] for one in near)}?"
    return f"there {'is' if len(functions) == 1 else 'are'} {_listed(functions)}."


def _listed(functions: dict[str, Function]) -> str:
    names = list(functions)
    more = f" and {len(names) - 8} more (`lambda-tui list`)" if len(names) > 8 else ""
    return ", ".join(names[:8]) + more
