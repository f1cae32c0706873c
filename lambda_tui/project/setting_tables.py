"""The tables ``keys`` and ``layers`` of a settings file, of which each entry counts for itself."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from lambda_tui.project.wording import shown

_LAYER_ARN = re.compile(r"arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:layer:[a-zA-Z0-9_-]+(:\d+)?")
_EXAMPLE_ARN = "arn:aws:lambda:us-east-1:123456789012:layer:common"


def read_keys(table: Mapping[str, object], folder: Path) -> tuple[dict[str, str], list[str]]:
    """Keys by the ids of bindings, and a sentence for each entry that is no use."""
    read: dict[str, str] = {}
    sentences = []
    for name, keys in table.items():
        if isinstance(keys, str):
            read[name] = keys
        else:
            sentences.append(
                f'keys.{shown(name)} is {shown(keys)}, but it takes keys, such as "i,f5".'
            )
    return read, sentences


def read_layer_paths(
    table: Mapping[str, object], folder: Path
) -> tuple[dict[str, Path], list[str]]:
    """Where layers lie by their ARNs, and a sentence for each entry that is no use."""
    read: dict[str, Path] = {}
    sentences = []
    for arn, path in table.items():
        if not _LAYER_ARN.fullmatch(arn):
            sentences.append(
                f"layers has {shown(arn)}, which is no layer's ARN, such as {_EXAMPLE_ARN}."
            )
        elif not isinstance(path, str) or not path:
            sentences.append(
                f"layers.{shown(arn)} is {shown(path)}, but it takes the path of a folder or "
                "a zip file."
            )
        else:
            read[arn] = layer_path(path, folder)
    return read, sentences


def layer_path(path: str, folder: Path) -> Path:
    """The absolute path that a file in ``folder`` means."""
    return Path(os.path.normpath(folder.absolute() / os.path.expanduser(path)))
