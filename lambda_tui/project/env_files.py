"""Reads variables from a file: in the syntax of ``.env``, or in one of SAM's three JSON shapes."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from lambda_tui.project.dotenv import assignments
from lambda_tui.project.files import UnreadableFileError, read_text
from lambda_tui.project.function import Function, Problem, Project
from lambda_tui.project.kinds.template import RESERVED_VARIABLES
from lambda_tui.project.wording import shown

_LARGEST_FILE = 1 << 20
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")
_REFERENCE = "{{resolve:"
_FOR_ALL = "Parameters"
"""The key of SAM's for the variables of all functions."""


@dataclass(frozen=True, slots=True)
class _Variable:
    text: str
    origin: str
    line: int | None = None


@dataclass(slots=True)
class EnvFile:
    """The variables of a file, and what is wrong in it."""

    file: Path
    dynamic_references: dict[str, str] = field(default_factory=dict)
    """The values of references such as ``{{resolve:ssm:/name}}``, which are no variables."""
    for_all: dict[str, _Variable] = field(default_factory=dict)
    of_functions: dict[str, dict[str, _Variable]] = field(default_factory=dict)
    """By a function's name, or its logical id."""
    problems: list[Problem] = field(default_factory=list)

    def add(self, variables: dict[str, _Variable], name: str, variable: _Variable) -> None:
        """Add a variable, unless Lambda would refuse it."""
        if name.startswith(_REFERENCE):
            self.dynamic_references[name] = variable.text
            return
        reason = None
        if name in RESERVED_VARIABLES:
            reason = "is set by Lambda itself, and cannot be given"
        elif not _NAME.fullmatch(name):
            reason = "is no name: letters, digits and _, at least two, of which a letter is first"
        elif "\0" in variable.text:
            reason = "holds a character that no variable can hold"
        if reason is None:
            variables[name] = variable
        else:
            self.tell(f"{shown(name)} {reason}; it is left out.", variable.line)

    def tell(self, sentence: str, line: int | None = None) -> None:
        """Add a problem."""
        self.problems.append(Problem(sentence, self.file, line))


def with_variables(project: Project, content: EnvFile) -> Project:
    """Return the project with the variables of a file in its functions, over their own.

    Names that a function does not have are added to it. What is wrong in the file is told as
    problems.
    """
    names = {function.name for function in project.functions}
    names |= {one.logical_id for one in project.functions if one.logical_id is not None}
    for name in content.of_functions:
        if name not in names:
            near = difflib.get_close_matches(name[:64], names, n=1)
            hint = f"did you mean {near[0]}?" if near else "take it out."
            content.tell(f"there is no function {shown(name)}; {hint}")
    functions = tuple(_changed(function, content) for function in project.functions)
    problems = (*project.problems, *content.problems)
    sources = project.sources | {content.file}
    return replace(project, functions=functions, problems=problems, sources=sources)


def _changed(function: Function, content: EnvFile) -> Function:
    given = dict(content.for_all)
    for key in (function.logical_id, function.name):
        given |= content.of_functions.get(key or "", {})
    if not given:
        return function
    return replace(
        function,
        environment={**function.environment, **{name: one.text for name, one in given.items()}},
        variable_origins={
            **function.variable_origins,
            **{name: one.origin for name, one in given.items()},
        },
        unknown_variables={
            name: reason for name, reason in function.unknown_variables.items() if name not in given
        },
    )


def read_env_file(file: Path) -> EnvFile:
    """Return what a file says; never raise."""
    content = EnvFile(file)
    try:
        text = read_text(file, _LARGEST_FILE)
    except UnreadableFileError as error:
        content.tell(str(error))
        return content
    if text.lstrip().startswith("{") and not text.lstrip().startswith(_REFERENCE):
        _read_json(text, content)
    else:
        _read_lines(text, content)
    return content


def _read_json(text: str, content: EnvFile) -> None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        content.tell(
            f"the file is not valid JSON: {shown(str(error))}.", getattr(error, "lineno", 1)
        )
        return
    for key, table in document.items():
        if not isinstance(table, dict):
            content.tell(
                f"{shown(key)} is {shown(table)}, where a mapping is needed: of variables, for a "
                f"function by its name, or for all under {_FOR_ALL}."
            )
            continue
        is_for_all = key == _FOR_ALL
        variables = content.for_all if is_for_all else content.of_functions.setdefault(key, {})
        origin = content.file.name if is_for_all else f"{content.file.name}, {shown(key)}"
        for name, value in table.items():
            if isinstance(value, dict | list):
                content.tell(f"{shown(name)} is {shown(value)}, where a text is needed.")
                continue
            text = json.dumps(value) if isinstance(value, bool) else str(value)
            content.add(variables, name, _Variable("" if value is None else text, origin))


def _read_lines(text: str, content: EnvFile) -> None:
    for line, name, value in assignments(text):
        if name:
            origin = f"{content.file.name}:{line}"
            content.add(content.for_all, name, _Variable(value, origin, line))
        else:
            content.tell("the line is not of the form NAME=value; it is left out.", line)
