"""Remedies for what fails here for a reason that the error alone does not tell."""

from __future__ import annotations

import re
from pathlib import Path

from lambda_tui.engine.environment.foreign_libraries import foreign_library_sentence
from lambda_tui.project.function import Function
from lambda_tui.project.wording import shown

_DENIED = ("ermission denied", "EACCES")
_DENIED_ON_MACOS = ("peration not permitted", "EPERM")
_IN_TMP = re.compile(r"(?<![\w./~})-])/tmp/[^\s:;,\"'`()]+")
_STORAGE_NAME = "lambda-tui-"
"""The beginning of the name of what is in the place of ``/tmp``."""
_IN_USE = ("ddress already in use", "EADDRINUSE")
# As Go, Python and Node.js put it.
_PORT = re.compile(
    r"(?:(?:tcp|udp)\d? \S*:|bind on address \('[^']*', |already in use \S*:)(\d{1,5})\b"
)


def hint(
    function: Function,
    text: str,
    version: str | None,
    *,
    has_own_network: bool,
    finds_storage: bool = True,
) -> str | None:
    """Return one sentence if a log's text tells of a failure that has a remedy; else None.

    ``version`` is that of the function's interpreter, such as ``3.13.1``. ``finds_storage`` tells
    whether what wrote the text finds the environment's own ``/tmp`` there.
    """
    if function.unreadable and any(word in text for word in _DENIED):
        path = next((path for path in function.unreadable if path in text), None)
        if path is not None:
            return (
                f"{function.name} cannot read {shown(path)}, and could not in Lambda, which runs "
                "it as another user and keeps the modes of a zip file; run chmod o+rX on it."
            )
    if not finds_storage and any(word in text for word in (*_DENIED, *_DENIED_ON_MACOS)):
        own = (function.code_directory, function.layers_directory)
        paths = [Path(found[0]) for found in _IN_TMP.finditer(text)]
        # The text may begin with the program's own path, as a shell's does.
        others = [
            path for path in paths if not any(one and path.is_relative_to(one) for one in own)
        ]
        if others and not others[0].parts[2].startswith(_STORAGE_NAME):
            return denied_path_hint(function, str(others[0]))
    if not has_own_network and any(word in text for word in _IN_USE):
        found = _PORT.search(text)
        port = f"port {found[1]}" if found else "the port that it or an extension listens on"
        return (
            f"{function.name}: {port} is taken, because environments share this machine's network; "
            'set network = "own" for it where there are namespaces, or invoke it one at a time.'
        )
    return foreign_library_sentence(function, text, version)


def machine_path_hint(function: Function, path: str) -> str:
    """Return one sentence about a path of AWS's that led to the machine's own file."""
    return (
        f"{function.name} opened {shown(path)} in a way that cannot be redirected at the sandbox "
        "level processes: it is this machine's own, which all environments share; "
        "lambda-tui doctor says how to get the level namespaces."
    )


def denied_path_hint(function: Function, path: str) -> str:
    """Return one sentence about a path in ``/tmp`` that a program could not write."""
    return (
        f"{function.name} cannot write {shown(path)} at the sandbox level processes, where it is "
        "this machine's own: programs find the environment's /tmp by the variable TMPDIR, such as "
        "${TMPDIR:-/tmp}; lambda-tui doctor says how to get the level namespaces."
    )


def full_storage_hint(function: Function) -> str:
    """Return one sentence about a ``/tmp`` that holds more than it may."""
    return (
        f"{function.name} has more than its {function.ephemeral_storage:,} MB in /tmp, as at the "
        "sandbox level processes programs and C code are not held back; in Lambda they get ENOSPC, "
        '"No space left on device": raise EphemeralStorage, or write less.'
    )
