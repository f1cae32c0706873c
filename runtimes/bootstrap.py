"""The script that an interpreter of its own executes to be Python's runtime.

A function with ``AWS_LAMBDA_EXEC_WRAPPER`` needs one: its wrapper is given the command, may change
variables and options of the interpreter, and executes it. So does one with libraries or variables
that are looked at only as a process begins. The descriptor of the engine's channel, that of the
log and the directory of layers are in variables.
"""

from __future__ import annotations

import importlib
import os
import sys
import types

_PACKAGE = "_lambda_tui_runtimes"


def main() -> None:
    """Serves until the engine goes or the function ends the process."""
    directory = os.path.dirname(os.path.abspath(__file__))
    # Nothing that lies beside this script may stand in the way of the function's own modules.
    sys.path[:] = [path for path in sys.path if path != directory]
    _load_package(_PACKAGE, directory)
    number = _take_descriptor("_LAMBDA_TUI_CHANNEL")
    log = _take_descriptor("_LAMBDA_TELEMETRY_LOG_FD")
    os.dup2(log, importlib.import_module(_PACKAGE + ".python.logs").LOG_DESCRIPTOR, False)
    os.close(log)
    channel = importlib.import_module(_PACKAGE + ".frames").Channel(number)
    runtime = importlib.import_module(_PACKAGE + ".python.runtime")
    layers_root = os.environ.pop("_LAMBDA_TUI_LAYERS")
    message = {
        "environment": dict(os.environ),
        "handler": os.environ["_HANDLER"],
        "task_root": os.environ["LAMBDA_TASK_ROOT"],
        "layers_root": layers_root,
    }
    status = 1
    try:
        status = runtime.main(channel, message)
    finally:
        os._exit(status)


def _load_package(name: str, directory: str) -> None:
    """Makes a package of a directory without running its ``__init__``."""
    package = types.ModuleType(name)
    package.__path__ = [directory]
    sys.modules[name] = package


def _take_descriptor(variable: str) -> int:
    """The descriptor that a variable names; what the function starts gets neither."""
    number = int(os.environ.pop(variable))
    os.set_inheritable(number, False)
    return number


if __name__ == "__main__":
    main()
