"""Installs AWS's SDK from the package index, by pip or npm, into a folder of the user's cache."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from lambda_tui.project.code import Cache
from lambda_tui.project.installers import (
    NPM_SETTINGS,
    PIP_OPTIONS,
    PIP_SETTINGS,
    PIP_VARIABLES,
    InstallationError,
    Installer,
    npm_of,
    pip_of,
)
from lambda_tui.project.sdk.folders import GROUP, family_of

_NPM_OPTIONS = (
    *("install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"),
    *("--fetch-retries", "1"),
)


def install_sdk(installer: Installer, runtime: str, packages: Iterable[str]) -> Path:
    """Return the folder with packages of the SDK, once everything is installed in it.

    ``runtime`` is AWS's name for the interpreter's version, such as ``python3.13``. Raise
    ``InstallationError``. Belongs in a thread.
    """
    names = sorted(packages)
    digest = hashlib.sha256("\0".join(names).encode()).hexdigest()
    family = family_of(runtime)
    is_node = installer.interpreter.language == "node"

    def fill(folder: Path) -> None:
        command = _npm(installer, folder) if is_node else _pip(installer, folder, runtime)
        # With a range of versions, npm takes the newest that its Node.js can run.
        command += [f"{name}@*" for name in names] if is_node else names
        variables, settings = ({}, NPM_SETTINGS) if is_node else (PIP_VARIABLES, PIP_SETTINGS)
        installer.run(command, folder, variables, what=", ".join(names), settings=settings)

    try:
        return Cache.of_user().folder(GROUP, f"{family}{digest[:16]}", fill, family=family)
    except OSError as error:
        raise InstallationError(
            f"the SDK cannot be installed: {error.filename}: {error.strerror}."
        ) from error


def _pip(installer: Installer, folder: Path, runtime: str) -> list[str]:
    # Said in any case: it is what makes another Python's pip install for this one.
    version = ["--python-version", runtime.removeprefix("python")]
    options = [*PIP_OPTIONS, *version, "--only-binary", ":all:", "--target", str(folder)]
    return [*pip_of(installer.interpreter), *options]


def _npm(installer: Installer, folder: Path) -> list[str]:
    return [*npm_of(installer.interpreter), *_NPM_OPTIONS, "--prefix", str(folder)]
