"""One function resource of a template, checked as Lambda checks it on deployment."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from lambda_tui.project.function import (
    DEFAULT_EPHEMERAL_STORAGE,
    DEFAULT_MEMORY_SIZE,
    DEFAULT_TIMEOUT,
    Function,
    Problem,
)
from lambda_tui.project.intrinsics import Absent, Resolver, UnresolvedError
from lambda_tui.project.runtimes import runtime_refusal
from lambda_tui.project.template_yaml import LinedMapping
from lambda_tui.project.variables import variable_refusal, variables_size_refusal
from lambda_tui.project.wording import shown

_FUNCTION_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")
_LONGEST_HANDLER = 128


class Limits(NamedTuple):
    """What Lambda takes for a number, and what holds when it is not given."""

    default: int
    least: int
    most: int
    unit: str


TIMEOUT = Limits(DEFAULT_TIMEOUT, 1, 900, "seconds")
MEMORY_SIZE = Limits(DEFAULT_MEMORY_SIZE, 128, 10240, "MB")
EPHEMERAL_STORAGE = Limits(DEFAULT_EPHEMERAL_STORAGE, 512, 10240, "MB")


@dataclass(slots=True)
class FunctionResource:
    """Reads the properties of one resource and collects what is wrong with them."""

    file: Path
    """The template."""
    logical_id: str
    line: int | None
    properties: LinedMapping
    """With the template's Globals merged in."""
    resolver: Resolver
    code_property: str
    """``CodeUri`` or ``Code``."""
    problems: list[Problem] = field(default_factory=list)
    refused: bool = False
    """Whether a property is such that AWS, or lambda-tui, does not take the function."""
    name: str = ""

    def read(self) -> Function | None:
        """The function; None when it is refused, with the reasons in ``problems``."""
        self.name = self._name()
        self._note_layers()
        runtime = self._runtime()
        code_directory = self._code_directory()
        handler = self._handler()
        timeout = self._number(self.properties, "Timeout", TIMEOUT)
        memory_size = self._number(self.properties, "MemorySize", MEMORY_SIZE)
        ephemeral_storage = self._ephemeral_storage()
        environment = self._environment()
        if self.refused or code_directory is None:
            return None
        return Function(
            name=self.name,
            handler=handler,
            code_directory=code_directory,
            runtime=runtime,
            timeout=timeout,
            memory_size=memory_size,
            ephemeral_storage=ephemeral_storage,
            environment=environment,
            description=self._text("Description") or "",
            file=self.file,
            line=self.line,
        )

    def line_of(self, name: str) -> int | None:
        """The line of a property; the resource's own where the property is not written."""
        return self.properties.lines.get(name, self.line)

    def warn(self, sentence: str, line: int | None) -> None:
        """Notes something that leaves the function usable."""
        message = f"{shown(self.logical_id)}: {sentence}"
        function = self.name or self.logical_id
        self.problems.append(Problem(message, self.file, line, function))

    def _refuse(self, sentence: str, line: int | None) -> None:
        self.refused = True
        self.warn(sentence, line)

    def _value(self, mapping: LinedMapping, name: str, consequence: str) -> object:
        """A property's resolved value; None when it is absent, or, with a note, not known here."""
        try:
            value = self.resolver.resolve(mapping.get(name))
        except UnresolvedError as error:
            sentence = f"the value of {shown(name)} is not known here, {consequence}: {error}."
            self.warn(sentence, mapping.lines.get(name, self.line))
            return None
        return None if value is Absent.NO_VALUE else value

    def _text(self, name: str) -> str | None:
        value = self._value(self.properties, name, "so it is left out")
        if value is None or isinstance(value, str):
            return value
        self._refuse(f"{name} is {shown(value)}, where a text is needed.", self.line_of(name))
        return None

    def _name(self) -> str:
        name = self._text("FunctionName") or self.logical_id
        if not _FUNCTION_NAME.fullmatch(name):
            self._refuse(
                f"the function's name, {shown(name)}, has to be 1 to 64 letters, digits, - or _.",
                self.line_of("FunctionName"),
            )
        return name

    def _note_layers(self) -> None:
        if self.properties.get("Layers"):
            self.warn(
                "Layers are not read yet; put what they hold beside the function's code.",
                self.line_of("Layers"),
            )

    def _runtime(self) -> str | None:
        runtime = self._text("Runtime")
        refusal = runtime_refusal(runtime) if runtime is not None else None
        if refusal is not None:
            self._refuse(refusal, self.line_of("Runtime"))
        elif "Runtime" not in self.properties:
            self.warn("it has no Runtime; add one, such as Runtime: python3.13.", self.line)
        return runtime

    def _handler(self) -> str:
        known_problems = len(self.problems)
        handler = self._text("Handler")
        if handler is None and len(self.problems) > known_problems:
            self.refused = True
        elif handler is None and not self.refused:
            self._refuse("it has no Handler; add one, such as Handler: app.handler.", self.line)
        elif handler is not None and not 0 < len(handler) <= _LONGEST_HANDLER:
            self._refuse(
                f"Handler has {len(handler)} characters, where Lambda takes 1 to 128.",
                self.line_of("Handler"),
            )
        return handler or ""

    def _number(self, mapping: LinedMapping, name: str, limits: Limits, prefix: str = "") -> int:
        value = self._value(mapping, name, f"so {limits.default} {limits.unit} holds")
        if value is None:
            return limits.default
        line = mapping.lines.get(name, self.line)
        wanted = f"Lambda takes {limits.least} to {limits.most} {limits.unit}"
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if not is_number and not (isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value)):
            self._refuse(f"{prefix}{name} is {shown(value)}, not a whole number; {wanted}.", line)
            return limits.default
        number = int(str(value))
        if not limits.least <= number <= limits.most:
            self._refuse(f"{prefix}{name} is {number}, but {wanted}.", line)
        return number

    def _ephemeral_storage(self) -> int:
        storage = self._value(self.properties, "EphemeralStorage", "so 512 MB holds")
        if storage is None:
            return DEFAULT_EPHEMERAL_STORAGE
        if not isinstance(storage, LinedMapping) or "Size" not in storage:
            self._refuse(
                "EphemeralStorage needs a Size in MB, such as EphemeralStorage: {Size: 1024}.",
                self.line_of("EphemeralStorage"),
            )
            return DEFAULT_EPHEMERAL_STORAGE
        return self._number(storage, "Size", EPHEMERAL_STORAGE, "EphemeralStorage.")

    def _environment(self) -> dict[str, str]:
        environment = self._value(self.properties, "Environment", "so no variable is set")
        if environment is None:
            return {}
        variables: object = None
        if isinstance(environment, LinedMapping):
            variables = self._value(environment, "Variables", "so no variable is set")
            if variables is None:
                return {}
        if not isinstance(variables, LinedMapping):
            self._refuse(
                "Environment needs Variables with a value for each name.",
                self.line_of("Environment"),
            )
            return {}
        values = {name: self._variable(variables, name) for name in variables}
        known = {name: value for name, value in values.items() if value is not None}
        refusal = variables_size_refusal(known)
        if refusal is not None:
            self._refuse(refusal, self.line_of("Environment"))
        return known

    def _variable(self, variables: LinedMapping, name: str) -> str | None:
        line = variables.lines.get(name, self.line)
        refusal = variable_refusal(name)
        if refusal is not None:
            self._refuse(refusal, line)
            return None
        label = f"Environment.Variables.{shown(name)}"
        try:
            value = self.resolver.resolve(variables[name])
            if value is Absent.NO_VALUE:
                return None
            text = self.resolver.text(value)
        except UnresolvedError as error:
            self.warn(f"{label} is left out, since its value is not known here: {error}.", line)
            return None
        if not _is_valid_value(text):
            self._refuse(f"{label} holds a character that no variable can hold.", line)
            return None
        return text

    def _code_directory(self) -> Path | None:
        """Where the code lies; refuses what is no folder on this machine."""
        package = self._value(self.properties, "PackageType", "so Zip holds")
        if package == "Image" or "ImageUri" in self.properties:
            self._refuse(
                "container images (PackageType: Image) are not supported yet; give a Handler, "
                f"a Runtime and a {self.code_property} folder.",
                self.line_of("PackageType" if package == "Image" else "ImageUri"),
            )
            return None
        if "InlineCode" in self.properties:
            self._refuse_inline_code("InlineCode")
            return None
        name = self.code_property
        known_problems = len(self.problems)
        code = self._value(self.properties, name, "so the function is left out")
        if len(self.problems) > known_problems:
            self.refused = True
            return None
        return self._local_directory("." if code is None else code)

    def _local_directory(self, code: object) -> Path | None:
        name, line = self.code_property, self.line_of(self.code_property)
        if isinstance(code, LinedMapping) and "ZipFile" in code:
            self._refuse_inline_code("Code.ZipFile")
        elif not isinstance(code, str) or code.startswith("s3://"):
            self._refuse(f"{name} lies in S3; name the folder that holds the source.", line)
        else:
            directory = os.path.join(self.file.parent, code)
            # Unlike Path's own, takes any text and never raises.
            if os.path.isdir(directory):
                return Path(directory).resolve()
            what = "is a file" if os.path.isfile(directory) else "does not exist"
            self._refuse(f"{name} names {shown(code)}, which {what}; name a folder.", line)
        return None

    def _refuse_inline_code(self, name: str) -> None:
        self._refuse(
            f"code inside the template ({name}) is not supported yet; put it into a file "
            f"and name its folder in {self.code_property}.",
            self.line_of(name.partition(".")[0]),
        )


def _is_valid_value(text: str) -> bool:
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
