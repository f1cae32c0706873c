"""Reads a SAM template: each function, with the layers and resources that change it."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from lambda_tui import limits
from lambda_tui.project.code import Cache
from lambda_tui.project.credentials import region_of
from lambda_tui.project.files import UnreadableFileError, read_text
from lambda_tui.project.function import Function, Problem, Project
from lambda_tui.project.handlers import handler_problem
from lambda_tui.project.interpreters import find_interpreter
from lambda_tui.project.layers import LayerExtractor
from lambda_tui.project.settings import Settings
from lambda_tui.project.template.dependent_resources import apply_dependent_resources
from lambda_tui.project.template.document_check import document_problems
from lambda_tui.project.template.function_resource import FunctionResource
from lambda_tui.project.template.globals import merge_globals
from lambda_tui.project.template.known_names import (
    LAMBDA_FUNCTION,
    SERVERLESS_FUNCTION,
    attribute_remark,
    property_remark,
    type_remark,
)
from lambda_tui.project.template.language import (
    FileLine,
    InvalidYamlError,
    LinedMapping,
    Resolver,
    read_yaml,
    section,
    text_under,
)
from lambda_tui.project.template.layers import TemplateLayers
from lambda_tui.project.template.sam_config import SAM_CONFIG, read_sam_config
from lambda_tui.project.template.template_files import (
    TEMPLATES,
    templates_below,
    templates_in,
)
from lambda_tui.project.template.triggers import read_triggers
from lambda_tui.project.wording import shown
from lambda_tui.wording import counted

_FUNCTION_TYPES = (SERVERLESS_FUNCTION, LAMBDA_FUNCTION)
_MOST_NAMED = 8
"""Templates that one sentence names."""
_ADVICE = "add a resource of Type AWS::Serverless::Function, or run `lambda-tui demo`."
_ALL_FALSE = (
    "the template has functions, but the Condition of each is false; "
    "give its parameters other Defaults."
)
LIST_OF_LAYERS = (
    "the setting layers lists layers, but {} says which its functions have; name them there, "
    "or let the setting be a table that tells where its ARNs are to be found."
)

Bootstraps = Mapping[str, tuple[str, ...]]
FindPythonOf = Callable[[Function], Path]
Placed = TypeVar("Placed", Function, Problem)
TemplateContent = tuple[tuple[Function, ...], tuple[Problem, ...]]


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
    functions, problems = read_template(
        file,
        settings.layer_paths,
        bootstraps=bootstraps,
        values={
            **config.parameters,
            **settings.values,
            **given,
            "AWS::Region": region_of(settings, config.region),
        },
        sources={
            **dict.fromkeys(config.parameters.keys() - settings.values.keys(), SAM_CONFIG),
            **dict.fromkeys(given, "--parameter-overrides"),
        },
        find_python=find_python,
    )
    problems = (*config.problems, *problems)
    if settings.layers:
        problems = (*problems, Problem(LIST_OF_LAYERS.format(file.name)))
    return Project(directory, functions, problems, file)


def unread_templates(directory: Path) -> list[Problem]:
    """Return the problem of a folder without a template of its own, and with others to choose."""
    templates = [*templates_in(directory), *templates_below(directory)]
    if not templates:
        return []
    commands = [_command_for(file.relative_to(directory)) for file in templates[:_MOST_NAMED]]
    more = f" and {len(templates) - _MOST_NAMED} more" if len(templates) > _MOST_NAMED else ""
    are = "there is a template" if len(templates) == 1 else "there are templates"
    return [Problem(f"{are} that this folder does not open: {', '.join(commands)}{more}.")]


def _command_for(path: Path) -> str:
    return f"`lambda-tui -t {shown(shlex.quote(str(path)))}`"


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
    """Return the template's functions in its order, and what is wrong with it; never raise.

    ``layer_paths`` has, by ARN, the paths of layers that the template does not declare,
    ``bootstraps``, by name, the commands that replace the runtimes of functions, and ``values``
    what only a deployment knows; ``sources`` names the places of values that are not of the
    settings. ``find_python`` returns the interpreter of a Python function.
    """
    try:
        document = read_yaml(_as_yaml(read_text(file, limits.TEMPLATE_BYTES)))
        content = document.content
        if not isinstance(content, LinedMapping):
            return (), (Problem(f"the template has no Resources; {_ADVICE}", file, 1),)
        functions, problems = read_resources(
            file,
            content,
            layer_paths,
            cache,
            bootstraps=bootstraps,
            values=values,
            sources=sources,
            find_python=find_python,
        )
        if not _has_functions(content) and isinstance(content.get("Resources"), dict | None):
            line = content.lines.get("Resources", 1)
            problems = (*problems, Problem(f"the template has no functions; {_ADVICE}", file, line))
        return functions, (*document_problems(file, document), *problems)
    except UnreadableFileError as error:
        return (), (Problem(str(error), file),)
    except InvalidYamlError as error:
        return (), (Problem(f"the template is not valid YAML: {error}.", file, error.line),)
    except RecursionError:
        return (), (Problem("the template refers to itself without end.", file),)


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
) -> TemplateContent:
    """Return the functions of a template that was read, or made of a ``file`` of another kind.

    The lines of a document that is made of several files may be ``FileLine``; paths in it are
    relative to the folder of ``file``. ``names`` are what that file calls its functions, by their
    logical ids, and ``unknown`` are its problems with values that are not known, with the names of
    these. The other arguments are those of ``read_template``.
    """
    resolver = Resolver(document, values, sources)
    reader = _TemplateReader(
        file,
        document,
        resolver,
        layer_paths or {},
        bootstraps,
        find_python,
        names or {},
        unknown or {},
    )
    return reader.read(cache or Cache.of_user())


class _TemplateReader:
    """Reads the functions of one template, and collects what is wrong with its resources."""

    def __init__(
        self,
        file: Path,
        document: LinedMapping,
        resolver: Resolver,
        layer_paths: Mapping[str, Path],
        bootstraps: Bootstraps | None,
        find_python: FindPythonOf,
        names: Mapping[str, str],
        unknown: Mapping[Problem, str],
    ) -> None:
        self._file = file
        self._document = document
        self._common = section(section(document, "Globals"), "Function")
        self._resolver = resolver
        self._resources = resolver.resources
        self._bootstraps = bootstraps or {}
        self._find_python = find_python
        self._names = names
        self._layers = TemplateLayers(file, self._resources, resolver, layer_paths)
        self._functions: dict[str, Function] = {}
        self._refused: set[str] = set()
        """The names of the functions that are left out."""
        self._problems: list[Problem] = list(unknown)
        self._common_problems: dict[Problem, list[str]] = {}
        """The names of the functions that have each of them."""
        self._unknown: dict[Problem, str] = dict(unknown)
        """The names under which the user can give what is not known, by problems."""

    def read(self, cache: Cache) -> TemplateContent:
        """Return the functions by the template's order, and the problems."""
        extractor = LayerExtractor(cache)
        for logical_id in self._resources:
            self._check_outline(logical_id)
            if _is_function(self._resources[logical_id]):
                self._read_function(logical_id, cache, extractor)
        self._problems += [
            replace(one, functions=tuple(names)) for one, names in self._common_problems.items()
        ]
        self._problems += [*self._layers.problems(), *extractor.problems]
        # They name functions, so all of those have to be read before.
        self._problems += apply_dependent_resources(
            self._functions, self._refused, self._file, self._resources, self._resolver
        )
        read_triggers(self._functions, self._document, self._resolver)
        if _has_functions(self._document) and not any(map(_is_function, self._resources.values())):
            line = self._document.lines.get("Resources", 1)
            self._problems.append(Problem(_ALL_FALSE, self._file, line))
        problems = map(_in_its_file, _together(self._problems, self._unknown))
        return tuple(map(_in_its_file, self._functions.values())), tuple(problems)

    def _check_outline(self, logical_id: str) -> None:
        resource = self._resources[logical_id]
        lines = resource.lines if isinstance(resource, LinedMapping) else {}
        for key, sentence in _outline_remarks(logical_id, resource, self._resolver):
            line = lines.get(key, self._resources.lines.get(logical_id))
            self._problems.append(Problem(sentence, self._file, line))

    def _read_function(self, logical_id: str, cache: Cache, extractor: LayerExtractor) -> None:
        """Add a resource's function, by name, and what is wrong with it."""
        resource = section(self._resources, logical_id)
        kind = text_under(resource, "Type") or ""
        own = section(resource, "Properties")
        properties = own
        if kind == SERVERLESS_FUNCTION:
            properties = merge_globals(self._common, own, resource.get("IgnoreGlobals"))
        reader = FunctionResource(
            self._file,
            self._names.get(logical_id, logical_id),
            self._resources.lines.get(logical_id),
            properties,
            self._resolver,
            own=own,
            metadata=section(resource, "Metadata"),
            is_serverless=kind == SERVERLESS_FUNCTION,
        )
        function = reader.read(self._layers, cache, self._bootstraps)
        for name in own:
            remark = property_remark(name, kind)
            if remark is not None:
                reader.warn(name, remark)
        if function is not None and function.name in self._functions:
            reader.warn(
                "FunctionName",
                f"another function is named {function.name} too; give it its own FunctionName.",
            )
        elif function is None:
            self._refused.add(reader.name)
        else:
            # The handler may be in a layer, so the layers have to be there before it is checked.
            function = self._functions[function.name] = extractor.extract(function)
            named_by = "Handler" if function.image is None else "ImageConfig"
            self._check_handler(function, reader.line_of(named_by))
        self._problems += reader.problems
        if function is not None:
            for problem in reader.common_problems:
                self._common_problems.setdefault(problem, []).append(function.name)
        self._unknown.update(reader.unknown)

    def _check_handler(self, function: Function, line: int | None) -> None:
        problem = handler_problem(function, partial(self._find_python, function))
        if problem is not None and problem.file is None:
            image = function.image
            if image is not None and image.command_line is not None:
                problem = replace(problem, file=image.dockerfile, line=image.command_line)
            else:
                problem = replace(problem, file=function.file, line=line)
        if problem is not None:
            self._problems.append(problem)


