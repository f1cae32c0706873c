"""Standard output, for what a command writes at once; ``OutputStream`` is for what goes on."""

from __future__ import annotations

import os
import sys

from lambda_tui.commands.refused import RefusedError


def write_output(text: str) -> None:
    """Writes a text, and what has not been let out yet.

    Raises ``BrokenPipeError`` when the reader has gone, and ``RefusedError`` when it cannot for
    another reason, such as a full disk.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        # Of what is left Python would complain once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise unwritable(error) from error


def unwritable(error: OSError) -> BrokenPipeError | RefusedError:
    """What ends a command whose output failed so."""
    if isinstance(error, BrokenPipeError):
        return error
    reason = (error.strerror or str(error)).lower()
    return RefusedError(f"standard output cannot be written: {reason}.")
