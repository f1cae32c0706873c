"""``lambda-tui demo``: copies the example project to a folder and opens it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from lambda_tui.commands.errors import CommandError
from lambda_tui.commands.output import write_output
from lambda_tui.project.demo import DemoError, copy_demo, has_demo
from lambda_tui.terminal_text import one_line


def run(options: argparse.Namespace, open_screen: Callable[[Path, argparse.Namespace], int]) -> int:
    """Copy the project, unless the folder has it, and open it. Returns the exit status.

    Raises ``CommandError`` when it cannot be copied.
    """
    folder: Path = options.project
    if not has_demo(folder):
        try:
            folder = copy_demo(folder)
        except DemoError as error:
            raise CommandError(str(error)) from error
    if options.no_open:
        write_output(f"The example project is in {one_line(str(folder))}.\n")
        return 0
    return open_screen(folder, options)
