"""Running a command as an ordinary user, where the tests run as root."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from support.files import ROOT


def ordinary_user_prefix(folder: Path) -> list[str]:
    """Return the prefix of a command that runs it without root's powers, if there are any.

    An ordinary user may not enter some folders above the interpreter, the code and ``folder``, such
    as root's home. A mount namespace of the command's own covers these folders.
    """
    if os.geteuid() != 0:
        return []
    folder.chmod(0o755)
    needed = sorted({Path(sys.prefix), Path(sys.base_prefix), ROOT, folder})
    closed = sorted({one for path in needed if (one := _closed_folder(path)) is not None})
    script = folder / "as_ordinary_user.sh"
    script.write_text(_covering_script(closed, needed))
    return ["unshare", "--mount", "sh", str(script)]


def _closed_folder(path: Path) -> Path | None:
    """Return the outermost folder above a path that others may not enter."""
    for folder in reversed(path.parents):
        if folder.stat().st_mode & 0o001 == 0:
            return folder
    return None


def _covering_script(closed: Sequence[Path], needed: Sequence[Path]) -> str:
    """Return a script that covers the closed folders, but for the needed paths, and runs $@."""
    hidden = [path for path in needed if any(path.is_relative_to(folder) for folder in closed)]
    stage = tempfile.gettempdir()
    lines = ["set -e", f"stage=$(mktemp -d {stage}/stage-XXXXXX)", "mount -t tmpfs none $stage"]
    for number, path in enumerate(hidden):
        lines += [f"mkdir $stage/{number}", f"mount --rbind '{path}' $stage/{number}"]
    lines += [f"mount -t tmpfs -o mode=755 none '{folder}'" for folder in closed]
    for number, path in enumerate(hidden):
        lines += [f"mkdir -p '{path}'", f"mount --rbind $stage/{number} '{path}'"]
    lines += [
        "umount -l $stage",
        "rmdir $stage",
        'exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"',
    ]
    return "umask 022\n" + "\n".join(lines) + "\n"
