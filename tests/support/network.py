"""A function whose extension listens on a fixed port, and connectors of its network."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from lambda_tui.project.function import Project
from support.extensions import PYTHON, project
from support.files import write_program

PORT = 20_000 + os.getpid() % 10_000
"""A port that no other test process listens on, below those that connections are given."""
LISTENER = f"""{PYTHON}
import socket
import threading


def serve(listener):
    while True:
        client, _ = listener.accept()
        with client:
            client.sendall(own["Lambda-Extension-Identifier"].encode())


listener = socket.create_server(("127.0.0.1", {PORT}))
register("SHUTDOWN")
say(own["Lambda-Extension-Identifier"])
threading.Thread(target=serve, args=(listener,), daemon=True).start()
next_event()
"""
ASKS = f"""\
import os
import socket


def lambda_handler(event, context):
    with socket.create_connection(("127.0.0.1", {PORT})) as end:
        said = end.makefile().read()
    return [os.environ["AWS_LAMBDA_RUNTIME_API"], said]
"""
"""Answers the address of the API, and the identifier of the extension that listens."""


def listening(folder: Path, source: str = ASKS, **configuration: Any) -> Project:
    """Write a function beside an extension that listens on ``PORT`` as a project."""
    return project(folder, {"listener": LISTENER}, source, **configuration)


ENTER_AND_ROUTE = """\
import ctypes
import fcntl
import os
import signal
import socket
import struct
import sys

pid = sys.argv[-1]
libc = ctypes.CDLL(None, use_errno=True)
for name in ("user", "net"):
    with open(f"/proc/{pid}/ns/{name}") as file:
        assert libc.setns(file.fileno(), 0) == 0, os.strerror(ctypes.get_errno())
ADDRESS = struct.pack("=H2x4s8x", socket.AF_INET, bytes(4))
device = ctypes.create_string_buffer(b"lo")
route = struct.pack(
    "@L16s16s16sHhLPhPLLH", 0, ADDRESS, ADDRESS, ADDRESS, 1, 0, 0, 0, 0,
    ctypes.addressof(device), 0, 0, 0,
)
with socket.socket() as control:
    fcntl.ioctl(control, 0x890B, route)
"""
"""A connector as far as it can be seen from outside: it adds a default route to the network."""


def put_connector(folder: Path, source: str | None) -> Path:
    """Make a folder for PATH, with ``pasta`` written in Python or without any connector."""
    programs = folder / "programs"
    programs.mkdir()
    if source is not None:
        write_program(programs / "pasta", f"#!{sys.executable}\n{source}")
    return programs
