"""Loads a folder as a ``Project``: the way in for the engine, the screen and the commands."""

from __future__ import annotations

import contextlib
import functools
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from lambda_tui.project.code import Cache, unreadable_paths
from lambda_tui.project.dependencies import undeclared_modules
from lambda_tui.project.env_files import EnvFile, read_env_file, with_variables
from lambda_tui.project.file_systems import mount_file_systems
from lambda_tui.project.function import NODE_SUFFIXES, Function, Listing, Problem, Project
from lambda_tui.project.function_settings import with_function_settings
from lambda_tui.project.handlers import misspelt_imports
from lambda_tui.project.interpreters import find_interpreter
from lambda_tui.project.kinds import cdk, chalice, plain, serverless, template, terraform
from lambda_tui.project.layers import extension_problems
from lambda_tui.project.settings import ALL_SERVICES, Settings
from lambda_tui.project.spelling import true_path
from lambda_tui.project.wording import shown

LISTING_FILES = (*template.TEMPLATES, *serverless.FILES, *terraform.FILES, *cdk.FILES)
"""The names of files, in a project's folder, that list its functions."""

LISTING_SUFFIXES = terraform.SUFFIXES
"""The ends of the names of files that list functions, in any folder."""

_KINDS: Mapping[str, Callable[[Path, Settings], Project | None]] = {
    template.KIND: template.read_project,
    serverless.KIND: serverless.read_project,
    "Terraform": terraform.read_project,
    "Chalice": chalice.read_project,
    "CDK": cdk.read_project,
}
"""The kinds of projects: each reads a folder, or returns None for one that is not of its kind.

A folder may be of several. One that is of none of them is a plain folder.
"""

_NAMED_KINDS = {kind: _KINDS[kind] for kind in ("Terraform", "CDK", template.KIND)}
"""The kinds that a file may be named of, the one that takes any last."""

_CODE_SUFFIXES = (".py", ".so", ".dylib", ".node", *NODE_SUFFIXES)


def load_project(directory: Path, settings: Settings | None = None) -> Project:
    """Return the project in a folder, with what the settings say of its functions.

    What is wrong in it is returned as problems, never raised. Archives of code and of layers are
    unpacked into the user's cache directory.
    """
    settings = settings or Settings()
    Cache.of_user().remove_abandoned()
    env_file = _env_file(directory, settings)
    if env_file is not None:
        references = env_file.dynamic_references
        settings = replace(settings, env_file=env_file.file, dynamic_references=references)
    project = with_function_settings(_read_project(directory, settings), settings)
    project = _with_source_problems(_with_modes(project))
    project = mount_file_systems(project, settings.file_systems)
    project = _with_local_variables(project, settings)
    if env_file is not None:
        project = with_variables(project, env_file)
    project = _with_places(_with_all_listed(project))
    if settings.undeclared_packages != "error":
        return project
    return _with_hidden_modules(project, settings)


def _read_project(directory: Path, settings: Settings) -> Project:
    try:
        directory = directory.expanduser().resolve()
        if not directory.is_dir():
            return Project(directory, problems=(_not_a_folder(directory),))
        if sys.platform == "darwin":
            # It may be named in another case there, and saves are told by its own.
            directory = true_path(directory, str(directory)) or directory
        kinds = _KINDS if settings.template is None else _NAMED_KINDS
        found = {kind: read_project(directory, settings) for kind, read_project in kinds.items()}
        projects = {kind: project for kind, project in found.items() if project is not None}
        if settings.template is not None:
            # A file that is named is all that is asked for.
            projects = dict(list(projects.items())[:1])
        project = _merged(projects) if projects else plain.read_project(directory, settings)
        return _with_unread(project, settings)
    except (OSError, ValueError, RuntimeError) as error:
        what = getattr(error, "filename", None) or directory
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        message = f"{shown(str(what))} cannot be read: {shown(reason)}; name another folder."
        return Project(directory, problems=(Problem(message),))


def _with_unread(project: Project, settings: Settings) -> Project:
    """Return the project with what was seen in its folder and not read."""
    directory = project.directory
    if settings.template is not None:
        return project
    problems = template.misplaced_templates(directory) + serverless.unread_programs(directory)
    listings = serverless.unread_listings(directory)
    if project.template is None:
        others = template.other_templates(directory)
        problems += template.unread_templates(directory, others)
        problems += terraform.unread_folders(directory)
    else:
        others = template.templates_beside(directory, {project.template, *project.sources})
    return replace(
        project,
        problems=(*problems, *project.problems),
        listings=(*project.listings, *listings, *others),
    )


def _merged(projects: Mapping[str, Project]) -> Project:
    """Return one folder's projects, by their kinds, as one, with what is twice in them told."""
    (kind, merged), *others = projects.items()
    merged = replace(merged, listings=(_listing(kind, merged, merged.functions),))
    for kind, project in others:
        known = {function.name: function for function in merged.functions}
        codes = {_code_of(function): function for function in merged.functions}
        problems = [*merged.problems, *project.problems]
        for function in project.functions:
            first = known.get(function.name) or codes.get(_code_of(function))
            if first is not None:
                problems.append(_told_twice(first, function))
        functions = [one for one in project.functions if one.name not in known]
        merged = replace(
            merged,
            functions=(*merged.functions, *functions),
            listings=(*merged.listings, _listing(kind, project, functions)),
            problems=tuple(problems),
            sources=merged.sources | project.sources | _own_file(project),
        )
    return merged


def _listing(kind: str, project: Project, functions: Iterable[Function]) -> Listing:
    names = tuple(function.name for function in functions)
    return Listing(project.template, kind, names, remark="" if names else "none is read")


