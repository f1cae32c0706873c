"""AWS's Node.js client as npm has it, run bare against a Runtime API of a few lines."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from support import SECONDS
from support.node_process import NODE, REQUEST_ID, LoggingProcess, start_node

PACKAGES = {22: "aws-lambda-ric@3.3.0", 24: "aws-lambda-ric@4.0.2"}
"""The client by the generation of AWS's runtimes that has it."""
_INSTALLATION_SECONDS = 300
_NATIVE = "rapid-client.node"
_START = """
import { run } from %s;
await run(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
"""


def install_clients(folder: Path) -> dict[int, Path]:
    """Install the client of each generation; return the scripts that start them.

    The later one builds its native part, which is the same for both.
    """
    packages = {}
    for generation in sorted(PACKAGES, reverse=True):
        place = folder / str(generation)
        place.mkdir()
        command = ["npm", "install", "--prefix", str(place), "--no-audit", PACKAGES[generation]]
        if generation == 22:
            command.append("--ignore-scripts")
        subprocess.run(command, check=True, timeout=_INSTALLATION_SECONDS)
        packages[generation] = place / "node_modules" / "aws-lambda-ric"
    earlier, later = packages[22], packages[24]
    shutil.copy(later / _NATIVE, earlier / "dist" / _NATIVE)
    start = earlier / "start.mjs"
    start.write_text(_START % json.dumps(str(earlier / "dist" / "index.mjs")))
    return {22: start, 24: later / "index.mjs"}


@dataclass
class BareClient(LoggingProcess):
    """A client that serves the function of a folder."""

    posts: queue.Queue[tuple[str, dict[str, str], bytes, dict[str, str]]]
    events: queue.Queue[bytes]

    def answer(self, event: str) -> dict[str, Any]:
        """Have an event served; return what the client posts, or how its process ends."""
        self.events.put(event.encode())
        return self.posted()

    def posted(self) -> dict[str, Any]:
        """Return the next that the client posts, or how its process ends without."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            try:
                path, headers, body, trailers = self.posts.get(timeout=0.05)
            except queue.Empty:
                # It waits where its log is full.
                self.read_log()
                if self.process.poll() is not None and self.posts.empty():
                    return {"kind": "end", "status": self.process.returncode}
                continue
            return _outcome(path, headers, body, trailers)
        raise TimeoutError

    def serve_until_its_end(self) -> None:
        """Give it events, for which it waits in a thread that does not end before it has one.

        One event may not do: it serves one that comes before it decides to end, and waits again.
        """
        deadline = time.monotonic() + SECONDS
        while self.process.poll() is None:
            assert time.monotonic() < deadline
            if self.events.empty():
                self.events.put(b"1")
            self.read_log()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)


def _outcome(
    path: str, headers: dict[str, str], body: bytes, trailers: dict[str, str]
) -> dict[str, Any]:
    if path.endswith("/response"):
        error = trailers.get("lambda-runtime-function-error-body")
        if error is not None:
            payload = json.loads(base64.b64decode(error))
            return {"kind": "error", "payload": payload, "parts": body.decode()}
        kind = headers.get("content-type")
        is_streamed = "lambda-runtime-function-response-mode" in headers
        content_type = kind if is_streamed else None
        return {"kind": "response", "payload": body.decode(), "content_type": content_type}
    kind = "init_error" if path.endswith("/init/error") else "error"
    return {"kind": kind, "payload": json.loads(body), "parts": ""}


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_request: object) -> None:
        """Say nothing: a client that has ended has left its connection."""


@contextmanager
def bare_client(
    script: Path, folder: Path, generation: int, variables: dict[str, str]
) -> Iterator[BareClient]:
    """Start a client as AWS does, with a Runtime API that passes on events and notes posts."""
    events: queue.Queue[bytes] = queue.Queue()
    posts: queue.Queue[tuple[str, dict[str, str], bytes, dict[str, str]]] = queue.Queue()
    closing, owed = threading.Event(), threading.Event()

    class Api(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            while not closing.is_set():
                try:
                    event = events.get(timeout=0.05)
                except queue.Empty:
                    continue
                owed.set()
                deadline = int(time.time() * 1000) + 30_000
                self._answer(
                    200,
                    event,
                    {
                        "Lambda-Runtime-Aws-Request-Id": REQUEST_ID,
                        "Lambda-Runtime-Deadline-Ms": str(deadline),
                        "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:"
                        "123456789012:function:f",
                        "Lambda-Runtime-Trace-Id": "Root=1-2-3",
                    },
                )
                return
            self.close_connection = True

        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            # As the Runtime API, which takes one answer from its beginning on.
            is_taken = REQUEST_ID not in self.path or owed.is_set()
            owed.clear()
            trailers: dict[str, str] = {}
            if "chunked" in headers.get("transfer-encoding", ""):
                body = self._read_chunks(trailers)
            else:
                body = self.rfile.read(int(headers.get("content-length", 0)))
            if body is None:
                self.close_connection = True
                return
            if not is_taken:
                self._answer(403, b"{}", {})
                return
            posts.put((self.path, headers, body, trailers))
            self._answer(202, b'{"status":"OK"}', {})

        def _read_chunks(self, trailers: dict[str, str]) -> bytes | None:
            body = b""
            while line := self.rfile.readline():
                size = int(line, 16)
                if size == 0:
                    while (line := self.rfile.readline().strip()) != b"":
                        name, _, value = line.decode().partition(": ")
                        trailers[name.lower()] = value
                    return body
                body += self.rfile.read(size)
                self.rfile.readline()
            return None

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            # Without a content type the client fails.
            self.send_header("Content-Type", "application/json")
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    server = _Server(("127.0.0.1", 0), Api)
    serving = threading.Thread(target=server.serve_forever, args=(0.05,))
    serving.start()
    address = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}"}
    process, read_end = start_node(
        [NODE, script], folder, "index.handler", generation, {**address, **variables}
    )
    try:
        yield BareClient(process, read_end, posts, events)
    finally:
        process.kill()
        process.wait()
        closing.set()
        server.shutdown()
        serving.join()
        server.server_close()
        os.close(read_end)
