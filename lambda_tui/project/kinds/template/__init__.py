"""Reads the functions of a SAM or CloudFormation template, such as ``template.yaml``."""

from __future__ import annotations

from lambda_tui.project.kinds.template.function import RESERVED_VARIABLES
from lambda_tui.project.kinds.template.sam_config import (
    SAM_CONFIG,
    parameter_pairs,
    read_sam_config,
)
from lambda_tui.project.kinds.template.template import (
    KIND,
    LIST_OF_LAYERS,
    TemplateContent,
    command_for,
    misplaced_templates,
    other_templates,
    read_project,
    read_resources,
    read_template,
    templates_beside,
    unread_templates,
)
from lambda_tui.project.kinds.template.template_files import TEMPLATES, folders_below, project_above

__all__ = [
    "KIND",
    "LIST_OF_LAYERS",
    "RESERVED_VARIABLES",
    "SAM_CONFIG",
    "TEMPLATES",
    "TemplateContent",
    "command_for",
    "folders_below",
    "misplaced_templates",
    "other_templates",
    "parameter_pairs",
    "project_above",
    "read_project",
    "read_resources",
    "read_sam_config",
    "read_template",
    "templates_beside",
    "unread_templates",
]
