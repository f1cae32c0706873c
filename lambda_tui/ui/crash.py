"""The report of an uncaught exception, which holds nobody's data."""

from __future__ import annotations

import os
import sys
import time
import traceback
from pathlib import Path

import platformdirs
from textual.worker import WorkerFailed


def crash_sentence(error: BaseException) -> str:
    """Write the report, and return a sentence that says where it is.

    The report has the traceback without local variables, and the exception's type without its
    message: both variables and messages hold events, responses and credentials.
    """
    if isinstance(error, WorkerFailed):
        error = error.error
    name = type(error).__qualname__
    try:
        report = _write_report(error)
    except OSError as problem:
        return f"lambda-tui stopped on a {name}; no report could be written: {problem.strerror}."
    return f"lambda-tui stopped on a {name}. The report, without your data, is in {report}"


def crash_report(error: BaseException) -> str:
    """Return types, files and lines of the exception and of those that it came from."""
    lines = [f"lambda-tui, Python {sys.version.split()[0]}, {sys.platform}", ""]
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        lines.append(f"{type(following).__module__}.{type(following).__qualname__}")
        lines += [entry.rstrip("\n") for entry in traceback.format_tb(following.__traceback__)]
        following = following.__cause__ or following.__context__
        if following is not None:
            lines += ["", "which came from", ""]
    return "\n".join(lines) + "\n"


def _write_report(error: BaseException) -> Path:
    directory = platformdirs.user_log_path("lambda-tui", ensure_exists=True)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    report = directory / f"crash-{stamp}-{os.getpid()}.txt"
    descriptor = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(crash_report(error))
    return report
