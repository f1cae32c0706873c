"""Landlock's scopes: abstract Unix sockets and signals stay within an environment.

Abstract sockets belong to the network namespace, which environments share with the machine: an X
server listens on one, and a session's services may.
"""

from __future__ import annotations

import os
import struct

from .. import linux

# The same numbers on every architecture.
_SYS_CREATE_RULESET, _SYS_RESTRICT_SELF = 444, 446
_CREATE_RULESET_VERSION = 1
_WITH_SCOPES = 6
"""The version of Landlock's interface that has scopes: Linux 6.12."""
_SCOPE_ABSTRACT_UNIX_SOCKET, _SCOPE_SIGNAL = 1, 2
# ``struct landlock_ruleset_attr``: nothing of the file system, nothing of the network, the scopes.
# A rule set that concerned files would forbid the mounts that come after it.
_RULESET = struct.pack("QQQ", 0, 0, _SCOPE_ABSTRACT_UNIX_SOCKET | _SCOPE_SIGNAL)


def has_scopes() -> bool:
    """Return whether this machine's kernel can keep abstract sockets apart."""
    try:
        version = linux.system_call(
            "landlock", _SYS_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION
        )
    except OSError:
        return False
    return version >= _WITH_SCOPES


def keep_sockets_and_signals_inside() -> None:
    """Let this process and its descendants connect to, and signal, none but each other.

    Connections by path and descriptors that are handed over stay as they are. Do nothing where the
    kernel has no scopes. Takes ``forbid_new_privileges``.
    """
    if not has_scopes():
        return
    ruleset = linux.system_call("landlock", _SYS_CREATE_RULESET, _RULESET, len(_RULESET), 0)
    try:
        linux.system_call("landlock", _SYS_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
