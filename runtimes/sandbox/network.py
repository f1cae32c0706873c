"""The network of an environment that has one of its own: its loopback, and its way outside."""

from __future__ import annotations

import os
import signal
import socket
import struct
from collections.abc import Sequence

from .. import linux

# On the loopback: the address at which AWS's environments, and ours, find their API.
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
    """Let processes of this network namespace reach each other, and the API at its address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        number = control.fileno()
        linux.control_device(number, _SIOCSIFFLAGS, _FLAGS.pack(b"lo", _IFF_UP))
        for request, address in ((_SIOCSIFADDR, _API_ADDRESS), (_SIOCSIFNETMASK, _HOST_ONLY)):
            argument = _ADDRESS.pack(b"lo:1", socket.AF_INET, socket.inet_aton(address))
            linux.control_device(number, request, argument)


def start_connector(command: Sequence[str], namespace: int, log: int) -> int:
    """Start the program that connects a process's network to the outside; return its pid.

    ``PID`` in the command stands for the process whose ``namespace`` it is. The program's output
    goes to ``log``, and it ends with this process.
    """
    parent = os.getpid()
    pid = os.fork()
    if pid != 0:
        return pid
    try:
        linux.die_with_parent(signal.SIGKILL)
        # Not where the parent ended before the line above took effect: no signal would follow.
        if os.getppid() == parent:
            # Python ignores it, and an executed program inherits that.
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            null = os.open(os.devnull, os.O_RDWR)
            for number, stream in enumerate((null, log, log)):
                os.dup2(stream, number)
            os.closerange(3, os.sysconf("SC_OPEN_MAX"))
            arguments = [str(namespace) if part == "PID" else part for part in command]
            os.execve(command[0], arguments, {})
    except OSError as error:
        os.write(2, os.fsencode(f"{command[0]}: {os.strerror(error.errno or 0)}\n"))
    finally:
        os._exit(127)
