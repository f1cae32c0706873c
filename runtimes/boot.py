"""The script that starts an interpreter as a zygote.

Arguments: the descriptor of the engine's channel, the sandbox level that is asked for, whether
functions find the packages that are installed for this interpreter (``packages``, or empty), and
the path of the program that functions run on where that is not this interpreter, such as ``node``.
The interpreter is started with ``-I -S``.
"""

from __future__ import annotations

import importlib
import os
import sys
import types

# Private, so that no module of a function's can have the same name.
PACKAGE = "_lambda_tui_runtimes"
OLDEST_PYTHON = (3, 8)


def load_package(name: str, directory: str) -> None:
    """Register a directory as a package under any name, without running its ``__init__``."""
    package = types.ModuleType(name)
    package.__path__ = [directory]
    sys.modules[name] = package


def main() -> None:
    """Run the zygote until the engine has gone."""
    descriptor, sandbox = int(sys.argv[1]), sys.argv[2]
    program = sys.argv[4] if len(sys.argv) > 4 else ""
    # Before anything else is imported: an older Python could not even parse it.
    if sys.version_info < OLDEST_PYTHON:
        version = ".".join(str(part) for part in sys.version_info[:3])
        sys.exit("Python {} is too old: functions need Python 3.8 or later".format(version))
    load_package(PACKAGE, os.path.dirname(os.path.abspath(__file__)))
    interpreter = importlib.import_module(PACKAGE + ".interpreter")
    interpreter.finish_start(finds_packages=bool(sys.argv[3]))
    interpreter.clear_isolation()
    zygote = importlib.import_module(PACKAGE + ".zygote")
    step = zygote.main(descriptor, sandbox, program)
    if step is None:
        return
    # A forked process ends by ``_exit``: exit handlers and buffers are copies of the zygote's.
    status = 1
    try:
        while callable(step):
            # The last one is kept: the channel that it holds would close before the process ends,
            # and the engine takes the one for the other.
            last, step = step, step()  # noqa: F841
        status = step or 0
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()
