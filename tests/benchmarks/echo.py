"""The far end of the floor: sends back every frame on the socket whose descriptor is its argument.

A script of its own, and nothing but what a round trip needs.
"""

from __future__ import annotations

import socket
import struct
import sys

import msgpack

HEADER = struct.Struct("!I")


def echo(end: socket.socket) -> None:
    """Answers until the other end closes."""
    unpack, pack = msgpack.unpackb, msgpack.Packer().pack
    while frame := end.recv(65536):
        packed = pack(unpack(memoryview(frame)[HEADER.size :]))
        end.sendall(HEADER.pack(len(packed)) + packed)


if __name__ == "__main__":
    echo(socket.socket(fileno=int(sys.argv[1])))
