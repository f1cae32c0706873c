"""Writes out what a deployment would before it reads a template: loops, and included files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from lambda_tui import limits
from lambda_tui.project.files import UnreadableFileError, read_text
from lambda_tui.project.kinds.template.language.intrinsics import (
    LANGUAGE_EXTENSIONS,
    Resolver,
    transforms_of,
)
from lambda_tui.project.kinds.template.language.references import UnresolvedError
from lambda_tui.project.kinds.template.language.yaml_reader import (
    InvalidYamlError,
    LinedMapping,
    read_yaml,
    text_under,
)
from lambda_tui.project.wording import shown

_INCLUDE = "AWS::Include"
_SERVERLESS = "AWS::Serverless-2016-10-31"
_LOOP = "Fn::ForEach::"
_MACRO = "Fn::Transform"
_LOOP_EXAMPLE = "[Name, [a, b], {'Queue${Name}': {…}}]"
_MOST_VALUES = 100_000
"""Values that are written out of one template, which a few loops can multiply without end."""
_IN_KEY = re.compile(r"[^A-Za-z0-9]")


class Expansion:
    """One template, written out; what is wrong with its loops and includes is collected."""

    def __init__(self, folder: Path, content: LinedMapping, resolver: Resolver) -> None:
        """Take the template's folder, and a resolver for what loops and includes consist of."""
        self.content = content
        self.findings: list[tuple[str, int | None, str | None]] = []
        """Sentences with their lines, and the names under which what is unknown can be given."""
        self.files: set[Path] = set()
        """The files that are included, whether they are there or not."""
        self._folder = folder
        self._resolver = resolver
        self._line: int | None = None
        """The line of the call that a file is included by: none of its own lines is the template's.
        """
        self._values = 0
        self._including: list[Path] = []
        if _has_calls(content):
            self._expand()

    def _expand(self) -> None:
        transforms = transforms_of(self.content)
        try:
            expanded = self._mapping(self.content, {})
            for transform in transforms:
                if isinstance(transform, LinedMapping):
                    line = self.content.lines.get("Transform")
                    _merge_sections(expanded, self._called(transform, line, {}))
        except _TooManyError:
            self._tell("its loops and includes make more of it than can be read.", 1)
            return
        self.content = expanded

    def _tell(self, sentence: str, line: int | None, name: str | None = None) -> None:
        self.findings.append((sentence, line if self._line is None else self._line, name))

    def _expanded(self, value: object, names: Mapping[str, str]) -> object:
        """Return a value with the variables of loops replaced by ``names``."""
        self._values += 1
        if self._values > _MOST_VALUES:
            raise _TooManyError
        if isinstance(value, str):
            return _replaced(value, names)
        if isinstance(value, list):
            return [self._expanded(one, names) for one in value]
        if not isinstance(value, LinedMapping):
            return value
        reference = text_under(value, "Ref")
        if reference is not None and reference in names and len(value) == 1:
            return names[reference]
        if set(value) == {_MACRO} and _is_include(value[_MACRO]):
            # In the place of a value, it may be something else than a mapping.
            return self._called(value[_MACRO], value.lines.get(_MACRO), names)
        return self._mapping(value, names)

    def _mapping(self, mapping: LinedMapping, names: Mapping[str, str]) -> LinedMapping:
        expanded = LinedMapping()
        for key, value in mapping.items():
            line = mapping.lines.get(key) if self._line is None else self._line
            if key.startswith(_LOOP):
                self._loop(key, value, line, names, expanded)
            elif key == _MACRO and len(mapping) > 1:
                _merge(expanded, self._called(value, line, names))
            else:
                expanded.put(_replaced(key, names), self._expanded(value, names), line)
        return expanded

    def _loop(
        self,
        key: str,
        loop: object,
        line: int | None,
        names: Mapping[str, str],
        into: LinedMapping,
    ) -> None:
        """Add what each turn of a loop makes."""
        match loop:
            case [str(identifier), collection, LinedMapping() as body] if identifier:
                pass
            case _:
                self._tell(
                    f"{shown(key)} needs a name, a list and a mapping, such as {_LOOP_EXAMPLE}.",
                    line,
                )
                return
        try:
            items = self._resolver.resolve(self._expanded(collection, names))
            if not isinstance(items, list):
                raise UnresolvedError(f"a list is needed where {shown(items)} stands")
            texts = [self._resolver.text(item) for item in items]
        except UnresolvedError as error:
            sentence = f"the list of {shown(key)} is not known here, so what it makes is missing"
            self._tell(f"{sentence}: {error.sentence}", line, error.name)
            return
        for text in texts:
            turn = self._mapping(body, {**names, identifier: text})
            twice = next((made for made in turn if made in into), None)
            if twice is not None:
                self._tell(
                    f"{shown(key)} makes {shown(twice)} twice; let its key hold "
                    f"${{{shown(identifier)}}}.",
                    line,
                )
                return
            _merge(into, turn)

    def _called(self, call: object, line: int | None, names: Mapping[str, str]) -> object:
        """Return the content of a file that is included; an empty mapping if there is none."""
        name = text_under(call, "Name")
        if name != _INCLUDE:
            self._tell(
                f"{_MACRO} calls {shown(name)}, which is known only in the cloud, so what it makes "
                "is missing; write it out.",
                line,
            )
            return LinedMapping()
        assert isinstance(call, dict)
        parameters = self._expanded(call.get("Parameters"), names)
        location = parameters.get("Location") if isinstance(parameters, dict) else None
        try:
            path = self._resolver.text(location)
        except UnresolvedError as error:
            sentence = f"the Location of {_INCLUDE} is not known here, so it is left out"
            self._tell(f"{sentence}: {error.sentence}", line, error.name)
            return LinedMapping()
        if path.startswith("s3://"):
            self._tell(
                f"{_INCLUDE} names {shown(path)}, which is not on this machine, so it is left out; "
                "name the file that is packaged.",
                line,
            )
            return LinedMapping()
        return self._included(Path(os.path.normpath(os.path.join(self._folder, path))), line, names)

    def _included(self, file: Path, line: int | None, names: Mapping[str, str]) -> object:
        self.files.add(file)
        if file in self._including:
            self._tell(f"{shown(file.name)} includes itself; take the {_INCLUDE} out of it.", line)
            return LinedMapping()
        try:
            content = read_yaml(read_text(file, limits.TEMPLATE_BYTES)).content
        except (UnreadableFileError, InvalidYamlError) as error:
            position = getattr(error, "line", None)
            place = file.name if position is None else f"{file.name}:{position}"
            end = "" if str(error).endswith(".") else "."
            self._tell(f"{shown(place)} cannot be included: {error}{end}", line)
            return LinedMapping()
        before, self._line = self._line, line if self._line is None else self._line
        self._including.append(file)
        try:
            return self._expanded(content, names)
        finally:
            self._line = before
            self._including.pop()


