"""What is a function's own in the file system of its environments."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lambda_tui.engine.launch.network import Network
from lambda_tui.engine.launch.runtime import (
    LAYERS_ROOT,
    RUNTIMES_ROOT,
    TASK_ROOT,
    is_executed,
)
from lambda_tui.engine.launch.runtimes_directory import runtimes_directory
from lambda_tui.project.function import Function


@dataclass(frozen=True, slots=True)
class SandboxPlan:
    """From what a sandbox is built, beside what every one on this machine has."""

    code_directory: Path
    ephemeral_storage: int
    """MB of ``/tmp``."""
    binds: tuple[tuple[Path, str], ...]
    """Files and folders of this machine, and where they stand inside."""
    network: Network
    is_snapshot: bool = False
    """Whether others are to be forked from its runtime."""

    @classmethod
    def of(cls, function: Function, network: Network) -> SandboxPlan:
        """The code, the layers, and what a runtime of the user's own needs."""
        binds = [(function.code_directory, TASK_ROOT)]
        if function.layers_directory is not None:
            binds.append((function.layers_directory, LAYERS_ROOT))
        binds += [(path, str(path)) for path in own_runtime_paths(function)]
        if is_executed(function):
            binds.append((runtimes_directory(), RUNTIMES_ROOT))
        return cls(function.code_directory, function.ephemeral_storage, tuple(binds), network)


def own_runtime_paths(function: Function) -> list[Path]:
    """What the program needs that is to run in place of the function's runtime.

    That is the folder above its ``bin``, else its own folder; of one in a home directory itself
    only the program.
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
