"""The ``lambda-tui`` command: thin; it reads arguments, builds an engine and opens the screen."""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args

from platformdirs import user_config_path

from lambda_tui import __version__
from lambda_tui.project.demo import DemoError, copy_demo
from lambda_tui.project.settings import SandboxChoice
from lambda_tui.project.settings_file import load_settings

USAGE_ERROR = 2
"""The exit status for what the user has to put right."""

_DEMO = "demo"


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; its exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    if given and given[0] == _DEMO:
        return _demo(_demo_parser().parse_args(given[1:]))
    options = _parser().parse_args(given)
    return _open(options.project, options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lambda-tui",
        description="A small AWS Lambda in your terminal: opens the project in a folder.",
        epilog="`lambda-tui demo` opens an example project.",
    )
    parser.add_argument("project", nargs="?", type=Path, default=Path(), help="its folder (.)")
    parser.add_argument("--version", action="version", version=f"lambda-tui {__version__}")
    _add_common_options(parser)
    return parser


def _demo_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lambda-tui demo",
        description="Copies the example project to a folder and opens it.",
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path("lambda-tui-demo"), help="(lambda-tui-demo)"
    )
    parser.add_argument("--no-open", action="store_true", help="only copy it")
    _add_common_options(parser)
    return parser


def _add_common_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sandbox", choices=get_args(SandboxChoice), help="how environments are kept apart (auto)"
    )
    parser.add_argument(
        "--no-watch", action="store_true", help="do not initialise again when a file changes"
    )


def _demo(options: argparse.Namespace) -> int:
    folder: Path = options.folder
    if not (folder / "template.yaml").is_file():
        try:
            folder = copy_demo(folder)
        except DemoError as error:
            return _refuse(str(error))
    if options.no_open:
        print(f"The example project is in {folder}.")
        return 0
    return _open(folder, options)


def _open(directory: Path, options: argparse.Namespace) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return _refuse("the screen needs a terminal; standard input or output is none.")
    # Imported here: what the other commands do not need should not slow them down.
    from lambda_tui.ui.run import run_app

    settings, problems = load_settings(directory, user_config_path("lambda-tui"))
    if options.sandbox is not None:
        settings = replace(settings, sandbox=options.sandbox)
    if options.no_watch:
        settings = replace(settings, watch=False)
    return asyncio.run(run_app(directory, settings, problems))


def _refuse(sentence: str) -> int:
    print(f"lambda-tui: {sentence}", file=sys.stderr)
    return USAGE_ERROR
