"""Finds the Node.js that a function runs on."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from lambda_tui.project.files import UnreadableFileError, is_executable, read_text
from lambda_tui.project.function import Function
from lambda_tui.project.interpreters.interpreter import Interpreter
from lambda_tui.project.interpreters.search import (
    Version,
    glob,
    is_shim,
    nearest,
    path_folders,
)
from lambda_tui.project.runtimes import NODE_RUNTIMES

_VERSION_FILES = (".nvmrc", ".node-version")
_LARGEST_VERSION_FILE = 4096
_LARGEST_HEADER = 1024 * 1024
_OLDEST: Version = (16,)
"""The oldest that functions run on here; runtimes of older ones run on the nearest."""
_VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?")
_DEFINED_VERSION = re.compile(r"^#define NODE_(MAJOR|MINOR|PATCH)_VERSION (\d+)", re.M)
# Where version managers install: the variable that names their folder, its default below home, and
# the pattern of executables in it.
_INSTALLATIONS = (
    ("NVM_DIR", ".nvm", "versions/node/*/bin/node"),
    ("FNM_DIR", ".local/share/fnm", "node-versions/*/installation/bin/node"),
    ("ASDF_DATA_DIR", ".asdf", "installs/nodejs/*/bin/node"),
    ("MISE_DATA_DIR", ".local/share/mise", "installs/node/*/bin/node"),
    ("NODENV_ROOT", ".nodenv", "versions/*/bin/node"),
    ("VOLTA_HOME", ".volta", "tools/image/node/*/bin/node"),
    ("N_PREFIX", "/usr/local", "n/versions/node/*/bin/node"),
)


def find_node(directory: Path, function: Function) -> Interpreter | None:
    """Return the Node.js for a function of the project in ``directory``; None when there is none.

    The first of these, among the one on PATH and those that version managers have installed: the
    version in .nvmrc or .node-version, the one that Runtime names, the nearest to that, the one on
    PATH, the newest.
    """
    on_path = _on_path()
    installed = sorted(_installed(), reverse=True)
    wanted_versions = list(_wanted_versions(directory, function))
    for wanted, origin in wanted_versions:
        found = _find_version(wanted, origin, on_path, installed)
        if found is not None:
            return found
    if wanted_versions and (on_path is None or _version_of(on_path)):
        # The last is that of Runtime, where it names one.
        return _find_nearest(wanted_versions[-1][0][:1], on_path, installed)
    if on_path is not None:
        return _node(on_path, "node on PATH")
    return _node(installed[0][1], "the newest Node.js installed") if installed else None


def nodes_on_machine() -> dict[str, Path]:
    """Return the Node.js installations by the runtimes that name them, oldest first.

    The last is ``node``, the one on PATH, when its version is none of these or unknown: functions
    run on it where nothing fits better.
    """
    on_path = _on_path()
    installed = sorted(_installed(), reverse=True)
    nodes = {}
    for runtime in NODE_RUNTIMES:
        found = _find_version(_named_version(runtime), "", on_path, installed)
        if found is not None:
            nodes[runtime] = found.executable
    if on_path is not None and on_path not in nodes.values():
        nodes["node"] = on_path
    return nodes


def _node(executable: Path, origin: str) -> Interpreter:
    return Interpreter(executable, origin, "node")


def _find_version(
    wanted: Version, origin: str, on_path: Path | None, installed: Sequence[tuple[Version, Path]]
) -> Interpreter | None:
    if on_path is not None and _version_of(on_path)[: len(wanted)] == wanted:
        return _node(on_path, "node on PATH")
    for version, executable in installed:
        if version[: len(wanted)] == wanted:
            return _node(executable, origin)
    return None


def _find_nearest(
    wanted: Version, on_path: Path | None, installed: Sequence[tuple[Version, Path]]
) -> Interpreter | None:
    """Return what stands in for a major version that is not there."""
    versions = [version for version, _executable in installed]
    if on_path is not None:
        versions.append(_version_of(on_path))
    found = nearest(wanted, {version[:1] for version in versions})
    return (
        None
        if found is None
        else _find_version(found, "the nearest to Runtime", on_path, installed)
    )


def _wanted_versions(directory: Path, function: Function) -> Iterator[tuple[Version, str]]:
    for folder in dict.fromkeys((function.code_directory, directory)):
        for name in _VERSION_FILES:
            version = _parse(_first_line(folder / name))
            if version:
                yield version, f"the version of {name}"
    named = _named_version(function.runtime or "")
    if named:
        yield named, "the version of Runtime"


def _named_version(runtime: str) -> Version:
    """Return the major version that a runtime such as nodejs22.x or nodejs8.10 names.

    Empty for another language, and for the oldest runtime, which names none.
    """
    named = re.fullmatch(r"nodejs(\d+)\.(?:x|\d+)(?:-edge)?", runtime)
    return (int(named[1]),) if named is not None else ()


def _first_line(file: Path) -> str:
    try:
        return read_text(file, _LARGEST_VERSION_FILE).strip().partition("\n")[0]
    except UnreadableFileError:
        return ""


def _parse(text: str) -> Version:
    """Return the numbers of a version such as v22.3.0 or 22; empty for a name such as lts/jod."""
    match = _VERSION.fullmatch(text.strip())
    return tuple(int(part) for part in match.groups() if part is not None) if match else ()


def _version_of(executable: Path) -> Version:
    """Return the version by the header installed with it, or by its folder; empty without both."""
    header = executable.resolve().parent.parent / "include" / "node" / "node_version.h"
    try:
        text = read_text(header, _LARGEST_HEADER)
        defined = {name: int(value) for name, value in _DEFINED_VERSION.findall(text)}
    except UnreadableFileError:
        defined = {}
    if len(defined) == 3:
        return (defined["MAJOR"], defined["MINOR"], defined["PATCH"])
    return _version_in_path(executable)


def _version_in_path(executable: Path) -> Version:
    return next((found for part in executable.parts if len(found := _parse(part)) == 3), ())


def _on_path() -> Path | None:
    for folder in path_folders():
        executable = folder / "node"
        # A shim asks a version manager which to run, by the folder that it is run in.
        is_any_shim = is_shim(executable) or executable.resolve().name == "volta-shim"
        if not is_any_shim and is_executable(executable):
            return executable
    return None


def _installed() -> Iterator[tuple[Version, Path]]:
    for variable, default, pattern in _INSTALLATIONS:
        root = Path(os.environ.get(variable) or Path.home() / default)
        for executable in glob(root, pattern):
            version = _version_in_path(executable)
            if version >= _OLDEST and is_executable(executable):
                yield version, executable
