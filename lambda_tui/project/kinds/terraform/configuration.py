"""Reads a folder with Terraform's configuration: the resources that it would make of it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from lambda_tui import limits
from lambda_tui.project.code import Cache
from lambda_tui.project.credentials import region_of
from lambda_tui.project.files import UnreadableFileError, read_text
from lambda_tui.project.function import Problem
from lambda_tui.project.kinds.terraform.file_functions import FileFunctions
from lambda_tui.project.kinds.terraform.folders import VARIABLE_FILES
from lambda_tui.project.kinds.terraform.instance import Deployment
from lambda_tui.project.kinds.terraform.language import (
    Evaluator,
    Failure,
    InvalidSyntaxError,
    MissingParserError,
    Name,
    Scope,
    parse_file,
)
from lambda_tui.project.kinds.terraform.module import NOT_GIVEN, Module
from lambda_tui.project.kinds.terraform.resource import Resource
from lambda_tui.project.kinds.terraform.source_files import Folder, SourceFiles
from lambda_tui.project.settings import Settings

_AUTOMATIC = (".auto.tfvars", ".auto.tfvars.json")
_FOLDER = ".terraform"
_ENVIRONMENT = "TF_VAR_"
_NAME = "var."
"""The beginning of the names that variables have in the settings."""
_ARGUMENTS = ("TF_CLI_ARGS", "TF_CLI_ARGS_plan")
"""Variables of the shell with arguments that Terraform adds to those of the command line."""
_OPTION = re.compile(r"^--?(var-file|var)[=\n](.+)$", re.MULTILINE)


class Configuration(NamedTuple):
    """The resources that a configuration declares, and what it was read from."""

    resources: list[Resource]
    region: str
    problems: list[Problem]
    files: set[Path]
    unparsed: list[Path]
    """The files that cannot be read because python-hcl2 is not installed."""


def read_configuration(
    directory: Path,
    settings: Settings,
    environ: Mapping[str, str],
    cache: Cache,
    kinds: frozenset[str],
) -> Configuration:
    """Return the resources of some types that the configuration of a folder declares."""
    sources = SourceFiles(cache)
    root = sources.folder(directory)
    files = FileFunctions(directory, sources)
    evaluator = Evaluator(files.functions)

    def evaluate_template(template: object, variables: object) -> object:
        names = variables if isinstance(variables, dict) else {}

        def no_root(name: str) -> object:
            return Failure(f"the template is not given {name}")

        return evaluator.evaluate(template, Scope(directory, no_root, names))  # type: ignore[arg-type]

    files.evaluate_template = evaluate_template
    deployment = Deployment(
        directory,
        sources,
        evaluator,
        settings.values,
        workspace=environ.get("TF_WORKSPACE") or _workspace(directory),
        downloaded=_downloaded(directory),
    )
    given = _Variables(root, deployment, environ, settings.parameter_overrides)
    module = Module(deployment, root, ".", inputs=given.value)
    deployment.region = region_of(settings, _region(root, module))
    resources = list(module.resources(kinds))
    problems = [*sources.problems, *deployment.problems]
    return Configuration(resources, deployment.region, problems, sources.files, sources.unparsed)


class _Variables:
    """The values of the root module's variables, from all places that Terraform takes them from."""

    def __init__(
        self,
        root: Folder,
        deployment: Deployment,
        environ: Mapping[str, str],
        overrides: Mapping[str, str],
    ) -> None:
        self._deployment = deployment
        self._kinds = {
            block.labels[0]: block.arguments.get("type")
            for _, block in root.blocks
            if block.kind == "variable" and block.labels
        }
        files, options = _options(environ)
        self._values: dict[str, object] = {}
        """The values, of which texts are still to be converted where they are not of a file."""
        for name, text in environ.items():
            if name.startswith(_ENVIRONMENT):
                self._add_text(name.removeprefix(_ENVIRONMENT), text)
        for file in (*_variable_files(deployment.directory), *files):
            block = deployment.sources.block(deployment.directory / file)
            if block is not None:
                scope = Scope(deployment.directory / file, _no_reference)
                self._values.update(deployment.evaluator.block(block, scope))
        for name, text in {**options, **overrides}.items():
            self._add_text(name, text)
        for name, text in deployment.values.items():
            if name.startswith(_NAME):
                self._add_text(name.removeprefix(_NAME), text)

    def value(self, name: str) -> object:
        """Return the value of a variable; ``NOT_GIVEN`` where only its default is left."""
        return self._values.get(name, NOT_GIVEN)

    def _add_text(self, name: str, text: str) -> None:
        """Add a text from outside, as the value that it is for a variable that is no text."""
        self._values[name] = text
        kind = self._kinds.get(name)
        if kind is None or isinstance(kind.expression, Name):
            return
        with contextlib.suppress(InvalidSyntaxError, MissingParserError):
            block = parse_file(f"value = {text}\n")
            scope = Scope(self._deployment.directory, _no_reference)
            self._values[name] = self._deployment.evaluator.block(block, scope).get("value", text)


def _options(environ: Mapping[str, str]) -> tuple[list[Path], Mapping[str, str]]:
    """Return the files of values and the values that the shell gives to each ``terraform plan``."""
    try:
        words = [word for name in _ARGUMENTS for word in shlex.split(environ.get(name, ""))]
    except ValueError:
        return [], {}
    found = _OPTION.findall("\n".join(words))
    files = [Path(value) for option, value in found if option == "var-file"]
    values = (value.partition("=") for option, value in found if option == "var")
    return files, {name: value for name, _, value in values}


def _no_reference(name: str) -> object:
    return Failure(f"{name} cannot stand in a file of values")


def _variable_files(directory: Path) -> list[Path]:
    """Return the files of values that Terraform reads by itself, the one that counts most last."""
    try:
        with os.scandir(directory) as listed:
            automatic = sorted(one.name for one in listed if one.name.endswith(_AUTOMATIC))
    except OSError:
        automatic = []
    usual = [name for name in VARIABLE_FILES if (directory / name).is_file()]
    return [directory / name for name in (*usual, *automatic)]


def _workspace(directory: Path) -> str:
    return _small_text(directory / _FOLDER / "environment").strip() or "default"


def _downloaded(directory: Path) -> Mapping[str, str]:
    """Return the folders of the modules that ``terraform init`` has put there, by their names."""
    try:
        content = json.loads(_small_text(directory / _FOLDER / "modules" / "modules.json") or "{}")
        modules = content.get("Modules", [])
        return {str(one["Key"]): str(one["Dir"]) for one in modules if one["Key"]}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _small_text(file: Path) -> str:
    if not file.is_file():
        return ""
    try:
        return read_text(file, limits.TEMPLATE_BYTES)
    except UnreadableFileError:
        return ""


def _region(root: Folder, module: Module) -> str | None:
    """Return the region of the provider that resources have unless they name another.

    None where it has none, or where it is not known here.
    """
    for file, block in root.blocks:
        is_default = block.kind == "provider" and block.labels == ["aws"]
        if is_default and "alias" not in block.arguments and "region" in block.arguments:
            region = module.evaluate(file, block.arguments["region"])
            if isinstance(region, str) and region:
                return region
    return None
