"""Decides which interpreter a function runs on."""

from __future__ import annotations

from pathlib import Path

from lambda_tui.project.function import Function
from lambda_tui.project.interpreters.interpreter import Interpreter, is_python
from lambda_tui.project.interpreters.node import find_node
from lambda_tui.project.interpreters.python import find_python, resolve_shim
from lambda_tui.project.settings import Settings

_NO_NODE = (
    "There is no Node.js for it: put node on PATH, or name one in lambda-tui.toml, "
    'such as node = "/usr/local/bin/node".'
)


def find_interpreter(directory: Path, function: Function, settings: Settings) -> Interpreter:
    """Return the interpreter for a function of the project in ``directory``.

    One that does not run here has none. For any other it is the first of these: the Python that the
    setting ``bootstrap`` names for it; for Node.js the setting ``node``, then what ``find_node``
    finds; for Python the setting ``python``, then what ``find_python`` finds.
    """
    if function.obstacle is not None:
        return Interpreter(Path(function.name), "nowhere", problem=function.obstacle)
    if function.bootstrap and is_python(program := Path(function.bootstrap[0])):
        return Interpreter(resolve_shim(program), "the setting bootstrap")
    if function.language == "node" and not function.bootstrap:
        if settings.node is not None:
            return Interpreter(settings.node, "the setting node", "node")
        found = find_node(directory, function)
        return found or Interpreter(Path("node"), "nowhere", "node", _NO_NODE)
    if settings.python is not None:
        return Interpreter(resolve_shim(settings.python), "the setting python")
    return find_python(directory, function)
