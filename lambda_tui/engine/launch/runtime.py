"""How the runtime of a function is started: by a fork, or by executing a program."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lambda_tui.engine.launch.places import TASK_ROOT, Places
from lambda_tui.project.function import LATEST, Function
from lambda_tui.project.handlers import find_node_source, split_node_handler
from lambda_tui.project.interpreters import is_python
from lambda_tui.project.runtimes import OS_ONLY_RUNTIMES

LOG_DESCRIPTOR = 62
"""Descriptor for whole log records, numbered as on AWS."""
LAYERS_VARIABLE = "_LAMBDA_TUI_LAYERS"
SDK_VARIABLE = "_LAMBDA_TUI_SDK"
BESIDE_VARIABLE = "_LAMBDA_TUI_BESIDE"
HIDDEN_VARIABLE = "_LAMBDA_TUI_HIDDEN"
STORAGE_VARIABLE = "_LAMBDA_TUI_STORAGE_MB"
MOUNTS_VARIABLE = "_LAMBDA_TUI_MOUNTS"
PACKAGES_VARIABLE = "_LAMBDA_TUI_PACKAGES"
INIT_PROFILE_VARIABLE = "_LAMBDA_TUI_INIT_PROFILE"

# Read once, by the dynamic linker or Python, as a process begins: a fork comes too late for them.
_READ_AT_START = ("LD_", "DYLD_", "PYTHON")
_MACOS_LIBRARY_PATH = "DYLD_LIBRARY_PATH"
# Without effect on a forked runtime, which behaves that way anyhow.
_WITHOUT_EFFECT = ("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE")
# Extension modules of Python, which its own import path finds without the linker's help.
_MODULE_TAGS = (".cpython-", ".abi3.")

# A shell starts managed runtimes on AWS. It tells by its log and its status of a wrapper that
# cannot be executed, and runs one without a first line ``#!`` itself.
_AWSS_SCRIPT = "/var/runtime/bootstrap"
_WRAPPED = """\
if [ ! -f "$2" ]; then echo "$1: does not exist"; exit 127; fi
if [ ! -x "$2" ]; then echo "$1: is not an executable"; exit 126; fi
shift 2
exec "$@"
"""

_TYPESCRIPT = (".ts", ".mts", ".cts")
# Versions of Node.js from which on a feature is on that AWS turns off, and from which on it strips
# types, with a flag at first.
_REQUIRES_MODULES_FROM = (20, 19)
_DETECTS_MODULES_FROM = (22, 7)
_STRIPS_TYPES_FROM, _STRIPS_TYPES_UNASKED_FROM = (22, 6), (22, 18)


@dataclass(frozen=True, slots=True)
class RuntimeStart:
    """The program to execute, and the protocol in which it speaks to the engine."""

    command: tuple[str, ...] = ()
    """Empty for a fork of the init process, which has Python's whole runtime loaded."""
    speaks_http: bool = False
    """Whether it calls the Runtime API, instead of sending frames over a channel."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Variables for the runtime beside the function's own."""


def runtime_start(
    function: Function,
    places: Places,
    interpreter: str,
    version: str | None,
    *,
    finds_packages: bool,
    profiles_init: bool,
) -> RuntimeStart:
    """Return how the settings, or else the function's ``Runtime``, want the runtime started.

    ``interpreter`` is the path of the one of functions in Python or Node.js as the environment has
    it, ``version`` its version. ``finds_packages`` tells whether Python functions find the packages
    that are installed for it, ``profiles_init`` whether their imports are timed.
    """
    linker = _linker_variables(function, places)
    if function.bootstrap:
        program, *arguments = function.bootstrap
        command = (_inside(Path(program), function, places), *arguments, function.handler)
        variables = {**linker, **_log_variables(function)}
        return RuntimeStart(command, speaks_http=True, variables=variables)
    if function.runtime in OS_ONLY_RUNTIMES:
        command = places.command(_bootstrap(function, places))
        return RuntimeStart(command, speaks_http=True, variables=linker)
    wrapped = _wrapper_command(function, places)
    if function.language == "node":
        entry = f"{places.runtimes_root}/node/index.cjs"
        options = _node_arguments(function, version or "")
        roots = {
            LAYERS_VARIABLE: places.layers_root,
            SDK_VARIABLE: places.sdk_root,
            MOUNTS_VARIABLE: json.dumps(places.mounts),
            STORAGE_VARIABLE: str(function.ephemeral_storage),
        }
        variables = {**linker, **({} if places.task_root == TASK_ROOT else roots)}
        return RuntimeStart((*wrapped, interpreter, *options, entry), variables=variables)
    if is_executed(function):
        script = f"{places.runtimes_root}/bootstrap.py"
        variables = {
            **linker,
            LAYERS_VARIABLE: places.layers_root,
            SDK_VARIABLE: places.sdk_root,
            BESIDE_VARIABLE: places.packages_root,
            MOUNTS_VARIABLE: json.dumps(places.mounts),
            STORAGE_VARIABLE: str(function.ephemeral_storage),
            HIDDEN_VARIABLE: ",".join(function.hidden_modules),
            PACKAGES_VARIABLE: "packages" if finds_packages else "",
            INIT_PROFILE_VARIABLE: "imports" if profiles_init else "",
        }
        return RuntimeStart((*wrapped, interpreter, "-S", script), variables=variables)
    return RuntimeStart()


def is_executed(function: Function) -> bool:
    """Return whether the function's runtime is one of ours and is executed instead of forked."""
    if _has_own_runtime(function):
        return False
    if function.language == "node" or _exec_wrapper(function) is not None:
        return True
    return _needs_own_interpreter(function)


