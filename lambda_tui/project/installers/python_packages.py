"""Installs packages of Python into a folder, by uv where that is on PATH, or else by pip."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from lambda_tui.project.installers.installer import InstallationError, Installer, is_unreachable
from lambda_tui.project.installers.local_packages import copy_packages
from lambda_tui.project.interpreters import Interpreter

PIP_OPTIONS = (
    *("install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"),
    *("--retries", "1"),
)
# The user's own settings of pip do not fit an installation into a folder.
PIP_VARIABLES = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
PIP_SETTINGS = "pip's index-url"
_UV_OPTIONS = ("pip", "install", "--compile-bytecode", "--no-progress", "--color", "never")
_UV_SETTINGS = "uv's index-url"
_BYTECODE_AGE = 2.0
"""Seconds by which bytecode has to be younger than its source to be used."""


def install_python(
    installer: Installer,
    lines: Sequence[str],
    local: Sequence[Path],
    target: Path,
    folder: Path,
    *,
    what: str,
    is_complete: bool,
    beside: Sequence[str] = (),
) -> None:
    """Install the requirements in ``lines`` into a folder, for the installer's interpreter.

    Copies of the packages in ``local``, which the lines name by their paths, are installed, as
    builds leave files behind. ``folder`` is that of the requirements, and ``what`` names them in a
    sentence. Those that are complete, as a lock file's, bring no others with them, and neither do
    the packages ``beside`` them. Packages without a wheel are built from source, which runs their
    own code, only where there is no other way, and that is said. Raise ``InstallationError``.
    """
    command, variables, settings = _command(installer.interpreter)
    with tempfile.TemporaryDirectory(dir=target) as scratch:
        copies = copy_packages(local, folder, Path(scratch, "packages"))
        file = Path(scratch, "requirements.txt")
        file.write_text("".join(f"{_with_copies(line, local, copies)}\n" for line in lines))
        packages = Path(scratch, "installed")
        command += ["--target", str(packages)]
        groups = [[*(["--no-deps"] if is_complete else []), "-r", str(file)]]
        if beside:
            groups.append(["--no-deps", *beside])
        for group in groups:
            wanted = [*command, *group]
            ending = installer.attempt([*wanted, "--only-binary", ":all:"], folder, variables)
            if ending.status != 0 and not is_unreachable(ending):
                installer.tell(
                    f"Not all of {what} can be had as wheels: now with builds from source, which "
                    "run the packages' own code."
                )
                ending = installer.attempt(wanted, folder, variables)
            if ending.status != 0:
                raise installer.failure(ending, what=what, settings=settings)
        packages.mkdir(exist_ok=True)
        # Programs of this machine's interpreter, which a deployment does not have.
        shutil.rmtree(packages / "bin", ignore_errors=True)
        _let_bytecode_be_used(packages)
        for entry in packages.iterdir():
            # An installer's own have a dot, such as its lock.
            if not entry.name.startswith("."):
                entry.rename(target / entry.name)


def _with_copies(line: str, local: Sequence[Path], copies: Mapping[Path, Path]) -> str:
    # The longest first: one may be the beginning of another.
    for path in sorted(local, key=lambda one: -len(str(one))):
        if line.startswith(str(path)):
            return str(copies[path]) + line.removeprefix(str(path))
    return line


def pip_of(interpreter: Interpreter) -> list[str]:
    """Return the command of the interpreter's pip, or of ours: an environment may have none.

    Ours installs for itself, unless it is told the interpreter's version.
    """
    for python in (str(interpreter.executable), sys.executable):
        if _runs([python, "-c", "import pip"]):
            return [python, "-m", "pip"]
    raise InstallationError(
        f"nothing can be installed: neither {interpreter.executable} nor lambda-tui's own Python "
        f"has pip; run `{sys.executable} -m ensurepip`."
    )


def _command(interpreter: Interpreter) -> tuple[list[str], dict[str, str], str]:
    """Return the command that installs for an interpreter, its variables, and its settings."""
    uv = shutil.which("uv")
    python = str(interpreter.executable)
    if uv is not None:
        return [uv, *_UV_OPTIONS, "--python", python], {}, _UV_SETTINGS
    pip = pip_of(interpreter)
    # Ours then runs under the other interpreter, whose version markers of requirements go by.
    other = [] if pip[0] == python else ["--python", python]
    return [*pip, *other, *PIP_OPTIONS], PIP_VARIABLES, PIP_SETTINGS


def _let_bytecode_be_used(target: Path) -> None:
    """Make all bytecode younger than its source by more than a save takes."""
    later = time.time() + _BYTECODE_AGE
    for file in target.rglob("*.pyc"):
        with contextlib.suppress(OSError):
            os.utime(file, (later, later))


def _runs(command: list[str]) -> bool:
    try:
        return (
            subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60
            ).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
