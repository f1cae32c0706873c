"""Reads the settings from TOML files: the user's own, then the project's, then the environment."""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import shutil
import tomllib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, get_args, get_type_hints

import msgspec

from lambda_tui.project.file_systems import is_access_point, is_mount_path
from lambda_tui.project.files import UnreadableFileError, is_executable, read_text
from lambda_tui.project.function import ACCOUNT_ID, REGION, Problem
from lambda_tui.project.layers import LayerArn
from lambda_tui.project.settings.binding_ids import BINDING_IDS
from lambda_tui.project.settings.lines import line_of
from lambda_tui.project.settings.settings import (
    ALL_SERVICES,
    EXAMPLE_FUNCTION,
    CdkSettings,
    EndpointUrl,
    FolderPath,
    FunctionSettings,
    Keys,
    LayerPath,
    Settings,
    TemplateValue,
)
from lambda_tui.project.wording import shown, shown_whole

USER_FILE = "config.toml"
"""The name of the file in the user's configuration directory."""
PROJECT_FILE = "lambda-tui.toml"
"""The name of the file in the project's folder, which overrides the user's file."""
PYPROJECT_FILE = "pyproject.toml"
"""The name of the file whose table ``tool.lambda-tui`` stands for the project's file too."""
SANDBOX_VARIABLE = "LAMBDA_TUI_SANDBOX"
"""The environment variable that overrides ``sandbox`` of both files."""

_LARGEST_FILE = 1024 * 1024
_EXAMPLE_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:layer:common"
_TYPES: dict[str, object] = get_type_hints(Settings, include_extras=True)
"""The annotated types of the settings, by their names."""
_FUNCTION_TYPES: dict[str, object] = {
    name: kind
    for name, kind in get_type_hints(FunctionSettings, include_extras=True).items()
    if name not in ("file", "lines")
}
_CDK_TYPES: dict[str, object] = get_type_hints(CdkSettings, include_extras=True)
_OF_OTHERS = ("layer_paths", "parameter_overrides", "dynamic_references")
_KEYS = [name for name in _TYPES if name not in _OF_OTHERS]
"""The keys of a file, where ``layers`` is a list or the table of ``layer_paths``."""
_SERVICE = re.compile(r"[A-Za-z][A-Za-z0-9 _-]*")
_PROGRAMS = ("python", "node")
"""The settings that name a program."""
_TABLES = ("keys", "layer_paths", "file_systems", "functions", "values", "endpoint_url")
"""The settings that are read entry by entry; the project's entries are added to the user's."""


class _BadValueError(Exception):
    """A value cannot be used; ``str()`` is a sentence that names its key and what that takes."""


def load_settings(directory: Path, config_directory: Path) -> tuple[Settings, tuple[Problem, ...]]:
    """Return the settings for a project folder, and the problems in their files; never raise.

    A key, a value or an entry of a table that cannot be used is left out, and the rest holds.
    """
    settings = Settings()
    problems: list[Problem] = []
    for file, table in _files(directory, config_directory):
        text = _read(file, problems)
        document = _parse(text, file, problems if not table else [])
        for name in table:
            document = _table(document.get(name))
        reader = _Reader(file, partial(line_of, text, *table))
        changes = reader.read(document)
        problems += [
            Problem(sentence, file, reader.line(*path)) for path, sentence in reader.sentences
        ]
        for name in _TABLES:
            if name in changes:
                changes[name] = {**getattr(settings, name), **changes[name]}
        if "cdk" in changes:
            sources = {**settings.cdk.sources, **changes["cdk"].get("sources", {})}
            entries = {**changes["cdk"], "sources": sources}
            changes["cdk"] = dataclasses.replace(settings.cdk, **entries)
        settings = dataclasses.replace(settings, **changes)
    return _with_environment(settings, problems), tuple(problems)


