"""Parses the form that Terraform's language has in JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from lambda_tui.project.kinds.terraform.language.parser import (
    expression_at,
    syntax_errors,
    template_at,
)
from lambda_tui.project.kinds.terraform.language.syntax import (
    Argument,
    Block,
    Entries,
    Entry,
    Expression,
    InvalidSyntaxError,
    Items,
    Literal,
)
from lambda_tui.project.wording import shown

_LABELS = {"resource": 2, "data": 2, "module": 1, "variable": 1, "output": 1, "provider": 1}
"""The numbers of labels of blocks, which the JSON form has as keys of mappings."""
_WIDEST_INTEGER = 64
"""Bits."""
_TEMPLATE = re.compile(r"[$%]\{")
_LINE = 1
"""JSON has no lines here: all of a file's blocks stand on its first."""


def parse_json_file(text: str) -> Block:
    """Return a ``.tf.json`` file as a block without a kind; raise what ``parse_file`` raises."""
    content = _object(text)
    with syntax_errors():
        return _file(content)


def parse_json_values(text: str) -> Block:
    """Return a ``.tfvars.json`` file in the same form; raise what ``parse_file`` raises."""
    content = _object(text)
    with syntax_errors():
        return _block("", [], content)


def _object(text: str) -> dict[str, object]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise InvalidSyntaxError(f"it is not valid JSON: {shown(str(error))}", line) from error
    if not isinstance(content, dict):
        raise InvalidSyntaxError("it is no JSON object", _LINE)
    return content


def _file(content: dict[str, object]) -> Block:
    blocks = []
    for kind, value in content.items():
        if kind == "locals":
            blocks += [_block(kind, [], one) for one in _as_list(value)]
        else:
            blocks += list(_blocks(kind, value, _LABELS.get(kind, 0), []))
    return Block("", [], {}, blocks, _LINE)


def _blocks(kind: str, value: object, missing: int, labels: list[str]) -> Iterator[Block]:
    """Yield the blocks under a key; ``missing`` labels are keys of mappings still to come."""
    for one in _as_list(value):
        if missing == 0:
            yield _block(kind, labels, one)
        elif isinstance(one, dict):
            for label, inner in one.items():
                yield from _blocks(kind, inner, missing - 1, [*labels, label])


def _block(kind: str, labels: list[str], value: object) -> Block:
    """Return a block whose nested blocks are arguments, as both look alike in JSON."""
    content = value if isinstance(value, dict) else {}
    arguments = {
        name: Argument(_type(one) if name == "type" else _value(one), _LINE)
        for name, one in content.items()
        if name != "//"
    }
    return Block(kind, labels, arguments, [], _LINE)


def _type(value: object) -> Expression:
    """Return the type of a variable, which is an expression without ``${``."""
    return expression_at(value, _LINE) if isinstance(value, str) else _value(value)


def _value(value: object) -> Expression:
    match value:
        case str():
            return template_at(value, _LINE) if _TEMPLATE.search(value) else Literal(value)
        case list():
            return Items([_value(one) for one in value])
        case dict():
            entries = value.items()
            return Entries([Entry(_value(key), _value(one), _LINE) for key, one in entries])
        case bool() | float() | None:
            return Literal(value)
        case int():
            return Literal(value if value.bit_length() <= _WIDEST_INTEGER else 0)
    return Literal(None)


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
