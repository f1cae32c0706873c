"""Functions from a SAM ``template.yaml``: Globals merged, intrinsics resolved, settings checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from lambda_tui.project.cache import Cache
from lambda_tui.project.event_invoke_resources import apply_event_invoke_configs
from lambda_tui.project.function import Function, Problem
from lambda_tui.project.function_resource import FunctionResource
from lambda_tui.project.handler import handler_problem
from lambda_tui.project.intrinsics import Resolver, intrinsic_name, section
from lambda_tui.project.layer_places import LayerPlaces
from lambda_tui.project.layer_sources import LayerSources
from lambda_tui.project.template_yaml import InvalidYamlError, LinedMapping, read_yaml
from lambda_tui.project.text_file import UnreadableFileError, read_text
from lambda_tui.project.wording import shown

TEMPLATE_NAMES = ("template.yaml", "template.yml")
"""The names that a template may have in a project folder, by preference."""

_LARGEST_TEMPLATE = 1024 * 1024
"""Bytes; CloudFormation's own limit."""
_SERVERLESS_FUNCTION = "AWS::Serverless::Function"
_FUNCTION_TYPES = (_SERVERLESS_FUNCTION, "AWS::Lambda::Function")
_ADVICE = "add a resource of Type AWS::Serverless::Function, or run `lambda-tui demo`."

TemplateContent = tuple[tuple[Function, ...], tuple[Problem, ...]]


def find_template(directory: Path) -> Path | None:
    """The folder's template; None when it has none."""
    candidates = (directory / name for name in TEMPLATE_NAMES)
    return next((file for file in candidates if file.is_file()), None)


def read_template(
    file: Path, layer_paths: Mapping[str, Path] | None = None, cache: Cache | None = None
) -> TemplateContent:
    """The template's functions in its order, and what is wrong with it; never raises.

    ``layer_paths`` tells by ARN where layers lie that the template does not make itself.
    """
    try:
        document = read_yaml(read_text(file, _LARGEST_TEMPLATE))
        return _read_document(file, document, layer_paths or {}, cache or Cache.of_user())
    except UnreadableFileError as error:
        return (), (Problem(str(error), file),)
    except InvalidYamlError as error:
        return (), (Problem(f"the template is not valid YAML: {error}.", file, error.line),)
    except RecursionError:
        return (), (Problem("the template refers to itself without end.", file),)


def _read_document(
    file: Path, document: object, layer_paths: Mapping[str, Path], cache: Cache
) -> TemplateContent:
    if not isinstance(document, LinedMapping):
        return (), (Problem(f"the template has no Resources; {_ADVICE}", file, 1),)
    common = section(section(document, "Globals"), "Function")
    resolver = Resolver(document)
    resources = resolver.created()
    sources = LayerSources(file, resources, resolver, layer_paths)
    places = LayerPlaces(cache)
    functions: dict[str, Function] = {}
    problems: list[Problem] = []
    for logical_id, resource in resources.items():
        line = resources.lines.get(logical_id)
        if not _is_function(resource):
            problems += _unread_resource(file, logical_id, resource, line)
            continue
        own = section(resource, "Properties")
        is_serverless = section(resources, logical_id).get("Type") == _SERVERLESS_FUNCTION
        properties = merge_globals(common, own) if is_serverless else own
        assert isinstance(properties, LinedMapping)
        reader = FunctionResource(
            file, logical_id, line, properties, resolver, is_serverless=is_serverless
        )
        problems += _add(functions, reader, sources, places, cache)
    problems += [*sources.problems(), *places.problems]
    problems += apply_event_invoke_configs(functions, file, resources, resolver)
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
    sources: LayerSources,
    places: LayerPlaces,
    cache: Cache,
) -> list[Problem]:
    """Puts a resource's function among the others, by name; what is wrong with it."""
    function = reader.read(sources, cache)
    if function is None:
        return reader.problems
    if function.name in functions:
        reader.warn(
            "FunctionName",
            f"another function is named {function.name} too; give it its own FunctionName.",
        )
        return reader.problems
    placed = functions[function.name] = places.place(function)
    return [*_handler_problems(placed, reader.line_of("Handler")), *reader.problems]


def _unread_resource(
    file: Path, logical_id: str, resource: object, line: int | None
) -> list[Problem]:
    """What is to be said of a resource that is no function."""
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


def merge_globals(common: object, own: object) -> object:
    """What holds of a property by SAM's rules.

    Mappings are merged, lists are joined, of anything else the function's own value holds.
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
            both = merge_globals(common[name], value) if name in common else value
            merged.put(name, value if mapping is common else both, mapping.lines.get(name))
    return merged
