"""Resolves CloudFormation's intrinsic functions, as far as a template alone gives their values."""

from __future__ import annotations

import base64
import difflib
import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice

from lambda_tui.project.kinds.template.language.references import (
    Absent,
    Nesting,
    References,
    Unknown,
    UnresolvedError,
    as_text,
    described,
    with_remedy,
)
from lambda_tui.project.kinds.template.language.yaml_reader import LinedMapping, section
from lambda_tui.project.wording import shown

LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"
"""The transform that brings loops and some intrinsic functions."""

_MAXIMUM_DEPTH = 40
_MAXIMUM_STEPS = 50_000
"""Values inside of one value, which a few lines with anchors can multiply without end."""
_LONGEST_TEXT = 1024 * 1024
"""Characters."""
_MOST_SUBNETS = 256
"""Blocks that ``Fn::Cidr`` makes."""
_VARIABLE = re.compile(r"\$\{(!?)([^{}]*)\}")
_DYNAMIC_REFERENCE = re.compile(r"\{\{resolve:[^{}]*\}\}")


def intrinsic_name(value: object) -> str | None:
    """Return ``Ref``, ``Fn::Sub``, … for a call of an intrinsic function; None for other values."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    name = str(next(iter(value)))
    return name if name in ("Ref", "Condition") or name.startswith("Fn::") else None


def transforms_of(template: LinedMapping) -> list[object]:
    """Return the transforms that a template names."""
    transform = template.get("Transform")
    return transform if isinstance(transform, list) else [transform]


class Resolver:
    """Resolves intrinsic functions within one template."""

    def __init__(
        self,
        template: LinedMapping,
        values: Mapping[str, str] | None = None,
        sources: Mapping[str, str] | None = None,
        nesting: Nesting | None = None,
    ) -> None:
        """Take the user's ``values`` for what only a deployment knows.

        They are named by a parameter, a logical id, an attribute such as ``Table.Arn``, an export,
        or a dynamic reference with its braces. ``sources`` names the places of those that are not
        of the settings.
        """
        self._sources = sources or {}
        self.nesting = nesting or Nesting()
        self._has_extensions = LANGUAGE_EXTENSIONS in transforms_of(template)
        self._mappings = section(template, "Mappings")
        self._conditions = section(template, "Conditions")
        self._values = values or {}
        self._references = References(
            template, lambda: self.resources, self.resolve, self._values, self.nesting
        )
        self._depth = self._steps = 0
        self._functions: dict[str, Callable[[object], object]] = {
            "Ref": lambda argument: self._references.reference(self.text(argument)),
            "Fn::GetAtt": self._get_attribute,
            "Fn::Sub": self._substitute,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::FindInMap": self._find_in_map,
            "Fn::If": self._if,
            "Fn::ImportValue": self._import,
            "Fn::Cidr": self._cidr,
            "Fn::GetAZs": self._availability_zones,
            "Fn::Length": self._length,
            "Fn::ToJsonString": self._to_json,
            "Fn::Base64": lambda argument: base64.b64encode(
                self.text(argument).encode("utf-8", "surrogatepass")
            ).decode(),
        }
        self.resources = LinedMapping()
        """The template's resources, except where the ``Condition`` is known to be false."""
        self.resources = self._created(section(template, "Resources"))

    def resolve(self, value: object) -> object:
        """Return the value of an intrinsic function, one level deep; other values unchanged.

        Raise ``UnresolvedError`` when only a deployment knows it.
        """
        if isinstance(value, Unknown):
            raise UnresolvedError(value.reason, value.name)
        name = intrinsic_name(value)
        if name is None:
            return self._dynamic(value) if isinstance(value, str) else value
        function = self._functions.get(name)
        if function is None:
            raise UnresolvedError(f"{shown(name)} is not resolved here")
        with self._one_deeper("it refers to itself, or is nested too deeply"):
            assert isinstance(value, dict)
            return self.resolve(function(value[name]))

    def text(self, value: object) -> str:
        """Return the value as text, with numbers and booleans as CloudFormation writes them.

        Raise ``UnresolvedError`` when it is not known, or not a text.
        """
        return as_text(self.resolve(value))

    def holds_secret(self, text: str) -> bool:
        """Return whether a resolved text holds a secret, or the value of a NoEcho parameter."""
        return any(secret in text for secret in self.nesting.secrets if secret)

    def source_of(self, value: object) -> str | None:
        """Return the place that gives the value of a reference, as a user; None where none does."""
        if isinstance(value, str):
            references = _DYNAMIC_REFERENCE.findall(value)
            return self._sources.get(references[0], "[values]") if references else None
        name = intrinsic_name(value)
        argument = value
        if isinstance(value, dict) and name is not None:
            argument = value[name] if name in ("Ref", "Fn::GetAtt") else None
            if name == "Fn::GetAtt" and isinstance(argument, list):
                argument = ".".join(map(str, argument))
        if not isinstance(argument, str):
            return None
        if argument not in self._values and argument not in self.nesting.parameters:
            return None
        return self._sources.get(argument, "[values]")

    def condition_problem(self, resource: LinedMapping) -> str | None:
        """Return one sentence on a resource's ``Condition`` that is none of the template's."""
        name = resource.get("Condition")
        if "Condition" not in resource or (isinstance(name, str) and name in self._conditions):
            return None
        meant = name[:64] if isinstance(name, str) else ""
        near = difflib.get_close_matches(meant, self._conditions, n=1)
        advice = f"did you mean {shown(near[0])}?" if near else "add it there."
        return f"its Condition is {shown(name)}, which Conditions does not declare; {advice}"

    @contextmanager
    def _one_deeper(self, too_deep: str) -> Iterator[None]:
        if self._depth >= _MAXIMUM_DEPTH:
            raise UnresolvedError(too_deep)
        self._steps = self._steps + 1 if self._depth else 0
        if self._steps > _MAXIMUM_STEPS:
            raise UnresolvedError("it consists of too many values")
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def _dynamic(self, text: str) -> str:
        """Return a text with its dynamic references, to parameters and secrets, replaced."""
        if "{{resolve:" not in text:
            return text
        for reference in _DYNAMIC_REFERENCE.findall(text):
            if reference not in self._values:
                raise with_remedy("a dynamic reference is looked up in the cloud", reference)
            if not reference.startswith("{{resolve:ssm:"):
                self.nesting.secrets.add(self._values[reference])
        return _DYNAMIC_REFERENCE.sub(lambda found: self._values[found[0]], text)

    def _items(self, value: object) -> list[object]:
        items = self.resolve(value)
        if not isinstance(items, list):
            raise UnresolvedError(f"a list is needed where {described(items)} stands")
        self._steps += len(items)
        return items

    def _arguments(self, value: object, name: str, *counts: int) -> list[object]:
        if not isinstance(value, list) or len(value) not in counts:
            wanted = " or ".join(map(str, counts))
            raise UnresolvedError(f"{name} takes a list of {wanted} values")
        return value

    def _get_attribute(self, argument: object) -> object:
        if isinstance(argument, str):
            argument = argument.split(".", 1)
        logical_id, attribute = map(self.text, self._arguments(argument, "Fn::GetAtt", 2))
        return self._references.attribute(logical_id, attribute)

    def _substitute(self, argument: object) -> str:
        values: dict[str, object] = {}
        if isinstance(argument, list):
            argument, given = self._arguments(argument, "Fn::Sub", 2)
            if not isinstance(given, dict):
                raise UnresolvedError(f"Fn::Sub takes a mapping where {described(given)} stands")
            values = given

        text, parts, end = self.text(argument), list[str](), 0
        for match in _VARIABLE.finditer(text):
            parts += [text[end : match.start()], self._variable(match, values)]
            end = match.end()
        return _joined("", [*parts, text[end:]])

    def _variable(self, match: re.Match[str], values: Mapping[str, object]) -> str:
        """Return the text in place of a variable of ``Fn::Sub``."""
        is_literal, name = match[1], match[2].strip()
        if is_literal:
            return "${" + match[2] + "}"
        if name in values:
            return self.text(values[name])
        qualified = self._references.qualified_arn(name)
        if qualified is not None:
            return qualified
        return self.text(self._get_attribute(name) if "." in name else {"Ref": name})

    def _join(self, argument: object) -> str:
        delimiter, items = self._arguments(argument, "Fn::Join", 2)
        parts = [self.resolve(item) for item in self._items(items)]
        present = [self.text(part) for part in parts if part is not Absent.NO_VALUE]
        return _joined(self.text(delimiter), present)

    def _select(self, argument: object) -> object:
        index, items = self._arguments(argument, "Fn::Select", 2)
        position, choices = self.text(index), self._items(items)
        if not position.isdecimal() or int(position[:9]) >= len(choices):
            raise UnresolvedError(f"the list has no item {shown(position)}")
        return choices[int(position[:9])]

    def _split(self, argument: object) -> object:
        delimiter, text = map(self.text, self._arguments(argument, "Fn::Split", 2))
        if not delimiter:
            raise UnresolvedError("Fn::Split needs a delimiter")
        return list(text.split(delimiter))

    def _find_in_map(self, argument: object) -> object:
        arguments = self._arguments(argument, "Fn::FindInMap", 3, 4)
        mapping, key, entry = map(self.text, arguments[:3])
        found = section(section(self._mappings, mapping), key)
        if entry in found:
            return found[entry]
        if len(arguments) == 4 and isinstance(arguments[3], dict):
            self._require_extensions("the default of Fn::FindInMap")
            return arguments[3].get("DefaultValue", Absent.NO_VALUE)
        raise UnresolvedError(f"the mapping {shown(mapping)} has no {shown(key)} with that entry")

    def _import(self, argument: object) -> str:
        name = self.text(argument)
        if name not in self._values:
            raise with_remedy(f"{shown(name)} is the export of another stack", name)
        return self._values[name]

    def _cidr(self, argument: object) -> object:
        values = [*map(self.text, self._arguments(argument, "Fn::Cidr", 2, 3))]
        block, number, *rest = values
        bits = rest[0] if rest else "8"
        try:
            count, size = int(number[:9]), int(bits[:9])
            network = ipaddress.ip_network(block, strict=False)
            subnets = network.subnets(new_prefix=network.max_prefixlen - size)
            found = [str(subnet) for subnet in islice(subnets, min(count, _MOST_SUBNETS))]
        except ValueError as error:
            raise UnresolvedError(f"Fn::Cidr takes no {shown(', '.join(values))}") from error
        if len(found) != count:
            raise UnresolvedError(f"Fn::Cidr finds {len(found)} blocks, not {shown(number)}")
        return found

    def _availability_zones(self, argument: object) -> object:
        """Return three zones, as each region has them, of the region or the template's own."""
        region = self.text(argument) or self.text({"Ref": "AWS::Region"})
        return [f"{region}{zone}" for zone in "abc"]

    def _length(self, argument: object) -> int:
        self._require_extensions("Fn::Length")
        return len(self._items(argument))

    def _to_json(self, argument: object) -> str:
        self._require_extensions("Fn::ToJsonString")
        if not isinstance(argument, dict | list):
            raise UnresolvedError("Fn::ToJsonString takes a mapping or a list")
        # As CloudFormation writes it.
        return json.dumps(self._whole(argument), separators=(",", ":"), ensure_ascii=False)

    def _whole(self, value: object) -> object:
        """Return a value with all that is inside of it resolved."""
        with self._one_deeper("it refers to itself, or is nested too deeply"):
            resolved = self.resolve(value)
            if isinstance(resolved, list):
                items = map(self._whole, resolved)
                return [item for item in items if item is not Absent.NO_VALUE]
            if isinstance(resolved, dict):
                entries = {key: self._whole(inner) for key, inner in resolved.items()}
                return {key: one for key, one in entries.items() if one is not Absent.NO_VALUE}
            return resolved

    def _require_extensions(self, name: str) -> None:
        if not self._has_extensions:
            raise UnresolvedError(f"{name} needs {LANGUAGE_EXTENSIONS}; add it to Transform")

    def _if(self, argument: object) -> object:
        condition, when_true, when_false = self._arguments(argument, "Fn::If", 3)
        return when_true if self._holds({"Condition": condition}) else when_false

    def _created(self, resources: LinedMapping) -> LinedMapping:
        created = LinedMapping()
        for logical_id, resource in resources.items():
            if self._may_hold(section(resources, logical_id)):
                created.put(logical_id, resource, resources.lines.get(logical_id))
        return created

    def _may_hold(self, resource: LinedMapping) -> bool:
        try:
            return "Condition" not in resource or self._holds({"Condition": resource["Condition"]})
        except UnresolvedError:
            return True

    def _holds(self, condition: object) -> bool:
        """Return whether a condition is true; raise ``UnresolvedError`` when it is not known."""
        with self._one_deeper("a condition refers to itself, or is nested too deeply"):
            return self._evaluate(condition)

    def _evaluate(self, condition: object) -> bool:
        name = intrinsic_name(condition)
        argument = condition[name] if name is not None and isinstance(condition, dict) else None
        match name, argument:
            case "Condition", str(declared) if declared in self._conditions:
                return self._holds(self._conditions[declared])
            case "Fn::Equals", [left, right]:
                return self.text(left) == self.text(right)
            case "Fn::Not", [inner]:
                return not self._holds(inner)
            case "Fn::And", list(inner):
                return all(self._holds(each) for each in inner)
            case "Fn::Or", list(inner):
                return any(self._holds(each) for each in inner)
            case _:
                raise UnresolvedError("its condition is not one that a template alone decides")


def _joined(delimiter: str, parts: list[str]) -> str:
    """Return the parts as one text, unless a few of them multiply to one without end."""
    if sum(map(len, parts)) + len(delimiter) * len(parts) > _LONGEST_TEXT:
        raise UnresolvedError("it is too long a text")
    return delimiter.join(parts)
