"""Makes the properties of an ``AWS::Serverless::Function`` of one in a ``serverless.yml``."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from lambda_tui.project.function import Problem
from lambda_tui.project.kinds.serverless.known_keys import key_remark
from lambda_tui.project.kinds.template.language import LinedMapping, Unknown, section
from lambda_tui.project.wording import shown

DEFAULT_RUNTIME = "nodejs22.x"
_DEFAULT_MEMORY_SIZE = 1024
_DEFAULT_TIMEOUT = 6
_SAME = {
    "handler": "Handler",
    "runtime": "Runtime",
    "memorySize": "MemorySize",
    "timeout": "Timeout",
    "layers": "Layers",
    "vpc": "VpcConfig",
    "description": "Description",
    "reservedConcurrency": "ReservedConcurrentExecutions",
}
"""Properties with the values of Lambda's own, by the framework's names."""
_OF_ZIP_FILES = ("handler", "runtime", "layers")
_OF_PROVIDER = ("runtime", "memorySize", "timeout", "layers", "vpc")
_LOGGING = {
    "logFormat": "LogFormat",
    "applicationLogLevel": "ApplicationLogLevel",
    "systemLogLevel": "SystemLogLevel",
    "logGroup": "LogGroup",
}
_IMAGE_SOURCE = {
    "path": "DockerContext",
    "file": "Dockerfile",
    "buildArgs": "DockerBuildArgs",
}
"""The keys of an image that is built, by SAM's names."""
_IMAGE_CONFIG = {
    "command": "Command",
    "entryPoint": "EntryPoint",
    "workingDirectory": "WorkingDirectory",
}
_OUTCOMES = {"onSuccess": "OnSuccess", "onFailure": "OnFailure"}


class FunctionProperties(NamedTuple):
    """The properties of a function, and what is wrong with what they were made of."""

    mapping: LinedMapping
    metadata: LinedMapping
    """The source of an image, as SAM is told it."""
    problems: list[Problem]


def logical_id(name: str, suffix: str) -> str:
    """Return the name of a resource that the framework makes of a function or a layer."""
    identity = name.replace("-", "Dash").replace("_", "Underscore")
    return identity[:1].upper() + identity[1:] + suffix


def function_properties(
    file: Path,
    name: str,
    own: LinedMapping,
    content: LinedMapping,
    *,
    prefix: str | None,
    line: int | None,
) -> FunctionProperties:
    """Return the properties of the function ``name``, whose own are ``own``.

    ``content`` is the file's with its variables resolved, and ``prefix`` that of functions without
    a name.
    """
    maker = _Maker(file, name, own, content, line)
    maker.name(prefix)
    if "image" in own:
        maker.image()
    else:
        maker.code()
    maker.copies()
    maker.environment()
    maker.logging()
    maker.invocations()
    maker.concurrency()
    maker.check_keys()
    return FunctionProperties(maker.mapping, maker.metadata, maker.problems)


