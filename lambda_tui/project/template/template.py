"""Reads a SAM ``template.yaml``: merges Globals, resolves intrinsics, reads each function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from lambda_tui import limits
from lambda_tui.project.code import Cache
from lambda_tui.project.files import UnreadableFileError, read_text
from lambda_tui.project.function import Function, Problem, Project
from lambda_tui.project.handlers import handler_problem
from lambda_tui.project.layers import LayerExtractor
from lambda_tui.project.settings import Settings
from lambda_tui.project.template.dependent_resources import apply_dependent_resources
from lambda_tui.project.template.function_resource import FunctionResource
from lambda_tui.project.template.intrinsics import Resolver, intrinsic_name
from lambda_tui.project.template.layers import TemplateLayers
from lambda_tui.project.template.yaml_reader import (
    InvalidYamlError,
    LinedMapping,
    read_yaml,
    section,
)
from lambda_tui.project.wording import shown

_TEMPLATE_NAMES = ("template.yaml", "template.yml")
"""The names that a template may have in a project folder, by preference."""
_SERVERLESS_FUNCTION = "AWS::Serverless::Function"
_FUNCTION_TYPES = (_SERVERLESS_FUNCTION, "AWS::Lambda::Function")
_ADVICE = "add a resource of Type AWS::Serverless::Function, or run `lambda-tui demo`."
_LIST_OF_LAYERS = (
    "the setting layers lists layers, but {} says which its functions have; name them there, "
    "or let the setting be a table that tells where its ARNs are to be found."
)

Bootstraps = Mapping[str, tuple[str, ...]]
TemplateContent = tuple[tuple[Function, ...], tuple[Problem, ...]]


def read_project(directory: Path, settings: Settings) -> Project | None:
    """Return the project of a folder with a template; None for a folder without one."""
    candidates = (directory / name for name in _TEMPLATE_NAMES)
    file = next((file for file in candidates if file.is_file()), None)
    if file is None:
        return None
    bootstraps = {name: one.bootstrap for name, one in settings.functions.items()}
    functions, problems = read_template(file, settings.layer_paths, bootstraps=bootstraps)
    if settings.layers:
        problems = (*problems, Problem(_LIST_OF_LAYERS.format(file.name)))
    return Project(directory, functions, problems, file)


def read_template(
    file: Path,
    layer_paths: Mapping[str, Path] | None = None,
    cache: Cache | None = None,
    bootstraps: Bootstraps | None = None,
) -> TemplateContent:
    """Return the template's functions in its order, and what is wrong with it; never raise.

    ``layer_paths`` has, by ARN, the paths of layers that the template does not declare,
    ``bootstraps``, by name, the commands that replace the runtimes of functions.
    """
    try:
        document = read_yaml(read_text(file, limits.TEMPLATE_BYTES))
        cache = cache or Cache.of_user()
        return _read_document(file, document, layer_paths or {}, cache, bootstraps or {})
    except UnreadableFileError as error:
        return (), (Problem(str(error), file),)
    except InvalidYamlError as error:
        return (), (Problem(f"the template is not valid YAML: {error}.", file, error.line),)
    except RecursionError:
        return (), (Problem("the template refers to itself without end.", file),)


def _read_document(
    file: Path,
    document: object,
    layer_paths: Mapping[str, Path],
    cache: Cache,
    bootstraps: Bootstraps,
) -> TemplateContent:
    if not isinstance(document, LinedMapping):
        return (), (Problem(f"the template has no Resources; {_ADVICE}", file, 1),)
    common = section(section(document, "Globals"), "Function")
    resolver = Resolver(document)
    resources = resolver.created()
    layers = TemplateLayers(file, resources, resolver, layer_paths)
    extractor = LayerExtractor(cache)
    functions: dict[str, Function] = {}
    problems: list[Problem] = []
    for logical_id, resource in resources.items():
        line = resources.lines.get(logical_id)
        if not _is_function(resource):
            problems += _unread_resource(file, logical_id, resource, line)
            continue
        own = section(resource, "Properties")
        is_serverless = section(resources, logical_id).get("Type") == _SERVERLESS_FUNCTION
        properties = _merge_globals(common, own) if is_serverless else own
        assert isinstance(properties, LinedMapping)
        reader = FunctionResource(
            file, logical_id, line, properties, resolver, is_serverless=is_serverless
        )
        function = reader.read(layers, cache, bootstraps)
        problems += _add(functions, reader, function, extractor)
    problems += [*layers.problems(), *extractor.problems]
    # They name functions, so all of those have to be read before.
    problems += apply_dependent_resources(functions, file, resources, resolver)
    if not any(map(_is_function, resources.values())):
        problems.append(Problem(_no_functions(document), file))
    return tuple(functions.values()), tuple(problems)


def _is_function(resource: object) -> bool:
    return isinstance(resource, LinedMapping) and resource.get("Type") in _FUNCTION_TYPES


def _no_functions(document: LinedMapping) -> str:
    if any(map(_is_function, section(document, "Resources").values())):
        return (
            "the template has functions, but the Condition of each is false; "
            "give its parameters other Defaults."
        )
    return f"the template has no functions; {_ADVICE}"


def _add(
    functions: dict[str, Function],
    reader: FunctionResource,
    function: Function | None,
    extractor: LayerExtractor,
) -> list[Problem]:
    """Add a resource's function to ``functions``, by name; return what is wrong with it."""
    if function is None:
        return reader.problems
    if function.name in functions:
        reader.warn(
            "FunctionName",
            f"another function is named {function.name} too; give it its own FunctionName.",
        )
        return reader.problems
    # The handler may be in a layer, so the layers have to be there before it is checked.
    function = functions[function.name] = extractor.extract(function)
    return [*_handler_problems(function, reader.line_of("Handler")), *reader.problems]


def _unread_resource(
    file: Path, logical_id: str, resource: object, line: int | None
) -> list[Problem]:
    """Return the problems of a resource that is no function."""
    if logical_id.startswith("Fn::"):
        message = f"{shown(logical_id)} is not supported yet; write its resources out."
        return [Problem(message, file, line)]
    if not isinstance(resource, dict) or "Type" not in resource:
        message = f"{shown(logical_id)} has no Type; add one, such as AWS::Serverless::Function."
        return [Problem(message, file, line)]
    return []


def _handler_problems(function: Function, line: int | None) -> list[Problem]:
    problem = handler_problem(function)
    if problem is None:
        return []
    if problem.file is None:
        problem = replace(problem, file=function.file, line=line)
    return [problem]


def _merge_globals(common: object, own: object) -> object:
    """Return the value of a property by SAM's rules for Globals.

    Mappings are merged, lists are concatenated, and any other value is the function's own.
    """
    if isinstance(common, list) and isinstance(own, list):
        return common + own
    if not isinstance(common, LinedMapping) or not isinstance(own, LinedMapping):
        return own
    if intrinsic_name(common) is not None or intrinsic_name(own) is not None:
        return own
    merged = LinedMapping()
    for mapping in (common, own):
        for name, value in mapping.items():
            both = _merge_globals(common[name], value) if name in common else value
            merged.put(name, value if mapping is common else both, mapping.lines.get(name))
    return merged
