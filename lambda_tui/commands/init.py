"""``lambda-tui init``: writes a small new project, and says what to type next."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar, get_args

from lambda_tui.commands.arguments import FOLDER_GIVEN
from lambda_tui.commands.errors import CommandError
from lambda_tui.commands.output import write_output
from lambda_tui.project.new_project import (
    EVENT_FILE,
    PACKAGE_FILE,
    NewKind,
    NewLanguage,
    NewProject,
    NewProjectError,
    write_project,
)
from lambda_tui.terminal_text import one_line

_Choice = TypeVar("_Choice", bound=str)


def run(options: argparse.Namespace) -> int:
    """Write the project; ask on a terminal for what no option says. Returns the exit status.

    Raises ``CommandError`` when it cannot be written.
    """
    folder: Path = options.project
    if not getattr(options, FOLDER_GIVEN, False):
        folder = Path(_ask("Folder", str(folder)))
    language: NewLanguage = options.language or _choose("Language", get_args(NewLanguage))
    kind: NewKind = options.kind or _choose("Kind", get_args(NewKind))
    try:
        project = write_project(folder, language, kind)
    except NewProjectError as error:
        raise CommandError(str(error)) from error
    write_output(_closing_lines(project))
    return 0


def _ask(what: str, default: str) -> str:
    """Return the answer to a question; the default without an answer, or without a terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return default
    try:
        return input(f"{what} [{default}]: ").strip() or default
    except EOFError:
        return default


def _choose(what: str, choices: Sequence[_Choice]) -> _Choice:
    """Return the choice that an answer begins; the first one by default."""
    while True:
        given = _ask(f"{what} ({', '.join(choices)})", choices[0]).lower()
        found = [choice for choice in choices if choice.startswith(given)]
        if len(found) == 1:
            return found[0]


def _closing_lines(project: NewProject) -> str:
    folder = os.path.relpath(project.folder)
    lines = [f"Wrote {', '.join(project.files)}. Next:", ""]
    if folder != ".":
        lines.append(f"  cd {shlex.quote(folder)}")
    packages = [name for name in project.files if name.endswith(PACKAGE_FILE)]
    if packages:
        where = os.path.dirname(packages[0]) or "."
        lines.append(f"  npm install --prefix {where}   # unless Node.js is 22.18 or later")
    lines += [
        "  lambda-tui               # opens the screen; i invokes, and a save initialises anew",
        f"  lambda-tui invoke --event {EVENT_FILE}",
    ]
    if "template.yaml" in project.files:
        lines.append("  sam build && sam deploy --guided   # deploys it, with AWS SAM installed")
    return "".join(f"{one_line(line)}\n" if line.strip() else "\n" for line in lines)
