"""The files that say what is to be installed for a function, as an installer takes them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from lambda_tui.project.dependencies.lock_files import (
    LOCK_FILES,
    locked_requirements,
    requirement,
)
from lambda_tui.project.dependencies.requirements import (
    UNCLEAR,
    UnclearError,
    normalised,
    parse_requirement,
)
from lambda_tui.project.files import UnreadableFileError, read_bytes, read_text
from lambda_tui.project.function import Function
from lambda_tui.project.installers import LOCKS
from lambda_tui.project.runtimes import OS_ONLY_RUNTIMES
from lambda_tui.project.wording import shown

PACKAGE_JSON = "package.json"
NODE_FILES = (PACKAGE_JSON, *LOCKS)
"""The files that say what a function in JavaScript needs."""
_PYTHON_FILES = ("requirements.txt", *LOCK_FILES, "pyproject.toml")
_LARGEST_FILE = 64 << 20
BUILDERS = ("esbuild", "tsx")
_VERSION = re.compile(r"[\^~]?\d[\w.-]*")
_NEEDED = ("dependencies", "optionalDependencies")
_DECIDING = (*_NEEDED, "overrides", "resolutions", "pnpm", "workspaces", "packageManager", "type")
"""The keys of a package.json by which another installation may come out."""
_OPTION = re.compile(r"(-r|--requirement|-c|--constraint|-f|--find-links|-e|--editable)[ =]*(.+)")
_NAMED_URL = re.compile(r"[\w.-]+\s*(\[[^\]]*\])?\s*@\s*file:")
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz")
_PATH = re.compile(r"([^\s;\[]+)\s*(\[[^\]]*\])?(\s+--\S.*|\s*;.*)?$")


class Need(NamedTuple):
    """A file that says what is to be installed, and what else is."""

    file: Path
    has_typescript: bool = False
    """Whether the builder is needed that makes JavaScript of the function's source."""
    beside: tuple[str, ...] = ()
    """Packages that a deployment adds to those of the file, without any that they require."""


class ManifestError(Exception):
    """The files do not tell what is to be installed; ``str()`` is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A list of all that is to be installed for a function, by its files."""

    file: Path
    """The one that decides: a requirements.txt, a lock file, a pyproject.toml or a package.json."""
    files: tuple[Path, ...]
    """All files that were read."""
    names: frozenset[str]
    """The packages that it names for every machine; normalised for Python."""
    local: tuple[Path, ...]
    """Folders and archives that it names by their paths, absolute."""
    lines: tuple[str, ...]
    """The requirements of Python, with absolute paths; empty for a package.json."""
    digest: str
    """A digest of all that decides what is installed, but the content of ``local``."""
    builder: str = ""
    """The package of npm that builds TypeScript, where ``names`` has none."""

    @property
    def is_complete(self) -> bool:
        """Whether it names everything, so that no requirement brings another."""
        return self.file.name in LOCK_FILES


def manifest_file(directory: Path, function: Function) -> Path | None:
    """Return the file that says what a function needs; None without one.

    It is in the function's source or, for Python, in the project's ``directory``. A deployment
    package that is made already needs nothing.
    """
    if function.code_archive is not None or function.bootstrap:
        return None
    if function.runtime in OS_ONLY_RUNTIMES:
        return None
    if function.language == "node":
        file = function.source_directory / PACKAGE_JSON
        return file if file.is_file() else None
    for folder in dict.fromkeys((function.source_directory, directory)):
        for name in _PYTHON_FILES:
            file = folder / name
            if file.is_file() and (name != "pyproject.toml" or _lists_dependencies(file)):
                return file
    return None


def read_manifest(file: Path) -> Manifest:
    """Return what a file says, with those that it includes. Raise ``ManifestError``."""
    try:
        return _of_node(file) if file.name == PACKAGE_JSON else _of_python(file)
    except UNCLEAR as error:
        is_told = isinstance(error, UnreadableFileError | UnclearError)
        reason = str(error) if is_told else "it is not of the form that is known"
        raise ManifestError(
            f"{file.name} does not tell what is to be installed: {shown(reason)}"
        ) from error


def _of_node(file: Path) -> Manifest:
    document = json.loads(read_bytes(file, _LARGEST_FILE))
    tables: list[Mapping[str, str]] = [document.get(key, {}) for key in _NEEDED]
    local = [
        _absolute(found[1], file.parent)
        for table in tables
        for version in table.values()
        if (found := re.match(r"(?:file:|link:|portal:|(?=\.{0,2}/|~/))(.+)", version))
    ]
    digest = hashlib.sha256()
    facts = {key: document[key] for key in _DECIDING if key in document}
    digest.update(json.dumps(facts, sort_keys=True).encode())
    files = [file]
    for lock in (file.parent / name for name in LOCKS):
        if lock.is_file():
            files.append(lock)
            digest.update(read_bytes(lock, _LARGEST_FILE))
    names = frozenset(tables[0])
    builder = _builder(document)
    return Manifest(file, tuple(files), names, _sorted(local), (), digest.hexdigest(), builder)


def _builder(document: Mapping[str, Any]) -> str:
    """Return the esbuild that a package.json has for development, or else the newest."""
    if not {*BUILDERS}.isdisjoint(document.get("dependencies", {})):
        return ""
    version = document.get("devDependencies", {}).get(BUILDERS[0], "*")
    return f"{BUILDERS[0]}@{version if _VERSION.fullmatch(version) else '*'}"


