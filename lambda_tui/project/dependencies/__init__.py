"""The packages that a Python function imports, and those that its requirements bring to Lambda."""

from __future__ import annotations

from lambda_tui.project.dependencies.missing import missing_module, missing_sentence
from lambda_tui.project.dependencies.requirements import REQUIREMENT_FILES
from lambda_tui.project.dependencies.undeclared import undeclared_modules, undeclared_packages

__all__ = [
    "REQUIREMENT_FILES",
    "missing_module",
    "missing_sentence",
    "undeclared_modules",
    "undeclared_packages",
]
