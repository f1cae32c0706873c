"""The packages that a project's requirement files name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from lambda_tui.project.dependencies.lock_files import LOCK_FILES, locked_requirements
from lambda_tui.project.files import UnreadableFileError, read_text

REQUIREMENT_FILES = ("requirements.txt", "pyproject.toml", *LOCK_FILES)
"""The files that say what a function needs."""
_LARGEST_FILE = 4 << 20
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?")
_EXTRA = re.compile(r"extra\s*==\s*[\"']([^\"']+)[\"']")
_INCLUDE = re.compile(r"(?:-r|--requirement)[ =]*(\S+)")


class UnclearError(Exception):
    """A requirement file does not tell by itself what it brings."""


# A file of another form than is known is raised for as what stands in the way of reading it.
UNCLEAR = (
    *(UnclearError, UnreadableFileError),
    *(ValueError, LookupError, TypeError, AttributeError, RecursionError),
)
"""The exceptions of a requirement file that does not tell what it brings."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A package that is needed, with the extras of it."""

    name: str
    """Normalised: ``my-package``."""
    extras: frozenset[str] = frozenset()
    only_for: str | None = None
    """The extra of the package that needs it, without which it is not needed."""


@dataclass(frozen=True, slots=True)
class Requirements:
    """The requirements of a function, and the file to add more to."""

    file: Path
    needed: tuple[Requirement, ...]


def normalised(name: str) -> str:
    """Return a package's name in its canonical form."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parse_requirement(text: str) -> Requirement:
    """Return what a line such as ``name[extra]>=1; python_version > "3"`` asks for.

    Markers other than extras are taken to hold. Raise ``UnclearError`` for anything else.
    """
    named = _REQUIREMENT.match(text)
    if named is None or text[named.end() :].lstrip()[:1] not in ("", *"=<>!~;@("):
        raise UnclearError(text)
    extras = frozenset(normalised(one) for one in re.split(r"[\s,]+", named[2] or "") if one)
    marker = _EXTRA.search(text.partition(";")[2])
    return Requirement(normalised(named[1]), extras, normalised(marker[1]) if marker else None)


def read_requirements(folders: Iterable[Path]) -> Requirements | None:
    """Return what the first folder with requirement files needs; None where that is not told.

    A lock file tells what another file leaves open, such as dependencies that a build finds.
    """
    for folder in folders:
        found: dict[Path, list[Requirement]] = {}
        is_unclear = is_locked = False
        for file in _files(folder):
            try:
                needed = _read(file)
            except UNCLEAR:
                is_unclear, needed = True, []
            else:
                is_locked = is_locked or (needed is not None and file.name in LOCK_FILES)
            if needed is not None:
                found[file] = needed
        if is_unclear and not is_locked:
            return None
        if found:
            return Requirements(next(iter(found)), tuple(chain.from_iterable(found.values())))
    return None


def packages_in(file: Path) -> frozenset[str]:
    """Return the normalised names of the packages that one requirement file lists.

    Raise one of ``UNCLEAR`` where it does not tell.
    """
    return frozenset(requirement.name for requirement in _read(file) or ())


def _files(folder: Path) -> Iterator[Path]:
    return (file for name in REQUIREMENT_FILES if (file := folder / name).is_file())


def _read(file: Path) -> list[Requirement] | None:
    """Return what a file needs; None where it says nothing of that, as a tool's settings do."""
    if file.name == "requirements.txt":
        return list(_of_requirements(file, ()))
    text = read_text(file, _LARGEST_FILE)
    if file.name == "pyproject.toml":
        return _of_pyproject(tomllib.loads(text))
    lines = locked_requirements(file.name, text)
    return None if lines is None else [Requirement(parse_requirement(line).name) for line in lines]


def _of_requirements(file: Path, above: tuple[Path, ...]) -> Iterator[Requirement]:
    text = re.sub(r"\\\r?\n", " ", read_text(file, _LARGEST_FILE))
    for line in text.splitlines():
        line = re.sub(r"(^|\s)#.*", "", line).strip()
        included = _INCLUDE.match(line)
        if included:
            other = file.parent / included[1]
            if other not in above:
                yield from _of_requirements(other, (*above, file))
        elif line.startswith(("-e", "--editable")):
            raise UnclearError(line)
        elif line and not line.startswith("-"):
            yield parse_requirement(re.sub(r"\s--\S.*", "", line))


def _of_pyproject(document: dict[str, Any]) -> list[Requirement] | None:
    project, poetry = document.get("project", {}), _table(_table(document, "tool"), "poetry")
    if "dependencies" in project.get("dynamic", ()):
        raise UnclearError("dynamic dependencies")
    if "dependencies" not in project and "dependencies" not in poetry:
        return None
    needed = [parse_requirement(text) for text in project.get("dependencies", ())]
    for texts in _table(project, "optional-dependencies").values():
        needed += [parse_requirement(text) for text in texts]
    for name, wanted in _table(poetry, "dependencies").items():
        extras = wanted.get("extras", ()) if isinstance(wanted, dict) else ()
        needed.append(Requirement(normalised(name), frozenset(map(normalised, extras))))
    return needed


def _table(document: dict[str, Any], name: str) -> dict[str, Any]:
    table = document.get(name, {})
    return table if isinstance(table, dict) else {}
