"""The names of layers: ARNs in a template, paths in the settings."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lambda_tui import limits
from lambda_tui.project.function import ACCOUNT_ID, REGION, Layer, Problem
from lambda_tui.project.wording import shown

_ARN = re.compile(r"(arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:layer:([a-zA-Z0-9_-]+))(?::(\d+))?")


class LayerArn(NamedTuple):
    """The ARN of a layer, or of one version of it."""

    layer: str
    """The ARN without the version."""
    name: str
    version: str | None

    def __str__(self) -> str:
        """Return the ARN as it was written."""
        return self.layer if self.version is None else f"{self.layer}:{self.version}"

    @classmethod
    def parse(cls, text: str) -> LayerArn | None:
        """Return the ARN that a text is; None when it is not a layer's."""
        match = _ARN.fullmatch(text)
        return cls(match[1], match[2], match[3]) if match else None


def layers_of_settings(paths: Sequence[Path]) -> tuple[tuple[Layer, ...], list[Problem]]:
    """Return the layers that the settings list for all functions of a project, and what is wrong.

    Their ARNs are made up from their paths.
    """
    problems = [path_problem(path) for path in paths]
    sentences = [f"the setting layers: {problem}" for problem in problems if problem]
    if len(paths) > limits.LAYERS:
        sentences.append(
            f"the setting layers names {len(paths)} layers, but Lambda takes {limits.LAYERS}."
        )
    usable = [path for path, problem in zip(paths, problems, strict=True) if problem is None]
    layers = tuple(Layer(_local_arn(path), path) for path in usable[: limits.LAYERS])
    return layers, [Problem(sentence) for sentence in sentences]


def path_problem(path: Path) -> str | None:
    """Return why a path cannot be a layer, as the end of a sentence; None when it can."""
    # Unlike Path's own, these never raise.
    if os.path.isdir(path) or os.path.isfile(path):
        return None
    return f"there is no {shown(str(path))}; name a folder or a zip file."


def _local_arn(path: Path) -> str:
    name = path.stem if path.is_file() else path.name
    name = re.sub(r"[^a-zA-Z0-9_-]+", "-", name)
    return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:layer:{name}:1"
