"""The sandbox of level ``namespaces``: namespaces, root directory and network of an environment."""

from __future__ import annotations

from .host_files import Bind, HostFiles, find_host_files
from .namespaces import (
    HOST_NAME,
    NAMESPACES,
    SandboxRefusedError,
    forbid_user_namespaces,
    fork_into_namespaces,
    map_own_user,
    received_refusal,
    sent_refusal,
)
from .network import bring_up_loopback, start_connector
from .refusal import Refusal, explain, explain_system
from .root import (
    PROC_FLAGS,
    TASK_ROOT,
    bind_descriptor,
    build_root,
    cover_proc,
    mount_storage,
)

__all__ = [
    "HOST_NAME",
    "NAMESPACES",
    "PROC_FLAGS",
    "TASK_ROOT",
    "Bind",
    "HostFiles",
    "Refusal",
    "SandboxRefusedError",
    "bind_descriptor",
    "bring_up_loopback",
    "build_root",
    "cover_proc",
    "explain",
    "explain_system",
    "find_host_files",
    "forbid_user_namespaces",
    "fork_into_namespaces",
    "map_own_user",
    "mount_storage",
    "received_refusal",
    "sent_refusal",
    "start_connector",
]
