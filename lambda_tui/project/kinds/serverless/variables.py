"""Resolves the variables of a ``serverless.yml``, as far as this machine knows their values."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from lambda_tui import limits
from lambda_tui.project.files import UnreadableFileError, read_text
from lambda_tui.project.function import ACCOUNT_ID, REGION, Problem
from lambda_tui.project.kinds.serverless.variables_syntax import (
    Literal,
    Source,
    Variable,
    split_variables,
)
from lambda_tui.project.kinds.template.language import (
    InvalidYamlError,
    LinedMapping,
    Unknown,
    UnresolvedError,
    as_text,
    read_yaml,
    with_remedy,
)
from lambda_tui.project.wording import shown

DEFAULT_STAGE = "dev"
_MAXIMUM_DEPTH = 40
_MAXIMUM_STEPS = 200_000
"""Values of one file, which a few lines can multiply without end."""
_LONGEST_TEXT = 1024 * 1024
"""Characters."""
_PROGRAMS = (".js", ".cjs", ".mjs", ".ts")
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_CLOUD_SOURCES = {
    "ssm": "is a parameter or a secret in the cloud",
    "cf": "is the output of a stack",
    "s3": "is an object in S3",
}


class _Place(NamedTuple):
    """The position that values of a variable are read for."""

    line: int | None
    is_foreign: bool = False
    """Whether the values are another file's, so that all of them have the line that names it."""


