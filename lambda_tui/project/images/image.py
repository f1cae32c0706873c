"""Reads what a container image runs, from the Dockerfile that it is built by."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from lambda_tui.project.code import AssembledCode, Cache, assemble
from lambda_tui.project.files import UnreadableFileError, read_text
from lambda_tui.project.function import ContainerImage
from lambda_tui.project.images.base_images import RUNTIME_DIRECTORY, TASK_ROOT, base_image
from lambda_tui.project.images.dockerfile import instructions
from lambda_tui.project.images.stages import DEFAULT_SHELL, Copied, Remark, Stage, StageReader
from lambda_tui.project.runtimes import (
    OS_ONLY_RUNTIMES,
    language_of,
    runtime_obstacle,
    runtime_refusal,
)
from lambda_tui.project.wording import shown

_LARGEST = 1 << 20
_ENTRY_POINT = "/lambda-entrypoint.sh"
"""The one of AWS's base images."""
_CLIENTS = ("awslambdaric", "aws-lambda-ric")
"""AWS's clients of the Runtime API, by which an entry point may start the same runtime."""
_PLACES = (TASK_ROOT, RUNTIME_DIRECTORY, "/tmp")
"""Where files are found here, and where a function on Lambda does not find them."""
_EXAMPLES: Mapping[str | None, str] = {"python": "app.handler", "node": "index.handler"}


class ImageSource(NamedTuple):
    """The files and values that an image is built from."""

    dockerfile: Path
    context: Path
    """The folder that its COPY instructions take files from."""
    arguments: Mapping[str, str]
    """The values of its ARG instructions that a build is given."""
    target: str | None = None
    """The stage that is built; None for the last."""


class ImageConfig(NamedTuple):
    """Lambda's ``ImageConfig``: what goes before the image's own. None where nothing does."""

    command: list[str] | None = None
    entry_point: list[str] | None = None
    working_directory: str | None = None


@dataclass(frozen=True, slots=True)
class ReadImage:
    """Everything that is known of an image; the remarks are on lines of its Dockerfile."""

    image: ContainerImage | None
    """None where no Dockerfile is known."""
    code: AssembledCode
    runtime: str | None = None
    handler: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    """The place that sets each variable, such as ``Dockerfile:4``."""
    installed: tuple[str, ...] = ()
    """The packages that it has beyond those of requirement files."""
    obstacle: Remark | None = None
    """Why it does not run here; None where it does."""
    remarks: tuple[Remark, ...] = ()
    """The differences to AWS of one that runs here; the obstacle says all of another."""


def read_image(source: ImageSource, config: ImageConfig, cache: Cache) -> ReadImage:
    """Return what the image of a Dockerfile runs, from source; nothing is built, nothing raised."""
    unread, context = ContainerImage(source.dockerfile), AssembledCode(source.context)
    try:
        text = read_text(source.dockerfile, _LARGEST)
        reader = StageReader(source.context, source.arguments)
        stage = reader.read(instructions(text), source.target)
        if stage is None:
            sentence = "it has no FROM; begin it with FROM public.ecr.aws/lambda/python:3.13."
            return ReadImage(unread, context, obstacle=Remark(sentence, 1))
        return _of_stage(source, stage, config, cache)
    except UnreadableFileError as error:
        return ReadImage(unread, context, obstacle=Remark(str(error), 1))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        sentence = f"its files cannot be put together: {reason}; see `lambda-tui doctor`."
        return ReadImage(unread, context, obstacle=Remark(sentence, 1))


def _of_stage(source: ImageSource, stage: Stage, config: ImageConfig, cache: Cache) -> ReadImage:
    base = base_image(stage.base)
    start = _start(stage, base.runtime, config)
    copied = stage.copied
    if start.program is not None:
        # Wherever it lies in the image, it is what runs.
        copied = [*copied, start.program._replace(path=f"{TASK_ROOT}/bootstrap")]
    code = assemble(_placed(copied), cache)
    file = source.dockerfile.name
    image = ContainerImage(source.dockerfile, start.line)
    remarks: list[Remark] = []
    if start.obstacle is None:
        own = [Remark(base.remark, stage.line)] if base.remark else []
        remarks = [*own, *stage.remarks, *_omissions(stage, config)]
    return ReadImage(
        image,
        code,
        base.runtime,
        start.handler,
        {name: stage.variables[name] for name in stage.variable_lines},
        {name: f"{file}:{line}" for name, line in stage.variable_lines.items()},
        tuple(dict.fromkeys(stage.installed)),
        None if start.obstacle is None else Remark(start.obstacle, start.line or stage.line),
        tuple(remarks),
    )


