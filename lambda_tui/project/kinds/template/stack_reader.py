"""Reads a stack: each function of its template, with the layers and resources that change it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from lambda_tui.project.code import Cache
from lambda_tui.project.function import Function, Problem
from lambda_tui.project.handlers import handler_problem
from lambda_tui.project.kinds.template.builds import Builds
from lambda_tui.project.kinds.template.function import (
    FunctionResource,
    apply_dependent_resources,
)
from lambda_tui.project.kinds.template.globals import merge_globals
from lambda_tui.project.kinds.template.known_names import (
    LAMBDA_FUNCTION,
    SERVERLESS_FUNCTION,
    attribute_remark,
    event_remark,
    property_remark,
    type_remark,
)
from lambda_tui.project.kinds.template.language import (
    NESTED_STACK_TYPES,
    FileLine,
    LinedMapping,
    Resolver,
    section,
    text_under,
)
from lambda_tui.project.kinds.template.layers import TemplateLayers
from lambda_tui.project.kinds.template.parameter_check import condition_remarks, parameter_remarks
from lambda_tui.project.kinds.template.stack import ADVICE, Stack
from lambda_tui.project.layers import LayerExtractor
from lambda_tui.project.wording import shown
from lambda_tui.wording import counted

_FUNCTION_TYPES = (SERVERLESS_FUNCTION, LAMBDA_FUNCTION)
_ALL_FALSE = (
    "the template has functions, but the Condition of each is false; "
    "give its parameters other Defaults."
)

Bootstraps = Mapping[str, tuple[str, ...]]
FindPythonOf = Callable[[Function], Path]
Placed = TypeVar("Placed", Function, Problem)


class StackReader:
    """Reads the functions of one stack, and collects what is wrong with its resources."""

    def __init__(
        self,
        stack: Stack,
        layers: TemplateLayers,
        bootstraps: Bootstraps,
        find_python: FindPythonOf,
        names: Mapping[str, str],
    ) -> None:
        """Take what ``read_resources`` says; ``layers`` are those of the stack."""
        self._stack = stack
        self._file = stack.file
        self._document = stack.content
        self._common = section(section(self._document, "Globals"), "Function")
        self._resolver = stack.resolver
        self._resources = stack.resolver.resources
        self._bootstraps = bootstraps
        self._find_python = find_python
        self._names = names
        self._layers = layers
        self._builds = Builds(stack)
        self._refused: set[str] = set()
        self._common_problems: dict[Problem, list[str]] = {}
        """The names of the functions that have each of them."""
        self.problems = stack.problems
        self.unknown = stack.unknown

    def read_functions(
        self, functions: dict[str, Function], cache: Cache, extractor: LayerExtractor
    ) -> set[str]:
        """Add the functions, by name, in their order; return the names of those refused."""
        for sentence, line in (
            *parameter_remarks(self._document, self._resolver),
            *condition_remarks(self._document),
        ):
            self.problems.append(Problem(sentence, self._file, line))
        for logical_id in self._resources:
            self._check_outline(logical_id)
            if _is_function(self._resources[logical_id]):
                self._read_function(logical_id, functions, cache, extractor)
        self.problems += self._builds.problems()
        declared = section(self._document, "Resources").values()
        if any(map(_is_function, declared)) and not any(
            map(_is_function, self._resources.values())
        ):
            line = self._document.lines.get("Resources", 1)
            self.problems.append(Problem(_ALL_FALSE, self._file, line))
        self.problems += [
            replace(one, functions=tuple(names)) for one, names in self._common_problems.items()
        ]
        return self._refused

    def read_what_names_functions(
        self, functions: dict[str, Function], refused: Collection[str]
    ) -> None:
        """Change ``functions``, those of all stacks, as versions and aliases say.

        ``refused`` are the names of functions that are left out.
        """
        self.problems += apply_dependent_resources(
            functions, refused, self._file, self._resources, self._resolver
        )

    def _check_outline(self, logical_id: str) -> None:
        resource = self._resources[logical_id]
        lines = resource.lines if isinstance(resource, LinedMapping) else {}
        for key, sentence in _outline_remarks(logical_id, resource, self._resolver):
            line = lines.get(key, self._resources.lines.get(logical_id))
            self.problems.append(Problem(sentence, self._file, line))

    def _read_function(
        self,
        logical_id: str,
        functions: dict[str, Function],
        cache: Cache,
        extractor: LayerExtractor,
    ) -> None:
        """Add a resource's function, by name, and what is wrong with it."""
        resource = section(self._resources, logical_id)
        path = f"{self._stack.path}{logical_id}"
        kind = text_under(resource, "Type") or ""
        own = section(resource, "Properties")
        properties = own
        if kind == SERVERLESS_FUNCTION:
            properties = merge_globals(self._common, own, resource.get("IgnoreGlobals"))
        reader = FunctionResource(
            self._file,
            self._names.get(path, path),
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
        events = section(own, "Events")
        for name in events:
            kind_of_event = text_under(events[name], "Type") or ""
            remark = event_remark(kind_of_event) if kind == SERVERLESS_FUNCTION else None
            if remark is not None:
                reader.warn("Events", f"Events.{shown(name)}: {remark}")
        if function is not None and function.name in functions:
            reader.warn(
                "FunctionName",
                f"another function is named {function.name} too; give it its own FunctionName.",
            )
        elif function is None:
            self._refused.add(reader.name)
        else:
            # The handler may be in a layer, so the layers have to be there before it is checked.
            function = extractor.extract(function)
            function, problem = self._builds.choose(function, logical_id, self._check_handler)
            functions[function.name] = function
            if problem is not None:
                self.problems.append(_placed(problem, function, reader))
        self.problems += reader.problems
        if function is not None:
            for common in reader.common_problems:
                self._common_problems.setdefault(common, []).append(function.name)
        self.unknown.update(reader.unknown)

    def _check_handler(self, function: Function) -> Problem | None:
        return handler_problem(function, partial(self._find_python, function))


def _placed(problem: Problem, function: Function, reader: FunctionResource) -> Problem:
    """Return the problem of a handler with its place: by default where that is named."""
    if problem.file is not None:
        return problem
    image = function.image
    if image is not None and image.command_line is not None:
        return replace(problem, file=image.dockerfile, line=image.command_line)
    named_by = "Handler" if image is None else "ImageConfig"
    return replace(problem, file=function.file, line=reader.line_of(named_by))


def in_its_file(placed: Placed) -> Placed:
    """Return a function or a problem with the file that its line is of."""
    line = placed.line
    return replace(placed, file=line.file, line=int(line)) if isinstance(line, FileLine) else placed


def emptiness(file: Path, document: LinedMapping) -> list[Problem]:
    """Return the problem of a template with neither functions nor nested stacks."""
    resources = document.get("Resources")
    if not isinstance(resources, dict | None):
        # The outline is told already.
        return []
    types = {text_under(one, "Type") for one in section(document, "Resources").values()}
    if types & {*_FUNCTION_TYPES, *NESTED_STACK_TYPES}:
        return []
    line = document.lines.get("Resources", 1)
    return [Problem(f"the template has no functions; {ADVICE}", file, line)]


def together(problems: Iterable[Problem], unknown: Mapping[Problem, str]) -> list[Problem]:
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


def _is_function(resource: object) -> bool:
    return text_under(resource, "Type") in _FUNCTION_TYPES


def _outline_remarks(
    logical_id: str, resource: object, resolver: Resolver
) -> Iterator[tuple[str, str]]:
    """Yield sentences on what a resource consists of, each with the key that it is about."""
    name = shown(f"{resolver.nesting.path}{logical_id}")
    if logical_id.startswith("Fn::"):
        yield "", f"what {name} makes is known only in the cloud; write its resources out."
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
