"""Runs lambda-tui in a virtual machine of Lima."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from lambda_tui.commands.errors import CommandError
from lambda_tui.commands.inside.errand import Errand
from lambda_tui.commands.inside.programs import become, output_of, run_visibly, succeeds
from lambda_tui.commands.inside.source import copy_source, source_digest, source_file

INSTANCE = "lambda-tui"
_INSTALLATIONS = "/var/lib/lambda-tui"
"""The folder of the machine that ``lima.yaml`` makes for installations."""


def run_in_lima(errand: Errand) -> NoReturn:
    """Run the errand in the machine in the place of this process.

    The machine is made, started and given this very lambda-tui first, where that is needed. It has
    the user's home folder at its own path, and its ports are forwarded.
    """
    outside = [folder for folder in errand.folders if not folder.is_relative_to(Path.home())]
    if outside:
        raise CommandError(f"the virtual machine has your home folder only, not {outside[0]}.")
    _start()
    installed = f"{_INSTALLATIONS}/{source_digest()}"
    if not succeeds("limactl", "shell", INSTANCE, "test", "-e", f"{installed}/installed"):
        _install(installed)
    variables = {**errand.variables, "XDG_CONFIG_HOME": str(errand.configuration.parent)}
    address = ["--host", errand.host, "--port", str(errand.port)] if errand.port else []
    become(
        [
            *("limactl", "shell", "--workdir", str(errand.directory), INSTANCE),
            *("env", *(f"{name}={value}" for name, value in variables.items())),
            *(f"{installed}/bin/lambda-tui", *errand.arguments, *address),
        ]
    )


def _start() -> None:
    """Start the machine, and make it of the template if there is none."""
    listed = output_of("limactl", "list", "--format", "{{.Name}} {{.Status}}").splitlines()
    if f"{INSTANCE} Running" in listed:
        return
    exists = any(line.split()[:1] == [INSTANCE] for line in listed)
    template = source_file("docs/containers/lima.yaml")
    what = [INSTANCE] if exists else [f"--name={INSTANCE}", str(template)]
    run_visibly(["limactl", "start", "--tty=false", *what], "limactl could not start the machine")


def _install(installed: str) -> None:
    copied = f"/tmp/lambda-tui-{Path(installed).name}"
    with TemporaryDirectory(prefix="lambda-tui-") as folder:
        source = Path(folder) / "source"
        copy_source(source)
        run_visibly(
            ["limactl", "copy", "--recursive", str(source), f"{INSTANCE}:{copied}"],
            "limactl could not copy lambda-tui into the machine",
        )
    steps = (
        f"python3 -m venv {installed} && {installed}/bin/pip install --quiet {copied} "
        f"&& touch {installed}/installed && rm -r {copied}"
    )
    run_visibly(
        ["limactl", "shell", "--workdir", "/", INSTANCE, "sh", "-c", steps],
        "lambda-tui could not be installed in the machine",
    )
