"""One function resource of a template, checked as Lambda checks it on deployment."""

from __future__ import annotations

import re
from pathlib import Path

from lambda_tui.project.async_config import read_async_config
from lambda_tui.project.cache import Cache
from lambda_tui.project.code_location import read_code_location
from lambda_tui.project.concurrency import read_provisioned_concurrency, read_reserved_concurrency
from lambda_tui.project.environment_variables import read_environment
from lambda_tui.project.function import (
    DEFAULT_EPHEMERAL_STORAGE,
    DEFAULT_MEMORY_SIZE,
    DEFAULT_TIMEOUT,
    Function,
    Problem,
)
from lambda_tui.project.intrinsics import Resolver
from lambda_tui.project.layer_sources import LayerSources
from lambda_tui.project.logging_config import read_logging_config
from lambda_tui.project.properties import Findings, Limits, Properties
from lambda_tui.project.runtimes import runtime_refusal
from lambda_tui.project.snap_start import read_snap_start
from lambda_tui.project.template_yaml import LinedMapping
from lambda_tui.project.wording import shown

TIMEOUT = Limits(1, 900, "seconds")
MEMORY_SIZE = Limits(128, 10240, "MB")
EPHEMERAL_STORAGE = Limits(512, 10240, "MB")

_FUNCTION_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_LONGEST_HANDLER = 128
_STORAGE_REMEDY = "EphemeralStorage needs a Size in MB, such as EphemeralStorage: {Size: 1024}."


class FunctionResource:
    """Reads the properties of one resource and collects what is wrong with them."""

    def __init__(
        self,
        file: Path,
        logical_id: str,
        line: int | None,
        mapping: LinedMapping,
        resolver: Resolver,
        *,
        is_serverless: bool,
    ) -> None:
        """``mapping`` holds the properties, with the Globals of an ``AWS::Serverless::Function``
        merged in; ``line`` is the resource's own.
        """
        self._findings = Findings(file, logical_id, logical_id)
        self._properties = Properties(mapping, line, resolver, self._findings)
        self._is_serverless = is_serverless

    @property
    def problems(self) -> list[Problem]:
        """What was found to be wrong so far."""
        return self._findings.problems

    def read(self, layers: LayerSources, cache: Cache) -> Function | None:
        """The function; None when it is refused, with the reasons in ``problems``.

        Code in an archive is unpacked into the cache; its layers are not yet.
        """
        properties = self._properties
        self._findings.function = name = self._name()
        layers_named = layers.read(properties)
        runtime = self._runtime()
        name_of_code = "CodeUri" if self._is_serverless else "Code"
        code = read_code_location(properties, name_of_code, cache)
        handler = self._handler()
        timeout = _number(properties, "Timeout", TIMEOUT, DEFAULT_TIMEOUT)
        memory_size = _number(properties, "MemorySize", MEMORY_SIZE, DEFAULT_MEMORY_SIZE)
        ephemeral_storage = self._ephemeral_storage()
        environment = read_environment(properties)
        logging = read_logging_config(properties)
        asynchronous = read_async_config(properties, is_serverless=self._is_serverless)
        reserved = read_reserved_concurrency(properties)
        # On a plain AWS::Lambda::Function it belongs to versions and aliases.
        provisioned = (
            read_provisioned_concurrency(properties, reserved) if self._is_serverless else 0
        )
        snap_start = read_snap_start(
            properties,
            runtime=runtime,
            ephemeral_storage=ephemeral_storage,
            is_provisioned=provisioned > 0,
            is_serverless=self._is_serverless,
        )
        description = properties.text("Description") or ""
        if self._findings.refused or code is None:
            return None
        return Function(
            name=name,
            handler=handler,
            code_directory=code.directory,
            code_archive=code.archive,
            layers=layers_named,
            runtime=runtime,
            timeout=timeout,
            memory_size=memory_size,
            ephemeral_storage=ephemeral_storage,
            environment=environment,
            logging=logging,
            asynchronous=asynchronous,
            reserved_concurrency=reserved,
            provisioned_concurrency=provisioned,
            snap_start=snap_start,
            description=description,
            file=self._findings.file,
            line=properties.line,
        )

    def line_of(self, name: str) -> int | None:
        """The line of a property; the resource's own where the property is not written."""
        return self._properties.line_of(name)

    def warn(self, name: str, sentence: str) -> None:
        """Notes something about a property that leaves the function usable."""
        self._properties.warn(name, sentence)

    def _name(self) -> str:
        name = self._properties.text("FunctionName") or self._findings.logical_id
        if not _FUNCTION_NAME.fullmatch(name):
            self._properties.refuse(
                "FunctionName",
                f"the function's name, {shown(name)}, has to be 1 to 64 letters, digits, - or _.",
            )
        return name

    def _runtime(self) -> str | None:
        runtime = self._properties.text("Runtime")
        refusal = runtime_refusal(runtime) if runtime is not None else None
        if refusal is not None:
            self._properties.refuse("Runtime", refusal)
        elif "Runtime" not in self._properties:
            self._properties.warn(
                "Runtime", "it has no Runtime; add one, such as Runtime: python3.13."
            )
        return runtime

    def _handler(self) -> str:
        findings = self._findings
        known_problems = len(findings.problems)
        handler = self._properties.text("Handler")
        if handler is None and len(findings.problems) > known_problems:
            findings.refused = True
        elif handler is None and not findings.refused:
            sentence = "it has no Handler; add one, such as Handler: app.handler."
            findings.refuse(sentence, self._properties.line)
        elif handler is not None and not 0 < len(handler) <= _LONGEST_HANDLER:
            self._properties.refuse(
                "Handler", f"Handler has {len(handler)} characters, where Lambda takes 1 to 128."
            )
        return handler or ""

    def _ephemeral_storage(self) -> int:
        name, default = "EphemeralStorage", DEFAULT_EPHEMERAL_STORAGE
        storage = self._properties.nested(name, f"so {default} MB holds", _STORAGE_REMEDY)
        if storage is None:
            return default
        if "Size" not in storage:
            self._properties.refuse(name, _STORAGE_REMEDY)
        return _number(storage, "Size", EPHEMERAL_STORAGE, default)


def _number(properties: Properties, name: str, limits: Limits, default: int) -> int:
    number = properties.number(name, limits, f"so {default} {limits.unit} holds")
    return default if number is None else number
