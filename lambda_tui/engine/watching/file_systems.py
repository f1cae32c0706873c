"""Tells on which file systems the kernel does not notice every save."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_POLLING_VARIABLE = "WATCHFILES_FORCE_POLLING"
"""The variable of watchfiles by which users decide themselves."""
_SHARED_TYPES = re.compile(
    r"9p|drvfs|virtiofs|fakeowner|grpcfuse|osxfs|prl_fs|vboxsf|vmhgfs|fuse(blk)?|fuse\..+"
    r"|nfs4?|cifs|smb3?|smbfs|afs|ceph|lustre|glusterfs"
)
"""Types of file systems that another machine, such as the host of a virtual one, writes too."""


def must_poll(directories: Iterable[Path], mounts: Path = _MOUNTS) -> bool | None:
    """Return whether to look for changes instead of being told; None leaves it to watchfiles.

    Linux tells of what is written on this machine. A save on a Mac does not reach it in the
    virtual machine of a container engine, although the file does. ``mounts`` is a file like
    ``/proc/self/mountinfo``.
    """
    if _POLLING_VARIABLE in os.environ:
        return None
    types = {file_system_type(directory, mounts) for directory in directories}
    return True if any(map(_SHARED_TYPES.fullmatch, types)) else None


def file_system_type(path: Path, mounts: Path = _MOUNTS) -> str:
    """Return the type of the file system that a path is on, such as ``ext4``; empty if unknown."""
    found, depth = "", 0
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        # Not on Linux.
        return ""
    for line in lines:
        fields, _, rest = line.partition(" - ")
        # White space and backslashes are octal numbers.
        text = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), fields.split(" ")[4])
        mount_point = Path(text)
        # The last of several mounts on one place is on top.
        if path.is_relative_to(mount_point) and len(mount_point.parts) >= depth:
            found, depth = rest.split(" ")[0], len(mount_point.parts)
    return found