def read_option(option: str, setting: str, text: str) -> str:
    """Return what the command line gives for a setting, checked as that is.

    Raise ``ValueError``, which is a sentence that names the option.
    """
    try:
        return str(_convert(option, text, _TYPES[setting], Path()))
    except _BadValueError as error:
        raise ValueError(str(error)) from error


def read_endpoint(option: str, text: str) -> tuple[str, str]:
    """Return the service and the address of ``URL`` or ``SERVICE=URL``.

    Raise ``ValueError``, which is a sentence that names the option.
    """
    service, equals, address = text.partition("=")
    if not equals or "/" in service:
        service, address = ALL_SERVICES, text
    try:
        return service, str(_endpoint(option, service, address))
    except _BadValueError as error:
        raise ValueError(str(error)) from error


def place_of(directory: Path, config_directory: Path, *path: str) -> tuple[Path | None, int | None]:
    """Return the file and the line of the entry that holds; None where there is none."""
    for file, table in reversed(_files(directory, config_directory)):
        line = line_of(_read(file, []), *table, *path)
        if line is not None:
            return file, line
    return None, None


def _files(directory: Path, config_directory: Path) -> list[tuple[Path, tuple[str, ...]]]:
    """Return the files of settings, each with the path of its table; later ones go first."""
    return [
        (config_directory / USER_FILE, ()),
        (directory / PYPROJECT_FILE, ("tool", "lambda-tui")),
        (directory / PROJECT_FILE, ()),
    ]


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _with_environment(settings: Settings, problems: list[Problem]) -> Settings:
    value = os.environ.get(SANDBOX_VARIABLE)
    if not value:
        return settings
    changes: dict[str, Any] = {}
    try:
        name = f"the variable {SANDBOX_VARIABLE}"
        changes["sandbox"] = _convert(name, value, _TYPES["sandbox"], Path())
    except _BadValueError as error:
        problems.append(Problem(str(error)))
    return dataclasses.replace(settings, **changes)


def _read(file: Path, problems: list[Problem]) -> str:
    """Return a file's text; none, with a problem if there is such a file, where that fails."""
    try:
        os.lstat(file)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        problems.append(Problem(f"the file cannot be read: {reason}.", file))
        return ""
    try:
        return read_text(file, _LARGEST_FILE)
    except UnreadableFileError as error:
        problems.append(Problem(str(error), file))
    return ""


