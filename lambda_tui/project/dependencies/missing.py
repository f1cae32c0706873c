"""The remedy for a module that a function has not found: the file that lists it, and a command."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from lambda_tui.project.dependencies.requirements import (
    REQUIREMENT_FILES,
    UNCLEAR,
    normalised,
    packages_in,
)
from lambda_tui.project.files import UnreadableFileError, is_executable, read_bytes
from lambda_tui.project.function import Function
from lambda_tui.project.interpreters import Interpreter
from lambda_tui.project.wording import shown

_PYTHON = re.compile(r"No module named '([A-Za-z_][\w.]*)'")
_NODE = re.compile(r"Cannot find (?:module|package) '((?:@[\w.-]+/)?[a-zA-Z0-9_][\w.-]*)[/'?]")
_TELLS = (b"No module named '", b"Cannot find module '", b"Cannot find package '")
_LARGEST_PACKAGE_JSON = 1 << 20
_GONE_FROM_PYTHON = frozenset(
    {"asynchat", "asyncore", "cgi", "cgitb", "crypt", "distutils", "imp", "pipes", "smtpd"}
)
"""Modules of earlier standard libraries, which no package of that name brings back."""
_PACKAGES_OF_MODULES = {
    "attr": ("attrs",),
    "bs4": ("beautifulsoup4",),
    "Crypto": ("pycryptodome",),
    "cv2": ("opencv-python-headless", "opencv-python"),
    "dateutil": ("python-dateutil",),
    "dotenv": ("python-dotenv",),
    "jose": ("python-jose",),
    "jwt": ("pyjwt",),
    "MySQLdb": ("mysqlclient",),
    "OpenSSL": ("pyopenssl",),
    "PIL": ("pillow",),
    "pkg_resources": ("setuptools",),
    "psycopg2": ("psycopg2-binary", "psycopg2"),
    "sklearn": ("scikit-learn",),
    "yaml": ("pyyaml",),
}
"""Well-known packages by the modules of other names that they bring; the first is to be added."""
_LOCKED_COMMANDS = {
    "uv.lock": "uv sync",
    "poetry.lock": "poetry install",
    "pdm.lock": "pdm sync",
    "Pipfile.lock": "pipenv sync",
}
"""The commands that install what a lock file names."""
_IS_LISTED = "which is not installed"
_SAM_BUILD = ".aws-sam/build"
_NODE_INSTALLERS = {"pnpm-lock.yaml": "pnpm", "yarn.lock": "yarn", "bun.lock": "bun"}
"""The package managers by their lock files; it is npm where there is none of them."""


def missing_module(payload: bytes) -> str | None:
    """Return the module or package that a function's error says is not found; None for another.

    ``payload`` is the error's, as the caller gets it. A file, such as ``./lib``, is no module.
    """
    if not any(words in payload for words in _TELLS):
        return None
    try:
        message = json.loads(payload)["errorMessage"]
        found = _PYTHON.search(message) or _NODE.search(message)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return None if found is None else found[1]


def missing_sentence(
    directory: Path,
    function: Function,
    interpreter: Interpreter,
    module: str,
    *,
    offers_sync: bool = True,
) -> str | None:
    """Return where a missing module is listed, and what installs it.

    ``directory`` is the project's. With ``offers_sync`` lambda-tui itself may do that. None for a
    module that no installation brings, or whose package is there. Blocks while it reads files.
    """
    sentence = (
        _of_node(directory, function, module)
        if function.language == "node" and not function.bootstrap
        else _of_python(directory, function, interpreter, module)
    )
    if sentence is None:
        return None
    if offers_sync and _IS_LISTED in sentence:
        sentence += (
            f" S on the screen, or `lambda-tui invoke {function.name} --sync`, installs it for "
            "lambda-tui alone."
        )
    built = _built(directory, function, module)
    return sentence if built is None else f"{sentence} {built}"


def _built(directory: Path, function: Function, module: str) -> str | None:
    """Return an offer of what ``sam build`` has made of a function, if the module is in that."""
    build = directory / _SAM_BUILD
    folder = build / (function.logical_id or function.name)
    top = module.partition(".")[0]
    is_in_it = any((folder / one).exists() for one in (top, f"{top}.py", f"node_modules/{module}"))
    if not is_in_it or function.code_directory.is_relative_to(build):
        return None
    return (
        f"{_short(directory, folder)} has it, which `sam build` has made: "
        f"`lambda-tui -t {_SAM_BUILD}/template.yaml` runs that."
    )


def _of_python(
    directory: Path, function: Function, interpreter: Interpreter, module: str
) -> str | None:
    top = module.partition(".")[0]
    if (
        top in sys.stdlib_module_names | _GONE_FROM_PYTHON
        or top == re.split(r"[./]", function.handler)[0]
        or module in function.hidden_modules
        or _is_there(function, top)
    ):
        return None
    missed = f"{function.name} misses {shown(module)}"
    own = _outside(directory, function, top)
    if own is not None:
        place, code = _short(directory, own), _code_in(directory, function)
        return f"{missed}, which is at {place}, outside of {code}: move it there, or into a layer."
    names = tuple(_package_names(module))
    for folder in dict.fromkeys((function.source_directory, directory)):
        for file_name in REQUIREMENT_FILES:
            package = _listed(folder / file_name, names)
            if package is not None:
                listed = _short(directory, folder / file_name)
                command = _python_command(directory, interpreter, folder / file_name, package)
                return f"{missed}, which {listed} lists and {_IS_LISTED}: run `{command}`."
    files = [
        _short(directory, folder / name)
        for folder in dict.fromkeys((function.source_directory, directory))
        for name in REQUIREMENT_FILES
        if (folder / name).is_file()
    ]
    package = names[0]
    command = _python_command(directory, interpreter, None, package)
    where = (
        f"is not in {_either(files)}" if files else "no requirements.txt or pyproject.toml lists"
    )
    add = f"add {package} to {files[0]} and run" if files else "run"
    return f"{missed}, which {where}{_layer_remark(function)}: {add} `{command}`."


def _of_node(directory: Path, function: Function, package: str) -> str | None:
    code = function.source_directory
    folders = (code, function.packages_directory or code)
    is_there = any((folder / "node_modules" / package).exists() for folder in folders)
    if is_there or package == function.handler.split(".")[0]:
        return None
    missed = f"{function.name} misses {shown(package)}"
    # Only what is in the function's own code is deployed, and is found.
    named = _listed_in_package_json(code / "package.json", package)
    place = "the project's folder" if code == directory else _short(directory, code)
    program = next((two for one, two in _NODE_INSTALLERS.items() if (code / one).is_file()), "npm")
    if named == "dependencies":
        file = _short(directory, code / "package.json")
        return f"{missed}, which {file} lists and {_IS_LISTED}: run `{program} install` in {place}."
    add = "install" if program == "npm" else "add"
    command = f"run `{program} {add} {shlex.quote(package)}` in {place}"
    if named is not None:
        file = _short(directory, code / "package.json")
        return f"{missed}, which {file} lists in {named} alone, for no deployment: {command}."
    above = next(
        (
            folder / "package.json"
            for folder in _folders_above(code, directory)
            if _listed_in_package_json(folder / "package.json", package) is not None
        ),
        None,
    )
    if above is not None:
        return (
            f"{missed}, which {_short(directory, above)} lists, but only what is in "
            f"{place} is deployed: {command}."
        )
    return f"{missed}, which no package.json lists{_layer_remark(function)}: {command}."


def _python_command(
    directory: Path, interpreter: Interpreter, file: Path | None, package: str
) -> str:
    """Return the command, for the project's folder, that installs a package or a file's."""
    locked = None if file is None else _LOCKED_COMMANDS.get(file.name)
    if locked is not None and file is not None:
        return (
            locked
            if file.parent == directory
            else f"cd {_path(directory, file.parent)} && {locked}"
        )
    is_list = file is not None and file.name == "requirements.txt"
    what = f"-r {_path(directory, file)}" if is_list and file is not None else shlex.quote(package)
    executable = interpreter.executable
    if (executable.parent.parent / "pyvenv.cfg").is_file() and interpreter.finds_packages:
        if is_executable(executable.parent / "pip"):
            return f"{_path(directory, executable.parent / 'pip')} install {what}"
        return f"uv pip install --python {_path(directory, executable)} {what}"
    # Packages of the machine's or of lambda-tui's own Python are no function's.
    is_on_path = shutil.which(executable.name) == str(executable)
    python = executable.name if is_on_path else shlex.quote(str(executable))
    return f"{python} -m venv .venv && .venv/bin/pip install {what}"


def _package_names(module: str) -> Iterator[str]:
    """Yield the normalised names of packages that may bring a module, the likeliest first."""
    parts = module.split(".")
    yield from _PACKAGES_OF_MODULES.get(parts[0], ())
    for count in range(len(parts), 0, -1):
        yield normalised("-".join(parts[:count]))


def _listed(file: Path, names: Iterable[str]) -> str | None:
    """Return the first of the packages that a requirement file names; None without one."""
    if not file.is_file():
        return None
    try:
        listed = packages_in(file)
    except UNCLEAR:
        return None
    return next((name for name in names if name in listed), None)


def _listed_in_package_json(file: Path, package: str) -> str | None:
    """Return the key of a package.json under which a package is listed; None without one."""
    try:
        document = json.loads(read_bytes(file, _LARGEST_PACKAGE_JSON))
    except (UnreadableFileError, ValueError, RecursionError):
        return None
    for key in ("dependencies", "optionalDependencies", "devDependencies", "peerDependencies"):
        listed = document.get(key) if isinstance(document, dict) else None
        if isinstance(listed, dict) and package in listed:
            return "dependencies" if key == "optionalDependencies" else key
    return None


def _is_there(function: Function, top: str) -> bool:
    """Return whether a module's outermost package is in the code or a layer: then it is broken."""
    folders = [function.code_directory]
    folders += [] if function.packages_directory is None else [function.packages_directory]
    if function.layers_directory is not None:
        python = function.layers_directory / "python"
        folders += [python, *python.glob("lib/python3.*/site-packages")]
    return any((folder / top).is_dir() or (folder / f"{top}.py").is_file() for folder in folders)


