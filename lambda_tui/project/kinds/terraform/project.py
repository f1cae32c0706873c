"""Reads a folder with Terraform's files, or a plan of them, as a project."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from lambda_tui.project.code import Cache
from lambda_tui.project.function import Function, Problem, Project
from lambda_tui.project.interpreters import find_interpreter
from lambda_tui.project.kinds.template import LIST_OF_LAYERS, read_resources
from lambda_tui.project.kinds.terraform.code_sources import CodeSources
from lambda_tui.project.kinds.terraform.configuration import read_configuration
from lambda_tui.project.kinds.terraform.document import FUNCTION, KINDS, make_document
from lambda_tui.project.kinds.terraform.folders import (
    CONFIGURATIONS,
    MAIN,
    configuration_files,
    describe_functions,
    is_plan,
    plan_in,
)
from lambda_tui.project.kinds.terraform.plan import read_plan
from lambda_tui.project.kinds.terraform.resource import Resource
from lambda_tui.project.kinds.terraform.source_files import unparsed_problem
from lambda_tui.project.settings import Settings
from lambda_tui.project.wording import shown

_INDEX = re.compile(r"\[[^\]]*\]")
_SOON = 2.0
"""Seconds in which a plan may be written together with the files that it is of."""


class _Read(NamedTuple):
    """The content of a plan, or of a configuration."""

    file: Path
    resources: list[Resource]
    region: str
    problems: list[Problem]
    sources: frozenset[Path]


def read(directory: Path, settings: Settings) -> Project | None:
    """Return the project of a folder with Terraform's files, as ``read_project`` does."""
    cache = Cache.of_user()
    found = _read(directory, settings, cache)
    if found is None:
        return None
    if not found.problems and not _has_functions(found.resources):
        return None
    code = CodeSources(found.file.parent, found.resources, cache)
    document = make_document(found.resources, code, found.region)

    def find_python(function: Function) -> Path:
        return find_interpreter(directory, function, settings).executable

    functions, problems, files = read_resources(
        found.file,
        document.template,
        settings.layer_paths,
        cache,
        bootstraps={name: one.bootstrap for name, one in settings.functions.items()},
        values={**settings.values, "AWS::Region": found.region},
        find_python=find_python,
        unknown=document.unknown,
    )
    problems = (*found.problems, *_once_for_instances(problems, found.resources))
    if settings.layers:
        problems = (*problems, Problem(LIST_OF_LAYERS.format(found.file.name)))
    return Project(directory, functions, problems, found.file, found.sources | files)


def _once_for_instances(
    problems: Iterable[Problem], resources: Iterable[Resource]
) -> list[Problem]:
    """Return the problems, with one for all instances that have the same at the same line."""
    addresses = {shown(one.address) for one in resources}
    groups: dict[object, list[Problem]] = {}
    for problem in problems:
        address, _, sentence = problem.message.partition(": ")
        is_of_instance = address in addresses
        key = (problem.file, problem.line, sentence) if is_of_instance else problem
        groups.setdefault(key, []).append(problem)
    return [_as_one(group) for group in groups.values()]


def _as_one(group: list[Problem]) -> Problem:
    first = group[0]
    if len(group) == 1:
        return first
    address, separator, sentence = first.message.partition(": ")
    names = dict.fromkeys(name for problem in group for name in problem.functions)
    message = f"{_INDEX.sub('', address)}{separator}{sentence}"
    return replace(first, message=message, functions=tuple(names))


def _read(directory: Path, settings: Settings, cache: Cache) -> _Read | None:
    named = settings.template
    if named is None:
        plan = plan_in(directory)
        if plan is None:
            return _configured(directory, settings, cache)
        read = _planned(plan, settings)
        return read._replace(problems=[*_outdated(plan), *read.problems])
    if named.name.endswith(CONFIGURATIONS):
        return _configured(named.parent, settings, cache)
    return _planned(named, settings) if is_plan(named) else None


def _planned(file: Path, settings: Settings) -> _Read:
    plan = read_plan(file, settings, KINDS)
    return _Read(file, plan.resources, plan.region, plan.problems, frozenset())


def _outdated(plan: Path) -> list[Problem]:
    """Return the problem of a plan beside a configuration that was changed after it."""
    try:
        made = plan.stat().st_mtime + _SOON
        newer = [one for one in configuration_files(plan.parent) if one.stat().st_mtime > made]
    except OSError:
        return []
    if not newer:
        return []
    sentence = (
        f"{shown(newer[0].name)} has been changed since this plan was made, whose functions are "
        "shown; make the plan anew, or remove it."
    )
    return [Problem(sentence, plan, 1)]


def _configured(directory: Path, settings: Settings, cache: Cache) -> _Read | None:
    files = configuration_files(directory)
    if not files:
        return None
    read = read_configuration(directory, settings, os.environ, cache, KINDS)
    main = directory / MAIN
    file = main if main in files else files[0]
    problems = list(read.problems)
    if read.unparsed:
        if not describe_functions(read.unparsed):
            return None
        problems.append(unparsed_problem(read.unparsed))
    elif not _has_functions(read.resources) and not describe_functions(read.files):
        return None
    return _Read(file, read.resources, read.region, problems, frozenset(read.files))


def _has_functions(resources: Iterable[Resource]) -> bool:
    return any(one.kind == FUNCTION and not one.is_data for one in resources)
