"""Checks that a function's handler is there, by the text of its source."""

from __future__ import annotations

from pathlib import Path

from lambda_tui.project.function import NODE_SUFFIXES, Function, Problem
from lambda_tui.project.handlers.bootstrap import bootstrap_problem, needs_bootstrap
from lambda_tui.project.handlers.node_source import find_node_source, split_node_handler
from lambda_tui.project.handlers.python_source import FindPython, read_python_source
from lambda_tui.project.spelling import true_path
from lambda_tui.project.wording import shown

_COMPILED_SUFFIXES = (".pyc", ".so")


def handler_problem(function: Function, find_python: FindPython) -> Problem | None:
    """Return the problem of a handler that is certainly wrong; None where it may be right.

    The problem names a file where the source is at fault, and none where the setting is.
    ``find_python`` returns the interpreter of a Python function.
    """
    if function.obstacle is not None:
        return None
    if needs_bootstrap(function):
        return bootstrap_problem(function)
    if function.bootstrap:
        return None
    if function.language == "node":
        return _node_problem(function)
    return _python_problem(function, find_python)


def _python_problem(function: Function, find_python: FindPython) -> Problem | None:
    module, dot, name = function.handler.rpartition(".")
    if not dot or not module or not name:
        return _problem(
            function, "is not of the form module.function, such as lambda_function.lambda_handler."
        )
    file = _find_module(function.code_directory, module)
    if file is None:
        if _is_compiled(function.code_directory, module) or _may_be_in_layer(function, module):
            return None
        path = module.replace(".", "/") + ".py"
        return _problem(
            function,
            f"needs {shown(path)} in {shown(function.code_path.name)}, which is not there"
            + _meant(function, path),
        )
    source = read_python_source(file, find_python)
    if source.problem is not None:
        return Problem(source.problem.sentence, file, source.problem.line, (function.name,))
    if source.is_certain and name not in source.names:
        return _problem(function, f"names {shown(name)}, which {shown(file.name)} does not define.")
    return None


def _node_problem(function: Function) -> Problem | None:
    # The exports of a module are known only when it runs: only the file is looked for.
    split = split_node_handler(function.handler)
    if split is None:
        return _problem(function, "is not of the form file.export, such as index.handler.")
    module, _name = split
    file = find_node_source(function.code_directory, module)
    if file is not None:
        path = str(file.relative_to(function.code_directory))
        listed = true_path(function.code_directory, path)
        if listed is None or listed == file:
            return None
        return _problem(
            function,
            f"needs {shown(path)} in {shown(function.code_path.name)}, which is not there"
            + _meant(function, path),
        )
    return _problem(
        function,
        f"needs {shown(f'{module}.js')} in {shown(function.code_path.name)}, "
        "or the same as .mjs, .cjs or TypeScript, which is not there"
        + _meant(function, *(f"{module}{suffix}" for suffix in NODE_SUFFIXES)),
    )


def _find_module(code_directory: Path, module: str) -> Path | None:
    """Return the source file of a module, written ``a.b`` or ``a/b``; None without one."""
    parts = module.replace("/", ".").split(".")
    try:
        path = code_directory.joinpath(*parts)
        candidates = (path.with_name(f"{path.name}.py"), path / "__init__.py")
        # A package hides a module of the same name, as in an import.
        found = next((file for file in reversed(candidates) if file.is_file()), None)
        if found is None:
            return None
        # Python itself tells upper from lower case, also where the file system does not.
        return (
            found
            if true_path(code_directory, str(found.relative_to(code_directory))) == found
            else None
        )
    except (OSError, ValueError):
        return None


def _meant(function: Function, *paths: str) -> str:
    """Return the end of a sentence on a file that is not there: one that differs in case alone."""
    found = (true_path(function.code_directory, path) for path in paths)
    file = next((one for one in found if one is not None), None)
    if file is None:
        return "."
    return f"; did you mean {shown(str(file.relative_to(function.code_directory)))}?"


def _may_be_in_layer(function: Function, module: str) -> bool:
    """Return whether a layer has the module, or may have it where it is not on this machine."""
    if any(layer.path is None for layer in function.layers):
        return True
    if function.layers_directory is None:
        return False
    python = function.layers_directory / "python"
    folders = [python, *python.glob("lib/python3.*/site-packages")]
    return any(_find_module(one, module) or _is_compiled(one, module) for one in folders)


def _is_compiled(code_directory: Path, module: str) -> bool:
    """Return whether the module is compiled, and so is there without source."""
    parts = module.replace("/", ".").split(".")
    try:
        folder = code_directory.joinpath(*parts[:-1])
        return any(
            file.suffix in _COMPILED_SUFFIXES and file.name.split(".")[0] == parts[-1]
            for file in folder.iterdir()
        )
    except (OSError, ValueError):
        return False


def _problem(function: Function, sentence: str) -> Problem:
    message = f"{function.name}: Handler {shown(function.handler)} {sentence}"
    return Problem(message, functions=(function.name,))