class _TooManyError(Exception):
    """The values that are written out are more than can be read."""


def extensions_remark(content: LinedMapping) -> str | None:
    """Return one sentence on loops that a deployment refuses; None where there are none."""
    loop = _find_loop(content, set())
    names = [one for one in transforms_of(content) if one in (LANGUAGE_EXTENSIONS, _SERVERLESS)]
    if loop is None or names[:1] == [LANGUAGE_EXTENSIONS]:
        return None
    if LANGUAGE_EXTENSIONS in names:
        return f"{shown(loop)} needs {LANGUAGE_EXTENSIONS} before {_SERVERLESS}; put it first."
    return f"{shown(loop)} needs {LANGUAGE_EXTENSIONS}; add it to Transform, as the first."


def _is_include(call: object) -> bool:
    return text_under(call, "Name") == _INCLUDE


def _has_calls(content: LinedMapping) -> bool:
    if any(isinstance(one, LinedMapping) for one in transforms_of(content)):
        return True
    return _find_loop(content, set(), _MACRO) is not None


def _find_loop(value: object, seen: set[int], or_key: str | None = None) -> str | None:
    """Return the key of a loop in a value, or another key; None if there is none."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        inner: Iterable[object] = one if isinstance(one, list) else ()
        if isinstance(one, dict):
            for key in one:
                if key.startswith("Fn::") and (key == or_key or key.startswith(_LOOP)):
                    return str(key)
            inner = one.values()
        waiting += [each for each in inner if isinstance(each, dict | list)]
    return None


def _replaced(text: str, names: Mapping[str, str]) -> str:
    """Return a text with the variables of loops filled in; ``&{Name}`` takes letters and digits."""
    for name, value in names.items():
        text = text.replace(f"${{{name}}}", value)
        text = text.replace(f"&{{{name}}}", _IN_KEY.sub("", value))
    return text


def _merge(into: LinedMapping, added: object) -> None:
    """Add the entries of a mapping, except those that are there."""
    if isinstance(added, LinedMapping):
        for key, value in added.items():
            if key not in into:
                into.put(key, value, added.lines.get(key))


def _merge_sections(into: LinedMapping, added: object) -> None:
    """Add the sections of a template, and the entries of those that are in both."""
    for key, value in added.items() if isinstance(added, LinedMapping) else ():
        own = into.get(key)
        if isinstance(own, LinedMapping):
            _merge(own, value)
    _merge(into, added)
