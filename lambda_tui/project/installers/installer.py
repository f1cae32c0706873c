"""Runs package managers: one program after the other, with progress, until all have succeeded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from lambda_tui.project.interpreters import Interpreter
from lambda_tui.project.programs import Ending, Program
from lambda_tui.project.wording import shown
from lambda_tui.terminal_text import one_line

_PROGRESS = re.compile(
    r"(?:Collecting|Downloading|Downloaded|Building|Built|Processing|Preparing|Prepared|Resolved"
    r"|Installing|Installed|Using cached|added|Progress:) .+"
)
_UNREACHABLE = re.compile(
    r"NewConnectionError|ConnectTimeout|ConnectionError|Max retries|name resolution|"
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network request|"
    r"dns error|tcp connect error"
)
_ERROR = re.compile(r"(?i)(?:npm )?err(?:or)?\b")
_LAST_LINES = 10
_LONGEST_REASON = 400
"""Characters."""
_REASON = "×"
"""The sign before uv's reason, which goes on over several lines."""


class InstallationError(Exception):
    """Something cannot be installed; ``str()`` is a sentence that says why."""


class Installer:
    """Runs package managers for one interpreter; ``run`` belongs in a thread."""

    def __init__(self, interpreter: Interpreter, on_progress: Callable[[str], None]) -> None:
        """``on_progress`` is called in the thread, with a line at a time of what there is to see.

        Its lines are safe to show.
        """
        self.interpreter = interpreter
        self.tell = on_progress
        self._program: Program | None = None
        self._is_cancelled = False

    def cancel(self) -> None:
        """End the program that runs, and begin no other; ``run`` then fails."""
        self._is_cancelled = True
        if self._program is not None:
            self._program.cancel()

    def run(
        self,
        command: Sequence[str],
        folder: Path,
        variables: Mapping[str, str],
        *,
        what: str,
        settings: str,
    ) -> None:
        """Run a command in a folder; raise ``InstallationError`` where it does not succeed.

        ``what`` names what is installed, and ``settings`` what says where it comes from.
        """
        ending = self.attempt(command, folder, variables)
        if ending.status != 0:
            raise self.failure(ending, what=what, settings=settings)

    def attempt(self, command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Ending:
        """Return how a command has ended; raise ``InstallationError`` if it was cancelled."""
        program = self._program = Program(command, folder, variables, self._note)
        if self._is_cancelled:
            program.cancel()
        try:
            ending = program.run()
        except OSError as error:
            raise InstallationError(
                f"{shown(command[0])} does not start: {error.strerror}."
            ) from error
        finally:
            self._program = None
        if program.is_cancelled:
            raise InstallationError("the installation was given up.")
        return ending

    def failure(self, ending: Ending, *, what: str, settings: str) -> InstallationError:
        """Return why a command has failed, in the words of the program; tell its last ones."""
        for line in ending.lines[-_LAST_LINES:]:
            self.tell(one_line(line, _LONGEST_REASON))
        if is_unreachable(ending):
            return InstallationError(
                f"the package index cannot be reached, so {what} is not installed: look at this "
                f"machine's network, or at {settings}."
            )
        reason = one_line(_reason(ending.lines), _LONGEST_REASON)
        return InstallationError(f"{what} cannot be installed: {reason}")

    def _note(self, line: str) -> None:
        line = line.strip().partition(" (from ")[0]
        if _PROGRESS.fullmatch(line):
            self.tell(shown(line))


def is_unreachable(ending: Ending) -> bool:
    """Return whether a program has failed for want of the network."""
    return any(map(_UNREACHABLE.search, ending.lines))


def _reason(lines: Iterable[str]) -> str:
    said = [line.strip() for line in lines if line.strip()]
    starts = [number for number, line in enumerate(said) if line.startswith(_REASON)]
    if starts:
        return " ".join(line.lstrip("×╰─▶│ ") for line in said[starts[0] :])
    errors = [line for line in said if _ERROR.match(line)]
    return next(iter(errors or reversed(said)), "it ended without a word")
