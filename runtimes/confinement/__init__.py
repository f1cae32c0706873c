"""Everything that processes have of the machine and its user and no namespace covers.

The zygote gives up what it has inherited from the user's session, process 1 of an environment does
so for the environment, and each process that it starts for itself.
"""

from __future__ import annotations

from .inheritance import confine_environment, confine_process, find_lacks, leave_users_session
from .limits import (
    MAXIMUM_PROCESSES,
    MOST_THREADS,
    RESTORED_PROCESSES,
    limit_process_ids,
    maximum_processes,
)

__all__ = [
    "MAXIMUM_PROCESSES",
    "MOST_THREADS",
    "RESTORED_PROCESSES",
    "confine_environment",
    "confine_process",
    "find_lacks",
    "leave_users_session",
    "limit_process_ids",
    "maximum_processes",
]
