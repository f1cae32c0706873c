"""The function's own part of the file system of its environments."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lambda_tui.engine.launch.network import Network
from lambda_tui.engine.launch.runtime import (
    LAYERS_ROOT,
    RUNTIMES_ROOT,
    TASK_ROOT,
    is_executed,
    runtimes_directory,
)
from lambda_tui.project.function import Function


@dataclass(frozen=True, slots=True)
class SandboxPlan:
    """What a sandbox is built from, beside the parts that all of this machine share."""

    code_directory: Path
    ephemeral_storage: int
    """Size of ``/tmp`` in MB."""
    binds: tuple[tuple[Path, str], ...]
    """Files and folders of this machine, each with its path inside."""
    network: Network
    is_snapshot: bool = False
    """Whether other environments are forked from its runtime."""

    @classmethod
    def of(cls, function: Function, network: Network) -> SandboxPlan:
        """Plan for the code, the layers, and the files of a runtime of the user's own."""
        binds = [(function.code_directory, TASK_ROOT)]
        if function.layers_directory is not None:
            binds.append((function.layers_directory, LAYERS_ROOT))
        binds += [(path, str(path)) for path in _own_runtime_paths(function)]
        if is_executed(function):
            binds.append((runtimes_directory(), RUNTIMES_ROOT))
        return cls(function.code_directory, function.ephemeral_storage, tuple(binds), network)


def _own_runtime_paths(function: Function) -> list[Path]:
    """Return the paths that the program needs which replaces the function's runtime.

    They are the folder above its ``bin``, or else its own folder; for a program that lies in the
    home directory itself, the program alone.
    """
    if not function.bootstrap:
        return []
    program = Path(function.bootstrap[0])
    found = [_with_surroundings(form) for form in {program, program.resolve()} if form.exists()]
    return sorted(path for path in found if not path.is_relative_to(function.code_directory))


def _with_surroundings(program: Path) -> Path:
    folder = program.parent
    wide = (folder.parent, folder) if folder.name == "bin" else (folder,)
    home = Path.home()
    return next((path for path in wide if not home.is_relative_to(path)), program)
