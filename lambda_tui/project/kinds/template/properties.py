"""Reads and checks single properties of a resource, with a sentence for each that is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from lambda_tui.project.function import Problem
from lambda_tui.project.kinds.template.language import (
    Absent,
    LinedMapping,
    Resolver,
    UnresolvedError,
)
from lambda_tui.project.wording import shown

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}")

Choice = TypeVar("Choice", bound=str)


@dataclass(slots=True)
class Findings:
    """The problems of one resource, in the order in which they are found."""

    file: Path
    """The template."""
    logical_id: str
    function: str
    """The function's name; the logical id until it is known."""
    problems: list[Problem] = field(default_factory=list)
    refused: bool = False
    """Whether AWS, or lambda-tui, does not take the resource because of one of them."""

    unknown: dict[Problem, str] = field(default_factory=dict)
    """The names under which the user can give what is not known, by the problems that ask for it.
    """

    def warn(self, sentence: str, line: int | None, name: str | None = None) -> None:
        """Add a problem that leaves the function usable; ``name`` is that of an unknown value."""
        message = f"{shown(self.logical_id)}: {sentence}"
        functions = (self.function,) if self.function else ()
        problem = Problem(message, self.file, line, functions)
        self.problems.append(problem)
        if name is not None:
            self.unknown[problem] = name

    def refuse_unknown(self) -> None:
        """Leave the function out for the value that was found last not to be known.

        It is told by itself then, and not together with other uses of the same value.
        """
        self.refused = True
        self.unknown.pop(self.problems[-1], None)

    def refuse(self, sentence: str, line: int | None) -> None:
        """Add a problem that leaves the function out."""
        self.refused = True
        self.warn(sentence, line)


@dataclass(frozen=True, slots=True)
class Properties:
    """A resource's properties, or a mapping in them; problems are added to ``findings``."""

    mapping: LinedMapping
    line: int | None
    """The line of what holds the mapping, counted from 1."""
    resolver: Resolver
    findings: Findings
    path: str = ""
    """The prefix of names in sentences, such as ``EphemeralStorage.``."""

    def __contains__(self, name: str) -> bool:
        """Return whether the property is written, whatever its value."""
        return name in self.mapping

    def line_of(self, name: str) -> int | None:
        """Return the line of a property; that of what holds it where it is not written."""
        return self.mapping.lines.get(name, self.line)

    def label(self, name: str) -> str:
        """Return the property's name for sentences, with the properties that it is nested in."""
        return f"{self.path}{shown(name)}"

    def warn(self, name: str, sentence: str, unknown: str | None = None) -> None:
        """Add a problem, at the property's line, that leaves the function usable.

        ``unknown`` is the name under which the user can give a value that is not known.
        """
        self.findings.warn(sentence, self.line_of(name), unknown)

    def refuse(self, name: str, sentence: str) -> None:
        """Add a problem, at the property's line, that leaves the function out."""
        self.findings.refuse(sentence, self.line_of(name))

    def is_given(self, name: str) -> bool:
        """Return whether the property has a value, even one that only a deployment knows."""
        try:
            return self.resolver.resolve(self.mapping.get(name)) not in (None, Absent.NO_VALUE)
        except UnresolvedError:
            return True

    def value(self, name: str, consequence: str) -> object:
        """Return a property's resolved value; None when it is absent or not known here.

        Add a problem with the consequence when it is not known.
        """
        try:
            value = self.resolver.resolve(self.mapping.get(name))
        except UnresolvedError as error:
            label = self.label(name)
            sentence = f"the value of {label} is not known here, {consequence}: {error.sentence}"
            self.warn(name, sentence, error.name)
            return None
        return None if value is Absent.NO_VALUE else value

    def text(self, name: str, consequence: str = "so it is left out") -> str | None:
        """Return a text; None when it is absent, not known here, or refused for not being one."""
        value = self.value(name, consequence)
        if value is None or isinstance(value, str):
            return value
        self.refuse(name, f"{self.label(name)} is {shown(value)}, where a text is needed.")
        return None

    def number(
        self, name: str, allowed: tuple[int, int], unit: str, consequence: str
    ) -> int | None:
        """Return a whole number; None when it is absent, not known here, or refused.

        Refuse one outside of ``allowed``, the least and the most. ``unit`` ends the sentence.
        """
        value = self.value(name, consequence)
        if value is None:
            return None
        label = self.label(name)
        least, most = allowed
        wanted = f"Lambda takes {least} to {most} {unit}"
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if not is_number and not (isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value)):
            self.refuse(name, f"{label} is {shown(value)}, not a whole number; {wanted}.")
            return None
        number = int(str(value))
        if not least <= number <= most:
            self.refuse(name, f"{label} is {shown(number)}, but {wanted}.")
            return None
        return number

    def choice(self, name: str, choices: tuple[Choice, ...], consequence: str) -> Choice | None:
        """Return one of ``choices``; None when it is absent, not known here, or refused."""
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
        """Return the mapping under a property; None when it is absent, not known here, or refused.

        Refuse something else than a mapping with the remedy.
        """
        value = self.value(name, consequence)
        if isinstance(value, LinedMapping):
            path = f"{self.label(name)}."
            return Properties(value, self.line_of(name), self.resolver, self.findings, path)
        if value is not None:
            self.refuse(name, remedy)
        return None
