"""The interpreter as a function finds it: the modules that are loaded, and those to be found.

Imported before all other modules of this package, which load more than AWS's client does. The last
part of the interpreter's own start, which finds installed packages and loads what they ask for, is
put off by ``-S`` and made up for by ``finish_start``.
"""

from __future__ import annotations

import importlib
import os
import re
import site
import sys
from types import ModuleType

# Modules of the standard library that AWS's client and its packages import. Python itself loads
# ``pwd`` where the variable HOME is missing.
_IMPORTED_ON_AWS = (
    *("__future__", "decimal", "importlib", "json", "logging", "math", "os", "pwd", "re", "site"),
    *("time", "traceback"),
    # The client waits for events in a thread.
    *(["concurrent.futures.thread"] if sys.version_info >= (3, 12) else []),
)
_PACKAGES = ("site-packages", "dist-packages")


def _load_what_aws_loads() -> frozenset[str]:
    for name in _IMPORTED_ON_AWS:
        importlib.import_module(name)
    own = __name__.partition(".")[0]
    return frozenset(name for name in sys.modules if name.partition(".")[0] != own)


LOADED_ON_AWS = _load_what_aws_loads()
"""Names of the modules that AWS's client has loaded when it imports a handler, but its own."""

# Only now: it is not among them.
ctypes = importlib.import_module("ctypes")


def finish_start(*, finds_packages: bool) -> None:
    """Do what the interpreter was told to leave out as it started.

    With ``finds_packages`` the installed packages can be imported.
    """
    # An interpreter that a function starts is given those of this one.
    _clear_flags("no_site")
    if finds_packages:
        site.main()
    else:
        site.setquit()
        site.setcopyright()
        site.sethelper()
        # Not those of a virtual environment: nothing is taken from it.
        sys.prefix, sys.exec_prefix = sys.base_prefix, sys.base_exec_prefix


def clear_isolation() -> None:
    """Show an isolated interpreter (``-I``) as one that was started without options."""
    _clear_flags("ignore_environment", "isolated", "no_user_site", "safe_path")


def _clear_flags(*names: str) -> None:
    """Clear fields of ``sys.flags``, which Python itself lets nobody change."""
    fields = re.findall(r"(\w+)=", repr(sys.flags))
    for name in names:
        if name in fields:
            value = type(getattr(sys.flags, name))(0)
            # It takes over a reference.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(value))
            ctypes.pythonapi.PyStructSequence_SetItem(
                ctypes.py_object(sys.flags),
                ctypes.c_ssize_t(fields.index(name)),
                ctypes.py_object(value),
            )


def present_as_on_aws() -> None:
    """Show a function that it runs on an interpreter that was started for it alone."""
    _unload_modules()
    if sys.prefix == sys.base_prefix:
        # The interpreters that it starts find no packages either.
        sys.executable = getattr(sys, "_base_executable", None) or sys.executable


def _unload_modules() -> None:
    """Remove the modules from ``sys.modules`` that AWS's client does not load.

    A function's own module may have the name of one. Whoever has a reference to one keeps it. What
    installed packages have loaded as the interpreter started is the user's choice, and stays.
    """
    for name, module in list(sys.modules.items()):
        if name not in LOADED_ON_AWS and not _is_installed(module):
            del sys.modules[name]
            parent, _, child = name.rpartition(".")
            if vars(sys.modules.get(parent, sys)).get(child) is module:
                delattr(sys.modules[parent], child)


def _is_installed(module: ModuleType) -> bool:
    folders = [*(getattr(module, "__path__", None) or ()), getattr(module, "__file__", None) or ""]
    return any(part in str(folder).split(os.sep) for folder in folders for part in _PACKAGES)
