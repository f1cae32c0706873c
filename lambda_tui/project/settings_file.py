"""Settings from TOML files: the user's own, then the project's, then the environment."""

from __future__ import annotations

import dataclasses
import difflib
import math
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

from lambda_tui.project.function import Problem
from lambda_tui.project.function_settings import (
    EXAMPLE,
    network_choice,
    read_function_settings,
)
from lambda_tui.project.setting_tables import layer_path, read_keys, read_layer_paths
from lambda_tui.project.settings import (
    RETRY_DELAYS,
    NetworkChoice,
    SandboxChoice,
    Settings,
)
from lambda_tui.project.text_file import UnreadableFileError, read_text
from lambda_tui.project.wording import shown

USER_FILE = "config.toml"
"""In the user's configuration directory."""
PROJECT_FILE = "lambda-tui.toml"
"""In the project's folder; what it says goes before the user's file."""
SANDBOX_VARIABLE = "LAMBDA_TUI_SANDBOX"
"""The environment variable that goes before both files."""

_LARGEST_FILE = 1024 * 1024
_MOST_ENVIRONMENTS = 1000
_MOST_CONCURRENCY = 100_000
_SANDBOX_CHOICES: dict[object, SandboxChoice] = {
    "auto": "auto",
    "namespaces": "namespaces",
    "processes": "processes",
}
Changes = dict[str, object]
_TableReader = Callable[[Mapping[str, object], Path], tuple[Mapping[str, object], list[str]]]
"""Gives a file's good entries, and a sentence for each of the others."""


class _BadValueError(Exception):
    """``str()`` says what the key takes."""


def load_settings(directory: Path, config_directory: Path) -> tuple[Settings, tuple[Problem, ...]]:
    """The settings for a project folder, and what is wrong in their files; never raises.

    A key or a value that cannot be used is left out, the rest holds.
    """
    settings = Settings()
    problems: list[Problem] = []
    for file in (config_directory / USER_FILE, directory / PROJECT_FILE):
        changes = _read_file(file, problems)
        for name, _read in _TABLES.values():
            if isinstance(table := changes.get(name), dict):
                changes[name] = {**getattr(settings, name), **table}
        # The readers below give each field a value of its own type.
        settings = dataclasses.replace(settings, **changes)  # type: ignore[arg-type]
    return _with_environment(settings, problems), tuple(problems)


def _with_environment(settings: Settings, problems: list[Problem]) -> Settings:
    value = os.environ.get(SANDBOX_VARIABLE)
    if not value:
        return settings
    try:
        return dataclasses.replace(settings, sandbox=_sandbox(value, Path()))
    except _BadValueError as error:
        problems.append(
            Problem(f"the variable {SANDBOX_VARIABLE} is {shown(value)}, but it takes {error}.")
        )
        return settings


def _read_file(file: Path, problems: list[Problem]) -> Changes:
    if not os.path.lexists(file):
        return {}
    try:
        document = tomllib.loads(read_text(file, _LARGEST_FILE))
    except UnreadableFileError as error:
        problems.append(Problem(str(error), file))
        return {}
    except tomllib.TOMLDecodeError as error:
        problems.append(_syntax_problem(file, str(error)))
        return {}
    except (RecursionError, ValueError) as error:
        problems.append(Problem(f"the file is not valid TOML: {shown(str(error))}.", file))
        return {}
    return _read_keys(file, document, problems)


def _syntax_problem(file: Path, message: str) -> Problem:
    place = re.search(r" \(at line (\d+), column \d+\)$", message)
    reason = message[: place.start()] if place else message
    line = int(place[1]) if place else None
    return Problem(f"the file is not valid TOML: {shown(reason)}.", file, line)


def _read_keys(file: Path, document: Mapping[str, object], problems: list[Problem]) -> Changes:
    changes: Changes = {}
    for key, value in document.items():
        if key in _TABLES and isinstance(value, dict):
            name, read = _TABLES[key]
            changes[name], sentences = read(value, file.parent)
            problems += [Problem(sentence, file) for sentence in sentences]
            continue
        reader = _READERS.get(key)
        if reader is None:
            problems.append(Problem(_unknown_key(key), file))
            continue
        try:
            changes[key] = reader(value, file.parent)
        except _BadValueError as error:
            problems.append(Problem(f"{key} is {shown(value)}, but it takes {error}.", file))
    return changes


