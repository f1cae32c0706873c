"""A function whose extension listens on a fixed port, and programs that connect its network."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from extension_project import PYTHON, project

from lambda_tui.project.function import Project

PORT = 4243
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
"""Tells where the API is, and which extension listens."""


def listening(folder: Path, source: str = ASKS, **configuration: Any) -> Project:
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
"""What a connector does, as far as it can be seen from outside: there is a default route."""


def put_connector(folder: Path, source: str | None) -> Path:
    """Makes a folder of programs with this connector, or with none."""
    programs = folder / "programs"
    programs.mkdir()
    if source is not None:
        pasta = programs / "pasta"
        pasta.write_text(f"#!{sys.executable}\n{source}")
        pasta.chmod(0o755)
    return programs
