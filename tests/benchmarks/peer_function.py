"""The measured function on a peer's Runtime API: the least that a runtime may do, on one socket.

A script of its own; its arguments are the API's port and the path before ``/2018-06-01``.
"""

from __future__ import annotations

import json
import re
import socket
import sys

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_REQUEST_ID = re.compile(rb"lambda-runtime-aws-request-id: (\S+)", re.IGNORECASE)


def serve(port: int, prefix: str) -> None:
    """Take events and answer them until the API goes."""
    api = socket.create_connection(("127.0.0.1", port))
    api.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    base = f"{prefix}/2018-06-01/runtime/invocation"
    while True:
        api.sendall(f"GET {base}/next HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        head, event = receive(api)
        found = _REQUEST_ID.search(head)
        assert found is not None
        body = json.dumps({"n": len(json.loads(event))}).encode()
        target = f"POST {base}/{found[1].decode()}/response HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        api.sendall(f"{target}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        receive(api)


def receive(end: socket.socket) -> tuple[bytes, bytes]:
    """Read a response's head and body, whose length it must tell."""
    begun = b""
    while b"\r\n\r\n" not in begun:
        part = end.recv(65536)
        if not part:
            raise ConnectionError("the other end has closed the connection")
        begun += part
    head, _, body = begun.partition(b"\r\n\r\n")
    found = _LENGTH.search(head)
    size = int(found[1]) if found else 0
    if len(body) >= size:
        return head, body
    whole = bytearray(size)
    whole[: len(body)] = body
    place, filled = memoryview(whole), len(body)
    while filled < size:
        filled += end.recv_into(place[filled:])
    return head, bytes(whole)


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
