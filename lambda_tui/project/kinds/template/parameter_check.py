"""Checks the parameters and conditions of a stack as CloudFormation does before it deploys one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lambda_tui.project.kinds.template.known_names import hint
from lambda_tui.project.kinds.template.language import (
    LinedMapping,
    Resolver,
    UnresolvedError,
    intrinsic_name,
    section,
    text_under,
)
from lambda_tui.project.wording import shown

_TYPES = ("String", "Number", "CommaDelimitedList", "List<Number>", "List<String>")
_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*")

Remark = tuple[str, int | None]
"""A sentence, and the line that it is about."""


def parameter_remarks(content: LinedMapping, resolver: Resolver) -> Iterator[Remark]:
    """Yield what is wrong with the types and the values of a stack's parameters."""
    parameters = section(content, "Parameters")
    for name in parameters:
        parameter, label = section(parameters, name), f"Parameters.{shown(name)}"
        kind = parameter.get("Type", "String")
        line = parameter.lines.get("Type", parameters.lines.get(name))
        if isinstance(kind, str) and kind not in _TYPES and not _is_of_aws(kind):
            yield f"{label} has the Type {shown(kind)}; {hint(kind, _TYPES)}", line
        try:
            value = resolver.resolve({"Ref": name})
            texts = [resolver.text(one) for one in (value if isinstance(value, list) else [value])]
        except UnresolvedError:
            # Its uses tell that it is not known.
            continue
        for text in texts:
            for key, sentence in _refusals(text, parameter, kind):
                is_secret = str(parameter.get("NoEcho")).lower() == "true"
                what = "a secret" if is_secret else shown(text)
                yield f"{label} is {what}, {sentence}", parameter.lines.get(key, line)


def condition_remarks(content: LinedMapping) -> Iterator[Remark]:
    """Yield what is wrong with the names that a stack's conditions refer to."""
    conditions, parameters = section(content, "Conditions"), section(content, "Parameters")
    for name, condition in conditions.items():
        for call, other in _names_in(condition, set()):
            known = conditions if call == "Condition" else parameters
            if other in known or other.startswith("AWS::"):
                continue
            what = "Conditions" if call == "Condition" else "Parameters"
            advice = hint(other, known).replace("take it out", "declare it there")
            yield (
                f"Conditions.{shown(name)} refers to {shown(other)}, which {what} does not have; "
                f"{advice}",
                conditions.lines.get(name),
            )


def _is_of_aws(kind: str) -> bool:
    return kind.startswith(("AWS::", "List<AWS::"))


def _refusals(text: str, parameter: LinedMapping, kind: object) -> Iterator[tuple[str, str]]:
    """Yield why CloudFormation refuses a value, each with the key that says so."""
    allowed = parameter.get("AllowedValues")
    if isinstance(allowed, list):
        texts = [_as_written(one) for one in allowed]
        if text not in texts:
            yield "AllowedValues", f"but AllowedValues has {shown(', '.join(texts))} only."
    pattern = parameter.get("AllowedPattern")
    if isinstance(pattern, str) and _contradicts(pattern, text):
        yield "AllowedPattern", f"which AllowedPattern, {shown(pattern)}, does not match."
    is_number = _NUMBER.fullmatch(text) is not None
    if kind in ("Number", "List<Number>") and not is_number:
        yield "Default", "and is no number."
    bounds: dict[str, float] = {"MinLength": len(text), "MaxLength": len(text)}
    if is_number:
        bounds |= {"MinValue": float(text), "MaxValue": float(text)}
    for key, figure in bounds.items():
        bound = _as_written(parameter.get(key))
        if _NUMBER.fullmatch(bound):
            is_outside = figure < float(bound) if key.startswith("Min") else figure > float(bound)
            if is_outside:
                yield key, f"where {key} is {shown(bound)}."


def _as_written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _contradicts(pattern: str, text: str) -> bool:
    """Return whether a text does not match; what Python cannot read or takes long may match."""
    if len(text) > 256 or re.search(r"[+*}]\)?[+*{]", pattern):
        return False
    try:
        return re.fullmatch(pattern, text) is None
    except (re.error, OverflowError, RecursionError):
        return False


def _names_in(value: object, seen: set[int]) -> Iterator[tuple[str, str]]:
    """Yield the names that a condition refers to, each with ``Ref`` or ``Condition``."""
    if not isinstance(value, dict | list) or id(value) in seen:
        return
    seen.add(id(value))
    call = intrinsic_name(value)
    if isinstance(value, dict) and call in ("Ref", "Condition"):
        name = text_under(value, call)
        if name is not None:
            yield call, name
        return
    for inner in value.values() if isinstance(value, dict) else value:
        yield from _names_in(inner, seen)
