"""Programs in the place of docker, podman and limactl, which record how they are called."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from support.files import ROOT, write_program

_PROGRAM = """\
#!{python}
import json, os, subprocess, sys
from pathlib import Path

folder, name, *arguments = Path({folder!r}), Path(sys.argv[0]).name, *sys.argv[1:]

with open(folder / "calls", "a") as file:
    file.write(json.dumps([name, *arguments]) + "\\n")
state = folder / "state"

def run_here(options, command):
    # The command is run here, with the folder and the variables that it would have inside.
    variables = {{"PATH": os.environ["PATH"], "PYTHONPATH": {root!r}}}
    variables.update(option.split("=", 1) for option in options.get("--env", []))
    os.chdir(options["--workdir"][0])
    os.execve(sys.executable, [sys.executable, "-m", "lambda_tui", *command], variables)

def parsed(arguments):
    options, rest = {{}}, list(arguments)
    while rest and rest[0].startswith("--"):
        name = rest.pop(0)
        if name not in ("--rm", "--interactive", "--tty"):
            options.setdefault(name, []).append(rest.pop(0))
    return options, rest

match [name, *arguments]:
    case [_, "info", *_]:
        if (folder / "is_down").exists():
            sys.exit("Cannot connect to the daemon.\\nIs it running?")
        print('["name=seccomp,profile=builtin"]')
    case [_, "image", "inspect", _]:
        sys.exit(0 if state.exists() else 1)
    case [_, "build", *_, context]:
        files = [str(path.relative_to(context)) for path in Path(context).rglob("*")]
        (folder / "context").write_text(json.dumps(sorted(files)))
        print("building")
        state.touch()
    case [_, "run", *rest]:
        options, (_image, *command) = parsed(rest)
        run_here(options, command)
    case ["limactl", "list", *_]:
        print("default Running\\nlambda-tui Running" if state.exists() else "default Running")
    case ["limactl", "start", *_]:
        state.touch()
    case ["limactl", "copy", *_]:
        pass
    case ["limactl", "shell", "lambda-tui", "test", *_]:
        sys.exit(0 if (folder / "installed").exists() else 1)
    case ["limactl", "shell", "--workdir", "/", "lambda-tui", "sh", *_]:
        (folder / "installed").touch()
    case ["limactl", "shell", "--workdir", directory, "lambda-tui", "env", *rest]:
        variables = [one for one in rest if "=" in one and not one.startswith("-")]
        command = rest[next(i for i, one in enumerate(rest) if one.endswith("/lambda-tui")) + 1 :]
        run_here({{"--workdir": [directory], "--env": variables}}, command)
    case other:
        sys.exit(f"unknown: {{other}}")
"""


class FakeEngine:
    """A folder for ``PATH`` with one such program, and what was asked of it."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir()
        self.name = name
        self._folder = folder
        program = _PROGRAM.format(python=sys.executable, folder=str(folder), root=str(ROOT))
        write_program(folder / name, program)
        self.path = f"{folder}{os.pathsep}{os.environ['PATH']}"

    def take_down(self) -> None:
        """Make the engine one that is installed and does not run."""
        (self._folder / "is_down").touch()

    def forget_image(self) -> None:
        """Make the image one that does not exist."""
        (self._folder / "state").unlink()

    @property
    def calls(self) -> list[list[str]]:
        """The arguments of each call."""
        lines = (self._folder / "calls").read_text().splitlines()
        return [json.loads(line)[1:] for line in lines]

    def call(self, *begin: str) -> list[str]:
        """Return the only call that begins with these arguments."""
        (found,) = [call for call in self.calls if call[: len(begin)] == list(begin)]
        return found

    @property
    def context(self) -> set[str]:
        """The files from which the image was built."""
        names: list[Any] = json.loads((self._folder / "context").read_text())
        return set(names)


def values(call: list[str], option: str) -> list[str]:
    """Return the values of an option of a call, in their order."""
    return [call[index + 1] for index, one in enumerate(call) if one == option]
