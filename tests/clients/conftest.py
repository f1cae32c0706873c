"""Packages as they were published, installed once for all tests of a session."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Install = Callable[[str], Path]


@pytest.fixture(scope="session")
def install(tmp_path_factory: pytest.TempPathFactory) -> Install:
    """Return a function that installs a requirement into a folder of its own, once."""
    folders: dict[str, Path] = {}

    def install(requirement: str) -> Path:
        if requirement not in folders:
            folder = tmp_path_factory.mktemp("packages")
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input"]
            command += [
                "--disable-pip-version-check",
                "--retries",
                "10",
                "--target",
                str(folder),
                requirement,
            ]
            subprocess.run(command, check=True, timeout=300, stdin=subprocess.DEVNULL)
            folders[requirement] = folder
        return folders[requirement]

    return install
