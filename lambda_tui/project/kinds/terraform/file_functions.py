"""Terraform's functions of files and paths; relative ones begin at the root module's folder."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from lambda_tui.project.files import UnreadableFileError, read_bytes
from lambda_tui.project.kinds.terraform.language import (
    FunctionError,
    InvalidSyntaxError,
    MissingParserError,
    text_of,
)
from lambda_tui.project.kinds.terraform.source_files import SourceFiles
from lambda_tui.project.wording import shown

_LARGEST_FILE = 64 * 1024 * 1024
_MOST_FILES = 20_000
"""Files that a pattern of ``fileset`` is compared with."""
_WILDCARD = re.compile(r"(\*\*/|\*\*|\*|\?)")
_WILDCARDS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


class FileFunctions:
    """The functions, which note the files that they read."""

    def __init__(self, directory: Path, sources: SourceFiles) -> None:
        self._directory = directory
        self._sources = sources
        self.evaluate_template: Callable[[object, object], object] = self._no_template
        """Evaluates the template that ``templatefile`` reads, with its variables."""

    @property
    def functions(self) -> Mapping[str, Callable[..., object]]:
        """The functions by their names."""
        return {
            "abspath": lambda path: os.path.normpath(self._path(path)),
            "basename": lambda path: os.path.basename(text_of(path).rstrip("/")),
            "dirname": lambda path: os.path.dirname(text_of(path)) or ".",
            "file": self._text,
            "filebase64": lambda path: base64.b64encode(self._bytes(path)).decode(),
            "filebase64sha256": lambda path: base64.b64encode(
                hashlib.sha256(self._bytes(path)).digest()
            ).decode(),
            "fileexists": lambda path: self._path(path).is_file(),
            "filemd5": lambda path: hashlib.md5(
                self._bytes(path), usedforsecurity=False
            ).hexdigest(),
            "fileset": self._files,
            "filesha256": lambda path: hashlib.sha256(self._bytes(path)).hexdigest(),
            "pathexpand": lambda path: os.path.expanduser(text_of(path)),
            "templatefile": self._template,
        }

    def _path(self, path: object) -> Path:
        text = os.path.expanduser(text_of(path))
        if "\0" in text:
            raise FunctionError("the path has a character that no path has")
        return Path(os.path.normpath(os.path.join(self._directory, text)))

    def _bytes(self, path: object) -> bytes:
        file = self._path(path)
        self._sources.files.add(file)
        try:
            return read_bytes(file, _LARGEST_FILE)
        except UnreadableFileError as error:
            raise FunctionError(f"{shown(text_of(path))}: {str(error).rstrip('.')}") from error

    def _text(self, path: object) -> str:
        try:
            return self._bytes(path).decode()
        except UnicodeDecodeError as error:
            raise FunctionError(f"{shown(text_of(path))} is not UTF-8 text") from error

    def _files(self, folder: object, pattern: object) -> list[object]:
        root, wanted = self._path(folder), _pattern(text_of(pattern))
        found: list[object] = []
        seen = 0
        for parent, folders, names in os.walk(root):
            folders.sort()
            for name in names:
                seen += 1
                path = os.path.relpath(os.path.join(parent, name), root)
                if wanted.fullmatch(path):
                    found.append(path)
            if seen > _MOST_FILES:
                raise FunctionError(f"{shown(text_of(folder))} has too many files")
        return sorted(found, key=str)

    def _template(self, path: object, variables: object) -> object:
        try:
            template = self._sources.template(self._text(path))
        except InvalidSyntaxError as error:
            raise FunctionError(f"{shown(text_of(path))} is not valid: {error}") from error
        except MissingParserError as error:
            raise FunctionError("it takes python-hcl2 to read templates") from error
        return self.evaluate_template(template, variables)

    @staticmethod
    def _no_template(_template: object, _variables: object) -> object:
        raise FunctionError("templates are not evaluated here")


def _pattern(text: str) -> re.Pattern[str]:
    """Return a pattern of ``fileset`` as a regular expression for paths."""
    parts = _WILDCARD.split(text)
    return re.compile("".join(_WILDCARDS.get(part, re.escape(part)) for part in parts))
