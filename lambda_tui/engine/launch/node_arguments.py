"""The arguments that AWS starts Node.js with."""

from __future__ import annotations

from lambda_tui.project.function import Function
from lambda_tui.project.handlers import find_source, split_handler

_TYPESCRIPT = (".ts", ".mts", ".cts")
# Where Node.js has a feature on that AWS switches off, and where it strips types if it is told to.
_REQUIRES_MODULES_FROM = (20, 19)
_DETECTS_MODULES_FROM = (22, 7)
_STRIPS_TYPES_FROM, _STRIPS_THEM_UNTOLD_FROM = (22, 6), (22, 18)


def node_arguments(function: Function, version: str) -> tuple[str, ...]:
    """Those of AWS's bootstrap, as far as this version of Node.js knows them.

    ``NODE_OPTIONS`` among the function's variables can take each back. A function whose source is
    TypeScript, which AWS does not run at all, is read as the author's own Node.js reads it.
    """
    options = function.environment.get("NODE_OPTIONS", "").replace("_", "-")
    known = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    arguments = ["--expose-gc", "--max-http-header-size=81920", *_memory(function, options)]
    if known >= _REQUIRES_MODULES_FROM and "--experimental-require-module" not in options:
        arguments.append("--no-experimental-require-module")
    if _is_typescript(function):
        if _STRIPS_TYPES_FROM <= known < _STRIPS_THEM_UNTOLD_FROM:
            arguments.append("--experimental-strip-types")
    elif known >= _DETECTS_MODULES_FROM and "--experimental-detect-module" not in options:
        arguments.append("--no-experimental-detect-module")
    return tuple(arguments)


def _memory(function: Function, options: str) -> list[str]:
    """A tenth for what is young, the rest for what has stayed."""
    if "--max-semi-space-size" in options or "--max-old-space-size" in options:
        return []
    young = function.memory_size // 10
    return [
        f"--max-semi-space-size={young // 2}",
        f"--max-old-space-size={function.memory_size - young}",
    ]


def _is_typescript(function: Function) -> bool:
    split = split_handler(function.handler)
    source = find_source(function.code_directory, split[0]) if split else None
    return source is not None and source.suffix in _TYPESCRIPT
