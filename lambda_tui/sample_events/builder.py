"""Builds the event of a service from parameters, each of which has a default."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lambda_tui.project.wording import shown

JsonObject = dict[str, Any]


class ParameterError(ValueError):
    """A parameter's value is of no use; ``str()`` is a sentence."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something about an event that can be chosen; its value is written as a text."""

    name: str
    default: str
    help: str
    """A clause without a full stop."""


class Values:
    """The values of a builder's parameters: those that were given, and defaults for the others."""

    def __init__(self, parameters: tuple[Parameter, ...], given: Mapping[str, str]) -> None:
        self._texts = {one.name: given.get(one.name, one.default) for one in parameters}

    def __getitem__(self, name: str) -> str:
        """Return a value as it is written."""
        return self._texts[name]

    def number(self, name: str, least: int = 0, most: int = 10_000) -> int:
        """Return a whole number; raise ``ParameterError`` for anything else."""
        text = self._texts[name].strip()
        if text.isascii() and text.isdigit() and least <= int(text[:12]) <= most:
            return int(text)
        raise ParameterError(
            f"{name} is {shown(text)}, but takes a whole number from {least} to {most:,}."
        )

    def mapping(self, name: str) -> dict[str, Any]:
        """Return a JSON object, which may be written as ``key=value,key=value`` too.

        Raise ``ParameterError`` for anything else.
        """
        text = self._texts[name].strip()
        if not text.startswith("{"):
            return dict(self._pair(name, one) for one in text.split(",") if one.strip())
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            return value
        raise ParameterError(f"{name} is {shown(text)}, which is no JSON object.")

    def texts(self, name: str) -> dict[str, str]:
        """Return a mapping whose values are written as text."""
        return {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in self.mapping(name).items()
        }

    def words(self, name: str) -> list[str]:
        """Return the words of a list that is separated by commas."""
        return [word.strip() for word in self._texts[name].split(",") if word.strip()]

    def choice(self, name: str, *choices: str) -> str:
        """Return one of the choices; raise ``ParameterError`` for anything else."""
        text = self._texts[name]
        if text in choices:
            return text
        raise ParameterError(f"{name} is {shown(text)}, but takes {' or '.join(choices)}.")

    @staticmethod
    def _pair(name: str, text: str) -> tuple[str, str]:
        key, sign, value = text.partition("=")
        if not sign or not key.strip():
            raise ParameterError(
                f"{name} holds {shown(text)}; write a JSON object, or key=value,key=value."
            )
        return key.strip(), value.strip()


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds events of one service."""

    name: str
    """The word for the command line, such as ``sqs``."""
    title: str
    """The service's name as AWS writes it."""
    parameters: tuple[Parameter, ...]
    make: Callable[[Values], JsonObject] = field(repr=False)

    def build(self, given: Mapping[str, str] | None = None) -> JsonObject:
        """Return a new event, with fresh ids and the present time.

        ``given`` has the values of parameters by their names; a name that the builder does not
        have is a ``KeyError``. Raise ``ParameterError`` for a value that is of no use.
        """
        given = given or {}
        unknown = given.keys() - {parameter.name for parameter in self.parameters}
        if unknown:
            raise KeyError(*sorted(unknown))
        return self.make(Values(self.parameters, given))

    def text(self, given: Mapping[str, str] | None = None) -> str:
        """Return a new event as indented JSON with a line feed at its end."""
        return json.dumps(self.build(given), indent=2, ensure_ascii=False) + "\n"