class Variables:
    """The values of one file's variables, each looked up once."""

    def __init__(
        self,
        file: Path,
        content: LinedMapping,
        values: Mapping[str, str],
        environ: Mapping[str, str],
        region: str = REGION,
    ) -> None:
        """Take the file's content, the user's values by variables, and the environment.

        ``region`` is that of a file which names none.
        """
        self._file = file
        self._content = content
        self._values = values
        self._environ = environ
        self._defaults = {"provider.stage": DEFAULT_STAGE, "provider.region": region}
        self.problems: dict[str, Problem] = {}
        """The fall-backs that were taken for values that are not known here, by their sentences."""
        self.files: set[Path] = set()
        """The files that variables name, whether they are there or not."""
        self._contents: dict[Path, object] = {}
        self._found: dict[str, object] = {}
        """The values of ``self:``, by address."""
        self._resolved: dict[tuple[int, _Place], object] = {}
        """The resolved collections, by the identity of the unresolved ones."""
        self._active: set[object] = set()
        self._depth = self._steps = 0
        self._sources: dict[str, Callable[[Source, _Place], object]] = {
            "self": lambda source, place: self._of_file(source.address or "", place),
            "env": lambda source, _: self._environ.get(source.address or ""),
            "opt": lambda source, _: None,
            "sls": self._framework,
            "aws": self._account,
            "param": self._parameter,
            "file": self._other_file,
            "strToBool": self._truth,
        }

    @property
    def stage(self) -> object:
        """The stage that is deployed to: an option, else the provider's, else ``dev``."""
        return self._given("opt:stage") or self.at("provider.stage")

    @property
    def region(self) -> object:
        """The region that is deployed to: an option, else the provider's."""
        return self._given("opt:region") or self.at("provider.region")

    def at(self, address: str) -> object:
        """Return the value at an address of the file, such as ``provider.stage``."""
        return self._of_file(address, _Place(None))

    def resolve(self, value: object, line: int | None = None) -> object:
        """Return a value with all variables inside of it resolved.

        One that is not known here is replaced by an ``Unknown``, with what to do about it.
        """
        return self._resolve(value, _Place(line))

    def _resolve(self, value: object, place: _Place) -> object:
        if isinstance(value, str):
            return self._text(value, place) if "${" in value else value
        if not isinstance(value, dict | list):
            return value
        key = (id(value), place if place.is_foreign else _Place(None))
        if key not in self._resolved:
            with self._inside(key) as reason:
                self._resolved[key] = reason or self._collection(value, place)
        return self._resolved[key]

    def _collection(self, value: dict[str, object] | list[object], place: _Place) -> object:
        self._steps += len(value)
        if self._steps > _MAXIMUM_STEPS:
            return Unknown("it consists of too many values")
        if isinstance(value, list):
            return [self._resolve(one, place) for one in value]
        resolved = LinedMapping()
        for key, one in value.items():
            line = place.line
            if not place.is_foreign and isinstance(value, LinedMapping):
                line = value.lines.get(key)
            resolved.put(key, self._resolve(one, place._replace(line=line)), line)
        return resolved

    @contextmanager
    def _inside(self, key: object) -> Iterator[Unknown | None]:
        """Hold a key while its value is made; give the reason where that would not end."""
        if key in self._active or self._depth >= _MAXIMUM_DEPTH:
            yield Unknown("it refers to itself, or is nested too deeply")
            return
        self._steps += 1
        if self._steps > _MAXIMUM_STEPS:
            yield Unknown("it consists of too many values")
            return
        self._active.add(key)
        self._depth += 1
        try:
            yield None
        finally:
            self._active.discard(key)
            self._depth -= 1

    def _text(self, text: str, place: _Place) -> object:
        parts = split_variables(text)
        # The same text may stand in several places, one of them inside of another's value.
        with self._inside(object()) as reason:
            if reason is not None:
                return reason
            values = [
                self._variable(part, place) if isinstance(part, Variable) else part
                for part in parts
            ]
        if len(values) == 1:
            return values[0]
        unknown = next((one for one in values if isinstance(one, Unknown)), None)
        if unknown is not None:
            return unknown
        try:
            texts = [as_text(value) for value in values]
        except UnresolvedError as error:
            return Unknown(str(error))
        if sum(map(len, texts)) > _LONGEST_TEXT:
            return Unknown("it is too long a text")
        return "".join(texts)

    def _variable(self, variable: Variable, place: _Place) -> object:
        unknown: Unknown | None = None
        for choice in variable.choices:
            value = self._choice(choice, place)
            if isinstance(value, Unknown):
                unknown = unknown or value
            elif value is not None:
                if unknown is not None:
                    sentence = f"{shown(variable.text)} has its fall-back: {unknown.reason}."
                    self._note(sentence, place)
                return value
        if unknown is not None:
            return unknown
        last = variable.choices[-1]
        return self._absent(last, place) if isinstance(last, Source) else None

    def _choice(self, choice: Source | Literal, place: _Place) -> object:
        if isinstance(choice, Literal):
            return self._resolve(choice.value, place)
        parts = [self._inner(part, place) for part in (choice.arguments, choice.address)]
        unknown = next((part for part in parts if isinstance(part, Unknown)), None)
        if unknown is not None:
            return unknown
        arguments, address = (None if part is None else str(part) for part in parts)
        source = Source(choice.name, arguments, address)
        given = self._given(_name(source))
        if given is not None:
            return given
        look_up = self._sources.get(source.name)
        return _of_the_cloud(source) if look_up is None else look_up(source, place)

    def _inner(self, text: str | None, place: _Place) -> object:
        """Return a part of a source with the variables inside of it resolved."""
        if text is None or "${" not in text:
            return text
        value = self._text(text, place)
        try:
            return value if isinstance(value, Unknown) else as_text(value)
        except UnresolvedError as error:
            return Unknown(str(error))

    def _given(self, name: str) -> str | None:
        """Return the user's own value of a source, named with braces or without."""
        return self._values.get(f"${{{name}}}", self._values.get(name))

    def _absent(self, source: Source, place: _Place) -> object:
        """Return the reason why a source has no value, or the value that stands for an option."""
        parts = [self._inner(part, place) for part in (source.arguments, source.address)]
        arguments, address = (None if part is None else shown(part) for part in parts)
        name = _name(Source(source.name, arguments, address))
        default = {"stage": "provider.stage", "region": "provider.region"}.get(address or "")
        if source.name == "opt" and default is not None:
            value = self.at(default)
            if not isinstance(value, Unknown):
                self._note(_unknown(f"--{address} is not given, so {value} holds", name), place)
                return value
        reasons = {
            "self": f"{self._file.name} has no {address}",
            "env": f"the environment variable {address} is not set",
            "opt": f"the option --{address} is not given",
            "param": f"there is no parameter {address}",
            "file": f"there is no {arguments}" + (f" with {address}" if address else ""),
        }
        return Unknown(_unknown(reasons.get(source.name, f"{name} has no value"), name))

    def _note(self, sentence: str, place: _Place) -> None:
        sentence = sentence if sentence.endswith(".") else f"{sentence}."
        self.problems.setdefault(sentence, Problem(sentence, self._file, place.line or 1))

    def _of_file(self, address: str, place: _Place) -> object:
        """Return the value at an address of the file; None when there is none."""
        if address not in self._found:
            with self._inside(("self", address)) as reason:
                if reason is not None:
                    # A stage may name itself as its option's fall-back.
                    return self._defaults.get(address, reason)
                value = self._walk(self._content, address, place)
                self._found[address] = self._defaults.get(address) if value is None else value
        return self._found[address]

    def _walk(self, content: object, address: str, place: _Place) -> object:
        """Return the resolved value at an address of an unresolved one; None when there is none."""
        value = content
        for key in filter(None, address.split(".")):
            if isinstance(value, str):
                value = self._resolve(value, place)
            if isinstance(value, Unknown):
                return value
            if isinstance(value, list) and key.isdecimal():
                value = value[int(key[:9])] if int(key[:9]) < len(value) else None
            elif isinstance(value, dict) and key in value:
                if isinstance(value, LinedMapping) and not place.is_foreign:
                    place = _Place(value.lines.get(key, place.line))
                value = value[key]
            else:
                return None
        return self._resolve(value, place)

    def _framework(self, source: Source, _place: _Place) -> object:
        if source.address == "stage":
            return self.stage
        return Unknown(_unknown("only the framework knows it", _name(source)))

    def _account(self, source: Source, _place: _Place) -> object:
        if source.address == "accountId":
            return ACCOUNT_ID
        return self.region if source.address == "region" else None

    def _parameter(self, source: Source, place: _Place) -> object:
        """Return a parameter of the stage, or of all: of ``params``, or version 4's ``stages``."""
        stage = self.stage
        for name in (stage if isinstance(stage, str) else DEFAULT_STAGE, "default"):
            for parent in (f"params.{name}", f"stages.{name}.params"):
                value = self._of_file(f"{parent}.{source.address}", place)
                if value is not None:
                    return value
        return None

    def _truth(self, source: Source, place: _Place) -> object:
        """Return the truth value that a text names."""
        value = self._text(f"{source.arguments}", place)
        truth = _TRUTHS.get(str(value).lower())
        return (
            Unknown(f"strToBool takes true or false, not {shown(value)}")
            if truth is None
            else truth
        )

    def _other_file(self, source: Source, place: _Place) -> object:
        written = os.path.expanduser(source.arguments or "")
        # The watcher names files without the way to them.
        path = Path(os.path.normpath(os.path.join(self._file.parent, written)))
        if path.suffix in _PROGRAMS:
            reason = f"{shown(path.name)} is a program, which is not run for it"
            return Unknown(_unknown(reason, _name(source)))
        if path not in self._contents:
            self.files.add(path)
            self._contents[path] = _content(path)
        content = self._contents[path]
        if isinstance(content, Unknown):
            return content
        address = source.address or ""
        with self._inside((path, address)) as endless:
            return endless or self._walk(content, address, _Place(place.line, is_foreign=True))


