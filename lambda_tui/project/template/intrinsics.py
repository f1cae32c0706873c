"""Resolves CloudFormation's intrinsic functions, as far as a template alone gives their values."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from lambda_tui.project.function import ACCOUNT_ID, REGION
from lambda_tui.project.template.yaml_reader import LinedMapping, section
from lambda_tui.project.wording import shown

_MAXIMUM_DEPTH = 40
_VARIABLE = re.compile(r"\$\{(!?)([^{}]*)\}")
_SPLIT_LIST = re.compile(r"\s*,\s*")


class UnresolvedError(Exception):
    """A value is known only to a deployment; ``str()`` says what is missing."""


class Absent(Enum):
    """The value of ``AWS::NoValue``: the property is as if it were not written."""

    NO_VALUE = "AWS::NoValue"


class _Naming(NamedTuple):
    """The name, the ARN and the reference of resources of one type."""

    name_property: str
    """The property that holds the name."""
    arn: str
    """The pattern of the ARN, which ``Fn::GetAtt`` returns."""
    reference: str = "{name}"
    """The pattern of what ``Ref`` returns."""


VERSION_TYPE = "AWS::Lambda::Version"
ALIAS_TYPE = "AWS::Lambda::Alias"
_SERVERLESS_FUNCTION = "AWS::Serverless::Function"
_FUNCTION = _Naming("FunctionName", "arn:aws:lambda:{region}:{account}:function:{name}")
_TABLE = _Naming("TableName", "arn:aws:dynamodb:{region}:{account}:table/{name}")
_LAYER_ARN = "arn:aws:lambda:{region}:{account}:layer:{name}:1"
_LAYER = _Naming("LayerName", _LAYER_ARN, _LAYER_ARN)
_TOPIC_ARN = "arn:aws:sns:{region}:{account}:{name}"
_NAMINGS = {
    _SERVERLESS_FUNCTION: _FUNCTION,
    "AWS::Lambda::Function": _FUNCTION,
    "AWS::Serverless::LayerVersion": _LAYER,
    "AWS::Lambda::LayerVersion": _LAYER,
    "AWS::DynamoDB::Table": _TABLE,
    "AWS::Serverless::SimpleTable": _TABLE,
    "AWS::S3::Bucket": _Naming("BucketName", "arn:aws:s3:::{name}"),
    "AWS::Logs::LogGroup": _Naming(
        "LogGroupName", "arn:aws:logs:{region}:{account}:log-group:{name}:*"
    ),
    "AWS::Events::EventBus": _Naming("Name", "arn:aws:events:{region}:{account}:event-bus/{name}"),
    "AWS::SNS::Topic": _Naming("TopicName", _TOPIC_ARN, _TOPIC_ARN),
    "AWS::SQS::Queue": _Naming(
        "QueueName",
        "arn:aws:sqs:{region}:{account}:{name}",
        "https://sqs.{region}.amazonaws.com/{account}/{name}",
    ),
}
_QUALIFIED_ATTRIBUTES = ("Version", "FunctionArn", "AliasArn")
"""Attributes of versions and aliases."""
_PSEUDO_PARAMETERS: dict[str, object] = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT_ID,
    "AWS::Partition": "aws",
    "AWS::StackName": "local",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NoValue": Absent.NO_VALUE,
}


def intrinsic_name(value: object) -> str | None:
    """Return ``Ref``, ``Fn::Sub``, … for a call of an intrinsic function; None for other values."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    name = str(next(iter(value)))
    return name if name in ("Ref", "Condition") or name.startswith("Fn::") else None


def function_name(text: str) -> str:
    """Return the function's name, written as a name or an ARN, with a qualifier or without."""
    return text.rpartition("function:")[2].partition(":")[0]


