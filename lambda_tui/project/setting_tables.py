"""Tables of a settings file, of which each entry counts for itself: ``keys`` and ``layers``."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from lambda_tui.project.wording import shown

_LAYER_ARN = re.compile(r"arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:layer:[a-zA-Z0-9_-]+(:\d+)?")
_EXAMPLE_ARN = "arn:aws:lambda:us-east-1:123456789012:layer:common"
_Entry = TypeVar("_Entry")


class BadEntryError(Exception):
    """``str()`` says in one sentence what is wrong with an entry."""


def read_entries(
    table: Mapping[str, object], read_entry: Callable[[str, object], _Entry]
) -> tuple[dict[str, _Entry], list[str]]:
    """The entries of a table that are of use, and a sentence for each that is not."""
    entries: dict[str, _Entry] = {}
    sentences = []
    for name, value in table.items():
        try:
            entries[name] = read_entry(name, value)
        except BadEntryError as error:
            sentences.append(str(error))
    return entries, sentences


def read_keys(table: Mapping[str, object], folder: Path) -> tuple[dict[str, str], list[str]]:
    """Keys by the ids of bindings, and a sentence for each entry that is no use."""

    def read(name: str, keys: object) -> str:
        if not isinstance(keys, str):
            raise BadEntryError(
                f'keys.{shown(name)} is {shown(keys)}, but it takes keys, such as "i,f5".'
            )
        return keys

    return read_entries(table, read)


def read_layer_paths(
    table: Mapping[str, object], folder: Path
) -> tuple[dict[str, Path], list[str]]:
    """Where layers lie by their ARNs, and a sentence for each entry that is no use."""

    def read(arn: str, path: object) -> Path:
        if not _LAYER_ARN.fullmatch(arn):
            raise BadEntryError(
                f"layers has {shown(arn)}, which is no layer's ARN, such as {_EXAMPLE_ARN}."
            )
        if not isinstance(path, str) or not path:
            raise BadEntryError(
                f"layers.{shown(arn)} is {shown(path)}, but it takes the path of a folder or "
                "a zip file."
            )
        return layer_path(path, folder)

    return read_entries(table, read)


def layer_path(path: str, folder: Path) -> Path:
    """The absolute path that a file in ``folder`` means."""
    return Path(os.path.normpath(folder.absolute() / os.path.expanduser(path)))
