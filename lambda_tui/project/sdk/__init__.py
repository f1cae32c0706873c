"""AWS's SDK, which its managed runtimes bring: who needs it, where it lies, its installation."""

from __future__ import annotations

from lambda_tui.project.sdk.folders import (
    has_packages,
    installed_packages,
    installed_sdk,
    installed_version,
)
from lambda_tui.project.sdk.installation import install_sdk
from lambda_tui.project.sdk.packages import (
    brings_sdk,
    is_of_sdk,
    missing_package,
    needed_packages,
    requested_packages,
)

__all__ = [
    "brings_sdk",
    "has_packages",
    "install_sdk",
    "installed_packages",
    "installed_sdk",
    "installed_version",
    "is_of_sdk",
    "missing_package",
    "needed_packages",
    "requested_packages",
]