def _with_all_listed(project: Project) -> Project:
    """Return the project with listings of all its functions, which stand in their order."""
    names = [function.name for function in project.functions]
    listings = [
        replace(one, functions=tuple(name for name in one.functions if name in names))
        for one in project.listings
    ]
    listed = {name for one in listings for name in one.functions}
    by_file: dict[Path | None, list[str]] = {}
    for function in project.functions:
        if function.name not in listed:
            is_of_settings = function.file is not None and function.file.suffix == ".toml"
            file = function.file if is_of_settings else None
            by_file.setdefault(file, []).append(function.name)
    added = [
        Listing(file, "source files" if file is None else "settings", tuple(names))
        for file, names in by_file.items()
    ]
    ordered = sorted([*listings, *added], key=lambda one: not one.functions)
    functions = {function.name: function for function in project.functions}
    return replace(
        project,
        functions=tuple(functions[name] for one in ordered for name in one.functions),
        listings=tuple(ordered),
    )


def _own_file(project: Project) -> frozenset[Path]:
    return frozenset() if project.template is None else frozenset({project.template})


def _code_of(function: Function) -> tuple[Path, str]:
    return function.code_path, function.handler


def _told_twice(first: Function, second: Function) -> Problem:
    """Return the problem of two files that describe a function each, of one name or one code."""
    file = "" if first.file is None else first.file.name
    if first.name == second.name:
        sentence = f"{second.name} is a function of {file} too, and that one is shown."
    else:
        sentence = f"{second.name} is the same code as {first.name} of {file}."
    return Problem(sentence, second.file, second.line, (second.name,))


def _env_file(directory: Path, settings: Settings) -> EnvFile | None:
    """Return the file of variables that is named by the settings, or else for ``sam local``."""
    file = settings.env_file
    if file is None:
        folder = directory if settings.template is None else settings.template.parent
        # A folder that cannot be read is told where the project is.
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            folder = folder.expanduser().resolve()
            file = template.read_sam_config(folder, settings.config_env).env_vars
    return None if file is None else read_env_file(file)


def _not_a_folder(directory: Path) -> Problem:
    if directory.exists():
        return Problem(f"{shown(str(directory))} is a file; name the folder that it is in.")
    return Problem(
        f"{shown(str(directory))} does not exist; name a project folder, or run `lambda-tui demo`."
    )


def _with_places(project: Project) -> Project:
    """Return the project with problems that name files as they are found from its folder."""
    places = (replace(problem, directory=project.directory) for problem in project.problems)
    return replace(project, problems=tuple(places))


def _with_modes(project: Project) -> Project:
    """Return the project with what its deployed functions could not read, and a problem for it."""
    find = functools.cache(unreadable_paths)
    functions, problems = [], list(project.problems)
    for function in project.functions:
        unreadable = [
            (folder / path, f"{root}/{path}")
            for folder, root in _folders_with_modes(project, function)
            for path in find(folder)
        ]
        functions.append(replace(function, unreadable=tuple(path for _, path in unreadable)))
        # A private data file may well lie beside the code, without being read.
        code = [(file, path) for file, path in unreadable if _is_code(file)]
        if code:
            file, path = code[0]
            more = f" and {len(code) - 1} more" if len(code) > 1 else ""
            message = (
                f"{function.name} cannot read {shown(path)}{more} in Lambda, which runs it as "
                "another user and keeps the modes of a zip file; run chmod -R o+rX before you "
                "pack them."
            )
            problems.append(Problem(message, file, functions=(function.name,)))
    return replace(project, functions=tuple(functions), problems=tuple(problems))


def _with_source_problems(project: Project) -> Project:
    """Return the project with what is wrong in its functions' extensions and imports."""
    problems: list[Problem] = []
    for function in project.functions:
        problems += extension_problems(function)
        if function.language == "node":
            problems += misspelt_imports(function)
    return replace(project, problems=(*project.problems, *problems))


def _is_code(path: Path) -> bool:
    return path.is_dir() or path.name == "bootstrap" or path.suffix in _CODE_SUFFIXES


def _folders_with_modes(project: Project, function: Function) -> list[tuple[Path, str]]:
    """Return the folders whose modes are deployed, each with its path in Lambda.

    SAM allows everybody to read what it packs itself, but leaves archives as they are.
    """
    is_plain = project.template is None
    folders = []
    if is_plain or function.code_archive is not None:
        folders.append((function.code_directory, "/var/task"))
    are_archives = all(layer.path is None or layer.path.is_file() for layer in function.layers)
    if function.layers_directory is not None and (is_plain or are_archives):
        folders.append((function.layers_directory, "/opt"))
    return folders


def _with_hidden_modules(project: Project, settings: Settings) -> Project:
    """Return the project with its functions' modules that would be missing on Lambda."""

    def changed(function: Function) -> Function:
        interpreter = find_interpreter(project.directory, function, settings)
        hidden = undeclared_modules(project.directory, function, interpreter)
        return replace(function, hidden_modules=hidden)

    return replace(project, functions=tuple(map(changed, project.functions)))


def _with_local_variables(project: Project, settings: Settings) -> Project:
    """Return the project with the variables that its functions have here alone.

    They tell that this is not AWS, and where a stack of the user's own has AWS's services.
    """
    local = {"LAMBDA_TUI": "1"}
    for service, address in settings.endpoint_url.items():
        suffix = re.sub("[ -]", "_", service).upper()
        name = "AWS_ENDPOINT_URL" if service == ALL_SERVICES else f"AWS_ENDPOINT_URL_{suffix}"
        local[name] = address
    if settings.sam_local:
        local["AWS_SAM_LOCAL"] = "true"
    functions = tuple(replace(one, local_variables=local) for one in project.functions)
    return replace(project, functions=functions)
