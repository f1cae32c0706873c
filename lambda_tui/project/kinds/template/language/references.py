"""Resolves references to parameters, resources and their attributes, as a deployment would."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from lambda_tui import limits
from lambda_tui.project.function import ACCOUNT_ID, REGION
from lambda_tui.project.kinds.template.language.return_values import fill_in, return_values
from lambda_tui.project.kinds.template.language.yaml_reader import LinedMapping, section, text_under
from lambda_tui.project.wording import shown

VERSION_TYPE = "AWS::Lambda::Version"
ALIAS_TYPE = "AWS::Lambda::Alias"
_SERVERLESS_FUNCTION = "AWS::Serverless::Function"
_FUNCTION_ARN = "arn:aws:lambda:{region}:{account}:function:{name}"
_QUALIFIED_ATTRIBUTES = ("Version", "FunctionArn", "AliasArn")
"""Attributes of versions and aliases."""
_WITH_ROLE = (_SERVERLESS_FUNCTION, "AWS::Serverless::StateMachine")
_MAPPING = "AWS::Lambda::EventSourceMapping"
_EVENT_TYPES = {
    **dict.fromkeys(("SQS", "Kinesis", "DynamoDB", "MSK", "MQ", "SelfManagedKafka"), _MAPPING),
    **dict.fromkeys(("Schedule", "EventBridgeRule", "CloudWatchEvent"), "AWS::Events::Rule"),
    "DocumentDB": _MAPPING,
    "ScheduleV2": "AWS::Scheduler::Schedule",
    "SNS": "AWS::SNS::Subscription",
}
"""The types of the resources that SAM makes of a function's events."""
_LONGEST_NAME = 400
"""Characters of a name in a line that is to be copied."""
_SPLIT_LIST = re.compile(r"\s*,\s*")
_STACK_ID = "51af3dc0-da77-11e4-872e-1234567db123"
_STACK = "local"


STACK_TYPE = "AWS::CloudFormation::Stack"
APPLICATION_TYPE = "AWS::Serverless::Application"
NESTED_STACK_TYPES = (STACK_TYPE, APPLICATION_TYPE)
"""The types of resources that are templates of their own."""


class UnresolvedError(Exception):
    """A value is known only to a deployment; ``str()`` says what is missing."""

    def __init__(self, sentence: str, name: str | None = None) -> None:
        super().__init__(sentence)
        self.name = name
        """The name under which the user can give the value; None where that is not possible."""

    @property
    def sentence(self) -> str:
        """The reason as the end of a sentence."""
        reason = str(self)
        return reason if reason.endswith("?") else f"{reason}."


class Absent(Enum):
    """The value of ``AWS::NoValue``: the property is as if it were not written."""

    NO_VALUE = "AWS::NoValue"


@dataclass(frozen=True, slots=True)
class Unknown:
    """The place of a value that is not known here, with the reason."""

    reason: str
    """One sentence without its full stop."""
    name: str | None = None
    """The name under which the user can give the value; None where that is not possible."""


@dataclass(frozen=True, slots=True)
class Nesting:
    """The place of a stack among those of a project, and what it has from the others."""

    path: str = ""
    """The logical ids on the way to it, such as ``Child/Grandchild/``; empty for the outermost."""
    parameters: Mapping[str, object] = field(default_factory=dict)
    """The values that the stack around it gives for parameters: texts, or ``Unknown``."""
    output: Callable[[str, str], object] | None = None
    """Returns an output, by its name, of a stack nested in it; raises ``UnresolvedError``."""
    secrets: set[str] = field(default_factory=set)
    """The texts that turned out to be secrets, in any stack of the project."""


def physical_name(path: str) -> str:
    """Return the name of a resource to which its template gives none, by its path of logical ids.

    AWS too makes it of the names of the stacks that the resource is in.
    """
    return path.replace("/", "-")


def physical_function_name(path: str) -> str:
    """Return the name of such a function, which AWS too shortens to what a function may have."""
    name = physical_name(path)
    if len(name) <= limits.FUNCTION_NAME_CHARACTERS:
        return name
    digest = hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{name[: limits.FUNCTION_NAME_CHARACTERS - 13]}-{digest}"


