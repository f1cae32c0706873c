"""Inheritance of processes, item by item: given up, set to AWS's value, or left on purpose.

Left on purpose are the CPU affinity, which the user may choose for all of lambda-tui (a function
may widen its own in any case), and the clocks: all processes compare times, so that no environment
has a time namespace. The kernel lets no fork inherit timers, keyrings of threads and processes,
parent-death signals and the role of a subreaper, and a new user namespace no securebits.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterable

from .. import linux
from . import landlock, limits, seatbelt, system_calls

_UMASK = 0o022
_TIMER_SLACK_NS = 50_000  # The kernel's default.
_FIRST_VICTIM = 1000
# Python ignores them itself, and so does AWS's.
_PYTHONS_OWN = frozenset({signal.SIGPIPE, getattr(signal, "SIGXFSZ", signal.SIGPIPE)})


def find_lacks(*, is_isolated: bool) -> list[str]:
    """Return what this machine cannot hold back: ``writes``, ``sockets`` and ``processes``.

    A function can then write to the user's files; connect to abstract sockets; and start processes
    without end, which the init process notices, and ends the environment.
    """
    lacks = []
    if not (is_isolated or _can_protect_files()):
        lacks.append("writes")
    if sys.platform.startswith("linux") and not landlock.has_scopes():
        lacks.append("sockets")
    if not limits.holds_processes(is_isolated=is_isolated):
        lacks.append("processes")
    return lacks


def _can_protect_files() -> bool:
    if sys.platform.startswith("linux"):
        return landlock.can_protect_files()
    return seatbelt.can_protect_files()


def _protect_files(writable: Iterable[str]) -> None:
    """Make all files read-only but those in these folders, as far as the machine can.

    The engine knows where it cannot, and has asked the user.
    """
    if sys.platform.startswith("linux"):
        landlock.protect_files(writable)
        return
    with contextlib.suppress(OSError):
        seatbelt.protect_files(writable)


def leave_users_session() -> None:
    """Give up what a zygote has of the session that lambda-tui was started in.

    All that it forks inherits the result. Nobody's terminal is among it: the engine starts zygotes
    in a session of their own, with the standard streams and one channel as their descriptors.
    """
    # A shell or ``nohup`` may have signals ignored or blocked, which programs inherit.
    for number in signal.valid_signals():
        if signal.getsignal(number) is signal.SIG_IGN and number not in _PYTHONS_OWN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.umask(_UMASK)
    # Files of the user's groups. An ordinary user cannot give them up.
    with contextlib.suppress(OSError):
        os.setgroups([])
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, 0)
    limits.lift_users_limits()
    if not sys.platform.startswith("linux"):
        return
    # From real-time to ordinary, also for what is about to be forked.
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    with contextlib.suppress(OSError):
        linux.reset_io_priority()
    # Such as ``setarch`` sets: without random addresses, or with another name of the machine.
    linux.reset_personality()
    linux.set_timer_slack(_TIMER_SLACK_NS)
    # The user's keys. A container may deny it, to functions as well.
    with contextlib.suppress(OSError):
        linux.join_new_session_keyring()
    linux.leave_memory_out_of_cores()


def confine_environment(*, is_isolated: bool) -> None:
    """Confine an environment, as its process 1, while ``/proc`` can be written.

    What is allowed within an environment, such as signals, is so among all of its processes.
    """
    if not sys.platform.startswith("linux"):
        return
    # One's own, unless the user has no more keys to spend: then the zygote's, which is empty, and
    # which no function can reach either.
    with contextlib.suppress(OSError):
        linux.join_new_session_keyring()
    # Where the machine itself is out of memory, a function has to go before all else.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write(str(_FIRST_VICTIM))
    linux.forbid_new_privileges()
    landlock.keep_sockets_and_signals_inside(will_mount=is_isolated)


def confine_process(
    *,
    is_isolated: bool,
    processes: int,
    writable: Iterable[str] | None = None,
    may_build_sandboxes: bool = False,
) -> None:
    """Set AWS's limits, give up all capabilities, and tie this process's life to init's.

    ``writable`` are the only folders that may be written from now on; None leaves that to the
    mounts, or to what this process has inherited. With ``may_build_sandboxes`` a fork of this
    process can become an environment of its own.
    """
    limits.set_limits(is_isolated=is_isolated, processes=processes, may_rise=may_build_sandboxes)
    if writable is not None:
        _protect_files(writable)
    if not sys.platform.startswith("linux"):
        return
    # Each fork has to ask for it anew: the kernel does not let it be inherited.
    linux.die_with_parent(signal.SIGKILL)
    if not is_isolated:
        # In a sandbox, process 1 has done so for all, which costs 40 calls.
        linux.deny_capabilities_to_programs()
    linux.drop_capabilities()
    system_calls.deny_system_calls(may_build_sandboxes=may_build_sandboxes)
