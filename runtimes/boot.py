"""The script that an interpreter is started with: loads this package and runs the zygote.

Arguments: the descriptor of the engine's channel, the sandbox level that is wished for, and where
functions run on another program, such as ``node``, its path. The private names keep the user's
``sys.modules`` and package names free.
"""

from __future__ import annotations

import importlib
import os
import sys
import types

PACKAGE = "_lambda_tui_runtimes"
OLDEST_PYTHON = (3, 9)


def load_package(name: str, directory: str) -> None:
    """Makes a package of a directory without running its ``__init__``."""
    package = types.ModuleType(name)
    package.__path__ = [directory]
    sys.modules[name] = package


def main() -> None:
    """Boots the zygote; returns when the engine has gone."""
    descriptor, sandbox = int(sys.argv[1]), sys.argv[2]
    program = sys.argv[3] if len(sys.argv) > 3 else ""
    if sys.version_info < OLDEST_PYTHON:
        version = ".".join(str(part) for part in sys.version_info[:3])
        sys.exit("Python {} is too old: functions need Python 3.9 or later".format(version))
    load_package(PACKAGE, os.path.dirname(os.path.abspath(__file__)))
    zygote = importlib.import_module(PACKAGE + ".zygote")
    zygote.main(descriptor, sandbox, program)


if __name__ == "__main__":
    main()
