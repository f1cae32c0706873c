"""Copies the bundled example project to a folder of the user's."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from lambda_tui.project.runtimes import PYTHON_RUNTIMES
from lambda_tui.project.wording import shown

DEMO_DIRECTORY = Path(__file__).resolve().parent.parent / "demo"
"""The example project in the package."""

_BUNDLED_RUNTIME = "python3.13"
"""The runtime that its template names."""


class DemoError(Exception):
    """The example project cannot be copied; ``str()`` is a sentence for the user."""


def has_demo(folder: Path) -> bool:
    """Return whether a folder has the example project, however it was changed since."""
    names = (one.name for one in DEMO_DIRECTORY.iterdir() if one.name != "__pycache__")
    return all((folder / name).exists() for name in names)


def copy_demo(target: Path) -> Path:
    """Copy the example project, and return its absolute folder; raise ``DemoError``.

    The copy's Runtime is the Python that runs this, so that the example needs no other.
    """
    target = target.expanduser().absolute()
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise DemoError(
                f"{shown(str(target))} exists already and is not an empty folder; name a new one."
            )
        shutil.copytree(
            DEMO_DIRECTORY,
            target,
            ignore=shutil.ignore_patterns("__pycache__"),
            copy_function=_copy,
            dirs_exist_ok=True,
        )
        _set_runtime(target / "template.yaml")
    except (OSError, shutil.Error, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"the example project cannot be copied to {shown(str(target))}: {shown(reason)}."
        raise DemoError(message) from error
    return target


def _copy(source: str, target: str) -> None:
    # Without the modes of the installed package, which may be read-only; programs stay executable.
    shutil.copyfile(source, target)
    if os.access(source, os.X_OK):
        os.chmod(target, 0o755)


def _set_runtime(template: Path) -> None:
    runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if runtime in PYTHON_RUNTIMES:
        text = template.read_text(encoding="utf-8")
        template.write_text(text.replace(_BUNDLED_RUNTIME, runtime), encoding="utf-8")
