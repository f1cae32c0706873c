"""Notices what has changed in the settings files while lambda-tui runs."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from lambda_tui.project.settings.settings import Settings
from lambda_tui.project.settings.settings_file import load_settings

AFTER_RESTART = frozenset({"sandbox", "watch", "history", "keys", "theme"})
"""The settings that hold from the next start on; all others can be applied at once."""


class SettingsFiles:
    """The settings as the files have them; what the command line adds is none of this."""

    def __init__(self, directory: Path, config_directory: Path) -> None:
        """Read the files of a project's folder and of the user's configuration directory."""
        self._directories = directory, config_directory
        self._settings, self.problems = load_settings(*self._directories)

    def read_again(self) -> dict[str, Any]:
        """Return the settings that have changed, by name; none while a file has a mistake."""
        settings, self.problems = load_settings(*self._directories)
        if self.problems:
            return {}
        before, self._settings = self._settings, settings
        names = [field.name for field in dataclasses.fields(Settings)]
        return {
            name: getattr(settings, name)
            for name in names
            if getattr(settings, name) != getattr(before, name)
        }
