"""Which Node.js a function runs on. Nothing is run to find out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lambda_tui.project.function import Function
from lambda_tui.project.runtimes import NODE_RUNTIMES
from lambda_tui.project.text_file import UnreadableFileError, read_text

Version = tuple[int, ...]

_VERSION_FILES = (".nvmrc", ".node-version")
_LARGEST_VERSION_FILE = 4096
_LARGEST_HEADER = 1024 * 1024
_VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?")
_DEFINED = re.compile(r"^#define NODE_(MAJOR|MINOR|PATCH)_VERSION (\d+)", re.M)
# Where version managers keep what they have installed: below a variable's folder, or below home.
_INSTALLATIONS = (
    ("NVM_DIR", ".nvm", "versions/node/*/bin/node"),
    ("FNM_DIR", ".local/share/fnm", "node-versions/*/installation/bin/node"),
    ("ASDF_DATA_DIR", ".asdf", "installs/nodejs/*/bin/node"),
    ("MISE_DATA_DIR", ".local/share/mise", "installs/node/*/bin/node"),
    ("NODENV_ROOT", ".nodenv", "versions/*/bin/node"),
    ("VOLTA_HOME", ".volta", "tools/image/node/*/bin/node"),
    ("N_PREFIX", "/usr/local", "n/versions/node/*/bin/node"),
)


@dataclass(frozen=True, slots=True)
class FoundNode:
    """A Node.js, and where it comes from as the screen says it."""

    executable: Path
    origin: str


def find_node(directory: Path, function: Function) -> FoundNode | None:
    """The Node.js for a function of the project in ``directory``; None when there is none.

    In this order, of those on PATH and of those that version managers have installed: the version
    that the project's .nvmrc or .node-version says, the one that Runtime names, the one on PATH,
    the newest.
    """
    on_path = _on_path()
    installed = sorted(_installed(), reverse=True)
    for wanted, origin in _wanted_versions(directory, function):
        found = _find_version(wanted, origin, on_path, installed)
        if found is not None:
            return found
    if on_path is not None:
        return FoundNode(on_path, "node on PATH")
    return FoundNode(installed[0][1], "the newest Node.js installed") if installed else None


def nodes_on_machine() -> dict[str, Path]:
    """The Node.js that a function finds by its Runtime, oldest first.

    Last and by the name ``node`` the one on PATH, when its version is none of them or unknown:
    functions run on that where there is no better.
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


def _find_version(
    wanted: Version, origin: str, on_path: Path | None, installed: Sequence[tuple[Version, Path]]
) -> FoundNode | None:
    if on_path is not None and _version_of(on_path)[: len(wanted)] == wanted:
        return FoundNode(on_path, "node on PATH")
    for version, executable in installed:
        if version[: len(wanted)] == wanted:
            return FoundNode(executable, origin)
    return None


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
    """What a Runtime such as nodejs22.x names; empty when it names no Node.js."""
    named = re.fullmatch(r"nodejs(\d+)\.x", runtime)
    return (int(named[1]),) if named is not None else ()


def _first_line(file: Path) -> str:
    try:
        return read_text(file, _LARGEST_VERSION_FILE).strip().partition("\n")[0]
    except UnreadableFileError:
        return ""


def _parse(text: str) -> Version:
    """A version such as v22.3.0 or 22; empty for a name such as lts/jod."""
    match = _VERSION.fullmatch(text.strip())
    return tuple(int(part) for part in match.groups() if part is not None) if match else ()


def _version_of(executable: Path) -> Version:
    """By the header that is installed with it, or by its folder; empty when neither says."""
    header = executable.resolve().parent.parent / "include" / "node" / "node_version.h"
    try:
        defined = {name: int(value) for name, value in _DEFINED.findall(_header_text(header))}
    except UnreadableFileError:
        defined = {}
    if len(defined) == 3:
        return (defined["MAJOR"], defined["MINOR"], defined["PATCH"])
    return next((found for part in executable.parts if len(found := _parse(part)) == 3), ())


def _header_text(header: Path) -> str:
    return read_text(header, _LARGEST_HEADER)


def _on_path() -> Path | None:
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        executable = Path(folder) / "node"
        # A shim asks a version manager which to run, in the folder that it is run in.
        is_shim = executable.parent.name == "shims" or executable.resolve().name == "volta-shim"
        if os.path.isabs(folder) and not is_shim and _is_executable(executable):
            return executable
    return None


def _installed() -> Iterator[tuple[Version, Path]]:
    for variable, default, pattern in _INSTALLATIONS:
        root = Path(os.environ.get(variable) or Path.home() / default)
        for executable in _glob(root, pattern):
            version = next((v for part in executable.parts if len(v := _parse(part)) == 3), ())
            if version and _is_executable(executable):
                yield version, executable


def _glob(root: Path, pattern: str) -> list[Path]:
    try:
        return list(root.glob(pattern))
    except OSError:
        return []


def _is_executable(file: Path) -> bool:
    return os.path.isfile(file) and os.access(file, os.X_OK)
