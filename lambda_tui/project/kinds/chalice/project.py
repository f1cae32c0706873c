"""Reads a folder with a Chalice application as a project."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from lambda_tui.project.code import AssembledCode, Cache, assemble
from lambda_tui.project.credentials import region_of
from lambda_tui.project.function import Function, Problem, Project, Trigger
from lambda_tui.project.interpreters import find_interpreter
from lambda_tui.project.kinds.chalice.config import DEFAULT_STAGE, Config
from lambda_tui.project.kinds.chalice.source import APP, Application, Handler, read_application
from lambda_tui.project.kinds.chalice.triggers import route_triggers, triggers_of
from lambda_tui.project.kinds.template import LIST_OF_LAYERS, read_resources
from lambda_tui.project.kinds.template.language import LinedMapping
from lambda_tui.project.runtimes import PYTHON_RUNTIMES
from lambda_tui.project.settings import Settings
from lambda_tui.project.wording import shown

_CONFIG = Path(".chalice", "config.json")
_LIBRARY, _VENDOR = "chalicelib", "vendor"
"""The folders that Chalice deploys beside ``app.py``, and nothing else of the project."""
_REST_API = "api_handler"
"""Chalice's name of the function behind the REST API."""
_WEBSOCKETS = ("on_ws_connect", "on_ws_message", "on_ws_disconnect")
_RUNTIME = PYTHON_RUNTIMES[-1]
"""Chalice deploys for the Python that runs it; this one stands for it while functions are read."""
_PROPERTIES = {
    "lambda_timeout": "Timeout",
    "lambda_memory_size": "MemorySize",
    "layers": "Layers",
    "reserved_concurrency": "ReservedConcurrentExecutions",
}
"""Lambda's properties, by the keys of ``config.json`` that set them."""
_DEFAULT_TIMEOUT = 60


class _Deployed(NamedTuple):
    """A function as Chalice deploys it."""

    key: str
    """The name by which ``config.json`` has it."""
    name: str
    handler: str
    file: Path
    line: int
    triggers: tuple[Trigger, ...]


def read_project(directory: Path, settings: Settings) -> Project | None:
    """Return the project of a folder with a Chalice application; None for a folder without one."""
    application = read_application(directory)
    if application is None:
        return None
    app, file = directory / f"{APP}.py", directory / _CONFIG
    config = Config(file, settings.config_env or DEFAULT_STAGE)
    problems = [*application.problems, *config.problems]
    deployed = list(_deployed(application, config, app))
    if not deployed and not problems:
        sentence = "the application has no functions; add one, such as @app.lambda_function()."
        problems.append(Problem(sentence, app, application.line))
    if settings.layers:
        problems.append(Problem(LIST_OF_LAYERS.format(file.name)))
    described = file if file.is_file() else app
    functions, found = _read_functions(directory, described, config, deployed, settings)
    sources = frozenset({file, directory / _LIBRARY, directory / _VENDOR, *application.files})
    return Project(directory, functions, (*problems, *found), app, sources)


def _deployed(application: Application, config: Config, app: Path) -> Iterator[_Deployed]:
    """Yield the functions: the one of the REST API, then the others in the order of the source."""
    given, _ = config.value("app_name")
    prefix = f"{given if isinstance(given, str) else application.name or APP}-{config.stage}"
    routes = [one for one in application.handlers if one.kind == "route"]
    if routes:
        triggers = route_triggers(routes)
        yield _Deployed(_REST_API, prefix, f"{APP}.{APP}", app, application.line, triggers)
    for one in application.handlers:
        # Authorizers are deployed with the REST API that they are for.
        if one.kind == "route" or (one.kind == "authorizer" and not routes):
            continue
        key = _key(one)
        yield _Deployed(key, f"{prefix}-{key}", one.handler, one.file, one.line, triggers_of(one))


def _key(handler: Handler) -> str:
    """Return the name of a function; those of websockets are Chalice's, whatever is given."""
    if handler.kind in _WEBSOCKETS:
        return handler.kind.replace("on_ws_", "websocket_")
    return handler.name


def _read_functions(
    directory: Path, file: Path, config: Config, deployed: list[_Deployed], settings: Settings
) -> tuple[tuple[Function, ...], list[Problem]]:
    """Return the functions, by way of the template that Chalice would deploy."""
    code, problem = _code(directory)
    by_name: dict[str, _Deployed] = {}
    for one in deployed:
        by_name.setdefault(one.name, one)
    functions, found, _files = read_resources(
        file,
        _template(directory, file, config, by_name),
        settings.layer_paths,
        bootstraps={name: one.bootstrap for name, one in settings.functions.items()},
        values={**settings.values, "AWS::Region": region_of(settings)},
        find_python=lambda one: find_interpreter(directory, one, settings).executable,
    )
    problems = [*found, *([problem] if problem else [])]
    for one in deployed:
        if one is not by_name[one.name]:
            sentence = f"{shown(one.key)} is the name of another function too; give it its own."
            problems.append(Problem(sentence, one.file, one.line))
    return tuple(_as_deployed(one, by_name[one.name], code) for one in functions), problems


def _template(
    directory: Path, file: Path, config: Config, deployed: dict[str, _Deployed]
) -> LinedMapping:
    """Return a template with a resource for each function, with the lines of ``config.json``."""
    resources = LinedMapping()
    for one in deployed.values():
        properties = LinedMapping()
        properties.put("FunctionName", one.name, config.value("app_name")[1])
        properties.put("CodeUri", os.path.relpath(directory, file.parent), None)
        properties.put("Handler", one.handler, None)
        properties.put("Runtime", _RUNTIME, None)
        properties.put("Timeout", _DEFAULT_TIMEOUT, None)
        for key, name in _PROPERTIES.items():
            value, line = config.value(key, one.key)
            if value is not None:
                properties.put(name, value, line)
        architecture, line = config.value("lambda_architecture", one.key)
        if architecture is not None:
            properties.put("Architectures", [architecture], line)
        if config.value("xray")[0] is True:
            properties.put("Tracing", "Active", None)
        variables = LinedMapping()
        variables.put("Variables", config.environment(one.key), None)
        properties.put("Environment", variables, None)
        resource = LinedMapping()
        resource.put("Type", "AWS::Serverless::Function", None)
        resource.put("Properties", properties, None)
        resources.put(one.key, resource, 1)
    template = LinedMapping()
    template.put("Resources", resources, 1)
    return template


def _code(directory: Path) -> tuple[AssembledCode, Problem | None]:
    """Return what Chalice packs: the application, its library, and what is in ``vendor``."""
    placed = [
        ("", directory / _VENDOR),
        (_LIBRARY, directory / _LIBRARY),
        (f"{APP}.py", directory / f"{APP}.py"),
    ]
    try:
        return assemble([one for one in placed if one[1].exists()], Cache.of_user()), None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        sentence = f"the code cannot be put together: {reason}; see `lambda-tui doctor`."
        return AssembledCode(directory), Problem(sentence)


def _as_deployed(function: Function, deployed: _Deployed, code: AssembledCode) -> Function:
    return replace(
        function,
        runtime=None,
        code_directory=code.directory,
        linked_folders=code.linked_folders,
        added_packages=("chalice",),
        file=deployed.file,
        line=deployed.line,
        triggers=deployed.triggers,
    )