def _parse(text: str, file: Path, problems: list[Problem]) -> Mapping[str, object]:
    """Return a file's keys and values; none, with a problem, for a text that is no TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(_syntax_problem(file, str(error)))
    except (RecursionError, ValueError) as error:
        problems.append(Problem(f"the file is not valid TOML: {shown(str(error))}.", file))
    return {}


def _syntax_problem(file: Path, message: str) -> Problem:
    position = re.search(r" \(at line (\d+), column \d+\)$", message)
    reason = message[: position.start()] if position else message
    line = int(position[1]) if position else None
    return Problem(f"the file is not valid TOML: {shown(reason)}.", file, line)


class _Reader:
    """Reads the values of one file, and collects a sentence for each that cannot be used."""

    def __init__(self, file: Path, line: Callable[..., int | None]) -> None:
        """Take the file, whose folder the paths in it are relative to.

        ``line`` returns the line of an entry, by its path.
        """
        self._file = file
        self._folder = file.parent
        self.line = line
        self.sentences: list[tuple[tuple[str, ...], str]] = []
        """Each with the path of the entry that it is about."""

    def read(self, document: Mapping[str, object]) -> dict[str, Any]:
        """Return the usable values by the names of the settings."""
        values: dict[str, Any] = {}
        for key, value in document.items():
            match key, value:
                case "keys", dict():
                    values["keys"] = self._entries(value, self._keys, key)
                case "layers", dict():
                    values["layer_paths"] = self._entries(value, self._layer_path, key)
                case "file_systems", dict():
                    values["file_systems"] = self._entries(value, self._file_system, key)
                case "values", dict():
                    values["values"] = self._entries(value, self._template_value, key)
                case "endpoint_url", str():
                    one = {ALL_SERVICES: value}
                    values["endpoint_url"] = self._entries(one, self._endpoint_url)
                case "endpoint_url", dict():
                    values["endpoint_url"] = self._entries(value, self._endpoint_url, key)
                case "cdk", dict():
                    values["cdk"] = self._cdk(value)
                case "functions", dict():
                    values["functions"] = self._entries(value, self._function, key)
                case _:
                    values |= self._entries({key: value}, self._setting)
        return values

    def _entries(
        self,
        table: Mapping[str, object],
        read_entry: Callable[[str, object], object],
        *path: str,
    ) -> dict[str, object]:
        """Return the entries of a table that can be used; one that cannot drops only itself.

        ``path`` is that of the table in the file.
        """
        entries: dict[str, object] = {}
        for name, value in table.items():
            try:
                entries[name] = read_entry(name, value)
            except _BadValueError as error:
                self.sentences.append(((*path, name), str(error)))
        return entries

    def _setting(self, key: str, value: object) -> object:
        if key not in _KEYS:
            near = difflib.get_close_matches(key[:40], _KEYS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(_KEYS)}."
            raise _BadValueError(f"there is no setting {shown(key)}; {hint}")
        if key == "cdk":
            raise _bad_value(key, value, f"a table of {' and '.join(_CDK_TYPES)}")
        converted = _convert(key, value, _TYPES[key], self._folder)
        if isinstance(converted, Path) and key in _PROGRAMS and not is_executable(converted):
            _, checks = _type_and_checks(_TYPES[key])
            raise _bad_value(key, value, f"{checks[-1].description}, and there is none")
        return converted

    def _cdk(self, table: Mapping[str, object]) -> dict[str, object]:
        """Return the entries of the table ``cdk`` that can be used."""
        entries: dict[str, object] = {}
        for key, value in table.items():
            if key == "sources" and isinstance(value, dict):
                entries[key] = self._entries(value, self._asset_source, "cdk", key)
            else:
                entries |= self._entries({key: value}, self._cdk_setting, "cdk")
        return entries

    def _cdk_setting(self, key: str, value: object) -> object:
        if key not in _CDK_TYPES:
            known = " and ".join(_CDK_TYPES)
            raise _BadValueError(f"cdk has {shown(key)}, but it takes {known} only.")
        if key == "sources":
            raise _bad_value("cdk.sources", value, 'a table of folders, such as Hello = "src"')
        return _convert(f"cdk.{key}", value, _CDK_TYPES[key], self._folder)

    def _asset_source(self, name: str, value: object) -> object:
        return _convert(f"cdk.sources.{shown(name)}", value, FolderPath, self._folder)

    def _keys(self, binding: str, value: object) -> object:
        if binding not in BINDING_IDS:
            near = difflib.get_close_matches(binding[:40], BINDING_IDS, n=1)
            hint = f"did you mean {near[0]}?" if near else "the help of the screen (?) lists them."
            raise _BadValueError(f"keys has {shown(binding)}, which is no binding's id; {hint}")
        return _convert(f"keys.{shown(binding)}", value, Keys, self._folder)

    def _template_value(self, name: str, value: object) -> object:
        return _convert(f"values.{shown(name)}", value, TemplateValue, self._folder)

    def _layer_path(self, arn: str, value: object) -> object:
        if LayerArn.parse(arn) is None:
            raise _BadValueError(
                f"layers has {shown(arn)}, which is no layer's ARN, such as {_EXAMPLE_ARN}."
            )
        return _convert(f"layers.{shown(arn)}", value, LayerPath, self._folder)

    def _file_system(self, name: str, value: object) -> object:
        if not (is_mount_path(name) or is_access_point(name)):
            raise _BadValueError(
                f"file_systems has {shown(name)}, which is neither a LocalMountPath, such as "
                "/mnt/data, nor an access point's ARN."
            )
        return _convert(f"file_systems.{shown(name)}", value, FolderPath, self._folder)

    def _endpoint_url(self, service: str, value: object) -> object:
        return _endpoint("endpoint_url", service, value)

    def _function(self, function: str, table: object) -> FunctionSettings:
        name = f"functions.{shown(function)}"
        if not isinstance(table, dict):
            raise _bad_value(name, table, f"a table, such as {EXAMPLE_FUNCTION}")
        values = self._entries(table, partial(self._function_key, name), "functions", function)
        layers = values.get("layers")
        if isinstance(layers, tuple):
            values["layers"] = tuple(map(self._layer, layers))
        paths: list[tuple[str, ...]] = [(key,) for key in values]
        paths += [("environment", key) for key in _table(values.get("environment"))]
        lines = {".".join(path): self.line("functions", function, *path) for path in ((), *paths)}
        found: dict[str, Any] = values
        return FunctionSettings(
            **found,
            file=self._file,
            lines={path: line for path, line in lines.items() if line is not None},
        )

    def _function_key(self, name: str, key: str, value: object) -> object:
        if key not in _FUNCTION_TYPES:
            near = difflib.get_close_matches(key[:40], _FUNCTION_TYPES, n=1)
            known = f"the keys are {', '.join(_FUNCTION_TYPES)}."
            hint = f"did you mean {near[0]}?" if near else known
            raise _BadValueError(f"{name} has no {shown(key)}; {hint}")
        converted = _convert(f"{name}.{key}", value, _FUNCTION_TYPES[key], self._folder)
        if key != "bootstrap" or not isinstance(converted, tuple) or not converted:
            return converted
        program, *arguments = converted
        path = self._program(program)
        if path is None:
            raise _BadValueError(
                f"{name}.bootstrap names {shown(program)}, which is no program that can be "
                "executed; give its path, or the name of one on PATH."
            )
        return (path, *arguments)

    def _layer(self, text: str) -> str:
        """Return an ARN as it is, and a path as an absolute one."""
        return text if LayerArn.parse(text) else str(_absolute(text, self._folder))

    def _program(self, name: str) -> str | None:
        """Return the absolute path of a program that is named by a path, or found on PATH."""
        expanded = os.path.expanduser(name)
        path = _absolute(name, self._folder) if "/" in expanded else shutil.which(expanded)
        return os.path.abspath(path) if path is not None and is_executable(path) else None


def _endpoint(name: str, service: str, value: object) -> object:
    if not _SERVICE.fullmatch(service):
        raise _BadValueError(f"{name} has {shown(service)}, which is no service, such as dynamodb.")
    place = name if service == ALL_SERVICES else f"{name}.{service}"
    return _convert(place, value, EndpointUrl, Path())


def _convert(name: str, value: object, kind: object, folder: Path) -> object:
    """Return a value as an annotated type of ``Settings``, with paths relative to ``folder``.

    Raise ``_BadValueError`` for a value that the type does not accept.
    """

    def path(_type: type, value: object) -> Path:
        if not isinstance(value, str) or not value:
            raise ValueError
        return _absolute(value, folder)

    bare, checks = _type_and_checks(kind)
    converted: object = None
    for check in checks:
        try:
            converted = msgspec.convert(value, Annotated[bare, check], dec_hook=path)
        except msgspec.ValidationError as error:
            raise _bad_value(name, value, str(check.description)) from error
    return converted


def _type_and_checks(kind: object) -> tuple[object, list[msgspec.Meta]]:
    """Return the parts of an annotated type, without its None, which TOML does not have."""
    annotated = get_args(kind)[0] if NoneType in get_args(kind) else kind
    bare, *checks = get_args(annotated)
    return bare, checks


def _bad_value(name: str, value: object, taken: str) -> _BadValueError:
    return _BadValueError(f"{name} is {shown_whole(value)}, but it takes {taken}.")


def _absolute(path: str, folder: Path) -> Path:
    return Path(os.path.normpath(folder.absolute() / os.path.expanduser(path)))
