"""The stages of a Dockerfile: what each holds of the files that lie beside it."""

from __future__ import annotations

import glob
import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from lambda_tui.project.images import base_images
from lambda_tui.project.images.dockerfile import Instruction, expanded
from lambda_tui.project.wording import shown

_MOST_FILES = 1000
"""Files that the patterns of one instruction stand for."""
_NAME = re.compile(r"[A-Za-z_]\w*")
_PIP_INSTALL = re.compile(r"\bpip3?(?:\.\d+)? install\b([^&|;]*)")
_PACKAGE = re.compile(r"([A-Za-z0-9][\w-]*)(?:\[[\w,-]*\])?(?:[=<>!~]=?.*)?")
DEFAULT_SHELL = ("/bin/sh", "-c")
_FOLDERS = (base_images.TASK_ROOT, base_images.RUNTIME_DIRECTORY, "/opt", "/tmp", "/")
"""The folders that each of AWS's base images has."""
_PLATFORM = {"TARGETPLATFORM": "linux/amd64", "TARGETOS": "linux", "TARGETARCH": "amd64"}
"""Variables that every build has."""


class Copied(NamedTuple):
    """A file or a folder of this machine that a stage has a copy of."""

    path: str
    """The path in the image; of a folder, the path that its content is at."""
    source: Path
    line: int
    """The line of the instruction, counted from 1."""


class Remark(NamedTuple):
    """A sentence on a line of a Dockerfile."""

    sentence: str
    line: int | None
    """None where it is about what stands outside of it."""


@dataclass(slots=True)
class Stage:
    """An image as the instructions from one FROM on make it."""

    base: str
    """The image that all of it is built on: that of its first ancestor."""
    line: int
    """The line of its FROM, counted from 1."""
    variables: dict[str, str] = field(default_factory=dict)
    """The variables of ``ENV``, and of the base image."""
    variable_lines: dict[str, int] = field(default_factory=dict)
    """The lines of ``ENV`` instructions, by the names that they set."""
    working_directory: str = "/"
    copied: list[Copied] = field(default_factory=list)
    command: list[str] | None = None
    """None where the base image's own holds."""
    command_line: int | None = None
    entry_point: list[str] | None = None
    entry_point_line: int | None = None
    first_run: int | None = None
    """The line of the first RUN, counted from 1; None without one."""
    installed: list[str] = field(default_factory=list)
    """The packages that RUN instructions name to pip."""
    remarks: list[Remark] = field(default_factory=list)

    def is_folder(self, path: str) -> bool:
        """Return whether a path is that of a folder, as far as it is known."""
        if path in (*_FOLDERS, self.working_directory):
            return True
        return any(
            one.source.is_dir() if one.path == path else _is_below(one.path, path)
            for one in self.copied
        )

    def file_at(self, path: str) -> Copied | None:
        """Return the copy of a file of this machine that lies at a path; None without one."""
        return next((one for one in _below(self, path, self.line) if one.source.is_file()), None)


