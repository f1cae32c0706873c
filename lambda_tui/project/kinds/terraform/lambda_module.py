"""Reads calls of the module terraform-aws-modules/lambda as the resources that it makes.

It packs the code by a program of its own, which is not run here: its ``source_path`` says which
folders and files that code is made of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from lambda_tui.project.kinds.template.language import LinedMapping, Unknown
from lambda_tui.project.kinds.terraform.cloud_values import cloud_value, unknown_value
from lambda_tui.project.kinds.terraform.language import Members, mapping
from lambda_tui.project.kinds.terraform.resource import Resource
from lambda_tui.project.kinds.terraform.source_files import Folder
from lambda_tui.project.wording import shown

_SOURCE = re.compile(
    r"(?:registry\.[a-z.]+/)?terraform-aws-modules/lambda/aws"
    r"|.*terraform-aws-modules/terraform-aws-lambda(?:\.git)?(?:\?.*)?"
)
_OWN_VARIABLES = frozenset({"create_package", "create_function", "create_layer", "source_path"})
"""Variables by which a copy of the module is known."""
_SAME = (
    *("function_name", "handler", "runtime", "memory_size", "timeout", "description", "layers"),
    *("architectures", "publish", "package_type", "image_uri", "reserved_concurrent_executions"),
    "layer_name",
)
"""Variables that are named like the arguments of resources."""
_BLOCKS: Mapping[str, Mapping[str, str]] = {
    "environment": {"environment_variables": "variables"},
    "ephemeral_storage": {"ephemeral_storage_size": "size"},
    "dead_letter_config": {"dead_letter_target_arn": "target_arn"},
    "tracing_config": {"tracing_mode": "mode"},
    "vpc_config": {"vpc_subnet_ids": "subnet_ids", "vpc_security_group_ids": "security_group_ids"},
    "file_system_config": {
        "file_system_arn": "arn",
        "file_system_local_mount_path": "local_mount_path",
    },
    "image_config": {
        "image_config_command": "command",
        "image_config_entry_point": "entry_point",
        "image_config_working_directory": "working_directory",
    },
    "logging_config": {
        "logging_log_format": "log_format",
        "logging_application_log_level": "application_log_level",
        "logging_system_log_level": "system_log_level",
        "logging_log_group": "log_group",
    },
}
"""Blocks of resources, by the module's variables that their arguments have their values from."""
_OUTPUTS = {
    "lambda_function_arn": "arn",
    "lambda_function_arn_static": "arn",
    "lambda_function_invoke_arn": "invoke_arn",
    "lambda_function_name": "function_name",
    "lambda_function_qualified_arn": "qualified_arn",
    "lambda_function_qualified_invoke_arn": "qualified_invoke_arn",
    "lambda_function_version": "version",
    "lambda_layer_arn": "arn",
    "lambda_layer_layer_arn": "layer_arn",
    "lambda_layer_version": "version",
}
_UNPUBLISHED, _PUBLISHED = "$LATEST", "1"


def is_lambda_module(source: str) -> bool:
    """Return whether a call's ``source`` is this module."""
    return _SOURCE.fullmatch(source) is not None


def is_lambda_folder(folder: Folder) -> bool:
    """Return whether a folder has a copy of the module."""
    names = {block.labels[0] for _, block in folder.blocks if block.kind == "variable"}
    return names >= _OWN_VARIABLES


