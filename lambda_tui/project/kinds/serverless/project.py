"""Reads a folder with a ``serverless.yml`` as a project."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from lambda_tui import limits
from lambda_tui.project.credentials import region_of
from lambda_tui.project.files import UnreadableFileError, read_text
from lambda_tui.project.function import Function, Listing, Problem, Project
from lambda_tui.project.interpreters import find_interpreter
from lambda_tui.project.kinds.serverless.document import ServerlessDocument
from lambda_tui.project.kinds.serverless.env_files import env_files, read_env_files
from lambda_tui.project.kinds.serverless.triggers import read_triggers
from lambda_tui.project.kinds.serverless.variables import DEFAULT_STAGE, Variables
from lambda_tui.project.kinds.template import LIST_OF_LAYERS, TemplateContent, read_resources
from lambda_tui.project.kinds.template.language import (
    InvalidYamlError,
    LinedMapping,
    Resolver,
    Unknown,
    YamlDocument,
    read_yaml,
    section,
)
from lambda_tui.project.settings import Settings
from lambda_tui.project.wording import shown

KIND = "Serverless Framework"
"""The kind, in words."""
FILES = ("serverless.yml", "serverless.yaml", "serverless.json")
"""The names of the framework's file in a project's folder; the first that is there is read."""
_PROGRAMS = ("serverless.ts", "serverless.js", "serverless.mjs", "serverless.cjs")
_SECTIONS = ("provider", "functions", "layers", "package", "resources")
"""The sections that are read, beside those that variables refer to."""
_BUILDERS = (
    "serverless-bundle",
    "serverless-esbuild",
    "serverless-plugin-typescript",
    "serverless-webpack",
)
"""Plugins that make other code of the source for a deployment."""
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}")
_ADVICE = "add one, such as functions: {hello: {handler: src/app.handler}}."


class _Service(NamedTuple):
    """A file with its variables resolved, and what functions get of all of it."""

    content: LinedMapping
    prefix: str | None
    """The beginning of the names of functions; None where a part of it is not known."""
    pseudo_parameters: Mapping[str, str]


def read_project(directory: Path, settings: Settings) -> Project | None:
    """Return the project of a folder with a ``serverless.yml``; None for a folder without one."""
    file = next((file for name in FILES if (file := directory / name).is_file()), None)
    if file is None:
        return None
    reader = _Reader(directory, file, settings)
    functions = reader.read()
    problems = reader.problems
    if settings.layers:
        problems.append(Problem(LIST_OF_LAYERS.format(file.name)))
    return Project(directory, functions, tuple(problems), file, frozenset(reader.files))


def unread_programs(directory: Path) -> list[Problem]:
    """Return a problem for a file of the framework's that is a program."""
    if any((directory / name).is_file() for name in FILES):
        return []
    return [
        Problem(
            f"{name} is a program that describes functions to the Serverless Framework, and is not "
            "run here, so its functions are not listed; write it as a serverless.yml.",
            directory / name,
        )
        for name in _PROGRAMS
        if (directory / name).is_file()
    ]


def unread_listings(directory: Path) -> list[Listing]:
    """Return the listing of a file of the framework's that is a program."""
    if any((directory / name).is_file() for name in FILES):
        return []
    files = [directory / name for name in _PROGRAMS if (directory / name).is_file()]
    return [Listing(file, KIND, remark="a program, which is not run") for file in files]


