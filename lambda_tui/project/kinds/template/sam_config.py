"""Reads what ``samconfig.toml`` says of parameters, variables and the region."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lambda_tui.project.files import UnreadableFileError, read_text
from lambda_tui.project.function import Problem
from lambda_tui.project.wording import shown

SAM_CONFIG = "samconfig.toml"
"""The name of the file, beside the template."""
DEFAULT_CONFIG_ENV = "default"
"""The table of it that SAM reads where none is named."""

_LARGEST_FILE = 1 << 20
_COMMANDS = ("global", "deploy", "local_start_lambda", "local_start_api", "local_invoke")
"""The commands whose parameters count, the last the most: those of ``sam local`` are meant here."""
_PAIR = re.compile(r"ParameterKey=([^,]+),ParameterValue=(.*)|([^=]+)=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SamConfig:
    """The values of one of the file's environments."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    """The texts of the template's parameters, by their names."""
    env_vars: Path | None = None
    """The file of variables."""
    region: str | None = None
    problems: tuple[Problem, ...] = ()


def read_sam_config(folder: Path, config_env: str | None) -> SamConfig:
    """Return what the file in a template's folder says; nothing where there is none; never raise.

    ``config_env`` names one of its environments; None stands for the default one, which may miss.
    """
    file = folder / SAM_CONFIG
    if not file.exists():
        if config_env is None:
            return SamConfig()
        return SamConfig(problems=(Problem(f"there is no {SAM_CONFIG} for {shown(config_env)}."),))
    try:
        document = tomllib.loads(read_text(file, _LARGEST_FILE))
    except UnreadableFileError as error:
        return SamConfig(problems=(Problem(str(error), file),))
    except (ValueError, RecursionError) as error:
        sentence = f"the file is not valid TOML: {shown(str(error))}."
        return SamConfig(problems=(Problem(sentence, file),))
    environment = document.get(config_env or DEFAULT_CONFIG_ENV)
    if not isinstance(environment, dict):
        if config_env is None:
            return SamConfig()
        names = [name for name, value in document.items() if isinstance(value, dict)]
        has = f"it has {shown(', '.join(names))}" if names else "it has none"
        sentence = f"there is no environment {shown(config_env)}; {has}."
        return SamConfig(problems=(Problem(sentence, file),))
    return _of_environment(environment, file)


def parameter_pairs(value: object) -> Iterator[tuple[str, str]]:
    """Yield names and texts of SAM's ``parameter_overrides``.

    It is a text such as ``A=1 B="x y"``, also in the form ``ParameterKey=A,ParameterValue=1``, a
    list of such, or a table. Raise ``ValueError`` for anything else.
    """
    if isinstance(value, dict):
        for name, one in value.items():
            yield str(name), _text(one)
        return
    for text in value if isinstance(value, list) else [value]:
        if not isinstance(text, str):
            raise ValueError(f"{shown(text)} is no text such as NAME=VALUE")
        for word in shlex.split(text):
            found = _PAIR.fullmatch(word)
            if found is None:
                raise ValueError(f"{shown(word)} is not of the form NAME=VALUE")
            yield (found[1], found[2]) if found[1] else (found[3], found[4])


def _of_environment(environment: Mapping[str, Any], file: Path) -> SamConfig:
    parameters: dict[str, str] = {}
    env_vars: Path | None = None
    region: str | None = None
    problems: list[Problem] = []
    for command in _COMMANDS:
        given = _table(_table(environment, command), "parameters")
        try:
            parameters.update(parameter_pairs(given.get("parameter_overrides", [])))
        except ValueError as error:
            sentence = f"parameter_overrides of {command} is left out, as {error}."
            problems.append(Problem(sentence, file))
        named = given.get("env_vars")
        if isinstance(named, str) and named:
            env_vars = file.parent / named
        if isinstance(given.get("region"), str) and given["region"]:
            region = given["region"]
    return SamConfig(parameters, env_vars, region, tuple(problems))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise ValueError(f"{shown(value)} is no text")


def _table(mapping: object, name: str) -> dict[str, Any]:
    value = mapping.get(name) if isinstance(mapping, dict) else None
    return value if isinstance(value, dict) else {}
