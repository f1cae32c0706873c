"""The ``lambda-tui`` command: thin; it reads arguments and hands them to what does the work."""

from __future__ import annotations

import argparse
import asyncio
import io
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lambda_tui.commands import arguments
from lambda_tui.commands.refused import USAGE_ERROR, RefusedError
from lambda_tui.commands.standard_output import write_output

_SIGNALLED = 128


def main(given: list[str] | None = None) -> int:
    """Runs the command; its exit status. Raises ``KeyboardInterrupt``."""
    given = sys.argv[1:] if given is None else given
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names may hold what the locale has no letters for.
            stream.reconfigure(errors="backslashreplace")
    try:
        return _carry_out(given)
    except RefusedError as error:
        for sentence in error.args:
            print(f"lambda-tui: {sentence}", file=sys.stderr)
        return USAGE_ERROR
    except BrokenPipeError:
        return _SIGNALLED + signal.SIGPIPE


def _carry_out(given: list[str]) -> int:
    command = _COMMANDS.get(given[0]) if given else None
    try:
        return command(given[1:]) if command is not None else _screen(given)
    finally:
        # A parser that gives help has written it, and does not look whether it could.
        write_output("")


# What a command imports should not slow the others down.


def _list(given: list[str]) -> int:
    from lambda_tui.commands import list as command

    return command.run(arguments.list_parser().parse_args(given))


def _invoke(given: list[str]) -> int:
    options = arguments.invoke_parser().parse_args(given)
    from lambda_tui.commands import invoke

    return invoke.run(options)


def _serve(given: list[str]) -> int:
    options = arguments.serve_parser().parse_args(given)
    from lambda_tui.commands import serve

    return serve.run(options)


def _doctor(given: list[str]) -> int:
    options = arguments.doctor_parser().parse_args(given)
    from lambda_tui.commands import doctor

    return doctor.run(options)


def _demo(given: list[str]) -> int:
    from lambda_tui.project.demo import DemoError, copy_demo

    options = arguments.demo_parser().parse_args(given)
    folder: Path = options.folder
    if not (folder / "template.yaml").is_file():
        try:
            folder = copy_demo(folder)
        except DemoError as error:
            raise RefusedError(str(error)) from error
    if options.no_open:
        write_output(f"The example project is in {folder}.\n")
        return 0
    return _open(folder, options)


def _screen(given: list[str]) -> int:
    options = arguments.screen_parser().parse_args(given)
    return _open(options.project, options)


def _open(directory: Path, options: argparse.Namespace) -> int:
    for stream, name in ((sys.stdout, "output"), (sys.stdin, "input")):
        if not stream.isatty():
            raise RefusedError(
                f"standard {name} is no terminal, so there can be no screen; use "
                "`lambda-tui invoke`, `lambda-tui serve` or `lambda-tui list` instead."
            )
    from platformdirs import user_config_path

    from lambda_tui.project.settings import load_settings
    from lambda_tui.ui.run import run_app

    settings, problems = load_settings(directory, user_config_path("lambda-tui"))
    if options.sandbox is not None:
        settings = replace(settings, sandbox=options.sandbox)
    if options.no_watch:
        settings = replace(settings, watch=False)
    return asyncio.run(run_app(directory, settings, problems))


_COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "list": _list,
    "invoke": _invoke,
    "serve": _serve,
    "doctor": _doctor,
    "demo": _demo,
}
