"""The files of this machine that every environment sees, found once before the first is built."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable
from typing import NamedTuple

from ..python import LANGUAGE_ROOT

SYSTEM_DIRECTORIES = (
    "bin",
    "etc",
    "gnu",
    "lib",
    "lib32",
    "lib64",
    "libx32",
    "nix",
    "sbin",
    "sys",
    "usr",
)
# The kernel's insides, what the firmware keeps, logs of crashes, and the names of all services.
_PRIVATE_IN_SYS = (
    *("/sys/firmware", "/sys/fs/bpf", "/sys/fs/cgroup", "/sys/fs/pstore", "/sys/kernel/config"),
    *("/sys/kernel/debug", "/sys/kernel/security", "/sys/kernel/tracing"),
)


class Bind(NamedTuple):
    """A file or directory of this machine, and its path inside."""

    source: str
    target: str
    is_link: bool = False
    """Whether the source is a symbolic link, to be made anew."""


class HostFiles(NamedTuple):
    """The files that an environment sees beside its own code; the same for each."""

    binds: list[Bind]
    covered: list[str]
    """Paths within the binds that must not be seen."""
    language_prefix: str = os.path.realpath(sys.prefix)
    """Directory of the interpreter, without links, which is bound to its place on AWS too."""
    program: str = sys.executable
    """Path inside of the program that functions run on: AWS's, or where it has none this machine's.
    """


def find_host_files(program: str = "") -> HostFiles:
    """Find the files that every environment is built from.

    ``program`` is the path of the program that functions run on, such as ``node``, where that is
    not this interpreter.
    """
    prefix = _program_prefix(program) if program else sys.prefix
    binds = [*_system_binds(), *_shell_binds(), *_resolver_binds()]
    binds += _interpreter_binds(prefix, program)
    covered = [path for path in _PRIVATE_IN_SYS if os.path.isdir(path)]
    covered += _private_entries() if os.geteuid() == 0 else []
    return HostFiles(binds, covered, os.path.realpath(prefix), _program_inside(prefix, program))


def _system_binds() -> list[Bind]:
    paths = [f"/{name}" for name in SYSTEM_DIRECTORIES]
    return [Bind(path, path) for path in paths if os.path.isdir(path) and not os.path.islink(path)]


def _shell_binds() -> list[Bind]:
    """Put bash in the place of dash: scripts for Amazon Linux take sh for bash."""
    shell, bash = os.path.realpath("/bin/sh"), os.path.realpath("/bin/bash")
    if os.path.basename(shell) != "dash" or not os.path.isfile(bash):
        return []
    return [Bind(bash, shell)]


def _resolver_binds() -> list[Bind]:
    """Return the file behind ``/etc/resolv.conf``, which is often a link out of ``/etc``."""
    path = os.path.realpath("/etc/resolv.conf")
    if path.startswith("/etc/") or not os.path.isfile(path):
        return []
    return [Bind(path, path)]


def _program_prefix(program: str) -> str:
    """Return the folder above a program's ``bin``, or the program's own where it is in none."""
    folder = os.path.dirname(os.path.realpath(program))
    return os.path.dirname(folder) if os.path.basename(folder) == "bin" else folder


def _program_inside(prefix: str, program: str) -> str:
    """Return the path of an interpreter in AWS's folder; its real one if it is not in a ``bin``."""
    executable = program or sys.executable
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    names = ("node",) if program else (version, "python3", "python")
    for name in names:
        path = f"{prefix}/bin/{name}"
        if os.path.exists(path) and os.path.samefile(path, executable):
            return f"{LANGUAGE_ROOT}/bin/{name}"
    return os.path.realpath(executable) if program else executable


def _interpreter_binds(prefix: str, program: str) -> list[Bind]:
    """Return what the interpreter needs beside the system directories.

    That is its prefixes and import path, and where functions run on another program, that program
    and the folder that it is installed in. No path is bound that has the home directory in it.
    """
    wanted = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, *sys.path]
    # A virtual environment, which is no prefix where functions do not find its packages.
    wanted.append(os.path.dirname(os.path.dirname(sys.executable)))
    wanted += [prefix, os.path.realpath(program)] if program else []
    paths = sorted({form for path in wanted if path for form in (path, os.path.realpath(path))})
    home = os.path.realpath(os.path.expanduser("~"))
    chosen: list[str] = []
    for path in paths:
        is_too_much = path == "/" or home == path or home.startswith(path.rstrip("/") + "/")
        if is_too_much or not os.path.exists(path) or is_inside(path, _roots(chosen)):
            continue
        chosen.append(path)
    return [Bind(path, path) for path in chosen]


def _roots(chosen: list[str]) -> list[str]:
    return chosen + [f"/{name}" for name in SYSTEM_DIRECTORIES]


def is_inside(path: str, directories: Iterable[str]) -> bool:
    """Return whether a path is one of these directories, or below one."""
    return any(path == directory or path.startswith(directory + "/") for directory in directories)


def _private_entries() -> list[str]:
    """Return the paths in ``/etc`` that not everybody may read.

    To be hidden where root runs this: a function then has root's id, and could read them without
    any capability.
    """
    found = []
    for directory, names, files in os.walk("/etc"):
        entries = [os.path.join(directory, name) for name in (*names, *files)]
        private = [path for path in entries if not os.path.islink(path) and not _is_public(path)]
        found += private
        names[:] = [name for name in names if os.path.join(directory, name) not in private]
    return found


def _is_public(path: str) -> bool:
    return bool(os.lstat(path).st_mode & stat.S_IROTH)
