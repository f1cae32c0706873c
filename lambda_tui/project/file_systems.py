"""Folders in the place of the file systems that functions mount on AWS."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from lambda_tui import limits
from lambda_tui.project.function import FileSystem, Function, Problem, Project
from lambda_tui.project.wording import shown

_MOUNT_PATH = re.compile(r"/mnt/(?!\.{1,2}$)[a-zA-Z0-9_.-]+")
_ACCESS_POINT = re.compile(r"arn:aws[a-zA-Z-]*:[a-z0-9]+:[a-z0-9-]+:[0-9]{12}:[^\s]+")


def is_mount_path(path: str) -> bool:
    """Return whether Lambda takes a path as ``LocalMountPath``."""
    is_short = len(path) <= limits.MOUNT_PATH_CHARACTERS
    return is_short and _MOUNT_PATH.fullmatch(path) is not None


def is_access_point(arn: str) -> bool:
    """Return whether a text has the form of an access point's ARN."""
    return _ACCESS_POINT.fullmatch(arn) is not None


def mount_file_systems(project: Project, folders: Mapping[str, Path]) -> Project:
    """Return the project with folders for its functions' file systems, and what is wrong with them.

    ``folders`` are the setting ``file_systems``.
    """
    functions, problems = [], list(project.problems)
    for function in project.functions:
        wanted = function.file_systems
        if project.template is None:
            wanted = tuple(FileSystem(path) for path in folders if is_mount_path(path))
        mounted = []
        for one in wanted:
            folder = folders.get(one.arn) or folders.get(one.local_mount_path)
            message = _not_mounted(one) if folder is None else _unusable(function, folder)
            if message is None:
                mounted.append(replace(one, directory=folder))
            else:
                name = shown(function.logical_id or function.name)
                file = None if project.template is None else function.file
                where = (file, one.line, (function.name,))
                problems.append(Problem(f"{name}: {message}", *where))
        functions.append(replace(function, file_systems=tuple(mounted)))
    return replace(project, functions=tuple(functions), problems=tuple(problems))


def _not_mounted(file_system: FileSystem) -> str:
    path = file_system.local_mount_path
    name = path.rpartition("/")[2]
    return (
        f"{path} is missing, as no folder takes the place of its file system; make one, and add "
        f'"{path}" = "{name}" below [file_systems] in lambda-tui.toml.'
    )


def _unusable(function: Function, folder: Path) -> str | None:
    """Return why a folder cannot take the place of a file system; None if it can."""
    if not folder.is_dir():
        return (
            f"file_systems names {shown(str(folder))}, where there is no folder, so the file "
            "system is missing; make it with mkdir -p."
        )
    real = folder.resolve()
    # The function could change its own code by it, as it cannot on AWS.
    own = (function.code_directory, function.layers_directory, function.code_path)
    if any(path is not None and path.resolve().is_relative_to(real) for path in own):
        return (
            f"file_systems names {shown(str(folder))}, which has the function's code in it, so "
            "the file system is missing; name a folder that has the file system's files alone."
        )
    return None