def _outside(directory: Path, function: Function, top: str) -> Path | None:
    """Return where a module of the project's own lies that is not in the function's code."""
    source = function.source_directory
    # Not all of a folder is deployed that code is put together from.
    own = [source] if source != function.code_directory else []
    for folder in (*own, *_folders_above(source, directory)):
        for path in (folder / top, folder / f"{top}.py"):
            is_package = path.is_dir() and any(path.glob("*.py"))
            if is_package or (path.suffix == ".py" and path.is_file()):
                return path
    return None


def _code_in(directory: Path, function: Function) -> str:
    if function.source_directory != function.code_directory:
        return "what is deployed"
    return f"the function's code {_short(directory, function.code_directory)}"


def _folders_above(code: Path, directory: Path) -> Iterator[Path]:
    """Yield the folders above the code, up to the project's."""
    if code == directory or not code.is_relative_to(directory):
        return
    for folder in code.parents:
        yield folder
        if folder == directory:
            return


def _layer_remark(function: Function) -> str:
    """Return a clause on layers that may bring a module and are not on this machine."""
    absent = [layer.arn for layer in function.layers if layer.path is None]
    if not absent:
        return ""
    return f", and which its layer {shown(absent[0])} may bring, which is not on this machine"


def _either(files: list[str]) -> str:
    return files[0] if len(files) == 1 else f"{', '.join(files[:-1])} or {files[-1]}"


def _short(directory: Path, path: Path) -> str:
    return shown(os.path.relpath(path, directory))


def _path(directory: Path, path: Path) -> str:
    """Return a path for a command in the project's folder."""
    inside = path.relative_to(directory) if path.is_relative_to(directory) else path
    return shlex.quote(str(inside))
