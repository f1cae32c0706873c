"""From a folder to a ``Project``: the one way in for the engine, the screen and the commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lambda_tui.project.cache import Cache
from lambda_tui.project.function import Function, Problem, Project
from lambda_tui.project.function_settings import with_settings
from lambda_tui.project.layer_places import LayerPlaces
from lambda_tui.project.layer_sources import layers_of_settings
from lambda_tui.project.plain import find_functions
from lambda_tui.project.settings import Settings
from lambda_tui.project.template import find_template, read_template
from lambda_tui.project.wording import shown

_EMPTY = (
    "no function here: write a lambda_function.py with lambda_handler(event, context), "
    "an index.mjs that exports handler, or a template.yaml, or run `lambda-tui demo`."
)
_LIST_OF_LAYERS = (
    "the setting layers lists layers, but {} says which its functions have; name them there, "
    "or let the setting be a table that tells where its ARNs are to be found."
)


def load_project(directory: Path, settings: Settings | None = None) -> Project:
    """Reads a project folder; what is wrong in it comes back as problems, never as an exception.

    Archives of code and of layers are unpacked into the user's cache directory. The settings, where
    there are any, go before what the folder says of a function.
    """
    settings = settings or Settings()
    return with_settings(_read_project(directory, settings), settings)


def _read_project(directory: Path, settings: Settings) -> Project:
    try:
        directory = directory.expanduser().resolve()
        if not directory.is_dir():
            return Project(directory, problems=(_not_a_folder(directory),))
        template = find_template(directory)
        if template is not None:
            functions, problems = read_template(template, settings.layer_paths)
            if settings.layers:
                problems = (*problems, Problem(_LIST_OF_LAYERS.format(template.name)))
            return Project(directory, functions, problems, template)
        functions, problems = find_functions(directory)
        functions, layer_problems = _with_layers(functions, settings.layers)
    except (OSError, ValueError, RuntimeError) as error:
        message = (
            f"{shown(str(directory))} cannot be read: {shown(str(error))}; name another folder."
        )
        return Project(directory, problems=(Problem(message),))
    if not functions:
        problems = (*problems, Problem(_EMPTY))
    return Project(directory, functions, (*problems, *layer_problems))


def _with_layers(
    functions: Sequence[Function], paths: Sequence[Path]
) -> tuple[tuple[Function, ...], list[Problem]]:
    """The functions of a folder without a template, with the layers of the settings."""
    layers, problems = layers_of_settings(paths)
    places = LayerPlaces(Cache.of_user())
    placed = tuple(places.place(replace(function, layers=layers)) for function in functions)
    return placed, [*problems, *places.problems]


def _not_a_folder(directory: Path) -> Problem:
    if directory.exists():
        return Problem(f"{shown(str(directory))} is a file; name the folder that it is in.")
    return Problem(
        f"{shown(str(directory))} does not exist; name a project folder, or run `lambda-tui demo`."
    )
