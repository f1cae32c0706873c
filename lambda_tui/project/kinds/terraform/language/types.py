"""Converts values to the types of variables, such as ``map(object({timeout = number}))``."""

from __future__ import annotations

from collections.abc import Callable

from lambda_tui.project.kinds.template.language import LinedMapping, Unknown
from lambda_tui.project.kinds.terraform.language.syntax import (
    Call,
    Entries,
    Expression,
    Items,
    Literal,
    Name,
)
from lambda_tui.project.kinds.terraform.language.values import (
    Failure,
    FunctionError,
    Members,
    as_set,
    list_of,
    mapping_of,
    number_of,
    text_of,
    truth_of,
)

Evaluate = Callable[[Expression], object]
"""Evaluates the default of an ``optional`` attribute."""


def converted(value: object, kind: Expression, evaluate: Evaluate) -> object:
    """Return a value as a type; a ``Failure`` where it is of another."""
    try:
        return _converted(value, kind, evaluate)
    except FunctionError as error:
        return Failure(str(error))


def _converted(value: object, kind: Expression, evaluate: Evaluate) -> object:
    if value is None or isinstance(value, Unknown | Members):
        return value
    match kind:
        case Name("string"):
            return text_of(value)
        case Name("number"):
            return number_of(value)
        case Name("bool"):
            return truth_of(value)
        case Call("list", [item]):
            return [_converted(one, item, evaluate) for one in list_of(value)]
        case Call("set", [item]):
            return as_set([_converted(one, item, evaluate) for one in list_of(value)])
        case Call("map", [item]):
            given = mapping_of(value)
            made = LinedMapping()
            for name, one in given.items():
                made.put(name, _converted(one, item, evaluate), given.lines.get(name))
            return made
        case Call("object", [Entries() as attributes]):
            return _object(mapping_of(value), attributes, evaluate)
        case Call("tuple", [Items(items)]):
            pairs = zip(list_of(value), items, strict=False)
            return [_converted(one, item, evaluate) for one, item in pairs]
    return value


def _object(given: LinedMapping, attributes: Entries, evaluate: Evaluate) -> LinedMapping:
    """Return an object with the attributes of its type alone, as Terraform drops all others."""
    made = LinedMapping()
    for entry in attributes.entries:
        if not isinstance(entry.key, Literal):
            continue
        name, kind = str(entry.key.value), entry.value
        default: object = None
        is_optional = False
        if isinstance(kind, Call) and kind.function == "optional" and kind.arguments:
            is_optional = True
            default = evaluate(kind.arguments[1]) if len(kind.arguments) > 1 else None
            kind = kind.arguments[0]
        if name not in given and not is_optional:
            raise FunctionError(f"the attribute {name} is required")
        value = given.get(name)
        made.put(
            name,
            _converted(default if value is None else value, kind, evaluate),
            given.lines.get(name),
        )
    return made
