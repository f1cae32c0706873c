"""Applies the settings of single functions: over what files declare, or where none declares one."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lambda_tui.project.code import Cache
from lambda_tui.project.credentials import region_of
from lambda_tui.project.function import Function, LoggingConfig, Problem, Project
from lambda_tui.project.interpreters import find_interpreter
from lambda_tui.project.kinds.template import TemplateContent, read_resources
from lambda_tui.project.kinds.template.language import LinedMapping, section
from lambda_tui.project.layers import LayerArn, path_problem
from lambda_tui.project.settings import FunctionSettings, Settings
from lambda_tui.project.wording import shown

_PROPERTIES: Mapping[str, str] = {
    "handler": "Handler",
    "runtime": "Runtime",
    "code": "CodeUri",
    "timeout": "Timeout",
    "memory_size": "MemorySize",
    "reserved_concurrency": "ReservedConcurrentExecutions",
    "description": "Description",
    "tracing": "Tracing",
}
"""The properties of a template, by the keys that have the same values."""
_LOGGING: Mapping[str, tuple[str, str]] = {
    "log_format": ("LogFormat", "format"),
    "application_log_level": ("ApplicationLogLevel", "application_level"),
    "system_log_level": ("SystemLogLevel", "system_level"),
    "log_group": ("LogGroup", "group"),
}
"""The properties of ``LoggingConfig``, and the fields of a function's, by keys."""
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "handler": ("handler",),
    "runtime": ("runtime", "obstacle"),
    "code": ("code_directory", "code_archive"),
    "layers": ("layers", "layers_directory"),
    "timeout": ("timeout",),
    "memory_size": ("memory_size",),
    "ephemeral_storage": ("ephemeral_storage",),
    "reserved_concurrency": ("reserved_concurrency",),
    "architecture": ("architecture",),
    "description": ("description",),
    "tracing": ("tracing",),
    **dict.fromkeys(_LOGGING, ("logging",)),
}
"""The fields of a function that each key sets."""
_CUSTOM_RUNTIME = "provided.al2023"
"""The runtime of a function that has a program of the settings instead."""


def with_function_settings(project: Project, settings: Settings) -> Project:
    """Return the project with what the settings say of its functions, and with those they add.

    The values are checked as those of a template, and what is wrong is told as problems.
    """
    functions = {function.name: function for function in project.functions}
    problems = list(project.problems)
    region = project.functions[0].region if project.functions else region_of(settings)
    for name, own in settings.functions.items():
        reader = _Reader(project.directory, settings, name, own, region)
        if name in functions:
            functions[name] = reader.changed(functions[name])
        elif own.declares:
            for declared in reader.declared():
                if project.template is None:
                    # It was found by its source alone, which now has a name.
                    for known in [one for one in functions.values() if _has_code_of(one, declared)]:
                        del functions[known.name]
                functions[name] = declared
        else:
            reader.problems.append(_unknown_function(name, own, project.functions))
        problems += reader.problems
    return replace(project, functions=tuple(functions.values()), problems=tuple(problems))


def _has_code_of(one: Function, other: Function) -> bool:
    return (one.code_path, one.handler) == (other.code_path, other.handler)