class StageReader:
    """Reads the instructions of one Dockerfile, whose files lie in a context."""

    def __init__(self, context: Path, arguments: Mapping[str, str]) -> None:
        """``arguments`` are the values that a build gives to the variables of ``ARG``."""
        self._context = context
        self._given = arguments
        self._global: dict[str, str] = {}
        """The variables of ``ARG`` before the first FROM."""
        self._arguments: dict[str, str] = {}
        """The variables of ``ARG`` in the current stage."""
        self._stages: dict[str, Stage] = {}
        """By their names and their numbers."""
        self._count = 0

    def read(self, instructions: Iterable[Instruction], target: str | None) -> Stage | None:
        """Return the last stage, or the one that is named; None without any."""
        stage = None
        for one in instructions:
            if one.name == "FROM":
                if target is not None and stage is self._stages.get(target.lower(), self):
                    break
                stage = self._begin(one)
            elif one.name == "ARG":
                self._argument(one, stage)
            elif stage is not None:
                self._apply(one, stage)
        return stage

    def _begin(self, instruction: Instruction) -> Stage:
        words = instruction.words({**_PLATFORM, **self._global})
        base = words[0] if words else ""
        parent = self._stages.get(base.lower())
        self._arguments = {}
        if parent is not None:
            stage = deepcopy(parent)
        else:
            stage = Stage(base, instruction.line)
            if base_images.begins_in_task_root(base):
                stage.working_directory = base_images.TASK_ROOT
                stage.variables = dict(base_images.VARIABLES)
        self._stages[str(self._count)] = stage
        self._count += 1
        if len(words) > 2 and words[1].lower() == "as":
            self._stages[words[2].lower()] = stage
        return stage

    def _argument(self, instruction: Instruction, stage: Stage | None) -> None:
        known = self._variables(stage)
        for word in instruction.words(known):
            name, has_default, default = word.partition("=")
            value = self._given.get(name, self._global.get(name) if stage is not None else None)
            if value is None:
                value = _PLATFORM.get(name, default if has_default else None)
            if value is not None:
                (self._global if stage is None else self._arguments)[name] = value

    def _variables(self, stage: Stage | None) -> dict[str, str]:
        if stage is None:
            return {**_PLATFORM, **self._global}
        return {**self._arguments, **stage.variables}

    def _apply(self, one: Instruction, stage: Stage) -> None:
        match one.name:
            case "ENV":
                for name, value in one.pairs(self._variables(stage)):
                    if _NAME.fullmatch(name) and "\0" not in value:
                        stage.variables[name] = value
                        stage.variable_lines[name] = one.line
            case "WORKDIR":
                path = " ".join(one.words(self._variables(stage)))
                stage.working_directory = _joined(stage.working_directory, path)
            case "COPY" | "ADD":
                self._copy(one, stage)
            case "CMD":
                stage.command, stage.command_line = _executed(one), one.line
            case "ENTRYPOINT":
                stage.entry_point, stage.entry_point_line = _executed(one), one.line
                # It takes the command of the base image away.
                stage.command = stage.command if stage.command_line is not None else []
            case "RUN":
                stage.first_run = stage.first_run or one.line
                stage.installed += _pip_packages(one.text)

    def _copy(self, one: Instruction, stage: Stage) -> None:
        words = one.words(self._variables(stage))
        if len(words) < 2 or one.has_here_document:
            return
        *sources, target = words
        origin = expanded(one.flags.get("from", ""), self._variables(stage))
        destination = _joined(stage.working_directory, target)
        is_folder = target.endswith(("/", "/.")) or target == "." or len(sources) > 1
        if not origin:
            found = [
                path for source in sources for path in self._on_this_machine(source, one, stage)
            ]
            copied = [Copied("/", path, one.line) for path in found]
        else:
            before = self._stages.get(origin.lower())
            if before is None:
                sentence = f"{one.name} takes files from {shown(origin)}, which are not there here."
                stage.remarks.append(Remark(sentence, one.line))
                return
            is_folder = is_folder or any(source.endswith("/*") for source in sources)
            copied = [found for source in sources for found in _taken(before, source, one, stage)]
        is_folder = is_folder or len(copied) > 1 or stage.is_folder(destination)
        for path, source, line in copied:
            within = path.lstrip("/")
            if source.is_file() and not within:
                within = source.name if is_folder else ""
            stage.copied.append(Copied(_joined(destination, within), source, line))

    def _on_this_machine(self, source: str, one: Instruction, stage: Stage) -> Iterator[Path]:
        """Yield what a source stands for in the context; note one that is not there."""
        if "://" in source or "\0" in source:
            return
        # A path never leads out of the context, as ``/`` and ``..`` end at its root.
        pattern = posixpath.normpath(f"/{source}").lstrip("/")
        if glob.has_magic(pattern):
            names = islice(glob.iglob(pattern, root_dir=self._context), _MOST_FILES)
            yield from (self._context / name for name in sorted(names))
        elif (self._context / pattern).exists():
            yield self._context / pattern
        else:
            folder = shown(self._context.name)
            sentence = f"{one.name} names {shown(source)}, which is not in {folder}; add it there."
            stage.remarks.append(Remark(sentence, one.line))


def _executed(instruction: Instruction) -> list[str]:
    """Return the program and the arguments of CMD or ENTRYPOINT, a shell's for its shell form."""
    listed = instruction.items()
    return [*DEFAULT_SHELL, instruction.text] if listed is None else listed


def _pip_packages(command: str) -> Iterator[str]:
    """Yield the names of the packages that a command has pip install, without those of files."""
    for found in _PIP_INSTALL.finditer(command):
        for word in found[1].split():
            name = _PACKAGE.fullmatch(word.strip("\"'"))
            if name is not None:
                yield name[1].lower().replace("_", "-")


def _joined(directory: str, path: str) -> str:
    # Two slashes at the beginning are kept by normpath.
    return posixpath.normpath("/" + posixpath.join(directory, path).lstrip("/"))


def _taken(before: Stage, source: str, one: Instruction, stage: Stage) -> list[Copied]:
    """Return what a COPY from another stage takes, by paths within the source.

    Of what a RUN has made there nothing is known: what the stage was given stands in its place.
    """
    path = _joined("/", source.removesuffix("*"))
    found = _below(before, path, one.line)
    if found:
        return found
    made_of = _below(before, before.working_directory, one.line)
    sentence = f"{one.name} takes {shown(source)}, which a RUN makes"
    if made_of:
        sentence += f"; the source in {shown(before.working_directory)} is taken in its place"
    stage.remarks.append(Remark(f"{sentence}.", one.line))
    return made_of


def _below(stage: Stage, path: str, line: int) -> list[Copied]:
    found = []
    for one in stage.copied:
        if _is_below(one.path, path):
            found.append(Copied(one.path[len(path.rstrip("/")) :] or "/", one.source, line))
        elif _is_below(path, one.path) and one.source.is_dir():
            place = one.source / os.path.relpath(path, one.path)
            if place.exists():
                found.append(Copied("/", place, line))
    return found


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