def _placed(copied: Iterable[Copied]) -> Iterator[tuple[str, Path]]:
    """Yield what lies in the folder of the code, with its path there."""
    for one in copied:
        if one.path == TASK_ROOT:
            yield "", one.source
        elif one.path.startswith(f"{TASK_ROOT}/"):
            yield one.path.removeprefix(f"{TASK_ROOT}/"), one.source


class _Start(NamedTuple):
    """The handler or program that an image starts."""

    handler: str = ""
    line: int | None = None
    """The line that says so; None for the template's."""
    obstacle: str | None = None
    program: Copied | None = None
    """The program of an OS-only image."""


def _start(stage: Stage, runtime: str | None, config: ImageConfig) -> _Start:
    """Return what the entry point and the command start, or why that is nothing that runs here."""
    entry_point = stage.entry_point if config.entry_point is None else config.entry_point
    command = (stage.command if config.command is None else config.command) or []
    line = stage.command_line if config.command is None else None
    if runtime is None:
        return _Start(
            line=stage.line,
            obstacle=f"its image is built on {shown(stage.base)}, and only AWS's base images are "
            "known here; begin it with one of them, such as FROM "
            "public.ecr.aws/lambda/python:3.13.",
        )
    if runtime in OS_ONLY_RUNTIMES:
        return _start_of_program(stage, entry_point or [], command, line)
    refusal = runtime_refusal(runtime) or runtime_obstacle(runtime)
    if refusal is not None:
        return _Start(command[0] if command else "", stage.line, refusal)
    example = f'["{_EXAMPLES[language_of(runtime)]}"]'
    client = next((one for one in entry_point or () if one.endswith(_CLIENTS)), None)
    if entry_point and client is not None:
        command = [*entry_point[entry_point.index(client) + 1 :], *command][:1]
    elif entry_point not in (None, [_ENTRY_POINT]):
        return _Start(
            line=stage.entry_point_line,
            obstacle=f"its ENTRYPOINT {shown(' '.join(entry_point))} is not run here; leave it to "
            f"the base image, which has {_ENTRY_POINT}.",
        )
    if command[:2] == [*DEFAULT_SHELL]:
        sentence = f"CMD is a command of the shell, where a handler is needed; write CMD {example}."
        return _Start(line=line, obstacle=sentence)
    if len(command) != 1:
        found = f"has {len(command)} parts" if command else "is missing"
        sentence = f"CMD {found}, where the entry point takes one handler; write CMD {example}."
        return _Start(line=line, obstacle=sentence)
    return _Start(command[0], line)


def _start_of_program(
    stage: Stage, entry_point: list[str], command: list[str], line: int | None
) -> _Start:
    """Return the program of an OS-only image: its entry point, or a ``bootstrap``."""
    if entry_point[:2] == [*DEFAULT_SHELL]:
        entry_point = " ".join(entry_point[2:]).split()
    is_own = entry_point not in ([], [_ENTRY_POINT])
    name = entry_point[0] if is_own else "bootstrap"
    arguments = [*entry_point[1:], *command] if is_own else command
    handler = arguments[-1] if arguments else ""
    folders = [stage.working_directory] if is_own else [RUNTIME_DIRECTORY, TASK_ROOT]
    paths = [posixpath.normpath(posixpath.join(folder, name)) for folder in folders]
    program = next((one for path in paths if (one := stage.file_at(path)) is not None), None)
    line = stage.entry_point_line if is_own else line
    if len(arguments) > 1:
        given = shown(" ".join(arguments))
        sentence = f"its program gets the arguments {given}, and here the handler alone is given."
        return _Start(handler, line, sentence)
    if program is None:
        sentence = (
            f"its program {shown(name)} is nothing that is copied from here; build it, and COPY it "
            "from beside the Dockerfile."
        )
        return _Start(handler, line, sentence)
    return _Start(handler, line, program=program)


def _omissions(stage: Stage, config: ImageConfig) -> Iterator[Remark]:
    """Yield what an image has beyond its code, and a function here has not."""
    if stage.first_run is not None:
        sentence = (
            "RUN instructions are not run here; install what they would, such as requirements, for "
            "the function's interpreter or beside its code."
        )
        yield Remark(sentence, stage.first_run)
    elsewhere = [one for one in stage.copied if not one.path.startswith(_PLACES)]
    for one in {one.line: one for one in elsewhere}.values():
        sentence = f"{shown(one.path)} lies outside of {TASK_ROOT}, and is not there here."
        yield Remark(sentence, one.line)
    folder = config.working_directory or stage.working_directory
    if folder != TASK_ROOT:
        sentence = f"the function begins in {TASK_ROOT} here, and not in {shown(folder)}."
        yield Remark(sentence, stage.line)
