"""Tells which of the saved files concern a function, and what has to be watched for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from lambda_tui.project.code import OutwardLink, is_deployed, is_deployed_in_plain_folder
from lambda_tui.project.function import Function, Project
from lambda_tui.project.interpreters import Interpreter
from lambda_tui.project.kinds.template import SAM_CONFIG
from lambda_tui.project.load import LISTING_FILES, LISTING_SUFFIXES
from lambda_tui.project.settings import PROJECT_FILE

_DESCRIPTIONS = frozenset({*LISTING_FILES, SAM_CONFIG, PROJECT_FILE})
"""Files in the project's folder that say what its functions are, and are none of their code."""

_MODULES = "node_modules"

_IsDeployed = Callable[[Path, Path], bool]
"""Tells of a path, relative to a folder, whether a deployment of the folder takes it."""


def describing_files(project: Project) -> set[Path]:
    """Return the files that say which functions a project has, whether they are there or not."""
    files = {project.directory / name for name in LISTING_FILES} | project.sources
    if project.template is None:
        return files
    return files | {project.template, project.template.parent / SAM_CONFIG}


def describe_project(paths: Iterable[Path], project: Project) -> bool:
    """Return whether one of the paths says which functions a project has, or may say it."""
    known = {project.directory, *describing_files(project)}
    return any(path in known or path.name.endswith(LISTING_SUFFIXES) for path in paths)


def watched_folders(function: Function, links: Iterable[OutwardLink] = ()) -> set[Path]:
    """Return the folders of the files that a function sees, or from which these are made.

    ``links`` lead out of its own.
    """
    folders = {layer.path for layer in function.layers if layer.path is not None}
    folders |= {layer.source.folder for layer in function.layers if layer.source is not None}
    if function.code_archive is None:
        folders.add(function.code_directory)
    folders |= {link.target for link in links}
    folders |= set(function.linked_folders or ())
    return {_real(folder) for folder in folders if folder.is_dir()}


def watched_files(function: Function, links: Iterable[OutwardLink] = ()) -> set[Path]:
    """Return the single files from which a function's files are made, and that links lead to.

    Beside them are its own folders, of which nobody below them tells that they have come back.
    """
    paths = {layer.path for layer in function.layers if layer.path is not None}
    paths |= {function.code_archive or function.code_directory}
    paths |= {link.target for link in links if not link.target.is_dir()}
    if function.image is not None:
        paths.add(function.image.dockerfile)
    return {form for path in paths for form in _forms(path)}


def package_folders(interpreter: Interpreter) -> set[Path]:
    """Return the folders of a virtual environment that functions find installed packages in."""
    root = _environment(interpreter)
    if root is None or not (root / "pyvenv.cfg").is_file():
        return set()
    return {_real(folder) for folder in root.glob("lib*/python*/site-packages")}


def installed_packages(
    paths: Iterable[Path], files: Iterable[str], interpreter: Interpreter
) -> tuple[str, ...]:
    """Return the folders of packages that were changed, by ``paths`` or by ``files``.

    ``files`` are those of the paths that the function sees in its code. An installation writes many
    over some time.
    """
    found = {str(Path(*parts[: parts.index(_MODULES) + 1])) for parts in _all_parts(files)}
    root = _environment(interpreter)
    if root is not None:
        forms = _forms(root)
        found |= {root.name for path in paths if _is_installed(path, forms)}
    return tuple(sorted(found))


def makes_environment(paths: Iterable[Path], project: Project) -> bool:
    """Return whether a virtual environment may have appeared, or gone, with these paths."""
    folders = {project.directory, *(one.code_directory for one in project.functions)}
    places = {folder / name for folder in folders for name in ("venv", ".venv")}
    return any(path in places or path.parent.parent in places for path in paths)


def _environment(interpreter: Interpreter) -> Path | None:
    """Return the folder of the interpreter in which functions find packages, if they do."""
    if interpreter.language != "python" or not interpreter.finds_packages:
        return None
    return interpreter.executable.parent.parent


