"""The folders of the user's cache in which AWS's SDK lies: one for each runtime."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from lambda_tui.project.code import Cache
from lambda_tui.project.files import UnreadableFileError, read_bytes

GROUP = "sdk"
"""The group of the cache."""
_LARGEST_PACKAGE_JSON = 1 << 20


def family_of(runtime: str) -> str:
    """Return the beginning of the names of a runtime's folders."""
    return f"{runtime}-"


def installed_sdk(runtime: str) -> Path | None:
    """Return the folder with the SDK of a runtime such as ``python3.13``; None without one."""
    return Cache.of_user().newest(GROUP, family_of(runtime))


def installed_packages(folder: Path) -> frozenset[str]:
    """Return the packages that were asked for when a folder was installed."""
    return frozenset(_dependencies(folder)) or frozenset(_distributions(folder))


def has_packages(folder: Path, names: Iterable[str]) -> bool:
    """Return whether all of these packages of Node.js, or modules of Python, are in a folder."""
    places = (folder, folder / "node_modules")
    return all(
        any((place / form).exists() for place in places for form in (name, f"{name}.py"))
        for name in names
    )


def installed_version(folder: Path) -> str:
    """Return the SDK in a folder with its version, for a sentence: ``boto3 1.40.1``."""
    found = {name: _node_version(folder, name) for name in sorted(_dependencies(folder))}
    found = found or _distributions(folder)
    name = "boto3" if "boto3" in found else next(iter(found), "")
    more = f" and {len(found) - 1} more" if len(found) > 1 and name != "boto3" else ""
    return f"{name} {found[name]}{more}" if name else "nothing"


def _distributions(folder: Path) -> dict[str, str]:
    """Return the versions of what pip has installed, by name."""
    names = (path.name.removesuffix(".dist-info") for path in folder.glob("*.dist-info"))
    return {name: version for name, _, version in (each.rpartition("-") for each in sorted(names))}


def _dependencies(folder: Path) -> list[str]:
    """Return what npm was asked to install."""
    return list(_package_json(folder).get("dependencies", {}))


def _node_version(folder: Path, name: str) -> str:
    return str(_package_json(folder / "node_modules" / name).get("version", ""))


def _package_json(folder: Path) -> dict[str, dict[str, str]]:
    try:
        content = json.loads(read_bytes(folder / "package.json", _LARGEST_PACKAGE_JSON))
    except (UnreadableFileError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