class LambdaModule(Members):
    """One call of the module."""

    def __init__(
        self,
        address: str,
        values: LinedMapping,
        given: Mapping[str, str],
        region: str,
        file: Path,
        line: int,
    ) -> None:
        """Take the values of its variables; ``address`` ends with a full stop.

        ``given`` are the user's values, by the names that Terraform has for what is not known.
        """
        self._address = address
        self._values = values
        self._given = given
        self._region = region
        self._file = file
        self._line = line

    def member(self, name: str) -> object:
        """Return the value of an output."""
        own = self._given.get(f"{self._address}{name}")
        if own is not None:
            return own
        if name == "local_filename":
            return self._package
        made = self._layer() if name.startswith("lambda_layer") else self._function()
        if name == "lambda_cloudwatch_log_group_name" and made is not None:
            function = self._attribute(made, "function_name")
            return function if isinstance(function, Unknown) else f"/aws/lambda/{function}"
        if name not in _OUTPUTS:
            return unknown_value(f"{self._address}{name}", "is known only in the cloud")
        return "" if made is None else self._attribute(made, _OUTPUTS[name])

    def resources(self, kinds: frozenset[str]) -> Iterator[Resource]:
        """Yield the resources that the call makes, of some types."""
        yield from (one for one in self._all() if one.kind in kinds)

    @property
    def _package(self) -> str:
        """The path of the archive that the module makes."""
        return f"builds/{self._address[:-1]}.zip"

    def _all(self) -> Iterator[Resource]:
        source = self._values.get("source_path")
        if source is not None:
            values = mapping({"output_path": self._package})
            archive, address = "archive_file", f"{self._address}data.archive_file.this"
            yield Resource(address, archive, values, self._file, self._line, True, source)
        function, layer = self._function(), self._layer()
        if layer is not None:
            yield layer
        if function is not None:
            yield function
            yield from self._around(function)

    def _attribute(self, made: Resource, name: str) -> object:
        return cloud_value(made.kind, made.address, name, self._region, made.values.get)

    def _is(self, variable: str, default: bool = False) -> bool:
        value = self._values.get(variable)
        is_known = value is not None and not isinstance(value, Unknown)
        return value in (True, "true") if is_known else default

    def _function(self) -> Resource | None:
        is_made = self._is("create", True) and self._is("create_function", True)
        if not is_made or self._is("create_layer"):
            return None
        made = self._resource("aws_lambda_function", "this[0]")
        lines = self._values.lines
        for block, arguments in _BLOCKS.items():
            inner = LinedMapping()
            for variable, argument in arguments.items():
                value = self._values.get(variable)
                if value not in (None, {}, []):
                    inner.put(argument, value, lines.get(variable))
            if inner:
                made.values.put(block, [inner], min(inner.lines.values(), default=self._line))
        if self._is("snap_start"):
            config = LinedMapping()
            config.put("apply_on", "PublishedVersions", lines.get("snap_start"))
            made.values.put("snap_start", [config], lines.get("snap_start"))
        if self._is("lambda_at_edge"):
            made.values.put("publish", True, lines.get("lambda_at_edge"))
        return made

    def _layer(self) -> Resource | None:
        if not (self._is("create", True) and self._is("create_layer")):
            return None
        return self._resource("aws_lambda_layer_version", "this[0]")

    def _resource(self, kind: str, label: str) -> Resource:
        values, variables = LinedMapping(), self._values
        for name in _SAME:
            if variables.get(name) is not None:
                values.put(name, variables[name], variables.lines.get(name))
        source: object = variables.get("source_path")
        address = f"{self._address}{kind}.{label}"
        own = self._given.get(f"{address}.filename")
        package = variables.get("local_existing_package") if own is None else own
        if package is not None:
            values.put("filename", package, variables.lines.get("local_existing_package"))
            source = None
        stored = variables.get("s3_existing_package")
        if isinstance(stored, dict):
            values.put("s3_key", stored.get("key"), variables.lines.get("s3_existing_package"))
        return Resource(address, kind, values, self._file, self._line, source_path=source)

    def _around(self, function: Resource) -> Iterator[Resource]:
        """Yield what invokes the function, and how."""
        version = _PUBLISHED if function.values.get("publish") is True else _UNPUBLISHED
        for key, one in self._entries("event_source_mapping"):
            yield self._of(
                function,
                f'aws_lambda_event_source_mapping.this["{shown(key)}"]',
                "event_source_mapping",
                event_source_arn=one.get("event_source_arn"),
            )
        for key, one in self._entries("allowed_triggers"):
            yield self._of(
                function,
                f'aws_lambda_permission.unqualified_alias_triggers["{shown(key)}"]',
                "allowed_triggers",
                principal=one.get("principal") or f"{one.get('service')}.amazonaws.com",
            )
        if self._is("create_lambda_function_url"):
            url = "aws_lambda_function_url.this[0]"
            yield self._of(function, url, "create_lambda_function_url")
        if self._is("create_async_event_config"):
            yield from self._async_configs(function, version)
        provisioned = self._values.get("provisioned_concurrent_executions")
        if isinstance(provisioned, int) and provisioned > 0:
            yield self._of(
                function,
                "aws_lambda_provisioned_concurrency_config.current_version[0]",
                "provisioned_concurrent_executions",
                qualifier=version,
                provisioned_concurrent_executions=provisioned,
            )

    def _async_configs(self, function: Resource, version: str) -> Iterator[Resource]:
        destinations = LinedMapping()
        for outcome in ("on_failure", "on_success"):
            arn = self._values.get(f"destination_{outcome}")
            if arn is not None:
                line = self._values.lines.get(f"destination_{outcome}")
                inner = LinedMapping()
                inner.put("destination", arn, line)
                destinations.put(outcome, [inner], line)
        qualifiers = {"unqualified_alias": _UNPUBLISHED}
        if version == _PUBLISHED:
            qualifiers["current_version"] = version
        for label, qualifier in qualifiers.items():
            if self._is(f"create_{label}_async_event_config", True):
                yield self._of(
                    function,
                    f'aws_lambda_function_event_invoke_config.this["{label}"]',
                    "create_async_event_config",
                    qualifier=qualifier,
                    maximum_event_age_in_seconds=self._values.get("maximum_event_age_in_seconds"),
                    maximum_retry_attempts=self._values.get("maximum_retry_attempts"),
                    destination_config=[destinations] if destinations else None,
                )

    def _of(self, function: Resource, address: str, variable: str, **values: object) -> Resource:
        """Return a resource of the function's, which one of the variables says."""
        line = self._values.lines.get(variable, self._line)
        lined = LinedMapping()
        lined.put("function_name", self._attribute(function, "function_name"), line)
        for name, value in values.items():
            if value is not None:
                lined.put(name, value, line)
        kind = address.partition(".")[0]
        return Resource(f"{self._address}{address}", kind, lined, self._file, line)

    def _entries(self, variable: str) -> list[tuple[str, Mapping[str, object]]]:
        value = self._values.get(variable)
        entries = value.items() if isinstance(value, dict) else ()
        return [(key, one) for key, one in entries if isinstance(one, dict)]
