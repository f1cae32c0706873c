"""The init process: process 1 of an execution environment, and how it starts others."""

from __future__ import annotations

from .environment import (
    Environment,
    remove_abandoned_storage,
    remove_storage,
    restored_storages,
    run_as_process,
    run_in_namespaces,
)
from .init_process import InitProcess
from .launch import (
    Launch,
    Streams,
    fork_restored_runtime,
    fork_runtime,
)

__all__ = [
    "Environment",
    "InitProcess",
    "Launch",
    "Streams",
    "fork_restored_runtime",
    "fork_runtime",
    "remove_abandoned_storage",
    "remove_storage",
    "restored_storages",
    "run_as_process",
    "run_in_namespaces",
]
