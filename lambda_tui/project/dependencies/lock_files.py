"""The packages that lock files name for a deployment: without those for development alone."""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

_MAIN_GROUPS = frozenset({"main", "default"})
"""The names that poetry and pdm give to the packages that the project itself needs."""
_Table = Mapping[str, Any]


def requirement(
    name: str, version: str = "", place: str = "", marker: str = "", hashes: Iterable[str] = ()
) -> str:
    """Return a line of a requirements.txt: a package of a version, or at a URL or path."""
    what = f"{name} @ {place}" if place else f"{name}=={version}" if version else name
    condition = f" ; {marker}" if marker else ""
    return f"{what}{condition}{''.join(f' --hash={one}' for one in hashes)}"


def _of_pipfile_lock(document: _Table) -> Iterator[str]:
    for name, package in document["default"].items():
        place = _git(package.get("git"), package.get("ref"))
        place = place or package.get("file") or _path(package.get("path"))
        version = package.get("version", "").removeprefix("==")
        hashes = package.get("hashes", ())
        yield requirement(name, version, place, package.get("markers", ""), hashes)


def _of_pylock(document: _Table) -> Iterator[str]:
    for package in document["packages"]:
        vcs, archive = package.get("vcs", {}), package.get("archive", {})
        folder = package.get("directory", {}).get("path")
        place = _git(vcs.get("url") or vcs.get("path"), vcs.get("commit-id"))
        place = place or archive.get("url", "") or _path(folder or archive.get("path"))
        files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else [])]
        hashes = [f"sha256:{one['hashes']['sha256']}" for one in files]
        marker = package.get("marker", "")
        yield requirement(package["name"], package.get("version", ""), place, marker, hashes)


def _of_poetry_lock(document: _Table) -> Iterator[str] | None:
    """Return the main group's packages; None from the versions of poetry that write no groups."""
    packages = document["package"]
    if not all("groups" in package or "category" in package for package in packages):
        return None
    return chain.from_iterable(map(_of_grouped, packages))


def _of_pdm_lock(document: _Table) -> Iterator[str]:
    return chain.from_iterable(map(_of_grouped, document["package"]))


def _of_grouped(package: _Table) -> Iterator[str]:
    """Yield a package of poetry's or pdm's if it is of the main group."""
    if _MAIN_GROUPS.isdisjoint(package.get("groups", [package.get("category")])):
        return
    marker = package.get("markers", package.get("marker", ""))
    if isinstance(marker, dict):
        marker = marker.get("main", "")
    source = package.get("source", {})
    url = source.get("url", "")
    match source.get("type"):
        case "git":
            place = _git(url, source.get("resolved_reference"))
        case "directory" | "file":
            place = _path(url)
        case "url":
            place = url
        case _:
            # As pdm has it.
            place = _git(package.get("git"), package.get("revision"))
            place = place or package.get("url", "") or _path(package.get("path"))
    hashes = [one["hash"] for one in package.get("files", ())]
    yield requirement(package["name"], package.get("version", ""), place, marker, hashes)


def _of_uv_lock(document: _Table) -> Iterator[str]:
    """Return the packages that the project's own ones lead to, with all of their extras."""
    packages: dict[str, _Table] = {package["name"]: package for package in document["package"]}
    own = [name for name, package in packages.items() if _is_own(package)]
    for name, conditions in _reached(packages, own).items():
        package = packages.get(name, {})
        if name in own and not _is_member(package, packages.values()):
            continue
        source = package.get("source", {})
        git, _, commit = source.get("git", "").partition("#")
        local = source.get("path") or source.get("directory") or source.get("editable")
        place = _git(git.partition("?")[0], commit) or source.get("url", "") or _path(local)
        marker = "" if frozenset() in conditions else _any_of(conditions)
        files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else [])]
        hashes = [one["hash"] for one in files if "hash" in one]
        yield requirement(name, package.get("version", ""), place, marker, hashes)


def _reached(packages: Mapping[str, _Table], own: list[str]) -> dict[str, list[frozenset[str]]]:
    """Return the packages that some lead to, each with the markers on the ways to it."""
    reached: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
    waiting = [(name, frozenset[str]()) for name in own]
    while waiting:
        name, conditions = waiting.pop()
        # Shorter ways have fewer conditions, which hold whenever more of them do.
        if any(known <= conditions for known in reached[name]):
            continue
        reached[name].append(conditions)
        package = packages.get(name, {})
        extras: Mapping[str, list[_Table]] = package.get("optional-dependencies", {})
        for one in chain(package.get("dependencies", ()), *extras.values()):
            added = {one["marker"]} if "marker" in one else set()
            waiting.append((one["name"], conditions | added))
    return {name: reached[name] for name in sorted(reached)}


def _any_of(ways: Iterable[frozenset[str]]) -> str:
    found = (" and ".join(f"({marker})" for marker in sorted(way)) for way in ways)
    return " or ".join(f"({conditions})" for conditions in sorted(found))


def _is_own(package: _Table) -> bool:
    """Return whether a package is the project itself, or another one of its workspace."""
    return not package["source"].keys().isdisjoint({"virtual", "editable"})


def _is_member(package: _Table, packages: Iterable[_Table]) -> bool:
    """Return whether another package of the project needs this one of its own, which is built."""
    needed = (one["name"] for other in packages for one in other.get("dependencies", ()))
    return "editable" in package["source"] and package["name"] in needed


def _git(url: str | None, commit: str | None) -> str:
    return f"git+{url}@{commit}" if url and commit else f"git+{url}" if url else ""


def _path(path: str | None) -> str:
    """Return a path, relative to the lock file, as a requirement names it."""
    return f"file:{path}" if path else ""


_READERS: dict[str, tuple[Callable[[str], Any], Callable[[_Table], Iterator[str] | None]]] = {
    "Pipfile.lock": (json.loads, _of_pipfile_lock),
    "pylock.toml": (tomllib.loads, _of_pylock),
    "uv.lock": (tomllib.loads, _of_uv_lock),
    "poetry.lock": (tomllib.loads, _of_poetry_lock),
    "pdm.lock": (tomllib.loads, _of_pdm_lock),
}
LOCK_FILES = tuple(_READERS)
"""The names of the files."""


def locked_requirements(name: str, text: str) -> list[str] | None:
    """Return the lines of a requirements.txt that stand for a lock file, by its name and text.

    Paths in them are relative to the file. None where the file does not tell. Raise
    ``ValueError``, ``LookupError``, ``TypeError`` or ``AttributeError`` for one of another form.
    """
    parse, read = _READERS[name]
    lines = read(parse(text))
    return None if lines is None else list(dict.fromkeys(lines))
