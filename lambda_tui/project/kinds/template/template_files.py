"""Finds the templates of a folder: by their usual names, or else by their content."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from lambda_tui import limits
from lambda_tui.project.files import UnreadableFileError, read_bytes
from lambda_tui.project.function import NODE_SUFFIXES

TEMPLATES = ("template.yaml", "template.yml", "template.json", "sam.yaml", "sam.yml")
"""The usual names of a template in a project's folder; the first that is there is read."""

_SUFFIXES = (".yaml", ".yml", ".json", ".template")
_TOP_KEY = re.compile(rb"^(?:\s*\{)?\s{0,8}[\"']?Resources[\"']?\s*:", re.MULTILINE)
_FUNCTION = re.compile(rb"AWS::(?:Serverless|Lambda)::Function\b")
_MOST_FILES = 60
"""Files of one folder that are looked into."""
_MOST_FOLDERS = 1_000
_DEEPEST = 4
"""Levels below a folder in which templates are looked for."""
_HIGHEST = 8
"""Levels above a folder in which a template is looked for."""
_SKIPPED = frozenset({"node_modules", "venv", "__pycache__", "site-packages", "cdk.out"})
_PROJECT_FILES = (
    *TEMPLATES,
    *("lambda-tui.toml", "cdk.json", "serverless.yml", "samconfig.toml", "main.tf", "tfplan.json"),
)
"""Files that make a folder a project of its own."""
_SOURCES = (".py", *NODE_SUFFIXES)


def templates_in(directory: Path) -> list[Path]:
    """Return the template of a folder, or several where none has a usual name, sorted."""
    usual = next((file for name in TEMPLATES if (file := directory / name).is_file()), None)
    return all_templates_in(directory) if usual is None else [usual]


def all_templates_in(directory: Path) -> list[Path]:
    """Return the templates of a folder, whatever they are called, sorted.

    A file is one when it has Resources, and a function of Lambda's.
    """
    try:
        with os.scandir(directory) as listed:
            names = sorted(one.name for one in listed if one.name.endswith(_SUFFIXES))
    except OSError:
        return []
    return [directory / name for name in names[:_MOST_FILES] if _is_template(directory / name)]


def templates_below(directory: Path) -> list[Path]:
    """Return the templates in the folders below one, in the order of their paths."""
    return [file for folder in folders_below(directory) for file in templates_in(folder)]


def count_functions(file: Path) -> int:
    """Return how many functions a template seems to have, by its text."""
    try:
        return len(_FUNCTION.findall(read_bytes(file, limits.TEMPLATE_BYTES)))
    except UnreadableFileError:
        return 0


def project_above(directory: Path) -> Path | None:
    """Return the nearest folder above with a template that the folder belongs to; else None.

    A folder with a project's files is a project of its own, and so is one with source files whose
    name the template does not mention. A repository's root ends the search.
    """
    if any((directory / name).exists() for name in _PROJECT_FILES) or templates_in(directory):
        return None
    below = directory
    for folder in directory.parents[:_HIGHEST]:
        if (below / ".git").exists() or below == Path.home():
            return None
        template = next((file for name in TEMPLATES if (file := folder / name).is_file()), None)
        if template is not None:
            is_part = not _has_sources(directory) or _mentions(template, below.name)
            return folder if is_part else None
        below = folder
    return None


def _is_template(file: Path) -> bool:
    try:
        content = read_bytes(file, limits.TEMPLATE_BYTES)
    except UnreadableFileError:
        return False
    return _FUNCTION.search(content) is not None and _TOP_KEY.search(content) is not None


def _mentions(template: Path, name: str) -> bool:
    try:
        content = read_bytes(template, limits.TEMPLATE_BYTES)
    except UnreadableFileError:
        return False
    return re.search(rb"(?<![\w-])%s(?![\w-])" % re.escape(name).encode(), content) is not None


def _has_sources(directory: Path) -> bool:
    try:
        with os.scandir(directory) as listed:
            return any(one.name.endswith(_SOURCES) for one in listed)
    except OSError:
        return False


def folders_below(directory: Path) -> Iterator[Path]:
    """Yield the folders below one that a project may be in, each before those in it."""
    return islice(_below(directory, _DEEPEST), _MOST_FOLDERS)


def _below(directory: Path, levels: int) -> Iterator[Path]:
    try:
        with os.scandir(directory) as listed:
            names = sorted(
                one.name
                for one in listed
                if one.is_dir(follow_symlinks=False)
                and not one.name.startswith(".")
                and one.name not in _SKIPPED
            )
    except OSError:
        return
    for name in names:
        yield directory / name
        if levels > 1:
            yield from _below(directory / name, levels - 1)
