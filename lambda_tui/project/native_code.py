"""Tells for what machine programs and shared libraries were built, by their first bytes."""

from __future__ import annotations

import os
import platform
import re
import struct
import sys
from pathlib import Path
from typing import NamedTuple

_PYTHON_TAG = re.compile(r"\.(?:cpython-|cp)3(\d+)-")
_HEADER_SIZE = 32
_ELF_MACHINES = {3: "i386", 40: "arm", 62: "x86_64", 183: "arm64"}
_MACH_MACHINES = {0x01000007: "x86_64", 0x0100000C: "arm64"}
_SYSTEMS = {"linux": "Linux", "darwin": "macOS"}
_OTHER_NAMES = {"aarch64": "arm64", "AMD64": "x86_64"}
# Programs that Linux has been told how to run, with an emulator.
_EMULATED = "/proc/sys/fs/binfmt_misc"
_NO_EMULATORS = frozenset({"register", "status"})


class Build(NamedTuple):
    """The machine, and for a module the Python, that a file was built for."""

    system: str
    machine: str
    """Such as ``arm64``; empty for several."""
    python: str = ""
    """The version of Python, such as ``3.13``, whose module it is; empty for any."""

    @property
    def platform(self) -> str:
        """The system and the processor, in words."""
        return f"{self.system} on {self.machine or 'several processors'}"

    @property
    def is_loadable(self) -> bool:
        """Whether a process of this machine can load it, as far as the machine goes."""
        here = this_machine()
        return self.system == here.system and self.machine in ("", here.machine)

    @property
    def is_executable(self) -> bool:
        """Whether this machine may be able to execute it."""
        here = this_machine()
        if self.is_loadable or self.system != here.system:
            return self.is_loadable
        # Rosetta, and the kernel's own support for 32 bits.
        if (here.system, self.machine) in (("macOS", "x86_64"), ("Linux", "i386")):
            return True
        return here.system == "Linux" and _has_emulators()


def this_machine() -> Build:
    """Return what native code has to be built for here."""
    machine = platform.machine()
    return Build(_SYSTEMS.get(sys.platform, sys.platform), _OTHER_NAMES.get(machine, machine))


def build_of(file: Path) -> Build | None:
    """Return what a program or library was built for; None for what is neither."""
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEADER_SIZE)
    except OSError:
        return None
    if len(head) < _HEADER_SIZE:
        return None
    tag = _PYTHON_TAG.search(file.name)
    python = f"3.{tag[1]}" if tag else ""
    if head.startswith(b"\x7fELF"):
        (number,) = struct.unpack_from(">H" if head[5] == 2 else "<H", head, 18)
        return Build("Linux", _ELF_MACHINES.get(number, "another processor"), python)
    if head.startswith(b"\xcf\xfa\xed\xfe"):
        (number,) = struct.unpack_from("<I", head, 4)
        return Build("macOS", _MACH_MACHINES.get(number, "another processor"), python)
    if head.startswith(b"\xca\xfe\xba\xbe"):
        # For several processors; a class of Java begins like it and is no program.
        (count,) = struct.unpack_from(">I", head, 4)
        return Build("macOS", "", python) if count < 16 else None
    return None


def _has_emulators() -> bool:
    try:
        return not _NO_EMULATORS.issuperset(os.listdir(_EMULATED))
    except OSError:
        return False
