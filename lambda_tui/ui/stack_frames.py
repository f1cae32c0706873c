"""Places in the source that stacks of Python and Node.js name, and the local files behind them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lambda_tui.project.function import Function

_PLACE = re.compile(
    # File "/var/task/app.py", line 11, in handler
    r'File "(?P<python>[^"\n]+)", line (?P<python_line>\d{1,9})'
    # at handler (/var/task/index.js:3:11), at file:///var/task/index.mjs:3:11
    r"|(?:\bat |\()(?:[^\s()]+ \(|async )?(?:file://)?(?P<node>/[^\s()]+?)"
    r":(?P<node_line>\d{1,9}):(?P<node_column>\d{1,9})"
    # a warning of Python's: /var/task/app.py:3: DeprecationWarning
    r"|^(?P<plain>/[^\s:]+\.(?:py|js|mjs|cjs|ts)):(?P<plain_line>\d{1,9})\b"
)
_TASK, _OPT = PurePosixPath("/var/task"), PurePosixPath("/opt")


@dataclass(frozen=True, slots=True)
class SourcePlace:
    """A file and a line as a function sees them."""

    path: str
    line: int
    """Counted from 1."""
    column: int | None
    start: int
    """Where in the text it is named, and where that ends."""
    end: int


def find_place(text: str) -> SourcePlace | None:
    """Return the first place in the source that one line of a log or a stack names."""
    if "/" not in text:
        return None
    found = _PLACE.search(text)
    if found is None:
        return None
    for kind in ("python", "node", "plain"):
        if found[kind] is not None:
            column = int(found["node_column"]) if kind == "node" else None
            start = found.start(kind)
            return SourcePlace(found[kind], int(found[f"{kind}_line"]), column, start, found.end())
    return None


def local_file(path: str, function: Function) -> Path | None:
    """Return the file on this machine behind a path that the function sees; None if there is none.

    ``/var/task`` is the function's code, with its packages, and ``/opt`` its layers. Where there is
    no file system of the environments' own, the path is that of the file itself.
    """
    seen = PurePosixPath(path)
    candidates = [Path(path)]
    if not seen.is_absolute():
        candidates = [function.code_directory / path]
    elif seen.is_relative_to(_TASK):
        folders = (function.code_directory, function.packages_directory)
        candidates = [one / seen.relative_to(_TASK) for one in folders if one is not None]
    elif seen.is_relative_to(_OPT) and function.layers_directory is not None:
        candidates = [
            layer.path / seen.relative_to(_OPT)
            for layer in reversed(function.layers)
            if layer.path is not None and layer.path.is_dir()
        ]
        candidates.append(function.layers_directory / seen.relative_to(_OPT))
    return next((one for one in candidates if one.is_file()), None)
