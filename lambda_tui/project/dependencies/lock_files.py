"""The packages that lock files name for a deployment: without those for development alone."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from itertools import chain
from typing import Any

_MAIN_GROUPS = frozenset({"main", "default"})
"""The names that poetry and pdm give to the packages that the project itself needs."""


def _of_pipfile_lock(text: str) -> list[str]:
    return list(json.loads(text)["default"])


def _of_pylock(text: str) -> list[str]:
    return [package["name"] for package in tomllib.loads(text)["packages"]]


def _of_grouped(text: str) -> list[str] | None:
    """Return the main group's packages; None from the versions of poetry that write no groups."""
    packages = tomllib.loads(text)["package"]
    if not all("groups" in package or "category" in package for package in packages):
        return None
    return [
        package["name"]
        for package in packages
        if not _MAIN_GROUPS.isdisjoint(package.get("groups", [package.get("category")]))
    ]


def _of_uv_lock(text: str) -> list[str]:
    """Return the packages that the project's own ones lead to, with all of their extras."""
    packages = {package["name"]: package for package in tomllib.loads(text)["package"]}
    local = [name for name, package in packages.items() if _is_local(package)]
    waiting, seen = list(local), set[str]()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            package = packages.get(name, {})
            extras: dict[str, list[dict[str, str]]] = package.get("optional-dependencies", {})
            needed = chain(package.get("dependencies", ()), *extras.values())
            waiting += [one["name"] for one in needed]
    return sorted(seen.difference(local))


def _is_local(package: dict[str, Any]) -> bool:
    """Return whether a package is the project itself, or another one of its workspace."""
    return not package["source"].keys().isdisjoint({"virtual", "editable"})


LOCK_FILES: dict[str, Callable[[str], list[str] | None]] = {
    "Pipfile.lock": _of_pipfile_lock,
    "pylock.toml": _of_pylock,
    "uv.lock": _of_uv_lock,
    "poetry.lock": _of_grouped,
    "pdm.lock": _of_grouped,
}
"""Functions by the names of the files, whose text they take.

They return the names of packages, or None where the file does not tell. They raise ``ValueError``,
``LookupError``, ``TypeError`` or ``AttributeError`` for a file of another form.
"""
