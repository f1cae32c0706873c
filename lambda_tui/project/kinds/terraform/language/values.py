"""Values of Terraform's language, and the conversions between them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from lambda_tui.project.kinds.template.language import (
    LinedMapping,
    Unknown,
    UnresolvedError,
    as_text,
)
from lambda_tui.project.wording import shown

LONGEST_TEXT = 1024 * 1024
"""Characters of a text that is made of others."""
MOST_ITEMS = 100_000
"""Items of a list that is made of others."""


@dataclass(frozen=True, slots=True)
class Failure(Unknown):
    """The place of a value that Terraform itself would refuse to make, as ``try`` notices."""


class Members(ABC):
    """A value whose attributes are made when they are asked for, such as a resource."""

    @abstractmethod
    def member(self, name: str) -> object:
        """Return the value of an attribute, or an ``Unknown``."""


class FunctionError(Exception):
    """A function does not take its arguments; ``str()`` is the reason."""


def mapping(entries: object) -> LinedMapping:
    """Return entries as a mapping that keeps the lines of one that has them."""
    made = LinedMapping()
    if isinstance(entries, dict):
        made.update(entries)
        if isinstance(entries, LinedMapping):
            made.lines.update(entries.lines)
    return made


def text_of(value: object) -> str:
    """Return a value as text; raise ``FunctionError`` for what is none."""
    try:
        return as_text(value)
    except UnresolvedError as error:
        raise FunctionError(str(error)) from error


def number_of(value: object) -> int | float:
    """Return a value as number; raise ``FunctionError`` for what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise FunctionError(f"a number is needed where {shown(value)} stands")
    if not isinstance(value, str):
        return value
    try:
        return whole(float(value)) if len(value) < 40 else int(value[:300])
    except ValueError as error:
        raise FunctionError(f"{shown(value)} is no number") from error


def whole(number: float) -> int | float:
    """Return a number without a fraction as a whole one, as Terraform has one kind alone."""
    is_whole = isinstance(number, float) and number.is_integer() and abs(number) < 2**53
    return int(number) if is_whole else number


def truth_of(value: object) -> bool:
    """Return a value as truth value; raise ``FunctionError`` for what is none."""
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise FunctionError(f"true or false is needed where {shown(value)} stands")


def list_of(value: object) -> list[object]:
    """Return a value as list; raise ``FunctionError`` for what is none."""
    if isinstance(value, dict):
        return [value[key] for key in sorted(value, key=str)]
    if not isinstance(value, list):
        raise FunctionError(f"a list is needed where {shown(value)} stands")
    return value


def mapping_of(value: object) -> LinedMapping:
    """Return a value as mapping; raise ``FunctionError`` for what is none."""
    if not isinstance(value, dict):
        raise FunctionError(f"a mapping is needed where {shown(value)} stands")
    return value if isinstance(value, LinedMapping) else mapping(value)


def without_repetitions(items: list[object]) -> list[object]:
    """Return the items of a list, each once; they may be lists and mappings."""
    found: list[object] = []
    seen: set[object] = set()
    for item in items:
        try:
            is_new = (type(item), item) not in seen
            seen.add((type(item), item))
        except TypeError:
            is_new = item not in found
        if is_new:
            found.append(item)
    return found


def as_set(items: list[object]) -> list[object]:
    """Return the items of a set in Terraform's order: that of texts, or of numbers."""
    distinct = without_repetitions(items)
    if all(isinstance(one, str) for one in distinct):
        return sorted(distinct, key=str)
    return distinct
