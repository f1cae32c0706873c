"""The network of an environment that has one of its own, and its way to the outside."""

from __future__ import annotations

import os
import signal
import socket
import struct
from collections.abc import Sequence

from . import linux

# On the loopback, where AWS has it: what an environment's API listens on.
_API_ADDRESS = "169.254.100.1"
_HOST_ONLY = "255.255.255.255"

_SIOCSIFFLAGS = 0x8914
_SIOCSIFADDR = 0x8916
_SIOCSIFNETMASK = 0x891C
_IFF_UP = 0x1
# ``struct ifreq``: an interface's name, and flags or an address.
_FLAGS = struct.Struct("16sh22x")
_ADDRESS = struct.Struct("16sH2x4s16x")


def bring_up_loopback() -> None:
    """Lets processes of this network namespace reach each other, and the API at its address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        number = control.fileno()
        linux.control_device(number, _SIOCSIFFLAGS, _FLAGS.pack(b"lo", _IFF_UP))
        for request, address in ((_SIOCSIFADDR, _API_ADDRESS), (_SIOCSIFNETMASK, _HOST_ONLY)):
            argument = _ADDRESS.pack(b"lo:1", socket.AF_INET, socket.inet_aton(address))
            linux.control_device(number, request, argument)


def start_connector(command: Sequence[str], namespace: int, log: int) -> int:
    """Starts the program that connects the network of a process to the outside; its pid.

    ``PID`` in the command stands for that process. The program ends with this one.
    """
    parent = os.getpid()
    pid = os.fork()
    if pid != 0:
        return pid
    try:
        linux.die_with_parent(signal.SIGKILL)
        if os.getppid() == parent:
            # Python ignores it, and what is executed would too.
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            null = os.open(os.devnull, os.O_RDWR)
            for number, stream in enumerate((null, log, log)):
                os.dup2(stream, number)
            os.closerange(3, os.sysconf("SC_OPEN_MAX"))
            arguments = [str(namespace) if part == "PID" else part for part in command]
            os.execve(command[0], arguments, {})
    except OSError as error:
        os.write(2, f"{command[0]}: {os.strerror(error.errno or 0)}\n".encode())
    finally:
        os._exit(127)
