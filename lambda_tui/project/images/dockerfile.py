"""The syntax of a Dockerfile: its instructions, their words, and the variables in these."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(\S*)\s*")
_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)(?:\s+(.*))?", re.DOTALL)
_HERE_DOCUMENT = re.compile(r"<<(-?)([\"']?)(\w+)\2(?=\s|$)")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?:(:?[-+?])([^}]*))?[^}]*\})")
_FLAG = re.compile(r"--([\w-]+)(?:=(\S*))?\s+")
_WITH_HERE_DOCUMENTS = ("RUN", "COPY", "ADD")


class Instruction(NamedTuple):
    """One instruction, its lines joined."""

    name: str
    """In upper case, such as ``COPY``."""
    flags: Mapping[str, str]
    """The values of its options, such as ``--from=build``, by their names."""
    text: str
    """The text that follows them."""
    line: int
    """The first line, counted from 1."""
    escape: str
    """The character that takes the meaning of the next one: a backslash, or what is set."""
    has_here_document: bool = False

    def items(self) -> list[str] | None:
        """Return the words of a JSON array, the exec form; None for another form."""
        try:
            found = json.loads(self.text)
        except (ValueError, RecursionError):
            return None
        is_exec = isinstance(found, list) and all(isinstance(one, str) for one in found)
        return found if is_exec else None

    def words(self, variables: Mapping[str, str]) -> list[str]:
        """Return the words with variables in their places; of an array, its items."""
        listed = self.items()
        if listed is not None:
            return [expanded(one, variables) for one in listed]
        return [unquoted(one, variables, self.escape) for one in _split(self.text, self.escape)]

    def pairs(self, variables: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return what ``ENV`` sets: ``NAME=value …``, or the older ``NAME value``."""
        words = _split(self.text, self.escape)
        if words and "=" not in words[0]:
            name, _, value = self.text.strip().partition(" ")
            return [(name, unquoted(value.strip(), variables, self.escape))]
        split = [word.partition("=") for word in words if "=" in word]
        return [(name, unquoted(value, variables, self.escape)) for name, _, value in split]


def instructions(text: str) -> Iterator[Instruction]:
    """Yield the instructions of a Dockerfile, without comments; what is none is left out."""
    lines = text.splitlines()
    escape = _escape(lines)
    number = 0
    while number < len(lines):
        first, joined = number, ""
        while number < len(lines):
            line = lines[number]
            number += 1
            is_left_out = line.lstrip().startswith("#") or (joined and not line.strip())
            if not is_left_out:
                stripped = line.rstrip()
                joined += stripped.removesuffix(escape)
                if not stripped.endswith(escape):
                    break
        match = _INSTRUCTION.fullmatch(joined)
        if match is None:
            continue
        name, rest = match[1].upper(), match[2] or ""
        documents = _HERE_DOCUMENT.findall(rest) if name in _WITH_HERE_DOCUMENTS else []
        for dash, _, word in documents:
            number = _end_of_document(lines, number, word, is_indented=bool(dash))
        flags = {}
        while flag := _FLAG.match(rest):
            flags[flag[1]] = flag[2] or ""
            rest = rest[flag.end() :]
        yield Instruction(name, flags, rest, first + 1, escape, bool(documents))


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """Return a text with the values of variables in their places, an unknown one's being empty."""

    def value(match: re.Match[str]) -> str:
        name, operator, word = match[1] or match[2], match[3], match[4] or ""
        known = variables.get(name)
        is_set = known is not None and (known != "" or ":" not in (operator or ":"))
        if operator is not None and operator.endswith("+"):
            return word if is_set else ""
        if not is_set and operator is not None and operator.endswith("-"):
            return expanded(word, variables) if word != text else ""
        return known or ""

    return _VARIABLE.sub(value, text)


def unquoted(word: str, variables: Mapping[str, str], escape: str) -> str:
    """Return a word without its quotes, with the variables outside of single ones expanded."""
    parts, plain, quote, index = [], "", "", 0
    while index < len(word):
        character = word[index]
        following = word[index + 1 : index + 2]
        if character == escape and quote != "'" and following:
            keeps = quote == '"' and following not in ('"', "$", escape)
            parts += [expanded(plain, variables), (escape if keeps else "") + following]
            plain, index = "", index + 1
        elif character in "\"'" and quote in ("", character):
            parts.append(plain if quote == "'" else expanded(plain, variables))
            plain, quote = "", "" if quote else character
        else:
            plain += character
        index += 1
    parts.append(plain if quote == "'" else expanded(plain, variables))
    return "".join(parts)


def _split(text: str, escape: str) -> list[str]:
    """Return the words between blanks that are neither quoted nor escaped, as they are written."""
    words, word, quote, index = [], "", "", 0
    while index < len(text):
        character = text[index]
        if character == escape and quote != "'":
            word += text[index : index + 2]
            index += 2
            continue
        if character in "\"'" and quote in ("", character):
            quote = "" if quote else character
        if character.isspace() and not quote:
            words.append(word)
            word = ""
        else:
            word += character
        index += 1
    return [one for one in (*words, word) if one]


def _escape(lines: list[str]) -> str:
    """Return the escape character, which a directive above all else may set."""
    for line in lines:
        directive = _DIRECTIVE.fullmatch(line.strip())
        if directive is None:
            break
        if directive[1].lower() == "escape" and directive[2] in ("`", "\\"):
            return directive[2]
    return "\\"


def _end_of_document(lines: list[str], number: int, word: str, *, is_indented: bool) -> int:
    """Return the number of the line after a here-document that begins with the line ``number``."""
    while number < len(lines):
        line = lines[number].lstrip("\t") if is_indented else lines[number]
        number += 1
        if line == word:
            break
    return number
