"""Reads what ``terraform show -json`` says of a plan, or of what has been deployed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from lambda_tui.project.credentials import region_of
from lambda_tui.project.files import UnreadableFileError, read_text
from lambda_tui.project.function import Problem
from lambda_tui.project.kinds.template.language import LinedMapping
from lambda_tui.project.kinds.terraform.cloud_values import cloud_value, unknown_value
from lambda_tui.project.kinds.terraform.resource import Resource
from lambda_tui.project.settings import Settings
from lambda_tui.project.wording import shown

_LARGEST_PLAN = 64 * 1024 * 1024
_LINE = 1
"""Programs write plans, so that nobody looks for a line in one."""
_INDEX = re.compile(r"\[[^\]]*\]")
_DEEPEST = 40
_FUNCTION = "aws_lambda_function"
_REFERRING = frozenset(
    {
        *("arn", "authorizer_uri", "destination", "destination_arn", "endpoint"),
        *("event_source_arn", "function_name", "integration_uri", "lambda_arn"),
        *("lambda_function_arn", "layers", "parent_id", "resource_id", "rule", "target_arn"),
        *("target_group_arn", "target_id", "topic_arn", "uri"),
    }
)
"""Arguments that a reference alone stands in, and no text around it."""


class Plan(NamedTuple):
    """The resources that a plan has."""

    resources: list[Resource]
    region: str
    problems: list[Problem]


def read_plan(file: Path, settings: Settings, kinds: frozenset[str]) -> Plan:
    """Return the resources of some types; never raise.

    The settings give values that only an application of the plan knows, by their names.
    """
    try:
        content = json.loads(read_text(file, _LARGEST_PLAN))
        return _Reader(file, content, settings, kinds).read()
    except UnreadableFileError as error:
        return Plan([], region_of(settings), [Problem(str(error), file)])
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", _LINE)
        sentence = f"the file is no valid JSON: {shown(str(error))}; make the plan anew."
        return Plan([], region_of(settings), [Problem(sentence, file, line)])


class _Reader:
    """Reads one plan."""

    def __init__(
        self, file: Path, content: object, settings: Settings, kinds: frozenset[str]
    ) -> None:
        self._file = file
        self._content = content
        self._values = settings.values
        self._kinds = kinds
        self._configuration = _at(content, "configuration", "root_module")
        self._region = region_of(settings, self._own_region())
        planned = _at(content, "planned_values", "root_module")
        present = _at(content, "values", "root_module")
        prior = _at(content, "prior_state", "values", "root_module")
        self._found = {
            str(one.get("address")): one
            for one in (*_data(_resources(prior)), *_resources(planned), *_resources(present))
        }
        """The plan's own records of resources, by their addresses."""
        self._unknown = {
            str(_at(one, "address")): _at(one, "change", "after_unknown")
            for one in _list(_at(content, "resource_changes"))
        }

    def read(self) -> Plan:
        """Return the resources in the plan's order."""
        resources = [
            self._resource(address, one)
            for address, one in self._found.items()
            if str(one.get("type")) in self._kinds
        ]
        return Plan(resources, self._region, [])

    def _resource(self, address: str, found: Mapping[str, object]) -> Resource:
        known, unknown = found.get("values"), self._unknown.get(address)
        values = LinedMapping()
        given = known if isinstance(known, dict) else {}
        open_values = unknown if isinstance(unknown, dict) else {}
        for name in {**given, **open_values}:
            path = f"{address}.{name}"
            value = self._value(address, name, path, given.get(name), open_values.get(name))
            values.put(str(name), value, _LINE)
        is_data = found.get("mode") == "data"
        return Resource(address, str(found.get("type")), values, self._file, _LINE, is_data)

    def _value(
        self, address: str, argument: str, path: str, known: object, unknown: object
    ) -> object:
        """Return a value of the plan, with places for what is known after its application."""
        if path in self._values:
            return self._values[path]
        if unknown is True:
            found = self._referred(address, argument) if argument in _REFERRING else None
            return unknown_value(path, "is known after the apply alone") if found is None else found
        if isinstance(known, dict) or isinstance(unknown, dict):
            made = LinedMapping()
            given = known if isinstance(known, dict) else {}
            open_values = unknown if isinstance(unknown, dict) else {}
            for name in {**given, **open_values}:
                inner = self._value(
                    address, str(name), f"{path}.{name}", given.get(name), open_values.get(name)
                )
                made.put(str(name), inner, _LINE)
            return made
        if isinstance(known, list) or isinstance(unknown, list):
            items, places = _list(known), _list(unknown)
            size = max(len(items), len(places))
            items, places = items + [None] * size, places + [None] * size
            pairs = list(zip(items, places, strict=False))[:size]
            is_one = size == 1
            return [
                self._value(address, argument, path if is_one else f"{path}.{number}", one, place)
                for number, (one, place) in enumerate(pairs)
            ]
        return known

    def _referred(self, address: str, argument: str) -> object:
        """Return the value of the only reference that an argument consists of; else None."""
        if argument == "function_name" and self._found[address].get("type") == _FUNCTION:
            # The name of a function itself is often a text around a reference.
            return None
        parts = _INDEX.sub("", address).split(".")
        count = next((one for one in range(len(parts)) if parts[2 * one] != "module"), 0)
        modules = [parts[2 * one + 1] for one in range(count)]
        name = ".".join(parts[2 * len(modules) :])
        prefix = address.rpartition(name.rpartition(".")[0])[0]
        configuration = self._module(modules)
        for one in _list(_at(configuration, "resources")):
            if _at(one, "address") == name:
                expression = _expression(_at(one, "expressions"), argument)
                found = self._resolved(expression, modules, prefix, _DEEPEST)
                return [found] if argument == "layers" and isinstance(found, str) else found
        return None

    def _module(self, modules: list[str]) -> object:
        configuration = self._configuration
        for name in modules:
            configuration = _at(configuration, "module_calls", name, "module")
        return configuration

    def _resolved(self, expression: object, modules: list[str], prefix: str, left: int) -> object:
        if "constant_value" in _mapping(expression):
            return _at(expression, "constant_value")
        listed = [str(one) for one in _list(_at(expression, "references"))]
        # Behind each reference follow the parts that it begins with.
        whole = [one for one in listed if not any(_begins(one, other) for other in listed)]
        if len(whole) != 1 or left == 0:
            return None
        head, _, rest = whole[0].partition(".")
        if head == "var" and modules:
            caller = self._module(modules[:-1])
            inner = _at(caller, "module_calls", modules[-1], "expressions", rest)
            above = prefix.rpartition("module.")[0]
            return self._resolved(inner, modules[:-1], above, left - 1)
        if head == "module":
            call, _, output = rest.partition(".")
            name = call.partition("[")[0]
            inner = _at(self._module([*modules, name]), "outputs", output, "expression")
            return self._resolved(inner, [*modules, name], f"{prefix}module.{call}.", left - 1)
        owner, _, attribute = whole[0].rpartition(".")
        return self._attribute(f"{prefix}{owner}", attribute)

    def _attribute(self, address: str, attribute: str) -> object:
        found = self._found.get(address) or self._found.get(f"{address}[0]")
        if found is None:
            return None
        values = _mapping(found.get("values"))
        if values.get(attribute) is not None:
            return values[attribute]
        kind = str(found.get("type"))
        return cloud_value(kind, str(found.get("address")), attribute, self._region, values.get)

    def _own_region(self) -> str | None:
        """Return the region of the plan's provider; None where it has none."""
        expressions = _at(self._content, "configuration", "provider_config", "aws", "expressions")
        region = _at(expressions, "region")
        value = _at(region, "constant_value")
        for reference in _list(_at(region, "references")):
            name = str(reference).removeprefix("var.")
            value = value or _at(self._content, "variables", name, "value")
        return value if isinstance(value, str) and value else None


def _resources(module: object, left: int = _DEEPEST) -> Iterator[Mapping[str, object]]:
    """Yield the resources of a module and of those that it calls."""
    yield from (one for one in _list(_at(module, "resources")) if isinstance(one, dict))
    if left:
        for child in _list(_at(module, "child_modules")):
            yield from _resources(child, left - 1)


def _data(resources: Iterator[Mapping[str, object]]) -> Iterator[Mapping[str, object]]:
    return (one for one in resources if one.get("mode") == "data")


def _begins(part: str, reference: str) -> bool:
    return reference.startswith((f"{part}.", f"{part}["))


def _expression(expressions: object, argument: str) -> object:
    """Return the expression of an argument, which may stand in a block."""
    found = _at(expressions, argument)
    if found is not None:
        return found
    for block in _mapping(expressions).values():
        for one in _list(block):
            if isinstance(one, dict) and argument in one:
                return one[argument]
    return None


def _at(content: object, *keys: str) -> object:
    """Return the value at the end of a path of keys; None where there is none."""
    for key in keys:
        content = content.get(key) if isinstance(content, dict) else None
    return content


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
