"""Splits a text at the Serverless Framework's variables, such as ``${env:TABLE, 'orders'}``."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BRACE = re.compile(r"\$\{|\}")
_SOURCE = re.compile(r"([a-zA-Z][a-zA-Z0-9_-]*)(?=\(|:(?!:))")
"""The name of a source. CloudFormation's own ``${AWS::Region}`` and ``${Table.Arn}`` have none."""
_BOUNDARY = re.compile(r"\$\{|[}(),'\"]")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")
_WORDS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that is written out: a quoted text, a number, a truth value, or null."""

    value: object


@dataclass(frozen=True, slots=True)
class Source:
    """A place to look a value up in: ``file(config.yml):table`` has all three parts."""

    name: str
    arguments: str | None
    """The text in parentheses; None without any."""
    address: str | None
    """The text behind the colon; None without one."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: the first of its choices that has a value gives it."""

    text: str
    """The variable as it is written, with its braces."""
    choices: tuple[Source | Literal, ...]


def split_variables(text: str) -> list[str | Variable]:
    """Return the variables of a text and the texts between them, in their order.

    Variables inside of a variable's own parts are left in those, as texts.
    """
    parts: list[str | Variable] = []
    kept, position = 0, text.find("${")
    while position >= 0:
        end = _closing(text, position)
        if end is None:
            break
        choices = _choices(text[position + 2 : end - 1])
        if choices is None:
            # The value of Fn::Sub may hold variables inside of CloudFormation's.
            position = text.find("${", position + 2)
            continue
        if text[position - 1 : position] == "\\":
            parts += [text[kept : position - 1], text[position:end]]
        else:
            parts += [text[kept:position], Variable(text[position:end], choices)]
        kept, position = end, text.find("${", end)
    return [part for part in (*parts, text[kept:]) if part != ""]


def _closing(text: str, start: int) -> int | None:
    """Return the position behind the brace that closes the one at ``start``; None without one."""
    depth = 0
    for match in _BRACE.finditer(text, start):
        depth += 1 if match[0] == "${" else -1
        if depth == 0:
            return match.end()
    return None


def _choices(text: str) -> tuple[Source | Literal, ...] | None:
    """Return what stands between the braces; None where that is no variable of the framework."""
    pieces = [piece.strip() for piece in _at_commas(text)]
    found = [_choice(piece) for piece in pieces]
    if not isinstance(found[0], Source):
        return None
    # A fall-back that is neither is a text in which variables may stand.
    return tuple(
        Literal(piece) if one is None else one for one, piece in zip(found, pieces, strict=True)
    )


def _at_commas(text: str) -> list[str]:
    """Return the parts between commas that are in no quotes, parentheses or inner variables."""
    pieces, start, depth, quote = list[str](), 0, 0, ""
    for match in _BOUNDARY.finditer(text):
        sign = match[0]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in ("'", '"'):
            quote = sign
        elif sign in ("${", "("):
            depth += 1
        elif sign in ("}", ")"):
            depth -= 1
        elif depth == 0:
            pieces.append(text[start : match.start()])
            start = match.end()
    return [*pieces, text[start:]]


def _choice(piece: str) -> Source | Literal | None:
    if piece in _WORDS:
        return Literal(_WORDS[piece])
    if not piece:
        return Literal(None)
    if len(piece) > 1 and piece[0] == piece[-1] and piece[0] in "'\"":
        return Literal(piece[1:-1])
    if _NUMBER.fullmatch(piece):
        return Literal(float(piece) if "." in piece else int(piece))
    match = _SOURCE.match(piece)
    if match is None:
        return None
    rest, arguments = piece[match.end() :], None
    if rest.startswith("("):
        end = _closing_parenthesis(rest)
        if end is None:
            return None
        arguments, rest = rest[1:end].strip(), rest[end + 1 :].strip()
    if rest and not rest.startswith(":"):
        return None
    return Source(match[1], arguments, rest[1:].strip() if rest else None)


def _closing_parenthesis(text: str) -> int | None:
    depth = 0
    for match in _BOUNDARY.finditer(text):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth == 0:
            return match.start()
    return None
