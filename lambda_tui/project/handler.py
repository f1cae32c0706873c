"""Whether a function's handler is there, read from the source without running it."""

from __future__ import annotations

from pathlib import Path

from lambda_tui.project.bootstrap import bootstrap_problem, needs_bootstrap
from lambda_tui.project.function import Function, Problem
from lambda_tui.project.node_source import find_source, split_handler
from lambda_tui.project.source import read_source
from lambda_tui.project.wording import shown

_COMPILED_SUFFIXES = (".pyc", ".so")


def handler_problem(function: Function) -> Problem | None:
    """What is certainly wrong with the handler; without a file where the setting is at fault."""
    if needs_bootstrap(function):
        return bootstrap_problem(function)
    if function.bootstrap:
        return None
    if function.language == "node":
        return _node_problem(function)
    module, dot, name = function.handler.rpartition(".")
    if not dot or not module or not name:
        return _problem(
            function, "is not of the form module.function, such as lambda_function.lambda_handler."
        )
    file = find_module(function.code_directory, module)
    if file is None:
        if _is_compiled(function.code_directory, module) or _may_be_in_layer(function, module):
            return None
        path = module.replace(".", "/") + ".py"
        return _problem(
            function,
            f"needs {shown(path)} in {shown(function.code_directory.name)}, which is not there.",
        )
    source = read_source(file)
    if source.error is not None:
        return Problem(source.error.sentence, file, source.error.line, function.name)
    if source.is_certain and name not in source.names:
        return _problem(function, f"names {shown(name)}, which {shown(file.name)} does not define.")
    return None


def _node_problem(function: Function) -> Problem | None:
    """What Node.js exports is known when it runs; here the file is looked for."""
    split = split_handler(function.handler)
    if split is None:
        return _problem(function, "is not of the form file.export, such as index.handler.")
    module, _name = split
    if find_source(function.code_directory, module) is not None:
        return None
    return _problem(
        function,
        f"needs {shown(f'{module}.js')} in {shown(function.code_directory.name)}, "
        "or the same as .mjs, .cjs or TypeScript, which is not there.",
    )


def find_module(code_directory: Path, module: str) -> Path | None:
    """The source file of a module that is written ``a.b`` or ``a/b``; None without one."""
    parts = module.replace("/", ".").split(".")
    try:
        path = code_directory.joinpath(*parts)
        candidates = (path.with_name(f"{path.name}.py"), path / "__init__.py")
        # A package hides a module of the same name, as in an import.
        return next((file for file in reversed(candidates) if file.is_file()), None)
    except (OSError, ValueError):
        return None


def _may_be_in_layer(function: Function, module: str) -> bool:
    """Whether a layer has the module, or one that is not on this machine may have it."""
    if any(layer.path is None for layer in function.layers):
        return True
    if function.layers_directory is None:
        return False
    python = function.layers_directory / "python"
    folders = [python, *python.glob("lib/python3.*/site-packages")]
    return any(find_module(one, module) or _is_compiled(one, module) for one in folders)


def _is_compiled(code_directory: Path, module: str) -> bool:
    """Whether the module is compiled, and so is there without source."""
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
    return Problem(message, function=function.name)
