"""Reads the ``.env`` files that the framework takes variables from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lambda_tui import limits
from lambda_tui.project.dotenv import assignments
from lambda_tui.project.files import UnreadableFileError, read_text


def env_files(directory: Path, stage: str, *, is_merged: bool) -> list[Path]:
    """Return the files of a stage, the one that counts most first.

    Version 4 of the framework merges all of them (``is_merged``); earlier ones read one alone.
    """
    if is_merged:
        names = (f".env.{stage}.local", ".env.local", f".env.{stage}", ".env")
        return [directory / name for name in names]
    own = directory / f".env.{stage}"
    return [own if own.is_file() else directory / ".env"]


def read_env_files(files: list[Path]) -> Mapping[str, str]:
    """Return the variables of files, of which earlier ones count and some may be missing."""
    variables: dict[str, str] = {}
    for file in files:
        try:
            text = read_text(file, limits.TEMPLATE_BYTES)
        except UnreadableFileError:
            continue
        for _, name, value in assignments(text):
            if name:
                variables.setdefault(name, value)
    return variables