def _all_parts(files: Iterable[str]) -> Iterator[tuple[str, ...]]:
    return (parts for file in files if _MODULES in (parts := Path(file).parts))


def _is_installed(path: Path, forms: Iterable[Path]) -> bool:
    is_cache = "__pycache__" in path.parts
    is_below = any(path.is_relative_to(form) for form in forms)
    return is_below and not is_cache and "site-packages" in path.parts[:-1]


def seen_files(
    paths: Iterable[Path], function: Function, project: Project, links: Iterable[OutwardLink] = ()
) -> tuple[str, ...]:
    """Return the paths that the function sees directly, in its code or in its only layer.

    They are relative to these. By ``links`` it sees files outside of them.
    """
    # A file in a mounted folder is none of the function's code.
    folders = [folder for one in project.functions for folder, _ in one.mounts]
    mounts = [form for folder in folders for form in _forms(folder)]
    paths = tuple(path for path in paths if not any(map(path.is_relative_to, mounts)))
    files = _changed(paths, function.code_directory, _deployment_of(function, project))
    if function.layers_directory is not None:
        files += _changed(paths, function.layers_directory, is_deployed)
    for link in links:
        folder = function.layers_directory if link.is_in_layers else function.code_directory
        assert folder is not None
        # The kernel names a file by one of the paths that are watched.
        names = _changed(paths, link.target, is_deployed)
        names += _changed(paths, folder / link.path, is_deployed)
        is_folder = link.target.is_dir()
        seen = [f"{link.path}/{name}" if is_folder else link.path for name in names]
        files += tuple(name for name in dict.fromkeys(seen) if name not in files)
    return files


def source_files(paths: Iterable[Path], function: Function) -> tuple[str, ...]:
    """Return the paths from which the function's files are made.

    These are archives, layers to be merged, sources of layers to be built, a Dockerfile, and
    folders whose files have links each.
    """
    paths = frozenset(paths)
    files = tuple(sorted(path.name for path in paths if _is_assembled_by(path, function)))
    built = (layer.source.folder for layer in function.layers if layer.source is not None)
    for source in (function.code_archive, *(layer.path for layer in function.layers), *built):
        if source is None:
            continue
        if not paths.isdisjoint(_forms(source)):
            files += (source.name,)
        elif source != function.layers_directory:
            files += _changed(paths, source, is_deployed)
    return files


def _is_assembled_by(path: Path, function: Function) -> bool:
    """Return whether a path is the Dockerfile, or new or gone where each file has a link."""
    if function.image is not None and path in _forms(function.image.dockerfile):
        return True
    link = (function.linked_folders or {}).get(path.parent)
    if link is None:
        return False
    return path.exists() != os.path.lexists(function.code_directory / link / path.name)


def _deployment_of(function: Function, project: Project) -> _IsDeployed:
    folder = function.code_directory
    is_own = folder == project.directory

    def is_taken(path: Path, _folder: Path) -> bool:
        if is_own and path.parent == Path() and path.name in _DESCRIPTIONS:
            return False
        if path.name.endswith(LISTING_SUFFIXES):
            return False
        if project.template is not None and folder / path == project.template:
            return False
        if project.template is None:
            return is_deployed_in_plain_folder(path, folder, is_project=is_own)
        return is_deployed(path, folder)

    return is_taken


def _changed(paths: Iterable[Path], folder: Path, is_taken: _IsDeployed) -> tuple[str, ...]:
    """Return the paths below a folder that a deployment takes, relative to it and sorted.

    A folder that was deleted and comes back may be reported by its own path only.
    """
    forms = _forms(folder)
    relative = [
        path.relative_to(form) for path in paths for form in forms if path.is_relative_to(form)
    ]
    seen = {path for path in relative if is_taken(path, folder)}
    return tuple(sorted(str(path) if path.parts else folder.name for path in seen))


def _forms(path: Path) -> set[Path]:
    """Return the paths by which the kernel may name one."""
    return {path, _real(path)}


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
