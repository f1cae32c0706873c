"""Recognises functions in languages that nothing runs here, and what a build has made of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from lambda_tui.project.files import UnreadableFileError, is_executable, read_bytes
from lambda_tui.project.wording import shown

_LARGEST = 1 << 20
_MOST_FILES = 20
_BOOTSTRAP = "bootstrap"
_CLIENT = "name it in a template.yaml, and its client of the Runtime API with the setting bootstrap"


class _Kind(NamedTuple):
    language: str
    files: str
    """A pattern of the names of files that build a function."""
    mark: re.Pattern[bytes]
    """The content of such a file that builds one for Lambda."""
    remedy: str
    """The step in the folder that lets it run here."""


_KINDS = (
    _Kind(
        "Go",
        "go.mod",
        re.compile(rb"github\.com/aws/aws-lambda-go\b"),
        "run `go build -tags lambda.norpc -o bootstrap .` in {folder}",
    ),
    _Kind(
        "Rust",
        "Cargo.toml",
        re.compile(rb"(?m)^\s*(?:lambda_runtime|lambda_http)\b"),
        "run `cargo lambda build --release` in {folder}",
    ),
    _Kind(
        ".NET",
        "*.[cf]sproj",
        re.compile(rb"Amazon\.Lambda\."),
        "publish {folder} for provided.al2023 as a program named bootstrap, with "
        "Amazon.Lambda.RuntimeSupport",
    ),
    _Kind("Java", "pom.xml", re.compile(rb"aws-lambda-java|com\.amazonaws"), _CLIENT),
    _Kind("Java", "build.gradle*", re.compile(rb"aws-lambda-java|com\.amazonaws"), _CLIENT),
    _Kind(
        "Ruby",
        "*.rb",
        re.compile(rb"(?m)^\s*def\s+(?:self\.)?\w+\s*\(?\s*event:\s*,\s*context:"),
        _CLIENT,
    ),
)


class CompiledSource(NamedTuple):
    """The source of a function that does not run as it is."""

    language: str
    file: Path
    """The file that tells."""
    remedy: str
    """The end of a sentence: what is to be done for it to run here."""


def compiled_source(folder: Path, name: str) -> CompiledSource | None:
    """Return what a folder has the source of; None where it is none that is known.

    The remedy calls the folder by ``name``.
    """
    for kind in _KINDS:
        try:
            files = sorted(folder.glob(kind.files))[:_MOST_FILES]
        except OSError:
            return None
        for file in files:
            if _contains(file, kind.mark):
                return CompiledSource(kind.language, file, kind.remedy.format(folder=shown(name)))
    return None


def built_folder(source: Path) -> Path | None:
    """Return the folder that a build of a source has put ``bootstrap`` into; None without one.

    That is the source's own, or below it the one of ``cargo lambda``.
    """
    if is_executable(source / _BOOTSTRAP):
        return source
    places = (source / "target" / "lambda").glob(f"*/{_BOOTSTRAP}")
    built = [place.parent for place in places if is_executable(place)]
    # Nothing tells which of several programs of one source is meant.
    return built[0] if len(built) == 1 else None


def _contains(file: Path, mark: re.Pattern[bytes]) -> bool:
    try:
        return mark.search(read_bytes(file, _LARGEST)) is not None
    except UnreadableFileError:
        return False
