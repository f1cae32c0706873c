"""Shared libraries that fail to load, because they were built for another machine or Python."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from lambda_tui.project.function import Function
from lambda_tui.project.native_code import build_of, this_machine
from lambda_tui.project.wording import shown

# The dynamic linkers of Linux and macOS say so of a file that is none for them. glibc says of one
# for another processor that it does not exist.
_REFUSED = (
    "invalid ELF header",
    "wrong ELF class",
    "ELF file data encoding",
    "mach-o",
    "cannot open shared object file",
)
_LIBRARY = re.compile(r"(/[^\s'\"(),:]+\.(?:so|node|dylib)\b[\w.]*)")
_NOT_FOUND = ("No module named '", "cannot import name '")
_MODULE = re.compile(
    r"No module named '([\w.]+)'"
    r"|cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'"
)


def foreign_library_sentence(function: Function, text: str, version: str | None) -> str | None:
    """Return why a library that a log's text tells of cannot be loaded here, and the remedy.

    None where the text tells of something else. ``version`` is that of the function's interpreter.
    """
    files: Iterable[Path]
    if any(word in text for word in _REFUSED):
        files = (_on_this_machine(function, found[1]) for found in _LIBRARY.finditer(text))
    elif function.language == "python" and any(word in text for word in _NOT_FOUND):
        files = _modules_with_tags(function, text)
    else:
        return None
    sentences = (_sentence(function, file, version or "") for file in files)
    return next((sentence for sentence in sentences if sentence is not None), None)


def _sentence(function: Function, file: Path, version: str) -> str | None:
    build, here = build_of(file), this_machine()
    if build is None:
        return None
    python = ".".join(version.split(".")[:2]) if function.language == "python" else ""
    path = shown(str(_short_path(function, file)))
    if not build.is_loadable:
        remedy = "install the package for this machine in its place"
        if (build.system, build.machine) == ("Linux", here.machine):
            remedy += ", or run lambda-tui with --in docker"
        return (
            f"{function.name}: {path} is built for {build.platform}, and cannot be loaded on "
            f"{here.platform}; {remedy}."
        )
    if build.python and python and build.python != python:
        return (
            f"{function.name}: {path} is built for Python {build.python}, and cannot be loaded by "
            f"Python {python}; install the package for Python {python}, or name a Python "
            f"{build.python} with the setting python."
        )
    return None


def _modules_with_tags(function: Function, text: str) -> Iterator[Path]:
    """Yield the files of modules that Python has not found, since their tag is not its own."""
    for found in _MODULE.finditer(text):
        *packages, module = (found[1] or f"{found[3]}.{found[2]}").split(".")
        for folder in _package_folders(function):
            yield from sorted(folder.joinpath(*packages).glob(f"{module}.c*-*.so"))


def _package_folders(function: Function) -> Iterator[Path]:
    yield function.code_directory
    if function.layers_directory is not None:
        yield function.layers_directory / "python"
        yield from function.layers_directory.glob("python/lib/python3.*/site-packages")


def _on_this_machine(function: Function, path: str) -> Path:
    """Return where a file lies that an environment has at ``path``."""
    places = {"/var/task/": function.code_directory, "/opt/": function.layers_directory}
    for root, folder in places.items():
        if folder is not None and path.startswith(root):
            return folder / path[len(root) :]
    return Path(path)


def _short_path(function: Function, file: Path) -> Path:
    for folder in (function.code_directory, function.layers_directory):
        if folder is not None and file.is_relative_to(folder):
            return file.relative_to(folder)
    return file
