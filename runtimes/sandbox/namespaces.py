"""Entering namespaces: how process 1 of an environment comes to be."""

from __future__ import annotations

import os

from .. import linux

USER, GROUP = 993, 990
"""Ids of ``sbx_user1051`` on AWS, as which a function runs. The group has no name there."""
HOST_NAME = "sandbox"
"""The machine's name inside; AWS's environments have it for their loopback too."""
NAMESPACES = (
    linux.CLONE_NEWNS
    | linux.CLONE_NEWPID
    | linux.CLONE_NEWIPC
    | linux.CLONE_NEWUTS
    | linux.CLONE_NEWCGROUP
)
"""The namespaces that every environment has beside a user namespace."""


class SandboxRefusedError(OSError):
    """The machine does not give an environment namespaces of its own; the text says why."""


def fork_into_namespaces(*, own_network: bool = False) -> int:
    """Fork process 1 of new namespaces; return its pid as this process sees it, and 0 in it.

    A child enters the namespaces, forks process 1 and ends: unsharing a pid namespace moves only
    children into it, and this process must not move itself. Being a subreaper, it becomes process
    1's parent and learns of its end. Raise ``SandboxRefusedError`` where that is not allowed.
    """
    read_end, write_end = os.pipe()
    try:
        middle = os.fork()
    except OSError:
        os.close(read_end)
        os.close(write_end)
        raise
    if middle == 0:
        os.close(read_end)
        _enter_and_fork(write_end, own_network=own_network)
        return 0
    # Before reading: the answer ends only when no process holds the write end any more.
    os.close(write_end)
    answer = b""
    while chunk := os.read(read_end, 4096):
        answer += chunk
    os.close(read_end)
    # Waited for here, so that the child that is meant to end is not taken for an environment.
    os.waitpid(middle, 0)
    if not answer.isdigit():
        raise received_refusal(answer)
    return int(answer)


def sent_refusal(error: OSError) -> bytes:
    """Return an error as it is sent to another process."""
    place = f"{error.filename}: " if error.filename is not None else ""
    return os.fsencode(f"{error.errno or 0} {place}{error.strerror or error}")


def received_refusal(sent: bytes) -> SandboxRefusedError:
    """Return the error that another process has sent; it may have ended before it could."""
    number, _, text = sent.decode(errors="replace").partition(" ")
    return SandboxRefusedError(int(number) if number.isdigit() else 0, text or "the fork failed")


def _enter_and_fork(write_end: int, *, own_network: bool) -> None:
    """Fork process 1, write its pid, or why there is none, and end; return in process 1.

    Process 1 does not know that pid itself: in its own namespace it is 1.
    """
    pid = -1
    try:
        _enter_namespaces(own_network=own_network)
        pid = os.fork()
        if pid != 0:
            os.write(write_end, str(pid).encode())
    except OSError as error:
        os.write(write_end, sent_refusal(error))
    finally:
        if pid != 0:
            os._exit(0)
    os.close(write_end)


def _enter_namespaces(*, own_network: bool) -> None:
    """Move this process into new namespaces, and its next child into a new pid namespace.

    Root gets a user namespace too: what is left of its powers then holds in the sandbox only.
    """
    user, group = os.geteuid(), os.getegid()
    # In one call: the kernel makes the user namespace first, and so gives an ordinary user the
    # capabilities that the others take.
    linux.unshare(NAMESPACES | linux.CLONE_NEWUSER | (linux.CLONE_NEWNET if own_network else 0))
    map_own_user(user, group)


def map_own_user(user: int, group: int, proc: str = "/proc") -> None:
    """Map the ids that this process had before it entered a user namespace to AWS's."""
    write_text(f"{proc}/self/uid_map", f"{USER} {user} 1")
    # The kernel accepts an ordinary user's group map only after setgroups(2) is denied.
    write_text(f"{proc}/self/setgroups", "deny")
    write_text(f"{proc}/self/gid_map", f"{GROUP} {group} 1")


def forbid_user_namespaces(proc: str) -> None:
    """Forbid further user namespaces: in one of its own a function would hold capabilities again.

    ``proc`` is the path of ``/proc``. The limit that is set is that of the user namespace that this
    process is in, not the machine's.
    """
    write_text(f"{proc}/sys/user/max_user_namespaces", "0")


def write_text(path: str, text: str) -> None:
    """Write a file in one piece."""
    with open(path, "w") as file:
        file.write(text)
