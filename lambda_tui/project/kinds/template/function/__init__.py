"""Reads one function of a template: its properties, and the resources that add to it."""

from __future__ import annotations

from lambda_tui.project.kinds.template.function.dependent_resources import (
    apply_dependent_resources,
)
from lambda_tui.project.kinds.template.function.environment_variables import RESERVED_VARIABLES
from lambda_tui.project.kinds.template.function.function_resource import FunctionResource

__all__ = ["RESERVED_VARIABLES", "FunctionResource", "apply_dependent_resources"]
