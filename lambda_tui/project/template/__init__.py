"""Reads the functions of a SAM or CloudFormation template, ``template.yaml``."""

from __future__ import annotations

from lambda_tui.project.template.environment_variables import RESERVED_VARIABLES
from lambda_tui.project.template.template import (
    LIST_OF_LAYERS,
    TEMPLATES,
    misplaced_templates,
    read_project,
    read_resources,
    read_template,
)

__all__ = [
    "LIST_OF_LAYERS",
    "RESERVED_VARIABLES",
    "TEMPLATES",
    "misplaced_templates",
    "read_project",
    "read_resources",
    "read_template",
]