def _in_its_file(placed: Placed) -> Placed:
    """Return a function or a problem with the file that its line is of."""
    line = placed.line
    return replace(placed, file=line.file, line=int(line)) if isinstance(line, FileLine) else placed


def _together(problems: Iterable[Problem], unknown: Mapping[Problem, str]) -> list[Problem]:
    """Return the problems, with one alone for each value that is not known, however often used."""
    groups: dict[object, list[Problem]] = {}
    for problem in problems:
        groups.setdefault(unknown.get(problem, problem), []).append(problem)
    return [_as_one(list(dict.fromkeys(group))) for group in groups.values()]


def _as_one(group: list[Problem]) -> Problem:
    first = group[0]
    if len(group) == 1:
        return first
    names = dict.fromkeys(name for problem in group for name in problem.functions)
    more = counted(len(group) - 1, "more value")
    message = f"{first.message.removesuffix('.')}; {more} of {counted(len(names), 'function')} "
    return replace(first, message=f"{message}need it too.", functions=tuple(names))


def _as_yaml(text: str) -> str:
    """Return a text that is YAML: JSON is, but for tabs, of which its texts have none."""
    return text.replace("\t", " ") if text.lstrip().startswith("{") else text


def _is_function(resource: object) -> bool:
    return text_under(resource, "Type") in _FUNCTION_TYPES


