"""The real command, run as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120.0
"""Seconds until a command is given up."""

_PASSED_ON = ("PATH", "HOME", "LANG", "LAMBDA_TUI_SANDBOX")

Command = subprocess.Popen[bytes]


class Outcome:
    """How a command ended."""

    def __init__(self, status: int, output: bytes, errors: bytes) -> None:
        self.status = status
        self.output = output.decode()
        self.errors = errors.decode()

    @property
    def lines(self) -> list[Any]:
        """Standard output as JSON, line by line."""
        return [json.loads(line) for line in self.output.splitlines()]

    @property
    def complaint(self) -> str:
        """The only line on standard error, but for what a machine without namespaces adds."""
        (line,) = (
            line
            for line in self.errors.splitlines()
            if not line.startswith("lambda-tui: there is no isolation")
        )
        return line


def start(
    *arguments: object,
    cwd: Path | None = None,
    standard_output: int = subprocess.PIPE,
    standard_error: int = subprocess.PIPE,
    **environment: str,
) -> Command:
    """Starts the command with pipes, away from the user's own settings."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    variables = {**kept, "PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": "/nowhere", **environment}
    return subprocess.Popen(
        [sys.executable, "-m", "lambda_tui", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=standard_output,
        stderr=standard_error,
        # What a test has read ahead of the end, ``communicate`` would not give again.
        bufsize=0,
        cwd=cwd,
        env=variables,
    )


def outcome(command: Command, standard_input: bytes = b"") -> Outcome:
    """Waits for a command that was started."""
    try:
        output, errors = command.communicate(standard_input, timeout=PATIENCE)
    finally:
        if command.poll() is None:
            command.kill()
            command.communicate()
    return Outcome(command.returncode, output or b"", errors or b"")


def run(
    *arguments: object,
    cwd: Path | None = None,
    standard_input: bytes = b"",
    **environment: str,
) -> Outcome:
    """Runs the command to its end."""
    pipe = subprocess.PIPE
    command = start(*arguments, cwd=cwd, standard_output=pipe, standard_error=pipe, **environment)
    return outcome(command, standard_input)


def write_project(folder: Path, functions: dict[str, str], **properties: str) -> Path:
    """A project with these sources by function name; properties are further lines of each."""
    folder.mkdir(exist_ok=True)
    template = "Resources:\n"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for name, source in functions.items():
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "app.py").write_text(source)
        template += (
            f"  {name}:\n"
            "    Type: AWS::Serverless::Function\n"
            "    Properties:\n"
            f"      CodeUri: {name}\n"
            "      Handler: app.handler\n"
            f"      Runtime: python{version}\n"
            + "".join(f"      {line}\n" for line in properties.get(name, "").splitlines())
        )
    # A loaded machine is no reason to time out.
    template += "Globals: {Function: {Timeout: 60}}\n"
    (folder / "template.yaml").write_text(template)
    # The interpreter of the tests, wherever else a python of its version may be.
    (folder / "lambda-tui.toml").write_text(f'python = "{sys.executable}"\n')
    return folder


def set_up(project: Path, setting: str) -> None:
    """Adds a line to the project's settings."""
    with (project / "lambda-tui.toml").open("a") as file:
        file.write(f"{setting}\n")
