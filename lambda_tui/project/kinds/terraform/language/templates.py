"""Splits a text at the expressions of a template: ``table-${var.stage}``."""

from __future__ import annotations

import re
from typing import NamedTuple

_SIGN = re.compile(r"\$\$\{|%%\{|\$\{~?|%\{")
_INSIDE = re.compile(r'["{}]')
_QUOTED = re.compile(r'\\.|\$\$\{|\$\{|"', re.DOTALL)
_HEREDOC = re.compile(r"<<-?[^\r\n]*\r?\n(.*)\n[ \t]*\S+\s*\Z", re.DOTALL)
_INDENTED = "<<-"


class Interpolation(NamedTuple):
    """The source of an expression between ``${`` and ``}``."""

    source: str
    line: int
    """Counted from 0 at the begin of the text."""


class Directive(NamedTuple):
    """A ``%{ if … }`` or ``%{ for … }``, which is not evaluated here."""


def split_template(text: str) -> list[str | Interpolation | Directive]:
    """Return the texts of a template and the expressions between them, in their order.

    One that is not closed is left in the text.
    """
    parts: list[str | Interpolation | Directive] = []
    kept, position = 0, 0
    while (match := _SIGN.search(text, position)) is not None:
        sign, position = match[0], match.end()
        if sign in ("$${", "%%{"):
            parts += [text[kept : match.start()], sign[1:]]
            kept = position
            continue
        end = _closing(text, position)
        if end is None:
            break
        parts.append(text[kept : match.start()])
        if sign == "%{":
            parts.append(Directive())
        else:
            line = text.count("\n", 0, position)
            parts.append(Interpolation(text[position : end - 1].removesuffix("~"), line))
        kept = position = end
    return [part for part in (*parts, text[kept:]) if part != ""]


def heredoc_text(token: str) -> str:
    """Return the text of ``<<EOT … EOT``, without the indentation that all lines share.

    Only ``<<-EOT`` takes the indentation away.
    """
    match = _HEREDOC.match(token)
    if match is None:
        return ""
    lines = match[1].replace("\r\n", "\n").split("\n")
    if token.startswith(_INDENTED):
        indents = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip()]
        width = min(indents, default=0)
        lines = [line[width:] for line in lines]
    return "\n".join(lines) + "\n"


def _closing(text: str, start: int) -> int | None:
    """Return the position behind the brace that ends an expression; None where none does."""
    depth, position = 1, start
    while (match := _INSIDE.search(text, position)) is not None:
        position = match.end()
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
            if depth == 0:
                return position
        else:
            end = _end_of_quoted(text, position)
            if end is None:
                return None
            position = end
    return None


def _end_of_quoted(text: str, start: int) -> int | None:
    """Return the position behind the quotes that end a text, in which expressions may stand."""
    position = start
    while (match := _QUOTED.search(text, position)) is not None:
        position = match.end()
        if match[0] == '"':
            return position
        if match[0] == "${":
            end = _closing(text, position)
            if end is None:
                return None
            position = end
    return None
