"""The settings that a user may make, and the files that they are read from."""

from __future__ import annotations

from lambda_tui.project.settings.binding_ids import BINDING_IDS
from lambda_tui.project.settings.changes import AFTER_RESTART, SettingsFiles
from lambda_tui.project.settings.settings import (
    ALL_SERVICES,
    PLACEHOLDER,
    PROFILE,
    SHELL,
    CdkSettings,
    FunctionSettings,
    NetworkChoice,
    SandboxChoice,
    Settings,
)
from lambda_tui.project.settings.settings_file import (
    PROJECT_FILE,
    PYPROJECT_FILE,
    SANDBOX_VARIABLE,
    USER_FILE,
    load_settings,
    place_of,
    read_endpoint,
    read_option,
)

__all__ = [
    "AFTER_RESTART",
    "ALL_SERVICES",
    "BINDING_IDS",
    "PLACEHOLDER",
    "PROFILE",
    "PROJECT_FILE",
    "PYPROJECT_FILE",
    "SANDBOX_VARIABLE",
    "SHELL",
    "USER_FILE",
    "CdkSettings",
    "FunctionSettings",
    "NetworkChoice",
    "SandboxChoice",
    "Settings",
    "SettingsFiles",
    "load_settings",
    "place_of",
    "read_endpoint",
    "read_option",
]