def _pseudo_parameters(region: str, stack: str) -> dict[str, object]:
    stack_id = f"arn:aws:cloudformation:{region}:{ACCOUNT_ID}:stack/{stack}/{_STACK_ID}"
    return {
        "AWS::AccountId": ACCOUNT_ID,
        "AWS::NoValue": Absent.NO_VALUE,
        "AWS::NotificationARNs": [],
        "AWS::Partition": "aws",
        "AWS::Region": region,
        "AWS::StackId": stack_id,
        "AWS::StackName": stack,
        "AWS::URLSuffix": "amazonaws.com",
    }


def as_text(value: object) -> str:
    """Return a resolved value as text, with numbers and booleans as CloudFormation writes them.

    Raise ``UnresolvedError`` for anything that is not a text.
    """
    match value:
        case str(text):
            return text
        case bool(truth):
            return "true" if truth else "false"
        case int() | float():
            return str(value)
        case _:
            raise UnresolvedError(f"a text is needed where {described(value)} stands")


def described(value: object) -> str:
    """Return a value for a sentence."""
    return "AWS::NoValue" if value is Absent.NO_VALUE else shown(value)


def with_remedy(reason: str, name: str) -> UnresolvedError:
    """Return the error of a value that the user can give under a name."""
    line = f'"{shown(name, _LONGEST_NAME)}" = "…"'
    return UnresolvedError(f"{reason}; add, below [values] in lambda-tui.toml: {line}", name)


def function_name(text: str) -> str:
    """Return the function's name, written as a name or an ARN, with a qualifier or without."""
    return text.rpartition("function:")[2].partition(":")[0]


