"""Terraform's functions of texts: their parts, their forms, and what they encode."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import urllib.parse
from collections.abc import Callable, Mapping
from itertools import islice

import regex

from lambda_tui.project.kinds.template.language import InvalidYamlError, LinedMapping, read_yaml
from lambda_tui.project.kinds.terraform.language.values import (
    LONGEST_TEXT,
    MOST_ITEMS,
    FunctionError,
    list_of,
    mapping,
    number_of,
    text_of,
    truth_of,
)
from lambda_tui.project.wording import shown

_VERB = re.compile(r"%(?:\[(\d+)\])?([-+# 0]*)(\d*)(?:\.(\d+))?([a-zA-Z%])")
_REGEX_SECONDS = 0.2
_GO_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def _join(separator: object, *lists: object) -> str:
    parts = [text_of(one) for items in lists for one in list_of(items)]
    return _limited(text_of(separator), parts)


def _limited(separator: str, parts: list[str]) -> str:
    if sum(map(len, parts)) + len(separator) * len(parts) > LONGEST_TEXT:
        raise FunctionError("it is too long a text")
    return separator.join(parts)


def _format(template: object, *arguments: object) -> str:
    following = iter(range(len(arguments)))

    def replaced(match: re.Match[str]) -> str:
        place, flags, width, precision, verb = match.groups()
        if verb == "%":
            return "%"
        index = int(place[:6]) - 1 if place else next(following, len(arguments))
        if not 0 <= index < len(arguments):
            raise FunctionError("there are fewer values than places for them")
        if int(width[:6] or 0) > 1000 or int((precision or "0")[:6]) > 100:
            raise FunctionError("a width is too large")
        text = _formatted(arguments[index], verb, precision)
        if "-" in flags:
            return text.ljust(int(width or 0))
        return text.rjust(int(width or 0), "0" if "0" in flags else " ")

    return _VERB.sub(replaced, text_of(template))


def _formatted(value: object, verb: str, precision: str | None) -> str:
    match verb:
        case "s" | "v":
            return _json_encode(value) if isinstance(value, list | dict) else text_of(value)
        case "d":
            return str(int(number_of(value)))
        case "f":
            return f"{float(number_of(value)):.{precision or 6}f}"
        case "q":
            return json.dumps(text_of(value), ensure_ascii=False)
        case "t":
            return text_of(truth_of(value))
        case "x":
            return f"{int(number_of(value)):x}"
    raise FunctionError(f"%{verb} is not known here")


def _format_list(template: object, *arguments: object) -> list[object]:
    lists = [one for one in arguments if isinstance(one, list)]
    size = max(map(len, lists), default=1)
    rows = (
        [one[row] if isinstance(one, list) else one for one in arguments] for row in range(size)
    )
    return [_format(template, *row) for row in rows]


def _json_encode(value: object) -> str:
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise FunctionError("a value in it is not known here") from error
    for sign, escape in _GO_ESCAPES.items():
        text = text.replace(sign, escape)
    return text


def _json_decode(text: object) -> object:
    try:
        return _with_mappings(json.loads(text_of(text)))
    except ValueError as error:
        raise FunctionError(f"it is not valid JSON: {shown(str(error))}") from error


def _yaml_decode(text: object) -> object:
    try:
        return read_yaml(text_of(text)).content
    except InvalidYamlError as error:
        raise FunctionError(f"it is not valid YAML: {error}") from error


def _with_mappings(value: object) -> object:
    if isinstance(value, list):
        return [_with_mappings(one) for one in value]
    if isinstance(value, dict):
        return mapping({key: _with_mappings(one) for key, one in value.items()})
    return value


def _replace(text: object, old: object, new: object) -> str:
    pattern, source = text_of(old), text_of(text)
    if len(pattern) > 1 and pattern[0] == pattern[-1] == "/":
        template = re.sub(r"\$\{?(\w+)\}?", r"\\g<\1>", text_of(new))
        return str(
            _matched(lambda: regex.sub(pattern[1:-1], template, source, timeout=_REGEX_SECONDS))
        )
    if source.count(pattern) * len(text_of(new)) > LONGEST_TEXT:
        raise FunctionError("it is too long a text")
    return source.replace(pattern, text_of(new))


def _regex(pattern: object, text: object) -> object:
    found = _matched(lambda: regex.search(text_of(pattern), text_of(text), timeout=_REGEX_SECONDS))
    if found is None:
        raise FunctionError("the pattern is not found")
    return _groups(found)


def _regex_all(pattern: object, text: object) -> list[object]:
    found = _matched(
        lambda: list(
            islice(
                regex.finditer(text_of(pattern), text_of(text), timeout=_REGEX_SECONDS),
                MOST_ITEMS,
            )
        )
    )
    assert isinstance(found, list)
    return [_groups(one) for one in found]


def _groups(found: object) -> object:
    assert isinstance(found, regex.Match)
    if found.groupdict():
        return mapping(found.groupdict())
    return list(found.groups()) if found.groups() else found[0]


def _matched(search: Callable[[], object]) -> object:
    try:
        return search()
    except (regex.error, TimeoutError, IndexError, OverflowError) as error:
        raise FunctionError(f"the pattern cannot be used: {shown(str(error))}") from error


def _substring(text: object, offset: object, size: object) -> str:
    source, start, count = text_of(text), int(number_of(offset)), int(number_of(size))
    start = start + len(source) if start < 0 else start
    return source[start:] if count < 0 else source[start : start + count]


def _split(separator: object, text: object) -> list[object]:
    sign, source = text_of(separator), text_of(text)
    return list(source.split(sign) if sign else source)


def _base64_decode(text: object) -> str:
    try:
        return base64.b64decode(text_of(text), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise FunctionError("it is no text in base64") from error


def _bytes(value: object) -> bytes:
    return text_of(value).encode("utf-8", "surrogatepass")


def _trim(text: object, signs: object) -> str:
    return text_of(text).strip(text_of(signs))


def _indent(spaces: object, text: object) -> str:
    count, source = int(number_of(spaces)), text_of(text)
    if not 0 <= count <= 1000 or source.count("\n") * count > LONGEST_TEXT:
        raise FunctionError("it is too long a text")
    return source.replace("\n", "\n" + " " * count)


def _parse_integer(text: object, radix: object) -> int:
    try:
        return int(text_of(text)[:300], int(number_of(radix)))
    except ValueError as error:
        raise FunctionError(f"{shown(text)} is no number") from error


def _arn_parse(arn: object) -> LinedMapping:
    parts = text_of(arn).split(":", 5)
    names = ("partition", "service", "region", "account_id", "resource")
    if len(parts) != 6:
        raise FunctionError(f"{shown(arn)} is no ARN")
    return mapping(dict(zip(names, parts[1:], strict=True)))


TEXT_FUNCTIONS: Mapping[str, Callable[..., object]] = {
    "base64decode": _base64_decode,
    "base64encode": lambda text: base64.b64encode(_bytes(text)).decode(),
    "base64sha256": lambda text: base64.b64encode(hashlib.sha256(_bytes(text)).digest()).decode(),
    "chomp": lambda text: text_of(text).rstrip("\r\n"),
    "endswith": lambda text, end: text_of(text).endswith(text_of(end)),
    "format": _format,
    "formatlist": _format_list,
    "indent": _indent,
    "join": _join,
    "jsondecode": _json_decode,
    "jsonencode": _json_encode,
    "lower": lambda text: text_of(text).lower(),
    "md5": lambda text: hashlib.md5(_bytes(text), usedforsecurity=False).hexdigest(),
    "parseint": _parse_integer,
    "provider::aws::arn_parse": _arn_parse,
    "regex": _regex,
    "regexall": _regex_all,
    "replace": _replace,
    "sha1": lambda text: hashlib.sha1(_bytes(text), usedforsecurity=False).hexdigest(),
    "sha256": lambda text: hashlib.sha256(_bytes(text)).hexdigest(),
    "split": _split,
    "startswith": lambda text, begin: text_of(text).startswith(text_of(begin)),
    "strcontains": lambda text, part: text_of(part) in text_of(text),
    "strrev": lambda text: text_of(text)[::-1],
    "substr": _substring,
    "title": lambda text: re.sub(r"(?<!\S)\S", lambda sign: sign[0].upper(), text_of(text)),
    "tobool": lambda value: None if value is None else truth_of(value),
    "tonumber": lambda value: None if value is None else number_of(value),
    "tostring": lambda value: None if value is None else text_of(value),
    "trim": _trim,
    "trimprefix": lambda text, begin: text_of(text).removeprefix(text_of(begin)),
    "trimspace": lambda text: text_of(text).strip(),
    "trimsuffix": lambda text, end: text_of(text).removesuffix(text_of(end)),
    "upper": lambda text: text_of(text).upper(),
    "urlencode": lambda text: urllib.parse.quote_plus(text_of(text)),
    "yamldecode": _yaml_decode,
}
"""The functions by their names."""