def _unknown_key(key: str) -> str:
    near = difflib.get_close_matches(key[:40], _READERS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(_READERS)}."
    return f"there is no setting {shown(key)}; {hint}"


def _sandbox(value: object, folder: Path) -> SandboxChoice:
    if not isinstance(value, str) or value not in _SANDBOX_CHOICES:
        raise _BadValueError("auto, namespaces or processes")
    return _SANDBOX_CHOICES[value]


def _network(value: object, folder: Path) -> NetworkChoice:
    choice = network_choice(value)
    if choice is None:
        raise _BadValueError("auto, shared or own")
    return choice


def _idle_timeout(value: object, folder: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _BadValueError("a number of seconds")
    if not 0 < value < 1e9 or math.isnan(value):
        raise _BadValueError("a number of seconds above 0")
    return float(value)


def _maximum_environments(value: object, folder: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _BadValueError("a whole number")
    if not 1 <= value <= _MOST_ENVIRONMENTS:
        raise _BadValueError(f"1 to {_MOST_ENVIRONMENTS}")
    return value


def _account_concurrency(value: object, folder: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _BadValueError("a whole number")
    if not 1 <= value <= _MOST_CONCURRENCY:
        raise _BadValueError(f"1 to {_MOST_CONCURRENCY}")
    return value


def _retry_delays(value: object, folder: Path) -> tuple[float, ...]:
    numbers = value if isinstance(value, list) else []
    delays = [number for number in numbers if type(number) in (int, float) and 0 <= number < 1e6]
    if len(numbers) != len(RETRY_DELAYS) or len(delays) != len(numbers):
        raise _BadValueError("two numbers of seconds, such as [1, 2]")
    return tuple(float(delay) for delay in delays)


def _python(value: object, folder: Path) -> Path:
    return _executable(value, folder, "the path of a Python interpreter")


def _node(value: object, folder: Path) -> Path:
    return _executable(value, folder, "the path of a Node.js")


def _executable(value: object, folder: Path, taken: str) -> Path:
    if not isinstance(value, str) or not value:
        raise _BadValueError(taken)
    path = os.path.join(folder.absolute(), os.path.expanduser(value))
    if not os.path.isfile(path) or not os.access(path, os.X_OK):
        raise _BadValueError(f"{taken}, and there is none")
    return Path(os.path.normpath(path))


def _layers(value: object, folder: Path) -> tuple[Path, ...]:
    if not isinstance(value, list) or not all(isinstance(path, str) and path for path in value):
        raise _BadValueError(
            'a list of paths, such as ["layer"], or a table of paths by the ARNs of layers'
        )
    return tuple(layer_path(path, folder) for path in value)


def _watch(value: object, folder: Path) -> bool:
    if not isinstance(value, bool):
        raise _BadValueError("true or false")
    return value


def _theme(value: object, folder: Path) -> str:
    if not isinstance(value, str) or not value:
        raise _BadValueError("a theme's name")
    return value


def _only_a_table(taken: str) -> Callable[[object, Path], object]:
    def refuse(value: object, folder: Path) -> object:
        raise _BadValueError(taken)

    return refuse


_READERS: dict[str, Callable[[object, Path], object]] = {
    "sandbox": _sandbox,
    "network": _network,
    "idle_timeout": _idle_timeout,
    "maximum_environments": _maximum_environments,
    "account_concurrency": _account_concurrency,
    "retry_delays": _retry_delays,
    "python": _python,
    "node": _node,
    "layers": _layers,
    "watch": _watch,
    "keys": _only_a_table('a table of keys by binding ids, such as invoke = "i,f5"'),
    "theme": _theme,
    "functions": _only_a_table(f"a table for each function, such as {EXAMPLE}"),
}
_TABLES: dict[str, tuple[str, _TableReader]] = {
    "keys": ("keys", read_keys),
    "layers": ("layer_paths", read_layer_paths),
    "functions": ("functions", read_function_settings),
}
"""The field of the settings that a table's good entries are put in, and what reads them."""
