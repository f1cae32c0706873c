"""The packages that functions import and their files name: found, missed, and installed."""

from __future__ import annotations

from lambda_tui.project.dependencies.manifest import NODE_FILES, ManifestError, Need
from lambda_tui.project.dependencies.missing import missing_module, missing_sentence
from lambda_tui.project.dependencies.requirements import REQUIREMENT_FILES
from lambda_tui.project.dependencies.runtime_packages import NODE_SDK
from lambda_tui.project.dependencies.synced_packages import SyncedPackages
from lambda_tui.project.dependencies.undeclared import undeclared_modules, undeclared_packages

__all__ = [
    "NODE_FILES",
    "NODE_SDK",
    "REQUIREMENT_FILES",
    "ManifestError",
    "Need",
    "SyncedPackages",
    "missing_module",
    "missing_sentence",
    "undeclared_modules",
    "undeclared_packages",
]