class _Maker:
    """Makes the properties of one function, each with the line of the key that gives it."""

    def __init__(
        self,
        file: Path,
        name: str,
        own: LinedMapping,
        content: LinedMapping,
        line: int | None,
    ) -> None:
        self._file = file
        self._name = name
        self._own = own
        self._content = content
        self._provider = section(content, "provider")
        self._line = line
        self.mapping = LinedMapping()
        self.metadata = LinedMapping()
        self.problems: list[Problem] = []

    def name(self, prefix: str | None) -> None:
        """Set the name: the function's, or else made of the service's and the stage's."""
        if self._own.get("name") is not None:
            self._copy(self._own, "name", "FunctionName")
        elif prefix is not None:
            self.mapping.put("FunctionName", f"{prefix}{self._name}", self._line)

    def code(self) -> None:
        """Set the folder of the code, or the archive that a build has made."""
        self.mapping.put("CodeUri", ".", self._line)
        if isinstance(self._own.get("module"), str):
            # A plugin for Python packs this folder alone.
            self._copy(self._own, "module", "CodeUri")
        for package in (section(self._own, "package"), section(self._content, "package")):
            artifact, line = package.get("artifact"), package.lines.get("artifact")
            if artifact is None:
                continue
            if isinstance(artifact, str) and not os.path.isfile(self._file.parent / artifact):
                self._warn(f"{shown(artifact)} is not built, so the source is run.", line)
            elif isinstance(artifact, Unknown):
                self._warn(
                    f"its artifact is not known here, so the source is run: {artifact.reason}.",
                    line,
                )
            else:
                self.mapping.put("CodeUri", artifact, line)
            break

    def image(self) -> None:
        """Set the image: by a name that the provider knows, by its URI, or by both in a mapping."""
        line = self._own.lines.get("image", self._line)
        image = self._own["image"]
        own = image if isinstance(image, LinedMapping) else _mapping({"name": image}, line)
        named = section(section(self._provider, "ecr"), "images")
        name = own.get("name")
        source = named.get(name, name) if isinstance(name, str) else own.get("uri")
        self.mapping.put("PackageType", "Image", line)
        if isinstance(source, LinedMapping):
            for key, place in _IMAGE_SOURCE.items():
                self._copy(source, key, place, self.metadata)
        if isinstance(source, Unknown):
            self._warn(f"its image is not known here: {source.reason}.", line)
        config = LinedMapping()
        for key, place in _IMAGE_CONFIG.items():
            self._copy(own, key, place, config)
        if config:
            self.mapping.put("ImageConfig", config, line)

    def copies(self) -> None:
        """Set what is named alike, or differs in form alone."""
        is_image = "PackageType" in self.mapping
        self.mapping.put("MemorySize", _DEFAULT_MEMORY_SIZE, self._line)
        self.mapping.put("Timeout", _DEFAULT_TIMEOUT, self._line)
        for key, name in _SAME.items():
            if not (is_image and key in _OF_ZIP_FILES):
                self._copy(self._holder(key) if key in _OF_PROVIDER else self._own, key, name)
        if not is_image and "Runtime" not in self.mapping:
            self.mapping.put("Runtime", DEFAULT_RUNTIME, self._line)
            self._warn(
                f"neither it nor provider names a runtime, so {DEFAULT_RUNTIME} is taken; add the "
                "one that is meant, such as runtime: nodejs24.x.",
                self._line,
            )
        self._wrap("architecture", "Architectures", lambda value: [value])
        self._wrap(
            "ephemeralStorageSize", "EphemeralStorage", lambda value: _mapping({"Size": value})
        )
        self._wrap("fileSystemConfig", "FileSystemConfigs", _file_systems)
        self._wrap(
            "onError",
            "DeadLetterQueue",
            lambda value: _mapping({"Type": "SNS", "TargetArn": value}),
        )
        tracing = section(self._provider, "tracing")
        holder, key = (self._own, "tracing") if "tracing" in self._own else (tracing, "lambda")
        if holder.get(key) is not None:
            modes = {True: "Active", False: "PassThrough"}
            value = holder[key]
            mode = modes[value] if isinstance(value, bool) else value
            self.mapping.put("Tracing", mode, holder.lines.get(key, self._line))

    def environment(self) -> None:
        """Set the variables: the provider's, and over them the function's."""
        variables = LinedMapping()
        for holder in (self._provider, self._own):
            value = holder.get("environment")
            line = holder.lines.get("environment", self._line)
            if isinstance(value, LinedMapping):
                for name, one in value.items():
                    variables.put(name, one, value.lines.get(name, line))
            elif isinstance(value, Unknown):
                self._warn(f"its environment is not known here: {value.reason}.", line)
            elif value is not None:
                sentence = f"environment is {shown(value)}, but it is a mapping, such as"
                self._warn(f"{sentence} environment: {{TABLE: orders}}.", line)
        for name in [name for name, value in variables.items() if value is None]:
            # The framework leaves out a variable that is null, the provider's included.
            del variables[name]
        if variables:
            line = next(iter(variables.lines.values()), self._line)
            self.mapping.put("Environment", _mapping({"Variables": variables}, line), line)

    def logging(self) -> None:
        """Set the format, the levels and the group of the log."""
        config = LinedMapping()
        for holder in (
            section(section(self._provider, "logs"), "lambda"),
            section(self._own, "logs"),
        ):
            for key, name in _LOGGING.items():
                if holder.get(key) is not None:
                    config.put(name, holder[key], holder.lines.get(key, self._line))
        if config:
            line = next(iter(config.lines.values()), self._line)
            self.mapping.put("LoggingConfig", config, line)

    def invocations(self) -> None:
        """Set the handling of asynchronous invocations."""
        config = LinedMapping()
        self._copy(self._own, "maximumRetryAttempts", "MaximumRetryAttempts", config)
        self._copy(self._own, "maximumEventAge", "MaximumEventAgeInSeconds", config)
        destinations, line = section(self._own, "destinations"), self._own.lines.get("destinations")
        outcomes = LinedMapping()
        for key, name in _OUTCOMES.items():
            if destinations.get(key) is not None:
                arn = self._destination(destinations[key])
                outcomes.put(
                    name, _mapping({"Destination": arn}, line), destinations.lines.get(key, line)
                )
        if outcomes:
            config.put("DestinationConfig", outcomes, line)
        if config:
            line = next(iter(config.lines.values()), self._line)
            self.mapping.put("EventInvokeConfig", config, line)

    def concurrency(self) -> None:
        """Set provisioned concurrency and snapshots, with the alias that the framework makes."""
        for key, name, alias in (
            ("provisionedConcurrency", "ProvisionedConcurrencyConfig", "provisioned"),
            ("snapStart", "SnapStart", "snapstart"),
        ):
            value, line = self._own.get(key), self._own.lines.get(key, self._line)
            if value in (None, False, 0):
                continue
            config = _mapping({"ApplyOn": "PublishedVersions"}, line)
            if key == "provisionedConcurrency":
                config = _mapping({"ProvisionedConcurrentExecutions": value}, line)
            self.mapping.put(name, config, line)
            self.mapping.put("AutoPublishAlias", alias, line)
        url = self._own.get("url")
        if url not in (None, False):
            config = _mapping({"AuthType": "NONE"})
            self.mapping.put("FunctionUrlConfig", config, self._own.lines.get("url"))

    def check_keys(self) -> None:
        """Warn of keys that are almost those of the framework."""
        for key in self._own:
            remark = key_remark(key)
            if remark is not None:
                self._warn(remark, self._own.lines.get(key))

    def _destination(self, value: object) -> object:
        """Return the ARN of a destination: written out, or that of a function of the file."""
        if isinstance(value, dict) and "arn" in value:
            return value["arn"]
        functions = self._content.get("functions")
        parts = functions if isinstance(functions, list) else [functions]
        if isinstance(value, str) and any(isinstance(one, dict) and value in one for one in parts):
            return _mapping({"Fn::GetAtt": [logical_id(value, "LambdaFunction"), "Arn"]})
        return value

    def _holder(self, key: str) -> LinedMapping:
        """Return the function where it gives a key itself, else the provider."""
        return self._provider if self._own.get(key) is None else self._own

    def _copy(
        self, holder: LinedMapping, key: str, name: str, target: LinedMapping | None = None
    ) -> None:
        if holder.get(key) is not None:
            into = self.mapping if target is None else target
            into.put(name, holder[key], holder.lines.get(key, self._line))

    def _wrap(self, key: str, name: str, form: Callable[[object], object]) -> None:
        """Set a property whose value has another form in the framework."""
        holder = self._holder(key)
        if holder.get(key) is not None:
            self.mapping.put(name, form(holder[key]), holder.lines.get(key, self._line))

    def _warn(self, sentence: str, line: int | None) -> None:
        function = self.mapping.get("FunctionName")
        functions = (function if isinstance(function, str) else self._name,)
        message = f"{shown(self._name)}: {sentence}"
        self.problems.append(Problem(message, self._file, line or self._line or 1, functions))


def _mapping(values: Mapping[str, object], line: int | None = None) -> LinedMapping:
    mapping = LinedMapping()
    for name, value in values.items():
        mapping.put(name, value, line)
    return mapping


def _file_systems(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    names = {"arn": "Arn", "localMountPath": "LocalMountPath"}
    return [_mapping({names.get(str(key), str(key)): one for key, one in value.items()})]