def _content(path: Path) -> object:
    """Return the content of a file that a variable names; None when it is not there."""
    if not os.path.isfile(path):
        return None
    try:
        text = read_text(path, limits.TEMPLATE_BYTES)
        if path.suffix in (".yml", ".yaml"):
            return read_yaml(text).content
        return json.loads(text) if path.suffix == ".json" else text
    except InvalidYamlError as error:
        line = "" if error.line is None else f":{error.line}"
        return Unknown(f"{shown(path.name)}{line} is not valid YAML: {error}")
    except (UnreadableFileError, ValueError, RecursionError) as error:
        return Unknown(f"{shown(path.name)} cannot be read: {shown(str(error).rstrip('.'))}")


def _name(source: Source) -> str:
    """Return a source as it stands between the braces of a variable."""
    arguments = "" if source.arguments is None else f"({source.arguments})"
    return source.name + arguments + ("" if source.address is None else f":{source.address}")


def _unknown(reason: str, name: str) -> str:
    return str(with_remedy(reason, f"${{{name}}}"))


def _of_the_cloud(source: Source) -> Unknown:
    other = f"is a value of the source {shown(source.name)}, which is not read here"
    reason = _CLOUD_SOURCES.get(source.name, other)
    return Unknown(_unknown(f"{shown(_name(source))} {reason}", _name(source)))
