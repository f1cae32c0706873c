"""Reads the function that a Dockerfile in a plain folder builds the image of."""

from __future__ import annotations

from pathlib import Path

from lambda_tui.project.code import Cache
from lambda_tui.project.function import Function, Problem
from lambda_tui.project.handlers import FindPython, handler_problem
from lambda_tui.project.images import ImageConfig, ImageSource, read_image

_NAME = "Dockerfile"


def image_function(
    folder: Path, directory: Path, name: str, find_python: FindPython
) -> tuple[Function, list[Problem]] | None:
    """Return the function of a folder's Dockerfile, and what it does not have here of its image.

    None where there is none, or where it is not of a function that is found here. The image is
    built in the folder, or in ``directory``, the project's.
    """
    file = folder / _NAME
    if not file.is_file():
        return None
    for context in dict.fromkeys((folder, directory)):
        read = read_image(ImageSource(file, context, {}), ImageConfig(), Cache.of_user())
        if read.runtime is None or read.obstacle is not None:
            return None
        function = Function(
            name,
            read.handler,
            read.code.directory,
            linked_folders=read.code.linked_folders,
            added_packages=read.installed,
            runtime=read.runtime,
            image=read.image,
            environment=read.environment,
            variable_origins=read.origins,
            file=file,
            line=read.image.command_line if read.image else None,
        )
        if handler_problem(function, find_python) is None:
            remarks = [Problem(one.sentence, file, one.line, (name,)) for one in read.remarks]
            return function, remarks
    return None
