"""The command ``lambda-tui``, run as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from support.files import ROOT

PATIENCE = 120.0
"""The time that a command may take, in seconds."""

_PASSED_ON = ("PATH", "HOME", "LANG", "LAMBDA_TUI_SANDBOX", "XDG_STATE_HOME")

Command = subprocess.Popen[bytes]


class Outcome:
    """The exit status of a command and its output."""

    def __init__(self, status: int, output: bytes, errors: bytes) -> None:
        self.status = status
        self.output = output.decode()
        self.errors = errors.decode()

    @property
    def lines(self) -> list[Any]:
        """The lines of standard output, decoded from JSON."""
        return [json.loads(line) for line in self.output.splitlines()]

    @property
    def complaint(self) -> str:
        """The only line on standard error besides the warning of a machine without namespaces."""
        (line,) = (
            line
            for line in self.errors.splitlines()
            if not line.startswith("lambda-tui: No isolation")
        )
        return line


def start(
    *arguments: object,
    cwd: Path | None = None,
    standard_output: int = subprocess.PIPE,
    standard_error: int = subprocess.PIPE,
    **environment: str,
) -> Command:
    """Start the command with the state folder of the tests and nothing else of the user's."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    variables = {**kept, "PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": "/nowhere", **environment}
    return subprocess.Popen(
        [sys.executable, "-m", "lambda_tui", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=standard_output,
        stderr=standard_error,
        # Unbuffered: a test may read some of the output before ``communicate`` reads the rest.
        bufsize=0,
        cwd=cwd,
        env=variables,
    )


def outcome(command: Command, standard_input: bytes = b"") -> Outcome:
    """Wait for a command that was started; kill it when it takes too long."""
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
    """Run the command to its end."""
    pipe = subprocess.PIPE
    command = start(*arguments, cwd=cwd, standard_output=pipe, standard_error=pipe, **environment)
    return outcome(command, standard_input)


def write_project(folder: Path, functions: dict[str, str], **properties: str) -> Path:
    """Write a SAM project of sources by function name, with further lines of properties by name."""
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
    # Not another python of the same version that is found first.
    (folder / "lambda-tui.toml").write_text(f'python = "{sys.executable}"\n')
    return folder


def set_up(project: Path, setting: str) -> None:
    """Add a line to the project's settings."""
    with (project / "lambda-tui.toml").open("a") as file:
        file.write(f"{setting}\n")
