"""The places of code, layers and programs: AWS's own, or the real ones without a file system.

At level ``processes`` a path of AWS's leads nowhere. What is started, and the variables that it is
given, name the real places there.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from lambda_tui.project.function import Function
from lambda_tui.project.sdk import brings_sdk

TASK_ROOT = "/var/task"
LAYERS_ROOT = "/opt"
LANGUAGE_BIN = "/var/lang/bin"
SDK_ROOT = "/var/runtime"
# Not ``/var/runtime``, which is on the import path and has the SDK where that is installed.
RUNTIMES_ROOT = "/var/.lambda-tui"

_TMP = "/tmp"
STORAGE_IN_VALUE = "\0"
"""Stands for the directory in the place of ``/tmp``, which the init process knows."""
# Where a variable's value is a path, a list of paths, or options with paths.
_ROOT_IN_VALUE = re.compile(r"(?<![^\s:;,=\"'])(/var/task|/opt|/tmp|/mnt/[\w.-]+)(?=[/\s:;,\"']|$)")
_FIRST_LINE_BYTES = 256


def runtimes_directory() -> Path:
    """Return the folder of ``runtimes/``: inside the installed package, or beside it."""
    package = Path(__file__).resolve().parents[2]
    installed = package / "_runtimes"
    return installed if installed.is_dir() else package.parent / "runtimes"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the processes of an environment find the code, the layers and our runtimes."""

    task_root: str
    layers_root: str
    sdk_root: str
    runtimes_root: str
    """Needed by programs that are executed, not by forks."""
    language_bin: str
    """Folder of the interpreter."""
    packages_root: str = ""
    """Folder of the packages beside the code; empty where they stand among it, or without any."""
    mounts: tuple[tuple[str, str], ...] = ()
    """The paths of file systems on AWS, each with its folder here; none where it is mounted."""

    @classmethod
    def of(cls, function: Function, sdk: Path | None, program: str, *, is_isolated: bool) -> Places:
        """Return AWS's paths, or the real ones where environments have no file system of theirs.

        ``sdk`` is the folder of AWS's SDK for the function's runtime, where that is installed, and
        ``program`` the interpreter.
        """
        if is_isolated:
            return cls(TASK_ROOT, LAYERS_ROOT, SDK_ROOT, RUNTIMES_ROOT, LANGUAGE_BIN)
        return cls(
            str(function.code_directory),
            str(function.layers_directory or LAYERS_ROOT),
            str(sdk if sdk is not None and brings_sdk(function) else SDK_ROOT),
            str(runtimes_directory()),
            os.path.dirname(program),
            str(function.packages_directory or ""),
            tuple((path, str(folder)) for folder, path in function.mounts),
        )

    def real(self, path: str) -> str:
        """Return the path here of a file that is named by its path on AWS."""
        roots = (
            (LAYERS_ROOT, self.layers_root),
            (TASK_ROOT, self.task_root),
            (LANGUAGE_BIN, self.language_bin),
            *self.mounts,
        )
        for root, place in roots:
            if path.startswith(f"{root}/"):
                return place + path.removeprefix(root)
        return path

    def variable(self, value: str, storage: str = _TMP) -> str:
        """Return a variable's value with the paths here in the place of those on AWS.

        ``storage`` takes the place of ``/tmp``.
        """
        places = {LAYERS_ROOT: self.layers_root, TASK_ROOT: self.task_root, **dict(self.mounts)}
        places[_TMP] = storage
        return _ROOT_IN_VALUE.sub(lambda found: places.get(found[1], found[1]), value)

    def command(self, file: str) -> tuple[str, ...]:
        """Return the command that executes a file.

        The kernel cannot find an interpreter that a script names by its path on AWS.
        """
        if self.runtimes_root == RUNTIMES_ROOT:
            return (file,)
        interpreter, *argument = _interpreter_of(file)
        real = self.real(interpreter)
        return (file,) if real == interpreter else (real, *argument, file)


def _interpreter_of(script: str) -> list[str]:
    """Return the interpreter of a script, and its argument if there is one, as the kernel does."""
    try:
        with open(script, "rb") as file:
            line = file.readline(_FIRST_LINE_BYTES)
    except OSError:
        line = b""
    words = os.fsdecode(line.removeprefix(b"#!")).split(maxsplit=1)
    return [word.strip() for word in words] if line.startswith(b"#!") and words else [""]
