"""Package managers: pip, uv, npm, pnpm and yarn install into folders of the user's cache."""

from __future__ import annotations

from lambda_tui.project.installers.installer import InstallationError, Installer
from lambda_tui.project.installers.local_packages import LocalPackages
from lambda_tui.project.installers.node_packages import (
    LOCKS,
    NODE_MODULES,
    NPM_SETTINGS,
    install_node,
    npm_of,
)
from lambda_tui.project.installers.python_packages import (
    PIP_OPTIONS,
    PIP_SETTINGS,
    PIP_VARIABLES,
    install_python,
    pip_of,
)

__all__ = [
    "LOCKS",
    "NODE_MODULES",
    "NPM_SETTINGS",
    "PIP_OPTIONS",
    "PIP_SETTINGS",
    "PIP_VARIABLES",
    "InstallationError",
    "Installer",
    "LocalPackages",
    "install_node",
    "install_python",
    "npm_of",
    "pip_of",
]