class _Reader:
    """Reads the settings of one function by way of a template with one resource."""

    def __init__(
        self,
        directory: Path,
        settings: Settings,
        name: str,
        own: FunctionSettings,
        region: str,
    ) -> None:
        self._directory = directory
        self._settings = settings
        self._name = name
        self._own = own
        self._region = region
        self.problems: list[Problem] = []

    def declared(self) -> tuple[Function, ...]:
        """Return the function that the settings declare; none, with problems, if it is refused."""
        properties = self._properties()
        if self._own.runtime is None:
            properties.put("Runtime", _CUSTOM_RUNTIME, None)
        if self._own.code is None:
            properties.put("CodeUri", str(self._directory), None)
        found = self._read(properties)
        self.problems += found.problems
        return found.functions

    def changed(self, function: Function) -> Function:
        """Return the function with what the settings say of it; unchanged where that is refused."""
        keys = [key for key in _FIELDS if getattr(self._own, key) is not None]
        if not keys and self._own.environment is None:
            return self._with_bootstrap(function)
        properties = self._properties()
        lines = {*properties.lines.values(), *self._own.lines.values()}
        if self._own.lines.get("") not in properties.lines.values():
            lines.discard(self._own.lines.get("", 0))
        stand_ins = {
            "Handler": function.handler,
            "CodeUri": str(function.code_path),
            "Runtime": function.runtime or _stand_in(function),
        }
        for name, value in stand_ins.items():
            if name not in properties:
                properties.put(name, value, None)
        _add_stand_ins_for_logging(section(properties, "LoggingConfig"), function.logging)
        found = self._read(properties)
        # Other mistakes of the function are told already.
        self.problems += [
            one for one in found.problems if one.file != self._own.file or one.line in lines
        ]
        if not found.functions:
            return function
        (read,) = found.functions
        fields: dict[str, Any] = {
            name: getattr(read, name) for key in keys for name in _FIELDS[key]
        }
        return replace(
            self._with_bootstrap(function),
            **fields,
            environment={**function.environment, **read.environment},
            variable_origins={**function.variable_origins, **read.variable_origins},
            unknown_variables={
                name: reason
                for name, reason in function.unknown_variables.items()
                if name not in read.environment
            },
        )

    def _with_bootstrap(self, function: Function) -> Function:
        """Return the function with the program that replaces its runtime, if there is one."""
        if not self._own.bootstrap:
            return function
        return replace(function, bootstrap=self._own.bootstrap, obstacle=None)

    def _read(self, properties: LinedMapping) -> TemplateContent:
        resources = LinedMapping()
        for number, layer in enumerate(self._own.layers or (), 1):
            if LayerArn.parse(layer) is None:
                content = _mapping(ContentUri=layer, LayerName=Path(layer).stem)
                resources[f"Layer{number}"] = _resource("LayerVersion", content)
        resources.put("Function", _resource("Function", properties), self._line())
        directory, settings = self._directory, self._settings

        def find_python(function: Function) -> Path:
            return find_interpreter(directory, function, settings).executable

        assert self._own.file is not None
        return read_resources(
            self._own.file,
            _mapping(Resources=resources),
            settings.layer_paths,
            Cache.of_user(),
            bootstraps={self._name: self._own.bootstrap},
            values={**settings.values, "AWS::Region": self._region},
            find_python=find_python,
            names={"Function": self._name},
        )

    def _properties(self) -> LinedMapping:
        """Return what the settings say, as the properties of a template."""
        own, properties = self._own, LinedMapping()
        properties.put("FunctionName", self._name, self._line())
        for key, name in _PROPERTIES.items():
            value = getattr(own, key)
            if value is not None:
                properties.put(name, str(value) if key == "code" else value, self._line(key))
        if own.architecture is not None:
            properties.put("Architectures", [own.architecture], self._line("architecture"))
        if own.ephemeral_storage is not None:
            line = self._line("ephemeral_storage")
            storage = LinedMapping()
            storage.put("Size", own.ephemeral_storage, line)
            properties.put("EphemeralStorage", storage, line)
        if own.layers is not None:
            properties.put("Layers", self._layers(own.layers), self._line("layers"))
        logging = LinedMapping()
        for key, (name, _field) in _LOGGING.items():
            if getattr(own, key) is not None:
                logging.put(name, getattr(own, key), self._line(key))
        if logging:
            properties.put("LoggingConfig", logging, min(logging.lines.values(), default=None))
        if own.environment is not None:
            variables = LinedMapping()
            for name, value in own.environment.items():
                variables.put(name, value, self._line(f"environment.{name}", "environment"))
            line = self._line("environment")
            properties.put("Environment", _mapping(Variables=variables), line)
        return properties

    def _layers(self, layers: tuple[str, ...]) -> list[object]:
        """Return the ARNs, and references to the resources of paths, that are layers."""
        found: list[object] = []
        for number, layer in enumerate(layers, 1):
            problem = None if LayerArn.parse(layer) else path_problem(Path(layer))
            if problem is not None:
                sentence = f"{self._name}: layers: {problem}"
                line = self._line("layers")
                self.problems.append(Problem(sentence, self._own.file, line, (self._name,)))
            else:
                found.append(layer if LayerArn.parse(layer) else _mapping(Ref=f"Layer{number}"))
        return found

    def _line(self, *keys: str) -> int | None:
        """Return the line of the first of the keys that has one, or else of the table."""
        lines = self._own.lines
        return next((lines[key] for key in (*keys, "") if key in lines), None)


def _mapping(**entries: object) -> LinedMapping:
    mapping = LinedMapping()
    mapping.update(entries)
    return mapping


def _resource(kind: str, properties: LinedMapping) -> LinedMapping:
    return _mapping(Type=f"AWS::Serverless::{kind}", Properties=properties)


def _add_stand_ins_for_logging(given: LinedMapping, known: LoggingConfig) -> None:
    """Add what the function has of a configuration of which a part is given."""
    if not given:
        return
    given.setdefault("LogFormat", known.format)
    for name, field in _LOGGING.values():
        value = getattr(known, field)
        # Lambda takes levels with this format only.
        is_taken = not name.endswith("Level") or given["LogFormat"] == "JSON"
        if value is not None and is_taken:
            given.setdefault(name, value)


def _stand_in(function: Function) -> str:
    """Return a runtime for the checks of a function that names none."""
    return "nodejs22.x" if function.language == "node" else "python3.13"


def _unknown_function(name: str, own: FunctionSettings, functions: tuple[Function, ...]) -> Problem:
    names = {one.name: one.name for one in functions}
    names |= {one.logical_id: one.name for one in functions if one.logical_id is not None}
    near = [name] if name in names else difflib.get_close_matches(name[:64], names, n=1)
    if near:
        hint = f"did you mean {names[near[0]]}?"
    elif own.handler:
        hint = 'add a runtime to declare it, such as runtime = "python3.13".'
    else:
        hint = "take it out of functions, or add a handler and a runtime to declare it."
    sentence = f"the settings name a function {shown(name)}, which is not there; {hint}"
    return Problem(sentence, own.file, own.lines.get(""))
