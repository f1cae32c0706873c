"""Tells whether a folder has files of Terraform's, and reads it then."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable
from pathlib import Path

from lambda_tui import limits
from lambda_tui.project.files import UnreadableFileError, read_bytes
from lambda_tui.project.function import Problem, Project
from lambda_tui.project.kinds.template import folders_below
from lambda_tui.project.settings import Settings
from lambda_tui.project.wording import shown

MAIN = "main.tf"
PLANS = ("tfplan.json", "plan.json")
"""The usual names of a plan in a project's folder; the first that is one is read."""
VARIABLE_FILES = ("terraform.tfvars", "terraform.tfvars.json")
FILES = (MAIN, *PLANS, *VARIABLE_FILES)
"""The usual names of files that describe functions."""
CONFIGURATIONS = (".tf", ".tofu", ".tf.json", ".tofu.json")
"""The ends of the names of files that Terraform, or OpenTofu, reads."""
SUFFIXES = (*CONFIGURATIONS, ".tfvars", ".tfvars.json")
"""The ends of the names of all files that describe functions."""
_OVERRIDES = ("override", "_override")
"""The ends of the names of files that go before the others."""
_MOST_FILES = 1_000
"""Files of one folder that are read."""
_SIGN = re.compile(rb'\A\s*\{\s*"format_version"\s*:')
_SIGN_BYTES = 4096
_FUNCTION = re.compile(rb'aws_lambda_function|source"?\s*[=:]\s*"[^"\n]*lambda')
"""Texts in files that may describe functions."""
_MODULE = re.compile(rb'^\s*module\s+"', re.MULTILINE)
_MOST_NAMED = 8
"""Folders that one sentence names."""


def read_project(directory: Path, settings: Settings) -> Project | None:
    """Return the project of a folder with Terraform's files; None for one without functions.

    A plan goes before the configuration that it was made of. The setting ``template`` may name a
    plan, or a file of the configuration to read.
    """
    named = settings.template
    if named is None:
        is_terraform = plan_in(directory) is not None or bool(configuration_files(directory))
    else:
        is_terraform = named.name.endswith(CONFIGURATIONS) or is_plan(named)
    if not is_terraform:
        return None
    # Loaded when it is needed: it takes a quarter of the time that the other kinds take together.
    from lambda_tui.project.kinds.terraform.project import read

    return read(directory, settings)


def unread_folders(directory: Path) -> list[Problem]:
    """Return the problem of a folder below which configurations with functions lie."""
    found: list[Path] = []
    for folder in folders_below(directory):
        if not any(folder.is_relative_to(one) for one in found) and _may_have_functions(folder):
            found.append(folder)
    if not found:
        return []
    names = [shown(shlex.quote(str(one.relative_to(directory)))) for one in found[:_MOST_NAMED]]
    commands = ", ".join(f"`lambda-tui {name}`" for name in names)
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return [Problem(f"there is Terraform that this folder does not open: {commands}{more}.")]


def _may_have_functions(folder: Path) -> bool:
    files = configuration_files(folder)[:_MOST_NAMED]
    return any(_mentions(file, _FUNCTION) or _mentions(file, _MODULE) for file in files)


def configuration_files(folder: Path) -> list[Path]:
    """Return the files of a folder that Terraform, or OpenTofu, reads; those that override last.

    A file of OpenTofu's goes before the one of Terraform's with its name.
    """
    try:
        with os.scandir(folder) as listed:
            names = sorted(one.name for one in listed if one.name.endswith(CONFIGURATIONS))
    except OSError:
        return []
    own = {name for name in names if ".tofu" in name}
    names = [one for one in names if one in own or one.replace(".tf", ".tofu") not in own]
    names.sort(key=overrides)
    return [folder / name for name in names[:_MOST_FILES]]


def overrides(name: str) -> bool:
    """Return whether a file goes before the others of its folder, by its name."""
    return name.partition(".")[0].endswith(_OVERRIDES)


def plan_in(directory: Path) -> Path | None:
    """Return the plan of a folder; None for a folder without one."""
    return next((file for name in PLANS if is_plan(file := directory / name)), None)


def is_plan(file: Path) -> bool:
    """Return whether a file is a plan in JSON, by its beginning."""
    try:
        with file.open("rb") as stream:
            return _SIGN.match(stream.read(_SIGN_BYTES)) is not None
    except (OSError, ValueError):
        return False


def describe_functions(files: Iterable[Path]) -> bool:
    """Return whether a file may describe functions, by its text."""
    return any(_mentions(file, _FUNCTION) for file in files)


def _mentions(file: Path, what: re.Pattern[bytes]) -> bool:
    try:
        return what.search(read_bytes(file, limits.TEMPLATE_BYTES)) is not None
    except UnreadableFileError:
        return False
