"""An interpreter that imitates macOS on Linux, as far as what runs functions is concerned."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

_SOURCES = Path(__file__).parent / "macos"
# A zygote is started with -I and -S, and nothing else is.
_SCRIPT = """#!/bin/sh
case "$1 $2" in
    "-I -S") shift 2; exec {python} -I -S {imitation} {library} "$@" ;;
    *) exec {python} "$@" ;;
esac
"""


def imitated_macos(folder: Path) -> Path:
    """Return the path of a Python in ``folder``, for which a C compiler is needed.

    Its zygote and what is forked from it see macOS. What these execute sees Linux.
    """
    library, python = folder / "libproc.dylib", folder / "python3"
    command = ["cc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", str(library)]
    sources = [str(_SOURCES / name) for name in ("libproc.c", "libsandbox.c")]
    subprocess.run([*command, *sources], check=True, timeout=60)
    paths = {"python": sys.executable, "imitation": _SOURCES / "imitation.py", "library": library}
    python.write_text(
        _SCRIPT.format_map({name: shlex.quote(str(it)) for name, it in paths.items()})
    )
    python.chmod(0o755)
    return python