def is_snapshot_taken_of(function: Function) -> bool:
    """Return whether environments of the function's version are restored from a snapshot.

    That takes a forked runtime, and a published version.
    """
    if not function.snap_start or function.version == LATEST:
        return False
    return not (_has_own_runtime(function) or is_executed(function))


def _has_own_runtime(function: Function) -> bool:
    """Return whether the runtime is a program of the user's."""
    return bool(function.bootstrap) or function.runtime in OS_ONLY_RUNTIMES


def _exec_wrapper(function: Function) -> str | None:
    """Return the program that AWS starts the runtime through; managed runtimes only."""
    if _has_own_runtime(function):
        return None
    return function.environment.get("AWS_LAMBDA_EXEC_WRAPPER") or None


def _wrapper_command(function: Function, places: Places) -> tuple[str, ...]:
    """Return what the command of the runtime is appended to; nothing without a wrapper."""
    wrapper = _exec_wrapper(function)
    if wrapper is None:
        return ()
    file = places.real(wrapper)
    return ("/bin/sh", "-c", _WRAPPED, _AWSS_SCRIPT, wrapper, file, *places.command(file))


def _needs_own_interpreter(function: Function) -> bool:
    """Return whether a Python function depends on what the interpreter reads as it starts.

    These are libraries for the linker's path, and variables such as ``PYTHONHASHSEED``.
    """
    if any(
        name.startswith(_READ_AT_START) and name not in _WITHOUT_EFFECT
        for name in function.environment
    ):
        return True
    folders = [function.code_directory, function.code_directory / "lib"]
    if function.layers_directory is not None:
        folders.append(function.layers_directory / "lib")
    return any(map(_has_library, folders))


def _linker_variables(function: Function, places: Places) -> dict[str, str]:
    """Return the folders of libraries under the name that macOS's linker reads.

    macOS takes it from programs of its own, such as ``/bin/sh``, and so from a wrapper's scripts.
    """
    if sys.platform != "darwin" or _MACOS_LIBRARY_PATH in function.environment:
        return {}
    folders = (places.task_root, f"{places.task_root}/lib", f"{places.layers_root}/lib")
    own = function.environment.get("LD_LIBRARY_PATH")
    return {_MACOS_LIBRARY_PATH: places.variable(own) if own is not None else ":".join(folders)}


def _has_library(folder: Path) -> bool:
    """Return whether ``LD_LIBRARY_PATH`` would serve a purpose here."""
    suffixes = (".so", ".dylib") if sys.platform == "darwin" else (".so",)
    try:
        # The common case has no such name, and costs one call for the whole folder.
        names = [name for name in os.listdir(folder) if any(one in name for one in suffixes)]
    except OSError:
        return False
    return any(map(_is_library, names))


def _is_library(name: str) -> bool:
    if name.endswith(".dylib"):
        return name != ".dylib"
    stem, so, rest = name.partition(".so")
    is_named_so = bool(stem and so) and (not rest or rest.startswith("."))
    return is_named_so and not any(tag in name for tag in _MODULE_TAGS)


def _log_variables(function: Function) -> dict[str, str]:
    """Return what tells AWS's clients to write records of several lines as a whole."""
    if function.runtime in OS_ONLY_RUNTIMES:
        return {}
    return {"_LAMBDA_TELEMETRY_LOG_FD": str(LOG_DESCRIPTOR)}


def _inside(path: Path, function: Function, places: Places) -> str:
    """Return the path inside an environment of a file that lies in the code or elsewhere."""
    if path.is_relative_to(function.code_directory) and not is_python(path):
        return f"{places.task_root}/{path.relative_to(function.code_directory)}"
    return str(path)


def _bootstrap(function: Function, places: Places) -> str:
    """Return the path of ``bootstrap`` in the code or in a layer; in the code if it is nowhere."""
    layers = function.layers_directory
    is_in_layer = layers is not None and (layers / "bootstrap").is_file()
    if is_in_layer and not (function.code_directory / "bootstrap").is_file():
        return f"{places.layers_root}/bootstrap"
    return f"{places.task_root}/bootstrap"


def _node_arguments(function: Function, version: str) -> tuple[str, ...]:
    """Return the arguments of AWS's bootstrap that this version of Node.js knows.

    ``NODE_OPTIONS`` among the function's variables can take each back. TypeScript, which AWS does
    not run at all, is read as the author's own Node.js reads it.
    """
    options = function.environment.get("NODE_OPTIONS", "").replace("_", "-")
    known = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    arguments = ["--expose-gc", "--max-http-header-size=81920"]
    arguments += _node_memory(function, options)
    if known >= _REQUIRES_MODULES_FROM and "--experimental-require-module" not in options:
        arguments.append("--no-experimental-require-module")
    if _is_typescript(function):
        if _STRIPS_TYPES_FROM <= known < _STRIPS_TYPES_UNASKED_FROM:
            arguments.append("--experimental-strip-types")
    elif known >= _DETECTS_MODULES_FROM and "--experimental-detect-module" not in options:
        arguments.append("--no-experimental-detect-module")
    return tuple(arguments)


def _node_memory(function: Function, options: str) -> list[str]:
    """Return AWS's division of the heap: a tenth for young objects, the rest for old ones."""
    if "--max-semi-space-size" in options or "--max-old-space-size" in options:
        return []
    young = function.memory_size // 10
    return [
        f"--max-semi-space-size={young // 2}",
        f"--max-old-space-size={function.memory_size - young}",
    ]


def _is_typescript(function: Function) -> bool:
    split = split_node_handler(function.handler)
    source = find_node_source(function.code_directory, split[0]) if split else None
    return source is not None and source.suffix in _TYPESCRIPT
