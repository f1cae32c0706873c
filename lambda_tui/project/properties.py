"""The checked reading of single properties, with a sentence for each that is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

from lambda_tui.project.function import Problem
from lambda_tui.project.intrinsics import Absent, Resolver, UnresolvedError
from lambda_tui.project.template_yaml import LinedMapping
from lambda_tui.project.wording import shown

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}")

Choice = TypeVar("Choice", bound=str)


class Limits(NamedTuple):
    """What Lambda takes for a number."""

    least: int
    most: int
    unit: str
    """What the number counts, as it ends a sentence."""


@dataclass(slots=True)
class Findings:
    """What is wrong with one resource, in the order in which it is found."""

    file: Path
    """The template."""
    logical_id: str
    function: str
    """The function's name; the logical id until it is known."""
    problems: list[Problem] = field(default_factory=list)
    refused: bool = False
    """Whether a property is such that AWS, or lambda-tui, does not take the function."""

    def warn(self, sentence: str, line: int | None) -> None:
        """Notes something that leaves the function usable."""
        message = f"{shown(self.logical_id)}: {sentence}"
        self.problems.append(Problem(message, self.file, line, self.function))

    def refuse(self, sentence: str, line: int | None) -> None:
        """Notes something that leaves the function out."""
        self.refused = True
        self.warn(sentence, line)


@dataclass(frozen=True, slots=True)
class Properties:
    """A resource's properties, or a mapping within them; what is wrong goes to ``findings``."""

    mapping: LinedMapping
    line: int | None
    """Of what holds the mapping; counted from 1."""
    resolver: Resolver
    findings: Findings
    path: str = ""
    """What stands before a name in sentences, such as ``EphemeralStorage.``."""

    def __contains__(self, name: str) -> bool:
        """Whether the property is written, whatever its value."""
        return name in self.mapping

    def line_of(self, name: str) -> int | None:
        """The line of a property; that of what holds it where the property is not written."""
        return self.mapping.lines.get(name, self.line)

    def label(self, name: str) -> str:
        """The property as sentences name it, with what it lies in."""
        return f"{self.path}{shown(name)}"

    def warn(self, name: str, sentence: str) -> None:
        """Notes, at the property's line, something that leaves the function usable."""
        self.findings.warn(sentence, self.line_of(name))

    def refuse(self, name: str, sentence: str) -> None:
        """Notes, at the property's line, something that leaves the function out."""
        self.findings.refuse(sentence, self.line_of(name))

    def is_given(self, name: str) -> bool:
        """Whether the property has a value, be it one that only a deployment knows."""
        try:
            return self.resolver.resolve(self.mapping.get(name)) not in (None, Absent.NO_VALUE)
        except UnresolvedError:
            return True

    def value(self, name: str, consequence: str) -> object:
        """A property's resolved value; None when it is absent, or, with a note, not known here."""
        try:
            value = self.resolver.resolve(self.mapping.get(name))
        except UnresolvedError as error:
            label = self.label(name)
            self.warn(name, f"the value of {label} is not known here, {consequence}: {error}.")
            return None
        return None if value is Absent.NO_VALUE else value

    def text(self, name: str, consequence: str = "so it is left out") -> str | None:
        """A text; None when it is absent, not known here, or refused for not being one."""
        value = self.value(name, consequence)
        if value is None or isinstance(value, str):
            return value
        self.refuse(name, f"{self.label(name)} is {shown(value)}, where a text is needed.")
        return None

    def number(self, name: str, limits: Limits, consequence: str) -> int | None:
        """A whole number within limits; None when it is absent, not known here, or refused."""
        value = self.value(name, consequence)
        if value is None:
            return None
        label = self.label(name)
        wanted = f"Lambda takes {limits.least} to {limits.most} {limits.unit}"
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if not is_number and not (isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value)):
            self.refuse(name, f"{label} is {shown(value)}, not a whole number; {wanted}.")
            return None
        number = int(str(value))
        if not limits.least <= number <= limits.most:
            self.refuse(name, f"{label} is {shown(number)}, but {wanted}.")
            return None
        return number

    def choice(self, name: str, choices: tuple[Choice, ...], consequence: str) -> Choice | None:
        """One of some words; None when it is absent, not known here, or refused."""
        value = self.value(name, consequence)
        if value is None:
            return None
        for choice in choices:
            if choice == value:
                return choice
        wanted = f"{', '.join(choices[:-1])} or {choices[-1]}"
        self.refuse(name, f"{self.label(name)} is {shown(value)}, but Lambda takes {wanted}.")
        return None

    def nested(self, name: str, consequence: str, remedy: str) -> Properties | None:
        """The mapping under a property, refused with the remedy where it is something else.

        None when it is absent, not known here, or refused.
        """
        value = self.value(name, consequence)
        if isinstance(value, LinedMapping):
            path = f"{self.label(name)}."
            return Properties(value, self.line_of(name), self.resolver, self.findings, path)
        if value is not None:
            self.refuse(name, remedy)
        return None