def _of_python(file: Path) -> Manifest:
    reading = _Reading()
    lines = tuple(reading.lines_of(file))
    if not all("--hash" in line for line in lines if not line.startswith("-")):
        # An installer takes them for all requirements or for none, and no folder has one.
        lines = tuple(re.sub(r"\s+--hash=\S+", "", line) for line in lines)
    digest = hashlib.sha256()
    for line in (*lines, *reading.constraints):
        digest.update(f"{line}\n".encode())
    names = frozenset(_names(lines))
    local = _sorted(reading.local)
    return Manifest(file, tuple(reading.files), names, local, lines, digest.hexdigest())


class _Reading:
    """The reading of one requirement file and of those that it includes."""

    def __init__(self) -> None:
        self.files: list[Path] = []
        self.local: list[Path] = []
        self.constraints: list[str] = []

    def lines_of(self, file: Path) -> Iterator[str]:
        """Yield the requirements and options of a file, with the paths in them absolute."""
        if file in self.files:
            return
        self.files.append(file)
        for line in _own_lines(file):
            found = _OPTION.fullmatch(line)
            option, value = (found[1], found[2]) if found else ("", "")
            match option:
                case "-r" | "--requirement":
                    yield from self.lines_of(_absolute(value, file.parent))
                case "-c" | "--constraint":
                    constraints = _absolute(value, file.parent)
                    self.files.append(constraints)
                    self.constraints += read_text(constraints, _LARGEST_FILE).splitlines()
                    yield f"-c {constraints}"
                case "-f" | "--find-links" if (file.parent / value).exists():
                    yield f"--find-links {_absolute(value, file.parent)}"
                case "-e" | "--editable":
                    # It stays as it is until another sync: a deployment has a copy.
                    yield self._requirement(value, file.parent)
                case _:
                    yield self._requirement(line, file.parent)

    def _requirement(self, line: str, folder: Path) -> str:
        """Return a requirement that an installer takes in any folder; note what it names here."""
        text = _NAMED_URL.sub(r"file:", line) if _NAMED_URL.match(line) else line
        found = _PATH.match(re.sub(r"^file:(?://(?=/))?", "", text))
        if found is None or line.startswith("-"):
            return line
        is_path = text.startswith((".", "/", "~", "file:")) or found[1].endswith(_ARCHIVES)
        path = _absolute(found[1], folder)
        if not (is_path or "/" in found[1]) or "://" in found[1] or "@" in found[1]:
            return line
        if not path.exists():
            raise UnclearError(f"it names {found[1]}, which is not there.")
        self.local.append(path)
        extras = _NAMED_URL.match(line)
        return f"{path}{(extras and extras[1]) or found[2] or ''}{_marker(found[3])}"


def _marker(text: str | None) -> str:
    return f" {text.strip()}" if text and text.strip().startswith(";") else ""


def _own_lines(file: Path) -> Iterator[str]:
    text = read_text(file, _LARGEST_FILE)
    if file.name in LOCK_FILES:
        lines = locked_requirements(file.name, text)
        if lines is None:
            raise UnclearError("it tells of no groups; run `poetry lock` of poetry 2 or later.")
        yield from lines
    elif file.name == "pyproject.toml":
        yield from _of_pyproject(tomllib.loads(text))
    else:
        for line in re.sub(r"\\\r?\n", " ", text).splitlines():
            line = re.sub(r"(^|\s)#.*", "", line).strip()
            if line:
                yield line


def _of_pyproject(document: Mapping[str, Any]) -> Iterator[str]:
    project = document.get("project", {})
    if "dependencies" in project.get("dynamic", ()):
        raise UnclearError("its dependencies are dynamic; write a requirements.txt or a lock file.")
    if "dependencies" not in project:
        raise UnclearError("its dependencies are in poetry's form; run `poetry lock`.")
    sources = document.get("tool", {}).get("uv", {}).get("sources", {})
    for line in project["dependencies"]:
        source = sources.get(re.split(r"[^\w.-]", line.strip())[0], {})
        if "path" in source:
            _, _, marker = line.partition(";")
            name = re.split(r"[<>=!~;@\s]", line.strip())[0]
            yield requirement(name, place=f"file:{source['path']}", marker=marker.strip())
        else:
            yield line


def _lists_dependencies(file: Path) -> bool:
    """Return whether a pyproject.toml is more than the settings of tools."""
    try:
        document = tomllib.loads(read_text(file, _LARGEST_FILE))
        project = document.get("project", {})
        poetry = document.get("tool", {}).get("poetry", {})
        is_dynamic = "dependencies" in project.get("dynamic", ())
        return is_dynamic or "dependencies" in project or "dependencies" in poetry
    except UNCLEAR:
        return False


def _names(lines: tuple[str, ...]) -> Iterator[str]:
    """Yield the packages that are named for every machine and version."""
    for line in lines:
        if line.startswith(("-", "/")) or ";" in line:
            continue
        try:
            yield parse_requirement(re.sub(r"\s--\S.*", "", line)).name
        except UnclearError:
            yield normalised(line)


def _absolute(text: str, folder: Path) -> Path:
    return Path(os.path.normpath(folder / Path(os.path.expanduser(text.strip()))))


def _sorted(paths: list[Path]) -> tuple[Path, ...]:
    return tuple(sorted(set(paths)))
