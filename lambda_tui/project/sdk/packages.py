"""The packages of AWS's SDK that a function relies on: by its source, and by what it fails with."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from lambda_tui.project.code import walk
from lambda_tui.project.dependencies import NODE_SDK
from lambda_tui.project.files import UnreadableFileError, read_bytes
from lambda_tui.project.function import NODE_SUFFIXES, Function
from lambda_tui.project.interpreters import Interpreter
from lambda_tui.project.runtimes import OS_ONLY_RUNTIMES

PYTHON_PACKAGES = frozenset({"boto3", "simplejson"})
"""Packages to install for Python: the SDK, and the one that AWS's client encodes results with."""

_PYTHON_MODULES = (
    *("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3"),
    "simplejson",
)
"""The modules that can be imported once they are installed, as on AWS."""
_IMPORT = re.compile(
    rf"^[ \t]*(?:import|from)[ \t]+(?:[\w. \t]+,)*[ \t]*({'|'.join(_PYTHON_MODULES)})\b".encode(),
    re.M,
)
_NODE_PACKAGE = NODE_SDK.pattern
_REQUIRE = re.compile(rf"\b(?:from|import|require)\s*\(?\s*[\"'`]({_NODE_PACKAGE})[/\"'`]".encode())
_MISSING = {
    "python": re.compile(rf"No module named '({'|'.join(_PYTHON_MODULES)})['.]".encode()),
    "node": re.compile(rf"Cannot find (?:module|package) '({_NODE_PACKAGE})['/]".encode()),
}
_LARGEST_SOURCE = 4 << 20
"""Bytes; a function that is bundled into one file may well be large."""
_MOST_FILES = 5_000
_LARGEST_PACKAGE_JSON = 1 << 20
_QUESTION = (
    "import importlib.util, sys\n"
    "print(*(name for name in sys.argv[1:] if importlib.util.find_spec(name)))"
)
_QUESTION_SECONDS = 20


def brings_sdk(function: Function) -> bool:
    """Return whether AWS's runtime of a function brings the SDK: the managed ones do."""
    return not function.bootstrap and function.runtime not in OS_ONLY_RUNTIMES


def missing_package(function: Function, payload: bytes) -> str | None:
    """Return the package of the SDK without which an error of the function would not be.

    ``payload`` is the error's, as the caller gets it. None for any other error.
    """
    if not brings_sdk(function):
        return None
    pattern = _MISSING[function.language]
    if pattern.search(payload) is None:
        return None
    try:
        found = pattern.search(json.loads(payload)["errorMessage"].encode())
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return None if found is None else found[1].decode()


def is_of_sdk(function: Function, package: str) -> bool:
    """Return whether AWS's runtime of a function brings a missed package or module."""
    if not brings_sdk(function):
        return False
    if function.language == "node":
        return NODE_SDK.fullmatch(package) is not None
    return package.partition(".")[0] in _PYTHON_MODULES


def needed_packages(function: Function, interpreter: Interpreter) -> frozenset[str]:
    """Return the packages of the SDK that the function's source names and that it does not bring.

    A package of its code, of its layers, or of its interpreter counts as brought. Blocks while it
    reads the source.
    """
    if not brings_sdk(function):
        return frozenset()
    if function.language == "node":
        named = {*_named(function, NODE_SUFFIXES, _REQUIRE), *_required(function.code_directory)}
        return frozenset(name for name in named if not _is_brought(function, name))
    named = _named(function, (".py",), _IMPORT)
    lacking = {name for name in named if not _is_brought(function, name)}
    return frozenset(lacking - _importable(interpreter, lacking))


def requested_packages(
    function: Function, interpreter: Interpreter, missed: Iterable[str]
) -> frozenset[str]:
    """Return what is to be installed for the function: all that it needs, and what it has missed.

    For Python it is always the same. Blocks while it reads the source.
    """
    if function.language == "python":
        return PYTHON_PACKAGES
    return needed_packages(function, interpreter).union(missed)


def _named(function: Function, suffixes: tuple[str, ...], pattern: re.Pattern[bytes]) -> set[str]:
    found: set[str] = set()
    for file in _sources(function, suffixes):
        try:
            content = read_bytes(file, _LARGEST_SOURCE)
        except UnreadableFileError:
            continue
        found |= {match[1].decode() for match in pattern.finditer(content)}
    return found


def _sources(function: Function, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """Yield the function's own sources, without packages that were installed beside them."""
    code = function.code_directory
    installed = _installed_beside(code)

    def is_excluded(name: str) -> bool:
        return name.startswith(".") or name in {"node_modules", "venv", "__pycache__", *installed}

    number = 0
    try:
        for file in _files(code, is_excluded, follows=function.linked_folders is not None):
            if file.name.endswith(suffixes):
                number += 1
                if number > _MOST_FILES:
                    return
                yield file
    except OSError:
        return


def _files(
    folder: Path, is_excluded: Callable[[str], bool], *, follows: bool = False
) -> Iterator[Path]:
    """Yield the files below a folder, and links to files.

    With ``follows`` the folder is put together of links, also to folders, and these count too.
    Raise ``OSError``.
    """
    for entry in walk(folder, is_excluded):
        path = folder / entry.path
        if entry.is_file or (entry.is_link and path.is_file()):
            yield path
        elif follows and entry.is_link and path.is_dir() and not is_excluded(path.name):
            yield from _files(path, is_excluded)


def _installed_beside(code: Path) -> set[str]:
    """Return the folders in the code that pip has installed, by its records of them."""
    names: set[str] = set()
    for record in code.glob("*.dist-info/RECORD"):
        try:
            lines = read_bytes(record, _LARGEST_SOURCE).decode(errors="replace").splitlines()
        except UnreadableFileError:
            continue
        names |= {line.split("/", 1)[0] for line in lines if "/" in line}
    return names


def _required(code: Path) -> set[str]:
    """Return the packages of the SDK among the dependencies of the code's package.json."""
    try:
        package = json.loads(read_bytes(code / "package.json", _LARGEST_PACKAGE_JSON))
        return {name for name in package["dependencies"] if NODE_SDK.fullmatch(name)}
    except (UnreadableFileError, ValueError, KeyError, TypeError, RecursionError):
        return set()


def _is_brought(function: Function, name: str) -> bool:
    layers = function.layers_directory
    own = [function.code_directory]
    own += [] if function.packages_directory is None else [function.packages_directory]
    if function.language == "node":
        folders = [folder / "node_modules" for folder in own]
        folders += [] if layers is None else [layers / "nodejs" / "node_modules"]
        folders += [] if layers is None else layers.glob("nodejs/node*/node_modules")
        return any((folder / name).exists() for folder in folders)
    folders = own
    folders += [] if layers is None else [layers / "python"]
    folders += [] if layers is None else layers.glob("python/lib/python3.*/site-packages")
    return any((folder / form).exists() for folder in folders for form in (name, f"{name}.py"))


def _importable(interpreter: Interpreter, modules: Iterable[str]) -> set[str]:
    """Return those of the modules that an interpreter finds by itself."""
    names = sorted(modules)
    if not names:
        return set()
    # As the fork server is started: without the user's variables.
    command = [str(interpreter.executable), "-I", "-c", _QUESTION, *names]
    try:
        said = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_QUESTION_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return set()
    return set(said.stdout.decode(errors="replace").split())