class References:
    """The references of one template: ``Ref``, and the attributes of ``Fn::GetAtt``."""

    def __init__(
        self,
        template: LinedMapping,
        created: Callable[[], LinedMapping],
        resolve: Callable[[object], object],
        values: Mapping[str, str],
        nesting: Nesting,
    ) -> None:
        """Take the callbacks for the resources that are created, and for values inside of others.

        ``values`` are the user's, by parameter, logical id, or attribute.
        """
        self._nesting = nesting
        self._parameters = section(template, "Parameters")
        self._resources = section(template, "Resources")
        self._common = section(section(template, "Globals"), "Function")
        self._created = created
        self._resolve = resolve
        self._values = values
        self._region = values.get("AWS::Region", REGION)
        stack = values.get("AWS::StackName", _STACK)
        self._pseudo_parameters = _pseudo_parameters(self._region, stack)

    def reference(self, name: str) -> object:
        """Return what ``Ref`` returns; raise ``UnresolvedError``."""
        if name in self._pseudo_parameters:
            return self._pseudo_parameters[name]
        if name in self._parameters:
            return self._parameter(name)
        if name in self._values:
            return self._values[name]
        qualified = self.qualified_arn(name)
        if qualified is not None:
            return qualified
        owner, _, attribute = name.partition(".")
        if attribute == "Stage" and name not in self._resources:
            # SAM's own: the stage that it makes for an API.
            return self.attribute(owner, attribute)
        return self._return_value(name, "Ref", name)

    def with_remedy(self, reason: str, name: str) -> UnresolvedError:
        """Return the error of a value of this stack that the user can give."""
        return with_remedy(reason, f"{self._nesting.path}{name}")

    def attribute(self, logical_id: str, attribute: str) -> object:
        """Return what ``Fn::GetAtt`` returns; raise ``UnresolvedError``."""
        name = f"{logical_id}.{attribute}"
        if name in self._values:
            return self._values[name]
        owner, _, last = name.rpartition(".")
        if last in _QUALIFIED_ATTRIBUTES:
            qualified = self.qualified_arn(owner)
            if qualified is not None:
                return qualified.rpartition(":")[2] if last == "Version" else qualified
        kind, _, output = attribute.partition(".")
        if kind == "Outputs" and output and self._is_of(logical_id, *NESTED_STACK_TYPES):
            return self._output(logical_id, output, name)
        return self._return_value(logical_id, attribute, name)

    def _output(self, logical_id: str, output: str, name: str) -> object:
        if self._nesting.output is None:
            raise self.with_remedy(f"{shown(name)} is known only in the cloud", name)
        return self._nesting.output(logical_id, output)

    def qualified_arn(self, name: str) -> str | None:
        """Return the ARN of a version or an alias, which is what ``Ref`` returns for one.

        SAM makes both of ``AutoPublishAlias``: ``Function.Version``, ``Function.Alias``, and the
        alias as ``FunctionAliaslive``. Return None for anything else.
        """
        resource = section(self._resources, name)
        properties = section(resource, "Properties")
        if text_under(resource, "Type") == VERSION_TYPE:
            return f"{self._function_arn(properties)}:{self._version_number(name)}"
        if text_under(resource, "Type") == ALIAS_TYPE:
            return f"{self._function_arn(properties)}:{self._text(properties.get('Name'))}"
        if name in self._resources:
            return None
        function, _, attribute = name.partition(".")
        if attribute in ("Version", "Alias"):
            alias = self._auto_publish_alias(function)
            if alias is not None:
                qualifier = "1" if attribute == "Version" else alias
                return f"{self._arn_of(function)}:{qualifier}"
        for function in self._resources if "Alias" in name else ():
            if name.startswith(f"{function}Alias"):
                alias = self._auto_publish_alias(function)
                if alias is not None and name == f"{function}Alias{_in_logical_id(alias)}":
                    return f"{self._arn_of(function)}:{alias}"
        return None

    def _text(self, value: object) -> str:
        return as_text(self._resolve(value))

    def _return_value(self, logical_id: str, attribute: str, name: str) -> str:
        """Return a value of a resource, ``Ref`` included.

        ``name`` is what the user would call it in the settings.
        """
        kind = self._type_of(logical_id)
        if kind is None:
            raise self._undeclared(logical_id, name)
        values = return_values().get(kind)
        pattern = values.patterns.get(attribute) if values is not None else None
        if pattern is not None:
            value = fill_in(
                pattern,
                f"{self._nesting.path}{logical_id}",
                self._region,
                lambda: self._physical_name(logical_id),
                lambda one: self._property(logical_id, one),
            )
            if value is not None:
                return value
        raise self.with_remedy(f"{shown(name)} is known only in the cloud", name)

    def _type_of(self, logical_id: str) -> str | None:
        """Return the type of a resource, of one that SAM makes included; None if there is none."""
        if logical_id in self._resources:
            return text_under(section(self._resources, logical_id), "Type") or ""
        if any(self._is_of(one, _SERVERLESS_FUNCTION) for one in self._resources):
            if logical_id == "ServerlessRestApi":
                return "AWS::ApiGateway::RestApi"
            if logical_id == "ServerlessHttpApi":
                return "AWS::Serverless::HttpApi"
        owner = logical_id.removesuffix("Role")
        if owner != logical_id and self._is_of(owner, *_WITH_ROLE):
            return None if self._gives(owner, "Role") else "AWS::IAM::Role"
        owner = logical_id.removesuffix("Url")
        if owner != logical_id and self._is_of(owner, _SERVERLESS_FUNCTION):
            return "AWS::Lambda::Url" if self._gives(owner, "FunctionUrlConfig") else None
        return self._type_of_event(logical_id)

    def _type_of_event(self, logical_id: str) -> str | None:
        """Return the type of what SAM makes of an entry of ``Events``: ``FunctionEntry``."""
        for owner in self._resources:
            if logical_id.startswith(owner) and self._is_of(owner, _SERVERLESS_FUNCTION):
                events = section(section(section(self._resources, owner), "Properties"), "Events")
                event = section(events, logical_id.removeprefix(owner))
                if event:
                    return _EVENT_TYPES.get(text_under(event, "Type") or "")
        return None

    def _is_of(self, logical_id: str, *kinds: str) -> bool:
        return text_under(section(self._resources, logical_id), "Type") in kinds

    def _gives(self, logical_id: str, name: str) -> bool:
        properties = section(section(self._resources, logical_id), "Properties")
        return name in properties or name in self._common

    def _undeclared(self, logical_id: str, name: str) -> UnresolvedError:
        reason = f"the template declares no {shown(logical_id)}"
        known = [*self._parameters, *self._resources, *self._pseudo_parameters]
        near = difflib.get_close_matches(logical_id[:64], known, n=1, cutoff=0.8)
        if near:
            return UnresolvedError(f"{reason}; did you mean {shown(near[0])}?")
        return self.with_remedy(reason, name)

    def _parameter(self, name: str) -> object:
        parameter = section(self._parameters, name)
        kind = text_under(parameter, "Type") or "String"
        value: object = self._values.get(name)
        if value is None:
            value = self._nesting.parameters.get(name)
        if isinstance(value, Unknown):
            raise UnresolvedError(value.reason, value.name)
        if value is None and "Default" not in parameter:
            raise self.with_remedy(f"the parameter {shown(name)} has no Default", name)
        if value is None and kind.startswith("AWS::SSM::"):
            raise self.with_remedy(f"the parameter {shown(name)} is looked up in the cloud", name)
        default = parameter["Default"] if value is None else value
        if str(parameter.get("NoEcho")).lower() == "true":
            self._nesting.secrets.add(self._text(default))
        if kind == "CommaDelimitedList" or kind.startswith("List<"):
            return list(_SPLIT_LIST.split(self._text(default).strip()))
        return default

    def _physical_name(self, logical_id: str) -> str:
        """Return the name that the template gives to a resource, or one made of its logical id.

        Raise ``UnresolvedError`` when only a deployment knows it.
        """
        values = return_values().get(self._type_of(logical_id) or "")
        named_by = None if values is None else values.name_property
        name = None if named_by is None else self._property(logical_id, named_by)
        if name is not None:
            return name
        is_function = self._is_of(logical_id, _SERVERLESS_FUNCTION, "AWS::Lambda::Function")
        make_name = physical_function_name if is_function else physical_name
        return make_name(f"{self._nesting.path}{logical_id}")

    def _property(self, logical_id: str, name: str) -> str | None:
        """Return the text of a resource's property; None where it is not given."""
        properties = section(section(self._resources, logical_id), "Properties")
        value = self._resolve(properties.get(name))
        return None if value is None or value is Absent.NO_VALUE else as_text(value)

    def _auto_publish_alias(self, logical_id: str) -> str | None:
        """Return the alias that SAM publishes; None if the resource has none."""
        if not self._is_of(logical_id, _SERVERLESS_FUNCTION):
            return None
        properties = section(section(self._resources, logical_id), "Properties")
        name = "AutoPublishAlias"
        value = self._resolve(properties[name] if name in properties else self._common.get(name))
        return None if value is None or value is Absent.NO_VALUE else as_text(value)

    def _arn_of(self, function: str) -> str:
        """Return the unqualified ARN of a function of the template, by its logical id."""
        name = self._physical_name(function)
        return _FUNCTION_ARN.format(region=self._region, account=ACCOUNT_ID, name=name)

    def _function_arn(self, properties: LinedMapping) -> str:
        """Return the unqualified ARN of the function that a version or an alias is of."""
        name = function_name(self._text(properties.get("FunctionName")))
        return _FUNCTION_ARN.format(region=self._region, account=ACCOUNT_ID, name=name)

    def _version_number(self, logical_id: str) -> int:
        """Return the number that a version gets when all of the template's are published.

        SAM's own comes first, then the resources in their order.
        """
        resources = self._created()
        arn = self._function_arn(section(section(resources, logical_id), "Properties"))
        number = sum(
            self._arn_of(other) == arn
            for other in resources
            if self._auto_publish_alias(other) is not None
        )
        for other in resources:
            resource = section(resources, other)
            if text_under(resource, "Type") == VERSION_TYPE:
                number += self._function_arn(section(resource, "Properties")) == arn
            if other == logical_id:
                break
        return number


def _in_logical_id(alias: str) -> str:
    """Return an alias as SAM writes it in a logical id, which has letters and digits only."""
    return alias.replace("-", "D").replace("_", "U")
