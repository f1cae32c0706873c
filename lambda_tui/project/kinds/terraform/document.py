"""Makes CloudFormation of Terraform's resources, as both stand for the same API of AWS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from lambda_tui.project.function import LATEST, Problem
from lambda_tui.project.kinds.template.language import (
    FileLine,
    LinedMapping,
    Unknown,
    function_name,
    section,
)
from lambda_tui.project.kinds.terraform.cloud_values import stand_in
from lambda_tui.project.kinds.terraform.code_sources import CODE_KINDS, CodeSources
from lambda_tui.project.kinds.terraform.resource import Resource
from lambda_tui.project.kinds.terraform.triggers import TRIGGER_KINDS, trigger_resources
from lambda_tui.project.wording import shown

FUNCTION = "aws_lambda_function"
LAYER = "aws_lambda_layer_version"
_ALIAS = "aws_lambda_alias"
_PROVISIONED = "aws_lambda_provisioned_concurrency_config"
_EVENT_INVOKE_CONFIG = "aws_lambda_function_event_invoke_config"
KINDS = (
    frozenset({FUNCTION, LAYER, _ALIAS, _PROVISIONED, _EVENT_INVOKE_CONFIG})
    | CODE_KINDS
    | TRIGGER_KINDS
)
"""The types of resources and data that are read."""

_FUNCTION_ARGUMENTS = {
    "function_name": "FunctionName",
    "handler": "Handler",
    "runtime": "Runtime",
    "memory_size": "MemorySize",
    "timeout": "Timeout",
    "description": "Description",
    "layers": "Layers",
    "architectures": "Architectures",
    "package_type": "PackageType",
}
_FUNCTION_BLOCKS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "environment": ("Environment", {"variables": "Variables"}),
    "ephemeral_storage": ("EphemeralStorage", {"size": "Size"}),
    "dead_letter_config": ("DeadLetterConfig", {"target_arn": "TargetArn"}),
    "tracing_config": ("TracingConfig", {"mode": "Mode"}),
    "snap_start": ("SnapStart", {"apply_on": "ApplyOn"}),
    "tenancy_config": ("TenancyConfig", {"tenant_isolation_mode": "TenantIsolationMode"}),
    "vpc_config": (
        "VpcConfig",
        {"subnet_ids": "SubnetIds", "security_group_ids": "SecurityGroupIds"},
    ),
    "image_config": (
        "ImageConfig",
        {
            "command": "Command",
            "entry_point": "EntryPoint",
            "working_directory": "WorkingDirectory",
        },
    ),
    "logging_config": (
        "LoggingConfig",
        {
            "log_format": "LogFormat",
            "application_log_level": "ApplicationLogLevel",
            "system_log_level": "SystemLogLevel",
            "log_group": "LogGroup",
        },
    ),
}
_FILE_SYSTEM = {"arn": "Arn", "local_mount_path": "LocalMountPath"}
_UNRESERVED = (-1, "-1")
_OUTCOMES = {"on_success": "OnSuccess", "on_failure": "OnFailure"}


class Document(NamedTuple):
    """The template that resources stand for, and what is wrong with them."""

    template: LinedMapping
    unknown: Mapping[Problem, str]
    """The problems of values that are not known here, by the names that the user can give."""


def make_document(resources: Iterable[Resource], code: CodeSources, region: str) -> Document:
    """Return the template of resources, by their addresses."""
    maker = _Maker(code)
    resources = [one for one in resources if not one.is_data]
    for resource in resources:
        match resource.kind:
            case "aws_lambda_function":
                maker.add_function(resource)
            case "aws_lambda_layer_version":
                maker.add_layer(resource)
            case "aws_lambda_alias":
                maker.add_alias(resource)
            case "aws_lambda_function_event_invoke_config":
                maker.add_event_invoke_config(resource)
    for resource in resources:
        if resource.kind == _PROVISIONED:
            maker.add_provisioned(resource)
    for address, (kind, properties, line) in trigger_resources(resources, region).items():
        maker.add(address, kind, properties, line)
    template = LinedMapping()
    template.put("Resources", maker.resources, 1)
    return Document(template, maker.unknown)


class _Maker:
    """Makes the resources of the template."""

    def __init__(self, code: CodeSources) -> None:
        self._code = code
        self._qualifiers: dict[tuple[str, str], LinedMapping] = {}
        """The properties of versions and aliases, by the function's name and their own."""
        self.resources = LinedMapping()
        self.unknown: dict[Problem, str] = {}

    def add(self, address: str, kind: str, properties: LinedMapping, line: int | None) -> None:
        """Add a resource."""
        resource = LinedMapping()
        resource.put("Type", kind, line)
        resource.put("Properties", properties, line)
        self.resources.put(address, resource, line)

    def add_function(self, function: Resource) -> None:
        """Add a function, and the version of it that is published."""
        line, values = _line(function), function.values
        properties = _copied(values, _FUNCTION_ARGUMENTS)
        for block, (name, arguments) in _FUNCTION_BLOCKS.items():
            inner = _first(values, block)
            if isinstance(inner, LinedMapping):
                copied = _copied(inner, arguments)
                if copied:
                    properties.put(name, copied, values.lines.get(block))
            elif inner is not None:
                properties.put(name, inner, values.lines.get(block))
        if isinstance(_first(values, "file_system_config"), LinedMapping):
            configs = values["file_system_config"]
            assert isinstance(configs, list)
            mounts = [_copied(one, _FILE_SYSTEM) for one in configs]
            properties.put("FileSystemConfigs", mounts, values.lines.get("file_system_config"))
        reserved = values.get("reserved_concurrent_executions")
        if reserved is not None and reserved not in _UNRESERVED:
            reserved_line = values.lines.get("reserved_concurrent_executions")
            properties.put("ReservedConcurrentExecutions", reserved, reserved_line)
        self._without_null_variables(properties)
        self._name(function, properties)
        self._add_code(function, properties)
        self.add(function.address, "AWS::Lambda::Function", properties, line)
        metadata = self._code.image_metadata(function)
        if metadata is not None:
            section(self.resources, function.address).put("Metadata", metadata, line)
        if values.get("publish") in (True, "true"):
            version = LinedMapping()
            version.put("FunctionName", properties["FunctionName"], line)
            self._qualifiers[str(properties["FunctionName"]), "1"] = version
            self.add(f"{function.address}.version", "AWS::Lambda::Version", version, line)

    def add_layer(self, layer: Resource) -> None:
        """Add a layer version."""
        properties = _copied(layer.values, {"layer_name": "LayerName"})
        code_line = _first_line(layer, "filename", "s3_key")
        properties.put("Content", self._code.of(layer), code_line)
        self.add(layer.address, "AWS::Lambda::LayerVersion", properties, _line(layer))

    def add_alias(self, alias: Resource) -> None:
        """Add an alias."""
        values = alias.values
        names = {"name": "Name", "function_name": "FunctionName"}
        names |= {"function_version": "FunctionVersion", "description": "Description"}
        properties = _copied(values, names)
        weights = _first(_first(values, "routing_config"), "additional_version_weights")
        if isinstance(weights, LinedMapping) and weights:
            listed = [
                _mapping({"FunctionVersion": version, "FunctionWeight": weight})
                for version, weight in weights.items()
            ]
            routing = _mapping({"AdditionalVersionWeights": listed})
            properties.put("RoutingConfig", routing, values.lines.get("routing_config"))
        function = function_name(str(properties.get("FunctionName")))
        self._qualifiers[function, str(properties.get("Name"))] = properties
        self.add(alias.address, "AWS::Lambda::Alias", properties, _line(alias))

    def add_event_invoke_config(self, config: Resource) -> None:
        """Add the handling of asynchronous invocations."""
        values = config.values
        properties = _copied(
            values,
            {
                "function_name": "FunctionName",
                "qualifier": "Qualifier",
                "maximum_retry_attempts": "MaximumRetryAttempts",
                "maximum_event_age_in_seconds": "MaximumEventAgeInSeconds",
            },
        )
        if "Qualifier" not in properties:
            properties.put("Qualifier", LATEST, _line(config))
        outcomes, line = LinedMapping(), values.lines.get("destination_config")
        for name, outcome in _OUTCOMES.items():
            inner = _first(_first(values, "destination_config"), name)
            if isinstance(inner, LinedMapping):
                outcomes.put(outcome, _copied(inner, {"destination": "Destination"}), line)
        if outcomes:
            properties.put("DestinationConfig", outcomes, line)
        self.add(config.address, "AWS::Lambda::EventInvokeConfig", properties, _line(config))

    def add_provisioned(self, config: Resource) -> None:
        """Add provisioned concurrency to the version or alias that has it."""
        values = config.values
        function = function_name(str(values.get("function_name")))
        qualified = self._qualifiers.get((function, str(values.get("qualifier"))))
        number = "provisioned_concurrent_executions"
        if qualified is None or values.get(number) is None:
            return
        inner = LinedMapping()
        inner.put("ProvisionedConcurrentExecutions", values[number], values.lines.get(number))
        qualified.put("ProvisionedConcurrencyConfig", inner, values.lines.get(number))

    def _name(self, function: Resource, properties: LinedMapping) -> None:
        """Have a name stand for one that is not known here."""
        name = properties.get("FunctionName")
        if isinstance(name, str):
            return
        name_here = stand_in(function.address)
        line = properties.lines.get("FunctionName", _line(function))
        properties.put("FunctionName", name_here, line)
        if isinstance(name, Unknown):
            sentence = f"its function_name is not known here, so {name_here} holds: {name.reason}."
            message = f"{shown(function.address)}: {sentence}"
            problem = Problem(message, function.file, int(line or 1), (name_here,))
            self.unknown[problem] = name.name or message

    def _add_code(self, function: Resource, properties: LinedMapping) -> None:
        values = function.values
        line = _first_line(function, "filename", "image_uri", "s3_key")
        image = values.get("image_uri")
        if image is not None or values.get("package_type") == "Image":
            code = LinedMapping()
            if image is not None:
                code.put("ImageUri", image, line)
            properties.put("Code", code, line)
        else:
            properties.put("Code", self._code.of(function), line)

    @staticmethod
    def _without_null_variables(properties: LinedMapping) -> None:
        environment = properties.get("Environment")
        variables = environment.get("Variables") if isinstance(environment, dict) else None
        if isinstance(variables, LinedMapping):
            kept = LinedMapping()
            for name, value in variables.items():
                if value is not None:
                    kept.put(name, value, variables.lines.get(name))
            assert isinstance(environment, LinedMapping)
            environment["Variables"] = kept


def _line(resource: Resource) -> FileLine:
    return FileLine(resource.line or 1, resource.file)


def _first_line(resource: Resource, *names: str) -> int:
    lines = (resource.values.lines.get(name) for name in names)
    return next((line for line in lines if line is not None), _line(resource))


def _copied(values: LinedMapping, names: Mapping[str, str]) -> LinedMapping:
    """Return the arguments that are given, by CloudFormation's names."""
    copied = LinedMapping()
    for argument, name in names.items():
        if values.get(argument) is not None:
            copied.put(name, values[argument], values.lines.get(argument))
    return copied


def _first(values: object, name: str) -> object:
    """Return the only block of a kind, or a value that is not known; None where there is none."""
    value = values.get(name) if isinstance(values, LinedMapping) else None
    return (value[0] if value else None) if isinstance(value, list) else value


def _mapping(values: Mapping[str, object]) -> LinedMapping:
    mapping = LinedMapping()
    mapping.update(values)
    return mapping