def _has_functions(document: LinedMapping) -> bool:
    return any(map(_is_function, section(document, "Resources").values()))


def _outline_remarks(
    logical_id: str, resource: object, resolver: Resolver
) -> Iterator[tuple[str, str]]:
    """Yield sentences on what a resource consists of, each with the key that it is about."""
    name = shown(logical_id)
    if logical_id.startswith("Fn::"):
        yield "", f"{name} is not supported yet; write its resources out."
        return
    if not isinstance(resource, LinedMapping) or resource.get("Type") is None:
        yield "Type", f"{name} has no Type; add one, such as {SERVERLESS_FUNCTION}."
        return
    kind = resource["Type"]
    if not isinstance(kind, str):
        yield (
            "Type",
            f"{name}: Type is {shown(kind)}, but it is a text, such as {SERVERLESS_FUNCTION}.",
        )
        return
    keys = resource if _is_function(resource) else ()
    remarks = {key: attribute_remark(key) for key in keys}
    remarks["Type"] = type_remark(kind)
    remarks["Condition"] = resolver.condition_problem(resource)
    if "Properties" in resource and not isinstance(resource["Properties"], LinedMapping):
        remarks["Properties"] = f"Properties is {shown(resource['Properties'])}, not a mapping."
    yield from ((key, f"{name}: {one}") for key, one in remarks.items() if one is not None)
