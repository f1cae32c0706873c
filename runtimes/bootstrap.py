"""The script that an interpreter executes to become a Python runtime, where no fork will do.

A function with ``AWS_LAMBDA_EXEC_WRAPPER`` needs one: its wrapper is given the command, may change
variables and options of the interpreter, and executes it. So does a function with libraries or
variables that are read only while a process starts. The descriptor of the engine's channel, that of
the log, the engine's address of the Runtime API, the directories of layers, of the SDK and of file
systems, the size of ``/tmp``, whether installed packages are found and which of their modules are
hidden, and whether imports are timed, come in variables. The interpreter is started with ``-S``.
Where a wrapper has put another address in the place of the engine's, the runtime calls the Runtime
API there, and leaves the channel alone.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import types

# The same as in boot.py, which cannot be imported: a wrapper may change where modules are found.
_PACKAGE = "_lambda_tui_runtimes"


def main() -> None:
    """Serve until the engine goes or the function ends the process."""
    directory = os.path.dirname(os.path.abspath(__file__))
    # Python puts a script's directory first: a file in it must not shadow the function's modules.
    sys.path[:] = [path for path in sys.path if path != directory]
    _load_package(_PACKAGE, directory)
    packages = os.environ.pop("_LAMBDA_TUI_PACKAGES")
    interpreter = importlib.import_module(_PACKAGE + ".interpreter")
    interpreter.finish_start(finds_packages=bool(packages))
    number = _take_descriptor("_LAMBDA_TUI_CHANNEL")
    log = _take_descriptor("_LAMBDA_TELEMETRY_LOG_FD")
    engine = os.environ.pop("_LAMBDA_TUI_RUNTIME_API")
    python = importlib.import_module(_PACKAGE + ".python")
    python.name_frames()
    if sys.executable.startswith(python.LANGUAGE_ROOT + "/"):
        python.report_places_on_aws(sys.executable)
    address = os.environ["AWS_LAMBDA_RUNTIME_API"]
    if address == engine:
        link = importlib.import_module(_PACKAGE + ".frames").Channel(number)
    else:
        os.close(number)
        link = python.RuntimeApi(address)
    os.dup2(log, python.LOG_DESCRIPTOR, False)
    os.close(log)
    layers_root = os.environ.pop("_LAMBDA_TUI_LAYERS")
    sdk_root = os.environ.pop("_LAMBDA_TUI_SDK")
    packages_root = os.environ.pop("_LAMBDA_TUI_BESIDE")
    mounts = json.loads(os.environ.pop("_LAMBDA_TUI_MOUNTS"))
    size = os.environ.pop("_LAMBDA_TUI_STORAGE_MB")
    hidden = os.environ.pop("_LAMBDA_TUI_HIDDEN")
    profiles_init = os.environ.pop("_LAMBDA_TUI_INIT_PROFILE")
    message = {
        "environment": dict(os.environ),
        "handler": os.environ["_HANDLER"],
        "task_root": os.environ["LAMBDA_TASK_ROOT"],
        "packages_root": packages_root,
        "layers_root": layers_root,
        "sdk_root": sdk_root,
        "mounts": mounts,
        "ephemeral_storage_mb": int(size),
        "hidden_modules": hidden.split(","),
        # Its proxy has no use for them.
        "profiles_init": bool(profiles_init) and address == engine,
    }
    status = 1
    try:
        step = python.main(link, message)
        while callable(step):
            last, step = step, step()  # noqa: F841 - it holds the channel, which closes at the end
        status = step
    finally:
        os._exit(status)


def _load_package(name: str, directory: str) -> None:
    """Register a directory as a package under any name, without running its ``__init__``."""
    package = types.ModuleType(name)
    package.__path__ = [directory]
    sys.modules[name] = package


def _take_descriptor(variable: str) -> int:
    """Return the descriptor that a variable names, and hide both from the function's children."""
    number = int(os.environ.pop(variable))
    os.set_inheritable(number, False)
    return number


if __name__ == "__main__":
    main()
