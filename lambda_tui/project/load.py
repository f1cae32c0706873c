"""From a folder to a ``Project``: the one way in for the engine, the screen and the commands."""

from __future__ import annotations

from pathlib import Path

from lambda_tui.project.function import Problem, Project
from lambda_tui.project.plain import find_functions
from lambda_tui.project.template import find_template, read_template
from lambda_tui.project.wording import shown

_EMPTY = (
    "no function here: write a lambda_function.py with lambda_handler(event, context), "
    "or a template.yaml, or run `lambda-tui demo`."
)


def load_project(directory: Path) -> Project:
    """Reads a project folder; what is wrong in it comes back as problems, never as an exception."""
    try:
        directory = directory.expanduser().resolve()
        if not directory.is_dir():
            return Project(directory, problems=(_not_a_folder(directory),))
        template = find_template(directory)
        if template is not None:
            functions, problems = read_template(template)
            return Project(directory, functions, problems, template)
        functions, problems = find_functions(directory)
    except (OSError, ValueError, RuntimeError) as error:
        message = (
            f"{shown(str(directory))} cannot be read: {shown(str(error))}; name another folder."
        )
        return Project(directory, problems=(Problem(message),))
    if not functions:
        problems = (*problems, Problem(_EMPTY))
    return Project(directory, functions, problems)


def _not_a_folder(directory: Path) -> Problem:
    if directory.exists():
        return Problem(f"{shown(str(directory))} is a file; name the folder that it is in.")
    return Problem(
        f"{shown(str(directory))} does not exist; name a project folder, or run `lambda-tui demo`."
    )
