"""The external extensions in the layers of a function, and what keeps them from being started."""

from __future__ import annotations

from pathlib import Path

from lambda_tui.project.files import launch_obstacle
from lambda_tui.project.function import Function, Problem
from lambda_tui.project.wording import shown


def external_extensions(function: Function) -> tuple[str, ...]:
    """Return the names of the files in the layers' ``extensions`` folder, in AWS's order."""
    folder = _folder(function)
    if folder is None or not folder.is_dir():
        return ()
    return tuple(sorted(entry.name for entry in folder.iterdir() if not entry.is_dir()))


def extension_problems(function: Function) -> tuple[Problem, ...]:
    """Return a problem for each extension that Lambda cannot execute either."""
    folder = _folder(function)
    if folder is None:
        return ()
    problems = []
    for name in external_extensions(function):
        obstacle = launch_obstacle(folder / name)
        if obstacle is not None:
            message = (
                f"{function.name} cannot start: its extension "
                f"{shown(f'/opt/extensions/{name}')} {obstacle}"
            )
            problems.append(Problem(message, _source(function, name), functions=(function.name,)))
    return tuple(problems)


def _folder(function: Function) -> Path | None:
    layers = function.layers_directory
    return None if layers is None else layers / "extensions"


def _source(function: Function, name: str) -> Path | None:
    """Return the user's own file of an extension; None for one in an archive."""
    files = (layer.path / "extensions" / name for layer in reversed(function.layers) if layer.path)
    return next((file for file in files if file.exists()), None)
