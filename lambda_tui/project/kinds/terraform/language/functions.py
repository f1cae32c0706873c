"""Terraform's functions of values alone; those that read files are elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from lambda_tui.project.kinds.template.language import Unknown
from lambda_tui.project.kinds.terraform.language.collection_functions import COLLECTION_FUNCTIONS
from lambda_tui.project.kinds.terraform.language.text_functions import TEXT_FUNCTIONS
from lambda_tui.project.kinds.terraform.language.values import (
    FunctionError,
    list_of,
    number_of,
    whole,
)


def _numbers(values: tuple[object, ...]) -> list[int | float]:
    items = values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)
    if not items:
        raise FunctionError("there is no number")
    return [number_of(one) for one in list_of(items)]


FUNCTIONS: Mapping[str, Callable[..., object]] = {
    **TEXT_FUNCTIONS,
    **COLLECTION_FUNCTIONS,
    "abs": lambda number: abs(number_of(number)),
    "ceil": lambda number: math.ceil(number_of(number)),
    "floor": lambda number: math.floor(number_of(number)),
    "max": lambda *numbers: max(_numbers(numbers)),
    "min": lambda *numbers: min(_numbers(numbers)),
    "sum": lambda items: whole(sum(_numbers((items,)))),
}
"""The functions; each raises ``FunctionError`` for arguments that it does not take."""


def has_unknown(value: object) -> Unknown | None:
    """Return the first value inside of another that is not known; None when all are."""
    if isinstance(value, Unknown):
        return value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for one in inner if (found := has_unknown(one)) is not None), None)