class Resolver:
    """Resolves intrinsic functions within one template."""

    def __init__(self, template: LinedMapping) -> None:
        self._parameters = section(template, "Parameters")
        self._mappings = section(template, "Mappings")
        self._conditions = section(template, "Conditions")
        self._resources = section(template, "Resources")
        self._common = section(section(template, "Globals"), "Function")
        self._depth = 0
        self._functions: dict[str, Callable[[object], object]] = {
            "Ref": lambda argument: self._reference(self.text(argument)),
            "Fn::GetAtt": self._get_attribute,
            "Fn::Sub": self._substitute,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::FindInMap": self._find_in_map,
            "Fn::If": self._if,
            "Fn::Base64": lambda argument: base64.b64encode(
                self.text(argument).encode("utf-8", "surrogatepass")
            ).decode(),
        }

    def resolve(self, value: object) -> object:
        """Return the value of an intrinsic function, one level deep; other values unchanged.

        Raise ``UnresolvedError`` when only a deployment knows it.
        """
        name = intrinsic_name(value)
        if name is None:
            if isinstance(value, str) and "{{resolve:" in value:
                raise UnresolvedError("a dynamic reference is looked up in the cloud")
            return value
        function = self._functions.get(name)
        if function is None:
            raise UnresolvedError(f"{shown(name)} is not resolved here")
        if self._depth >= _MAXIMUM_DEPTH:
            raise UnresolvedError("it refers to itself, or is nested too deeply")
        self._depth += 1
        try:
            assert isinstance(value, dict)
            return self.resolve(function(value[name]))
        finally:
            self._depth -= 1

    def text(self, value: object) -> str:
        """Return the value as text, with numbers and booleans as CloudFormation writes them.

        Raise ``UnresolvedError`` when it is not known, or not a text.
        """
        match self.resolve(value):
            case str(text):
                return text
            case bool(truth):
                return "true" if truth else "false"
            case (int() | float()) as number:
                return str(number)
            case other:
                raise UnresolvedError(f"a text is needed where {_described(other)} stands")

    def created(self) -> LinedMapping:
        """Return the template's resources, except where the ``Condition`` is known to be false."""
        created = LinedMapping()
        for logical_id, resource in self._resources.items():
            if self._may_hold(section(self._resources, logical_id)):
                created.put(logical_id, resource, self._resources.lines.get(logical_id))
        return created

    def physical_name(self, logical_id: str) -> str:
        """Return the name that the template gives to a resource; its logical id if it gives none.

        Raise ``UnresolvedError`` when only a deployment knows it.
        """
        resource = section(self._resources, logical_id)
        naming = _NAMINGS.get(str(resource.get("Type")))
        properties = section(resource, "Properties")
        if naming is None or naming.name_property not in properties:
            return logical_id
        name = self.resolve(properties[naming.name_property])
        return logical_id if name is Absent.NO_VALUE else self.text(name)

    def _items(self, value: object) -> list[object]:
        items = self.resolve(value)
        if not isinstance(items, list):
            raise UnresolvedError(f"a list is needed where {_described(items)} stands")
        return items

    def _arguments(self, value: object, name: str, *counts: int) -> list[object]:
        if not isinstance(value, list) or len(value) not in counts:
            wanted = " or ".join(str(count) for count in counts)
            raise UnresolvedError(f"{name} takes a list of {wanted} values")
        return value

    def _reference(self, name: str) -> object:
        if name in _PSEUDO_PARAMETERS:
            return _PSEUDO_PARAMETERS[name]
        if name in self._parameters:
            return self._parameter(name)
        qualified = self._qualified_arn(name)
        if qualified is not None:
            return qualified
        if name in self._resources:
            naming = _NAMINGS.get(str(section(self._resources, name).get("Type")))
            return self._format(naming.reference if naming else "{name}", name)
        raise UnresolvedError(f"the template declares no {shown(name)}")

    def _qualified_arn(self, name: str) -> str | None:
        """Return the ARN of a version or an alias, which is what ``Ref`` returns for one.

        SAM makes both of ``AutoPublishAlias``: ``Function.Version``, ``Function.Alias``, and the
        alias as ``FunctionAliaslive``. Return None for anything else.
        """
        resource = section(self._resources, name)
        properties = section(resource, "Properties")
        if resource.get("Type") == VERSION_TYPE:
            return f"{self._function_arn(properties)}:{self._version_number(name)}"
        if resource.get("Type") == ALIAS_TYPE:
            return f"{self._function_arn(properties)}:{self.text(properties.get('Name'))}"
        if resource:
            return None
        function, _, attribute = name.partition(".")
        if attribute in ("Version", "Alias"):
            alias = self._auto_publish_alias(function)
            if alias is not None:
                qualifier = "1" if attribute == "Version" else alias
                return f"{self._format(_FUNCTION.arn, function)}:{qualifier}"
        for function in self._resources:
            if name.startswith(f"{function}Alias"):
                alias = self._auto_publish_alias(function)
                if alias is not None and name == f"{function}Alias{_in_logical_id(alias)}":
                    return f"{self._format(_FUNCTION.arn, function)}:{alias}"
        return None

    def _auto_publish_alias(self, logical_id: str) -> str | None:
        """Return the alias that SAM publishes; None if the resource has none."""
        resource = section(self._resources, logical_id)
        if resource.get("Type") != _SERVERLESS_FUNCTION:
            return None
        properties = section(resource, "Properties")
        name = "AutoPublishAlias"
        value = self.resolve(properties[name] if name in properties else self._common.get(name))
        return None if value is None or value is Absent.NO_VALUE else self.text(value)

    def _function_arn(self, properties: LinedMapping) -> str:
        """Return the unqualified ARN of the function that a version or an alias is of."""
        name = function_name(self.text(properties.get("FunctionName")))
        return _FUNCTION.arn.format(region=REGION, account=ACCOUNT_ID, name=name)

    def _version_number(self, logical_id: str) -> int:
        """Return the number that a version gets when all of the template's are published.

        SAM's own comes first, then the resources in their order.
        """
        resources = self.created()
        arn = self._function_arn(section(section(resources, logical_id), "Properties"))
        number = sum(
            self._format(_FUNCTION.arn, other) == arn
            for other in resources
            if self._auto_publish_alias(other) is not None
        )
        for other in resources:
            resource = section(resources, other)
            if resource.get("Type") == VERSION_TYPE:
                number += self._function_arn(section(resource, "Properties")) == arn
            if other == logical_id:
                break
        return number

    def _parameter(self, name: str) -> object:
        parameter = section(self._parameters, name)
        kind = str(parameter.get("Type", "String"))
        if "Default" not in parameter:
            raise UnresolvedError(f"the parameter {shown(name)} has no Default")
        if kind.startswith("AWS::SSM::"):
            raise UnresolvedError(f"the parameter {shown(name)} is looked up in the cloud")
        default = parameter["Default"]
        if kind == "CommaDelimitedList" or kind.startswith("List<"):
            return list(_SPLIT_LIST.split(self.text(default).strip()))
        return default

    def _format(self, pattern: str, logical_id: str) -> str:
        return pattern.format(
            region=_PSEUDO_PARAMETERS["AWS::Region"],
            account=_PSEUDO_PARAMETERS["AWS::AccountId"],
            name=self.physical_name(logical_id),
        )

    def _get_attribute(self, argument: object) -> object:
        if isinstance(argument, str):
            argument = argument.split(".", 1)
        logical_id, attribute = map(self.text, self._arguments(argument, "Fn::GetAtt", 2))
        owner, _, last = f"{logical_id}.{attribute}".rpartition(".")
        if last in _QUALIFIED_ATTRIBUTES:
            qualified = self._qualified_arn(owner)
            if qualified is not None:
                return qualified.rpartition(":")[2] if last == "Version" else qualified
        naming = _NAMINGS.get(str(section(self._resources, logical_id).get("Type")))
        if naming is not None and attribute in ("Arn", "TopicArn", "LayerVersionArn"):
            return self._format(naming.arn, logical_id)
        raise UnresolvedError(f"{shown(f'{logical_id}.{attribute}')} is known only in the cloud")

    def _substitute(self, argument: object) -> str:
        values: dict[str, object] = {}
        if isinstance(argument, list):
            argument, given = self._arguments(argument, "Fn::Sub", 2)
            values = given if isinstance(given, dict) else {}

        def replacement(match: re.Match[str]) -> str:
            is_literal, name = match[1], match[2].strip()
            if is_literal:
                return "${" + match[2] + "}"
            if name in values:
                return self.text(values[name])
            qualified = self._qualified_arn(name)
            if qualified is not None:
                return qualified
            return self.text(self._get_attribute(name) if "." in name else self._reference(name))

        return _VARIABLE.sub(replacement, self.text(argument))

    def _join(self, argument: object) -> str:
        delimiter, items = self._arguments(argument, "Fn::Join", 2)
        parts = [self.resolve(item) for item in self._items(items)]
        present = [self.text(part) for part in parts if part is not Absent.NO_VALUE]
        return self.text(delimiter).join(present)

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
            return arguments[3].get("DefaultValue", Absent.NO_VALUE)
        raise UnresolvedError(f"the mapping {shown(mapping)} has no {shown(key)} with that entry")

    def _if(self, argument: object) -> object:
        condition, when_true, when_false = self._arguments(argument, "Fn::If", 3)
        return when_true if self._holds({"Condition": condition}) else when_false

    def _may_hold(self, resource: LinedMapping) -> bool:
        try:
            return "Condition" not in resource or self._holds({"Condition": resource["Condition"]})
        except UnresolvedError:
            return True

    def _holds(self, condition: object) -> bool:
        """Return whether a condition is true; raise ``UnresolvedError`` when it is not known."""
        if self._depth >= _MAXIMUM_DEPTH:
            raise UnresolvedError("a condition refers to itself, or is nested too deeply")
        self._depth += 1
        try:
            return self._evaluate(condition)
        finally:
            self._depth -= 1

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


def _in_logical_id(alias: str) -> str:
    """Return an alias as SAM writes it in a logical id, which has letters and digits only."""
    return alias.replace("-", "D").replace("_", "U")


def _described(value: object) -> str:
    return "AWS::NoValue" if value is Absent.NO_VALUE else shown(value)
