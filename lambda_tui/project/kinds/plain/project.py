"""Reads a plain folder as a project: its functions, with the layers that the settings list."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lambda_tui.project.code import Cache
from lambda_tui.project.credentials import region_of
from lambda_tui.project.function import Function, Problem, Project
from lambda_tui.project.interpreters import find_interpreter
from lambda_tui.project.kinds.plain.functions import find_functions
from lambda_tui.project.layers import LayerExtractor, layers_of_settings
from lambda_tui.project.settings import Settings

_EMPTY = (
    "no function here: write a lambda_function.py with lambda_handler(event, context), "
    "an index.mjs that exports handler, or a template.yaml, or run `lambda-tui demo`."
)


def read_project(directory: Path, settings: Settings) -> Project:
    """Return the project of any folder; one without functions has a problem that says so."""

    def find_python(folder: Path) -> Path:
        function = Function(folder.name, "", folder)
        return find_interpreter(directory, function, settings).executable

    functions, problems = find_functions(directory, find_python)
    are_declared = any(one.declares for one in settings.functions.values())
    if not functions and not problems and not are_declared:
        problems = (*problems, Problem(_EMPTY))
    layers, layer_problems = layers_of_settings(settings.layers)
    extractor = LayerExtractor(Cache.of_user())
    region = region_of(settings)
    functions = tuple(
        extractor.extract(replace(one, layers=layers, region=region)) for one in functions
    )
    return Project(directory, functions, (*problems, *layer_problems, *extractor.problems))
