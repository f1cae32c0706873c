"""The source of lambda-tui itself, from which it is installed inside."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import lambda_tui
from lambda_tui.engine.launch import runtimes_directory

_PACKAGE = Path(lambda_tui.__file__).resolve().parent
_IN_WHEEL = _PACKAGE / "_source"
"""The files beside the packages, where lambda-tui is installed."""
_BESIDE = ("LICENSE", "README.md", "pyproject.toml", "docs/containers")
_LEFT_OUT = ("__pycache__", "_runtimes", "_source")


def source_file(name: str) -> Path:
    """Return the path of a file beside the packages, such as ``docs/containers/lima.yaml``."""
    return (_IN_WHEEL if _IN_WHEEL.is_dir() else _PACKAGE.parent) / name


def copy_source(target: Path) -> None:
    """Copy what a wheel is built from into a new folder, laid out as in a checkout."""
    for source, name in _parts():
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place, ignore=shutil.ignore_patterns(*_LEFT_OUT))
        else:
            shutil.copyfile(source, place)


def source_digest() -> str:
    """Return a short name of the source as it is now, by which its installation is known."""
    digest = hashlib.sha256()
    for source, name in _parts():
        for file in _files_in(source):
            digest.update(f"{name}/{file.relative_to(source)}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:12]


def _parts() -> list[tuple[Path, str]]:
    return [
        (_PACKAGE, "lambda_tui"),
        (runtimes_directory(), "runtimes"),
        *((source_file(name), name) for name in _BESIDE),
    ]


def _files_in(source: Path) -> Iterator[Path]:
    if source.is_file():
        yield source
        return
    for path in sorted(source.rglob("*")):
        if path.is_file() and not set(_LEFT_OUT).intersection(path.relative_to(source).parts):
            yield path
