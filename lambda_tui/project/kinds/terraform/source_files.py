"""Reads the files of Terraform's configurations; parsed ones are kept in the user's cache."""

from __future__ import annotations

import hashlib
import importlib.util
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from lambda_tui import limits
from lambda_tui.project.code import Cache
from lambda_tui.project.files import UnreadableFileError, read_text
from lambda_tui.project.function import Problem
from lambda_tui.project.kinds.terraform.folders import configuration_files, overrides
from lambda_tui.project.kinds.terraform.language import (
    Block,
    Expression,
    InvalidSyntaxError,
    Literal,
    MissingParserError,
    parse_file,
    parse_json_file,
    parse_json_values,
    parse_template,
)
from lambda_tui.project.wording import shown

_VALUES = ".tfvars"
_FORM = b"1"
"""Changes with the form of parsed files, so that those of another are not taken from the cache."""
_PARSED = "syntax"
_PARSER = "python-hcl2>=8.1,<9"
"""The package that parses, as in pyproject.toml."""
_LONGEST_COMMAND = 500
Parsed = TypeVar("Parsed")
_BLOCKS = msgspec.msgpack.Decoder(Block)
_TEMPLATES: msgspec.msgpack.Decoder[Expression] = msgspec.msgpack.Decoder(Expression)


@dataclass(slots=True)
class Folder:
    """The blocks of the files of one folder: what Terraform calls a module."""

    path: Path
    files: list[Path]
    blocks: list[tuple[Path, Block]] = field(default_factory=list)
    """Each with its file, in the order of the files' names."""


class SourceFiles:
    """The files of one project that have been read, and what is wrong with them."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._folders: dict[Path, Folder] = {}
        self.problems: list[Problem] = []
        self.files: set[Path] = set()
        """The files that were read, or would be if they were there."""
        self.unparsed: list[Path] = []
        """The files that cannot be read because python-hcl2 is not installed."""

    def folder(self, path: Path) -> Folder:
        """Return the blocks of a folder's files."""
        if path not in self._folders:
            folder = self._folders[path] = Folder(path, configuration_files(path))
            for file in folder.files:
                block = self.block(file)
                if block is not None:
                    self._add(folder, file, block.blocks)
        return self._folders[path]

    def block(self, file: Path) -> Block | None:
        """Return the content of a file; None, with a problem, where it cannot be read."""
        text = self.text(file)
        if text is None:
            return None
        if file.suffix == ".json":
            # It is read quickly, and the few texts in it that have expressions too.
            parse = parse_json_values if _VALUES in file.name else parse_json_file
            return self._parsed(file, lambda: parse(text))
        return self._parsed(file, lambda: self._cached(text, parse_file, _BLOCKS))

    def template(self, text: str) -> Expression:
        """Return the template that a file holds; raise ``InvalidSyntaxError``."""
        if "${" not in text and "%{" not in text:
            return Literal(text)
        return self._cached(text, parse_template, _TEMPLATES)

    def text(self, file: Path) -> str | None:
        """Return the text of a file; None, with a problem, where it cannot be read."""
        self.files.add(file)
        try:
            return read_text(file, limits.TEMPLATE_BYTES)
        except UnreadableFileError as error:
            self.problems.append(Problem(str(error), file))
            return None

    def _parsed(self, file: Path, parse: Callable[[], Block]) -> Block | None:
        try:
            return parse()
        except MissingParserError:
            self.unparsed.append(file)
        except InvalidSyntaxError as error:
            sentence = f"the file is not valid: {error}."
            self.problems.append(Problem(sentence, file, error.line or 1))
        return None

    def _cached(
        self,
        text: str,
        parse: Callable[[str], Parsed],
        decoder: msgspec.msgpack.Decoder[Parsed],
    ) -> Parsed:
        """Return what a text is parsed to, from the cache where it has been parsed before."""
        made: list[Parsed] = []

        def fill(folder: Path) -> None:
            made.append(parse(text))
            (folder / _PARSED).write_bytes(msgspec.msgpack.encode(made[0]))

        kind = parse.__name__.encode()
        content = text.encode("utf-8", "surrogatepass")
        digest = hashlib.sha256(b"\0".join((_FORM, kind, content))).hexdigest()
        try:
            folder = self._cache.folder("terraform", digest, fill)
            if not made:
                return decoder.decode((folder / _PARSED).read_bytes())
        except (OSError, msgspec.DecodeError, RecursionError):
            # It is parsed each time then.
            pass
        return made[0] if made else parse(text)

    def _add(self, folder: Folder, file: Path, blocks: list[Block]) -> None:
        if not overrides(file.name):
            folder.blocks += [(file, block) for block in blocks]
            return
        for block in blocks:
            for number, (other, before) in enumerate(folder.blocks):
                if before.kind == block.kind and before.labels == block.labels:
                    folder.blocks[number] = (other, _overridden(before, block))
                    break
            else:
                folder.blocks.append((file, block))


def _overridden(block: Block, by: Block) -> Block:
    """Return a block with what another says in the place of its own arguments and blocks."""
    kinds = {one.kind for one in by.blocks}
    return Block(
        block.kind,
        block.labels,
        {**block.arguments, **by.arguments},
        [*(one for one in block.blocks if one.kind not in kinds), *by.blocks],
        block.line,
    )


def unparsed_problem(files: list[Path]) -> Problem:
    """Return the problem of files that cannot be read without python-hcl2."""
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    python = shlex.quote(sys.executable)
    # Environments that uv makes have no pip.
    has_pip = importlib.util.find_spec("pip") is not None
    install = f"{python} -m pip install" if has_pip else f"uv pip install --python {python}"
    return Problem(
        f"it takes python-hcl2 to read {shown(files[0].name)}{more}; run "
        f'`{shown(install, _LONGEST_COMMAND)} "{_PARSER}"`, or write what `terraform show -json` '
        "says of a plan to tfplan.json.",
        files[0],
        1,
    )
