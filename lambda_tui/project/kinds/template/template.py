"""Reads a SAM template, with those nested in it, as a project."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lambda_tui.project.code import Cache
from lambda_tui.project.credentials import region_of
from lambda_tui.project.function import Function, Listing, Problem, Project
from lambda_tui.project.interpreters import find_interpreter
from lambda_tui.project.kinds.template.document_check import document_problems
from lambda_tui.project.kinds.template.language import LinedMapping
from lambda_tui.project.kinds.template.layers import TemplateLayers
from lambda_tui.project.kinds.template.sam_config import SAM_CONFIG, read_sam_config
from lambda_tui.project.kinds.template.stack import InvalidTemplateError, Stack, read_document
from lambda_tui.project.kinds.template.stack_reader import (
    Bootstraps,
    FindPythonOf,
    StackReader,
    emptiness,
    in_its_file,
    together,
)
from lambda_tui.project.kinds.template.template_files import (
    TEMPLATES,
    all_templates_in,
    count_functions,
    templates_below,
    templates_in,
)
from lambda_tui.project.kinds.template.triggers import read_triggers
from lambda_tui.project.layers import LayerExtractor
from lambda_tui.project.settings import Settings
from lambda_tui.project.wording import shown

KIND = "SAM or CloudFormation"
"""The kind of a template, in words."""
_MOST_NAMED = 8
"""Templates that one sentence names."""
LIST_OF_LAYERS = (
    "the setting layers lists layers, but {} says which its functions have; name them there, "
    "or let the setting be a table that tells where its ARNs are to be found."
)


class TemplateContent(NamedTuple):
    """The functions of a template and of those nested in it, and what is wrong with them."""

    functions: tuple[Function, ...]
    """In the order of the templates."""
    problems: tuple[Problem, ...]
    files: frozenset[Path] = frozenset()
    """The files of nested stacks, whether they are there or not."""


def _find_own_python(_function: Function) -> Path:
    return Path(sys.executable)


def read_project(directory: Path, settings: Settings) -> Project | None:
    """Return the project of a folder with a template; None for a folder without one.

    The setting ``template`` goes before what the folder has. Of several by content none is chosen.
    """
    found = templates_in(directory) if settings.template is None else [settings.template]
    if len(found) != 1:
        return None
    (file,) = found
    bootstraps = {name: one.bootstrap for name, one in settings.functions.items()}

    def find_python(function: Function) -> Path:
        return find_interpreter(directory, function, settings).executable

    config = read_sam_config(file.parent, settings.config_env)
    given = settings.parameter_overrides
    env_file = "" if settings.env_file is None else settings.env_file.name
    content = read_template(
        file,
        settings.layer_paths,
        bootstraps=bootstraps,
        values={
            **settings.dynamic_references,
            **config.parameters,
            **settings.values,
            **given,
            "AWS::Region": region_of(settings, config.region),
        },
        sources={
            **dict.fromkeys(settings.dynamic_references.keys() - settings.values, env_file),
            **dict.fromkeys(config.parameters.keys() - settings.values.keys(), SAM_CONFIG),
            **dict.fromkeys(given, "--parameter-overrides"),
        },
        find_python=find_python,
    )
    problems = (*config.problems, *content.problems)
    if settings.layers:
        problems = (*problems, Problem(LIST_OF_LAYERS.format(file.name)))
    return Project(directory, content.functions, problems, file, content.files)


def other_templates(directory: Path) -> list[Listing]:
    """Return the templates in a folder and below it, none of which is opened."""
    files = [*all_templates_in(directory), *templates_below(directory)]
    return [_unread(file) for file in files]


def templates_beside(directory: Path, read: Collection[Path]) -> list[Listing]:
    """Return the templates in a folder beside those that are read."""
    return [_unread(file) for file in all_templates_in(directory) if file not in read]


def _unread(file: Path) -> Listing:
    return Listing(file, KIND, unread=count_functions(file), remark="not read")


def unread_templates(directory: Path, listings: Sequence[Listing]) -> list[Problem]:
    """Return the problem of a folder without a template of its own, and with others to choose."""
    templates = [one.file for one in listings if one.file is not None]
    if not templates:
        return []
    commands = [command_for(file, directory) for file in templates[:_MOST_NAMED]]
    more = f" and {len(templates) - _MOST_NAMED} more" if len(templates) > _MOST_NAMED else ""
    are = "there is a template" if len(templates) == 1 else "there are templates"
    named = ", ".join(f"`{command}`" for command in commands)
    return [Problem(f"{are} that this folder does not open: {named}{more}.")]


def command_for(file: Path, directory: Path) -> str:
    """Return the command that opens a template in or below a folder."""
    return f"lambda-tui -t {shown(shlex.quote(str(file.relative_to(directory))))}"


def misplaced_templates(directory: Path) -> list[Problem]:
    """Return a problem for each name of a template that something else than a file has."""
    return [
        Problem(
            "it is no file that can be read, and is left out; put a template there or remove it.",
            file,
        )
        for file in (directory / name for name in TEMPLATES)
        if os.path.lexists(file) and not file.is_file()
    ]


def read_template(
    file: Path,
    layer_paths: Mapping[str, Path] | None = None,
    cache: Cache | None = None,
    bootstraps: Bootstraps | None = None,
    values: Mapping[str, str] | None = None,
    sources: Mapping[str, str] | None = None,
    find_python: FindPythonOf = _find_own_python,
) -> TemplateContent:
    """Return the functions of a template and of those nested in it; never raise.

    ``layer_paths`` has, by ARN, the paths of layers that the template does not declare,
    ``bootstraps``, by name, the commands that replace the runtimes of functions, and ``values``
    what only a deployment knows; ``sources`` names the places of values that are not of the
    settings. ``find_python`` returns the interpreter of a Python function.
    """
    try:
        document = read_document(file)
        content = document.content
        assert isinstance(content, LinedMapping)
        root = Stack(file, content, values or {}, sources or {})
        found = _read_stacks(root, layer_paths, cache, bootstraps, find_python, {})
        outline = document_problems(file, document)
        told = (*outline, *found.problems, *emptiness(file, root.content))
        return found._replace(problems=told)
    except InvalidTemplateError as error:
        return TemplateContent((), (Problem(str(error), file, error.line),))
    except RecursionError:
        problem = Problem("the template refers to itself without end.", file)
        return TemplateContent((), (problem,))


def read_resources(
    file: Path,
    document: LinedMapping,
    layer_paths: Mapping[str, Path] | None = None,
    cache: Cache | None = None,
    bootstraps: Bootstraps | None = None,
    values: Mapping[str, str] | None = None,
    sources: Mapping[str, str] | None = None,
    find_python: FindPythonOf = _find_own_python,
    names: Mapping[str, str] | None = None,
    unknown: Mapping[Problem, str] | None = None,
    *,
    reads_nested: bool = True,
) -> TemplateContent:
    """Return the functions of a template that was read, or made of a ``file`` of another kind.

    The lines of a document that is made of several files may be ``FileLine``; paths in it are
    relative to the folder of ``file``. ``names`` are what that file calls its functions, by their
    logical ids, and ``unknown`` are its problems with values that are not known, with the names of
    these. Without ``reads_nested`` the caller reads nested stacks. The other arguments are those
    of ``read_template``.
    """
    root = Stack(file, document, values or {}, sources or {}, reads_nested=reads_nested)
    root.tell(unknown or {})
    return _read_stacks(root, layer_paths, cache, bootstraps, find_python, names or {})


def _read_stacks(
    root: Stack,
    layer_paths: Mapping[str, Path] | None,
    cache: Cache | None,
    bootstraps: Bootstraps | None,
    find_python: FindPythonOf,
    names: Mapping[str, str],
) -> TemplateContent:
    cache = cache or Cache.of_user()
    stacks = list(root.walk())
    layers = TemplateLayers.of_stacks(stacks, layer_paths or {})
    extractor = LayerExtractor(cache)
    functions: dict[str, Function] = {}
    refused: set[str] = set()
    readers = [
        StackReader(stack, its_layers, bootstraps or {}, find_python, names)
        for stack, its_layers in zip(stacks, layers, strict=True)
    ]
    for reader in readers:
        refused |= reader.read_functions(functions, cache, extractor)
    # Their resources name functions of any stack, so all of those have to be read before.
    for reader in readers:
        reader.read_what_names_functions(functions, refused)
    read_triggers(functions, stacks)
    of_layers = [problem for one in layers for problem in one.problems()]
    problems = [problem for stack in stacks for problem in stack.problems]
    unknown = {problem: name for stack in stacks for problem, name in stack.unknown.items()}
    told = together([*problems, *of_layers, *extractor.problems], unknown)
    return TemplateContent(
        tuple(map(in_its_file, functions.values())), tuple(map(in_its_file, told)), root.files
    )
