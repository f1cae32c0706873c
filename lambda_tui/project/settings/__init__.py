"""The settings that a user may make, and the files that they are read from."""

from __future__ import annotations

from lambda_tui.project.settings.binding_ids import BINDING_IDS
from lambda_tui.project.settings.changes import AFTER_RESTART, SettingsFiles
from lambda_tui.project.settings.settings import (
    FunctionSettings,
    NetworkChoice,
    SandboxChoice,
    Settings,
)
from lambda_tui.project.settings.settings_file import (
    PROJECT_FILE,
    SANDBOX_VARIABLE,
    USER_FILE,
    load_settings,
    place_of,
)

__all__ = [
    "AFTER_RESTART",
    "BINDING_IDS",
    "PROJECT_FILE",
    "SANDBOX_VARIABLE",
    "USER_FILE",
    "FunctionSettings",
    "NetworkChoice",
    "SandboxChoice",
    "Settings",
    "SettingsFiles",
    "load_settings",
    "place_of",
]
