"""Resource limits: AWS's own, as they are recorded, and none of the user's."""

from __future__ import annotations

import contextlib
import os
import resource
import sys

from .. import linux

MAXIMUM_DESCRIPTORS = 1024
MAXIMUM_PROCESSES = 1024
# Recorded with 128 MB of memory. It is the kernel's own default, in proportion to the memory.
_SMALLEST_MEMORY_MB, _FEWEST_PROCESSES, _PROCESSES_PER_MB = 128, 742, 4
_LOCKED_BYTES = 64 * 1024
_STACK_BYTES = 8 * 1024 * 1024
_CORE_BYTES = 10 * 1024**3
RESTORED_PROCESSES = 16 * MAXIMUM_PROCESSES
"""For all environments together that come from one snapshot: the kernel counts them as one."""
# From this release on the kernel counts the processes of a user namespace, and not all of a user's.
_PROCESSES_COUNTED_BY_NAMESPACE = (5, 14)
# From this release on each pid namespace has a largest id of its own. Before, the file that sets it
# is the machine's.
_IDS_LIMITED_BY_NAMESPACE = (6, 14)
# Once the ids are used up, the kernel begins anew behind these.
_RESERVED_IDS = 300
MOST_THREADS = MAXIMUM_PROCESSES + _RESERVED_IDS
"""The processes and threads of an environment beyond which it is out of control."""
# AWS sets none of them; ``ulimit`` or the user's group may have.
_UNLIMITED = ("AS", "CPU", "DATA", "FSIZE", "RSS")
# They would let a process get ahead of the machine's others.
_DENIED = ("NICE", "RTPRIO")


def lift_users_limits() -> None:
    """Lift the limits that AWS does not set, as far as this user may."""
    for name in _UNLIMITED:
        limit = getattr(resource, f"RLIMIT_{name}")
        _soft, hard = resource.getrlimit(limit)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(limit, (hard, hard))
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(limit, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def set_limits(*, is_isolated: bool, processes: int, may_rise: bool) -> None:
    """Set AWS's limits; with ``may_rise`` a fork can raise the limit on processes again."""
    # Without a root directory of its own, a process would leave the core in the project's folder.
    _lower(resource.RLIMIT_CORE, _CORE_BYTES if is_isolated else 0)
    _lower(resource.RLIMIT_NOFILE, MAXIMUM_DESCRIPTORS)
    _lower(resource.RLIMIT_MEMLOCK, _LOCKED_BYTES)
    _lower(resource.RLIMIT_STACK, _STACK_BYTES, may_rise=True)
    if not sys.platform.startswith("linux"):
        return
    for name in _DENIED:
        _lower(getattr(resource, f"RLIMIT_{name}"), 0)
    if is_isolated and linux.kernel_release() >= _PROCESSES_COUNTED_BY_NAMESPACE:
        _lower(resource.RLIMIT_NPROC, processes, may_rise=may_rise)


def maximum_processes(memory_size_mb: int) -> int:
    """Return AWS's limit on the processes and threads of a function with this memory size."""
    more = (memory_size_mb - _SMALLEST_MEMORY_MB) * _PROCESSES_PER_MB
    return min(_FEWEST_PROCESSES + max(more, 0), MAXIMUM_PROCESSES)


def holds_processes(*, is_isolated: bool) -> bool:
    """Return whether the kernel itself limits the processes of an environment."""
    if not is_isolated:
        return False
    release = linux.kernel_release()
    if release >= _IDS_LIMITED_BY_NAMESPACE:
        return True
    return release >= _PROCESSES_COUNTED_BY_NAMESPACE and os.geteuid() != 0


def limit_process_ids(proc: str, processes: int) -> None:
    """Limit the ids of this process's pid namespace, where the kernel has that; ``proc`` is /proc.

    ``RLIMIT_NPROC`` does not hold for real root, whom the kernel exempts from it. So many processes
    and threads can be had at any time, and never many more.
    """
    if linux.kernel_release() < _IDS_LIMITED_BY_NAMESPACE:
        return
    # The limit on processes holds for everybody else in any case.
    with contextlib.suppress(OSError), open(f"{proc}/sys/kernel/pid_max", "w") as file:
        file.write(str(processes + _RESERVED_IDS))


def _lower(limit: int, number: int, *, may_rise: bool = False) -> None:
    """Set a resource limit, as far as the machine allows so much."""
    _soft, hard = resource.getrlimit(limit)
    if hard != resource.RLIM_INFINITY:
        number = min(number, hard)
    resource.setrlimit(limit, (number, hard if may_rise else number))
