"""Terraform's functions of lists, sets and mappings."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import chain, product

from lambda_tui.project.kinds.template.language import LinedMapping
from lambda_tui.project.kinds.terraform.language.values import (
    MOST_ITEMS,
    FunctionError,
    as_set,
    list_of,
    mapping,
    mapping_of,
    number_of,
    text_of,
    truth_of,
    without_repetitions,
)
from lambda_tui.project.wording import shown


def _merge(*mappings: object) -> LinedMapping:
    merged = LinedMapping()
    for one in mappings:
        if one is not None:
            given = mapping_of(one)
            merged.update(given)
            merged.lines.update(given.lines)
    return merged


def _lookup(entries: object, key: object, *default: object) -> object:
    name = text_of(key)
    given = mapping_of(entries)
    if name in given:
        return given[name]
    if not default:
        raise FunctionError(f"the mapping has no {shown(name)}")
    return default[0]


def _element(items: object, index: object) -> object:
    found = list_of(items)
    if not found:
        raise FunctionError("the list is empty")
    return found[int(number_of(index)) % len(found)]


def _length(value: object) -> int:
    if isinstance(value, str | list | dict):
        return len(value)
    raise FunctionError(f"{shown(value)} has no length")


def _coalesce(*values: object) -> object:
    for value in values:
        if value is not None and value != "":
            return value
    raise FunctionError("all of its values are null or empty")


def _coalesce_list(*lists: object) -> object:
    return next((one for one in lists if one not in (None, [])), [])


def _concat(*lists: object) -> list[object]:
    return _short(list(chain.from_iterable(list_of(one) for one in lists)))


def _short(items: list[object]) -> list[object]:
    if len(items) > MOST_ITEMS:
        raise FunctionError("it is too long a list")
    return items


def _compact(items: object) -> list[object]:
    return [one for one in list_of(items) if one not in (None, "")]


def _flatten(items: object) -> list[object]:
    flat: list[object] = []
    for one in list_of(items):
        flat += _flatten(one) if isinstance(one, list) else [one]
    return _short(flat)


def _keys(entries: object) -> list[object]:
    return sorted(mapping_of(entries), key=str)


def _contains(items: object, value: object) -> bool:
    return value in list_of(items)


def _index(items: object, value: object) -> int:
    found = list_of(items)
    if value not in found:
        raise FunctionError("the list does not have that item")
    return found.index(value)


def _range(*limits: object) -> list[object]:
    numbers = [int(number_of(one)) for one in limits]
    if len(numbers) == 2 and numbers[1] < numbers[0]:
        numbers.append(-1)
    made = range(*numbers)
    if len(made) > 1024:
        raise FunctionError("it has more than 1,024 numbers, which Terraform refuses")
    return list(made)


def _slice(items: object, start: object, end: object) -> list[object]:
    return list_of(items)[int(number_of(start)) : int(number_of(end))]


def _zip_map(keys: object, values: object) -> LinedMapping:
    pairs = zip(list_of(keys), list_of(values), strict=False)
    return mapping({text_of(key): value for key, value in pairs})


def _product(*sets: object) -> list[object]:
    lists = [list_of(one) for one in sets]
    if math.prod(map(len, lists)) > MOST_ITEMS:
        raise FunctionError("it is too long a list")
    return [list(one) for one in product(*lists)]


def _union(*sets: object) -> list[object]:
    return as_set(_concat(*sets))


def _intersection(first: object, *sets: object) -> list[object]:
    return as_set([one for one in list_of(first) if all(one in list_of(two) for two in sets)])


def _difference(first: object, second: object) -> list[object]:
    return as_set([one for one in list_of(first) if one not in list_of(second)])


def _one(items: object) -> object:
    found = list_of(items)
    if len(found) > 1:
        raise FunctionError("the list has several items")
    return found[0] if found else None


def _to_map(value: object) -> LinedMapping:
    return mapping_of(value)


def _sort(items: object) -> list[object]:
    return sorted(list_of(items), key=text_of)


COLLECTION_FUNCTIONS: Mapping[str, Callable[..., object]] = {
    "alltrue": lambda items: all(truth_of(one) for one in list_of(items)),
    "anytrue": lambda items: any(truth_of(one) for one in list_of(items)),
    "coalesce": _coalesce,
    "coalescelist": _coalesce_list,
    "compact": _compact,
    "concat": _concat,
    "contains": _contains,
    "distinct": lambda items: without_repetitions(list_of(items)),
    "element": _element,
    "flatten": _flatten,
    "index": _index,
    "keys": _keys,
    "length": _length,
    "lookup": _lookup,
    "merge": _merge,
    "nonsensitive": lambda value: value,
    "one": _one,
    "range": _range,
    "reverse": lambda items: list_of(items)[::-1],
    "sensitive": lambda value: value,
    "setintersection": _intersection,
    "setproduct": _product,
    "setsubtract": _difference,
    "setunion": _union,
    "slice": _slice,
    "sort": _sort,
    "tolist": list_of,
    "tomap": _to_map,
    "toset": lambda items: as_set(list_of(items)),
    "values": list_of,
    "zipmap": _zip_map,
}
"""The functions by their names."""
