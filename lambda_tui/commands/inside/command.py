"""``lambda-tui --in``: finds out what a command line needs, and hands it on."""

from __future__ import annotations

import argparse
import shutil
from typing import NoReturn, get_args

from lambda_tui.commands.arguments import Place
from lambda_tui.commands.errors import CommandError
from lambda_tui.commands.inside.containers import run_in_container
from lambda_tui.commands.inside.errand import errand_of
from lambda_tui.commands.inside.lima import run_in_lima
from lambda_tui.commands.opened_project import open_project

_PROGRAMS = {"docker": "docker", "podman": "podman", "lima": "limactl"}


def run(place: Place, given: list[str], options: argparse.Namespace) -> NoReturn:
    """Run a command line of lambda-tui elsewhere, in the place of this process.

    ``given`` are its arguments and ``options`` the same parsed. Raises ``CommandError``.
    """
    program = _PROGRAMS[place]
    if shutil.which(program) is None:
        others = ", ".join(f"--in {other}" for other in get_args(Place) if other != place)
        raise CommandError(f"{program} is not on PATH; install it, or use {others}.")
    functions = open_project(options).project.functions
    errand = errand_of(given, options, functions)
    if place == "lima":
        run_in_lima(errand)
    else:
        run_in_container(place, errand, functions)
