"""Layers: their ARNs, those that the settings list, and their content as it stands at ``/opt``."""

from __future__ import annotations

from lambda_tui.project.layers.extensions import extension_problems, external_extensions
from lambda_tui.project.layers.extraction import LayerExtractor
from lambda_tui.project.layers.merged_folders import merge
from lambda_tui.project.layers.naming import LayerArn, layers_of_settings, path_problem

__all__ = [
    "LayerArn",
    "LayerExtractor",
    "extension_problems",
    "external_extensions",
    "layers_of_settings",
    "merge",
    "path_problem",
]
