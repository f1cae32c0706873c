"""Runs the command that synthesises an app, on the user's word, outside of every sandbox."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from lambda_tui.project.kinds.cdk.freshness import CDK_JSON
from lambda_tui.project.programs import Program
from lambda_tui.project.wording import shown

_SHELL = "/bin/sh"
_ERROR = re.compile(r"(?i)\b\w*(?:error|exception)\b|not found|does not start")


class SynthesisError(Exception):
    """The app was not synthesised; ``str()`` is a sentence that says why."""


class Synthesis:
    """One run of the command of an app's folder; ``run`` belongs in a thread."""

    def __init__(self, directory: Path, command: str, on_line: Callable[[str], None]) -> None:
        """Take the command for the shell. ``on_line`` is called in the thread of ``run``."""
        self._directory = directory
        self._command = command
        self._program = Program([_SHELL, "-c", command], directory, on_line=on_line)

    def run(self) -> None:
        """Run it to its end; raise ``SynthesisError`` if that is no success."""
        if not (self._directory / CDK_JSON).is_file():
            raise SynthesisError(
                f"{shown(str(self._directory))} has no {CDK_JSON}, so there is no CDK app to "
                "synthesise; name its folder."
            )
        try:
            ending = self._program.run()
        except OSError as error:
            raise SynthesisError(f"{_SHELL} does not start: {error.strerror}.") from error
        if self._program.is_cancelled:
            raise SynthesisError("the synthesis was given up.")
        if ending.status != 0:
            lines = [line for line in ending.lines if line.strip()]
            errors = [line for line in lines if _ERROR.search(line)]
            why = next(iter(errors or reversed(lines)), "it has written nothing")
            what = f"`{shown(self._command)}` has failed with status {ending.status}"
            raise SynthesisError(f"{what}: {shown(why.strip())}")

    def cancel(self) -> None:
        """End the command and what it has started; ``run`` then fails. From any thread."""
        self._program.cancel()
