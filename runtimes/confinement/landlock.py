"""Landlock: files stay as they are, abstract Unix sockets and signals within an environment.

Abstract sockets belong to the network namespace, which environments share with the machine: an X
server listens on one, and a session's services may. Files are a matter of mounts where an
environment has its own; elsewhere Landlock makes them read-only. It takes no privilege, and
container engines allow it by default.
"""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Iterable

from .. import linux

# The same numbers on every architecture.
_SYS_CREATE_RULESET, _SYS_ADD_RULE, _SYS_RESTRICT_SELF = 444, 445, 446
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1
_WITH_TRUNCATE = 3
"""The version of Landlock's interface that can keep files from being truncated: Linux 6.2."""
_WITH_DEVICE_CONTROL = 5
_WITH_SCOPES = 6
"""The version of Landlock's interface that has scopes: Linux 6.12."""
_SCOPE_ABSTRACT_UNIX_SOCKET, _SCOPE_SIGNAL = 1, 2
_SCOPES = _SCOPE_ABSTRACT_UNIX_SOCKET | _SCOPE_SIGNAL
_WRITE, _REFER, _TRUNCATE, _CONTROL_DEVICE = 1 << 1, 1 << 13, 1 << 14, 1 << 15
"""``_REFER`` is to link or rename from one folder to another."""
# To remove, and to make any kind of file.
_CHANGE_FOLDERS = _REFER | sum(1 << bit for bit in range(4, 13))
# An isolated environment has the same.
_DEVICES = ("full", "null", "random", "urandom", "zero")


def has_scopes() -> bool:
    """Return whether this machine's kernel can keep abstract sockets apart."""
    return _version() >= _WITH_SCOPES


def can_protect_files() -> bool:
    """Return whether this machine's kernel can make files read-only for some processes."""
    return _version() >= _WITH_TRUNCATE


def keep_sockets_and_signals_inside(*, will_mount: bool) -> None:
    """Let this process and its descendants connect to, and signal, none but each other.

    Connections by path and descriptors that are handed over stay as they are. Do nothing where the
    kernel has no scopes. Takes ``forbid_new_privileges``.
    """
    if not has_scopes():
        return
    # A rule set that concerns files forbids the mounts that come after it. One that does not
    # denies ``_REFER`` to those that come after it and do, whatever these allow.
    files, rights = (0, {}) if will_mount else (_REFER, {"/": _REFER})
    # ``struct landlock_ruleset_attr``: files, nothing of the network, the scopes.
    _restrict(struct.pack("QQQ", files, 0, _SCOPES), rights)


def protect_files(writable: Iterable[str]) -> None:
    """Deny this process and its descendants all writing, but to these folders and some devices.

    The error is ``EACCES``, for a link or a rename also ``EXDEV``. Descriptors that are open stay
    as they are, and so do the calls for a file's mode, owner and times, which Landlock does not
    know. Do nothing where the kernel cannot. Takes ``forbid_new_privileges``.
    """
    version = _version()
    if version < _WITH_TRUNCATE:
        return
    to_device = _WRITE | _TRUNCATE
    if version >= _WITH_DEVICE_CONTROL:
        to_device |= _CONTROL_DEVICE
    rights = {f"/dev/{name}": to_device for name in _DEVICES}
    rights.update(dict.fromkeys(writable, to_device | _CHANGE_FOLDERS))
    # Reading and executing are not handled, so that they need no rule.
    _restrict(struct.pack("Q", to_device | _CHANGE_FOLDERS), rights)


def _version() -> int:
    """Return the version of Landlock's interface; 0 where there is none."""
    try:
        return linux.system_call("landlock", _SYS_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)
    except OSError:
        return 0


def _restrict(attributes: bytes, rights: dict[str, int]) -> None:
    """Apply a rule set to this process, with the rights at and below each path."""
    ruleset = linux.system_call("landlock", _SYS_CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for path, right in rights.items():
            # A container may lack a device.
            with contextlib.suppress(FileNotFoundError):
                _add_rule(ruleset, path, right)
        linux.system_call("landlock", _SYS_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _add_rule(ruleset: int, path: str, right: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        # ``struct landlock_path_beneath_attr``, which is packed.
        rule = struct.pack("=Qi", right, place)
        linux.system_call("landlock", _SYS_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(place)