class _Reader:
    """Reads one file, and collects what is wrong with it."""

    def __init__(self, directory: Path, file: Path, settings: Settings) -> None:
        self._directory = directory
        self._file = file
        self._settings = settings
        self.problems: list[Problem] = []
        self.files: set[Path] = set()
        """Further files that were read, or would be if they were there."""

    def read(self) -> tuple[Function, ...]:
        """Return the functions in the file's order; never raise."""
        try:
            document = read_yaml(read_text(self._file, limits.TEMPLATE_BYTES))
            if isinstance(document.content, LinedMapping):
                self._note_repeated(document)
                return self._functions(document.content)
            self._warn(f"the file has no functions; {_ADVICE}", 1)
        except UnreadableFileError as error:
            self.problems.append(Problem(str(error), self._file))
        except InvalidYamlError as error:
            self._warn(f"the file is not valid YAML: {error}.", error.line)
        except RecursionError:
            self._warn("the file refers to itself without end.", 1)
        return ()

    def _functions(self, raw: LinedMapping) -> tuple[Function, ...]:
        provider = raw.get("provider")
        variables = self._variables(raw)
        name = provider if isinstance(provider, str) else variables.at("provider.name")
        if isinstance(name, str) and name != "aws":
            self._warn(
                f"the provider is {shown(name)}, and only functions of aws can be run.",
                raw.lines.get("provider"),
            )
            return ()
        service = self._service(raw, variables)
        made = ServerlessDocument(self._file, service.content, service.prefix)
        references = self._settings.dynamic_references
        values = {**service.pseudo_parameters, **references, **self._settings.values}
        found = self._read_resources(made, values)
        functions = found.functions
        self.files |= found.files
        self.problems += [*made.problems, *found.problems, *variables.problems.values()]
        if any(function.language == "node" for function in functions):
            self._tell_builders(raw, variables)
        if not functions and not self.problems:
            self._warn(f"the file has no functions; {_ADVICE}", raw.lines.get("functions", 1))
        resolver = Resolver(made.template, values)
        return tuple(_with_triggers(one, made.functions, resolver) for one in functions)

    def _read_resources(
        self, made: ServerlessDocument, values: Mapping[str, str]
    ) -> TemplateContent:
        settings, directory = self._settings, self._directory

        def find_python(function: Function) -> Path:
            return find_interpreter(directory, function, settings).executable

        return read_resources(
            self._file,
            made.template,
            settings.layer_paths,
            bootstraps={name: one.bootstrap for name, one in settings.functions.items()},
            values=values,
            find_python=find_python,
            names=made.names,
        )

    def _variables(self, raw: LinedMapping) -> Variables:
        """Return the file's variables, with those of ``.env`` files where it uses these."""
        settings = self._settings
        # As `--region` of the framework: it goes before what the file says.
        option = {} if settings.region is None else {"opt:region": settings.region}
        values, region = {**settings.values, **option}, region_of(settings)
        variables = Variables(self._file, raw, values, os.environ, region)
        is_merged = str(variables.at("frameworkVersion")).lstrip("^~>=v ").startswith("4")
        if not is_merged and variables.at("useDotenv") is not True:
            return variables
        stage = variables.stage
        files = env_files(
            self._directory, stage if isinstance(stage, str) else DEFAULT_STAGE, is_merged=is_merged
        )
        self.files |= set(files)
        environ = {**read_env_files(files), **os.environ}
        return Variables(self._file, raw, values, environ, region)

    def _service(self, raw: LinedMapping, variables: Variables) -> _Service:
        content = LinedMapping()
        for name in _SECTIONS:
            if name in raw:
                line = raw.lines.get(name)
                content.put(name, variables.resolve(raw[name], line), line)
        if isinstance(content.get("provider"), Unknown):
            self._tell_unknown("provider", content["provider"], raw.lines.get("provider"))
        service = variables.at("service")
        if isinstance(service, dict):
            service = service.get("name")
        stage, region = variables.stage, variables.region
        lines = section(raw, "provider").lines
        if service is None:
            self._warn("the file has no service; add its name, such as service: shop.", 1)
        self._tell_unknown("service", service, raw.lines.get("service"))
        self._tell_unknown("provider.stage", stage, lines.get("stage"))
        if not isinstance(region, str) or not _REGION.fullmatch(region):
            fallback = region_of(self._settings)
            what = region.reason if isinstance(region, Unknown) else f"it is {shown(region)}"
            sentence = f"provider.region is not known here, so {fallback} holds: {what}."
            self._warn(sentence, lines.get("region"))
            region = fallback
        self.files |= variables.files
        pseudo = {"AWS::Region": region}
        if not isinstance(service, str | int) or not isinstance(stage, str | int):
            return _Service(content, None, pseudo)
        pseudo["AWS::StackName"] = f"{service}-{stage}"
        return _Service(content, f"{service}-{stage}-", pseudo)

    def _tell_builders(self, raw: LinedMapping, variables: Variables) -> None:
        """Add a problem for a plugin whose work on the code of functions is not done here."""
        plugins = variables.at("plugins")
        if isinstance(plugins, dict):
            plugins = plugins.get("modules")
        for name in plugins if isinstance(plugins, list) else []:
            if name in _BUILDERS:
                self._warn(
                    f"{name} builds the code that is deployed, and the source is run as it is "
                    "here.",
                    raw.lines.get("plugins"),
                )

    def _tell_unknown(self, name: str, value: object, line: int | None) -> None:
        if isinstance(value, Unknown):
            self._warn(f"{name} is not known here: {value.reason}.", line)

    def _note_repeated(self, document: YamlDocument) -> None:
        for key, line in document.repeated:
            self._warn(
                f"{shown(key)} stands twice in one mapping, where the last counts; take one out.",
                line,
            )

    def _warn(self, sentence: str, line: int | None) -> None:
        self.problems.append(Problem(sentence, self._file, line or 1))


def _with_triggers(function: Function, declared: LinedMapping, resolver: Resolver) -> Function:
    own = declared.get(function.logical_id or "")
    if not isinstance(own, LinedMapping):
        return function
    return replace(function, triggers=(*read_triggers(own, resolver), *function.triggers))
