"""The Lambda API in tests: the project it serves, what serves it, and clients that call it."""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from lambda_tui.apis.lambda_api import lambda_server
from lambda_tui.engine.engine import Engine
from support import SECONDS

VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
TEMPLATE = f"""\
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {{CodeUri: ., Runtime: {VERSION}, Timeout: 20}}
Resources:
  Echo:
    Type: AWS::Serverless::Function
    Properties: {{FunctionName: echo, Handler: app.echo, Description: says it again,
                  Environment: {{Variables: {{COLOUR: green}}}}}}
  Size:
    Type: AWS::Serverless::Function
    Properties: {{FunctionName: size, Handler: app.size}}
  Context:
    Type: AWS::Serverless::Function
    Properties: {{FunctionName: context, Handler: app.context}}
  Fails:
    Type: AWS::Serverless::Function
    Properties: {{FunctionName: fails, Handler: app.fails}}
  Waits:
    Type: AWS::Serverless::Function
    Properties: {{FunctionName: waits, Handler: app.waits}}
  Chatty:
    Type: AWS::Serverless::Function
    Properties: {{FunctionName: chatty, Handler: app.chatty}}
  Blocked:
    Type: AWS::Serverless::Function
    Properties: {{FunctionName: blocked, Handler: app.echo, ReservedConcurrentExecutions: 0}}
"""
SOURCE = """\
import os
import time


def echo(event, context):
    return event


def size(event, context):
    return len(event)


def context(event, context):
    client = context.client_context
    return {
        "arn": context.invoked_function_arn,
        "request_id": context.aws_request_id,
        "custom": client.custom if client else None,
        "trace": os.environ["_X_AMZN_TRACE_ID"],
    }


def fails(event, context):
    raise ValueError("no such luck")


def waits(event, context):
    print("waiting")
    time.sleep(event["seconds"])
    return event["seconds"]


def chatty(event, context):
    for number in range(300):
        print(f"line {number} of 300, each with its number")
"""
ARN = "arn:aws:lambda:us-east-1:123456789012:function"


def write_project(folder: Path) -> Path:
    """Write the project into a folder and return the folder."""
    (folder / "template.yaml").write_text(TEMPLATE)
    (folder / "app.py").write_text(SOURCE)
    return folder


@dataclass(frozen=True)
class Answer:
    """A response as the wire has it."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded from JSON."""
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str | None, str]:
        """The status, AWS's name of the error, and the message."""
        message = self.json.get("Message", self.json.get("message"))
        return self.status, self.headers["x-amzn-ErrorType"], message


@asynccontextmanager
async def served(engine: Engine) -> AsyncIterator[Api]:
    """Serve the API of an engine in this process until the end of the block."""
    server = lambda_server(engine)
    server.start(0)
    assert server.port is not None
    yield Api(server.port)
    await server.close()


@dataclass(frozen=True)
class Api:
    """A served API, by its port on this machine."""

    port: int

    @property
    def url(self) -> str:
        """The endpoint URL."""
        return f"http://127.0.0.1:{self.port}"

    def client(self, **options: Any) -> Any:
        """Return boto3's client of the API, which does not retry."""
        return boto3.client(
            "lambda",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="anyone",
            aws_secret_access_key="anything",
            config=Config(retries={"max_attempts": 0}, **options),
        )

    def wait_until_served(self) -> None:
        """Wait until somebody listens."""
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                self.connect().close()
            except ConnectionRefusedError:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            else:
                return

    def connect(self) -> socket.socket:
        """Open a connection that sends each write at once."""
        end = socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return end

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send a request on a connection of its own and return the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def invoke(
        self, name: str, event: bytes | None = b"{}", headers: dict[str, str] | None = None
    ) -> Answer:
        """Call ``Invoke``."""
        return self.request("POST", invocations(name), event, headers)


def invocations(name: str) -> str:
    """Return the path of ``Invoke`` for a function."""
    return f"/2015-03-31/functions/{name}/invocations"


def read_answer(end: socket.socket) -> Answer:
    """Read the next response from a raw connection, and no byte beyond it."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = end.recv(1)
        if not byte:
            raise ConnectionError(f"the connection was closed after {head!r}")
        head += byte
    lines = io.BytesIO(head)
    status = int(lines.readline().split()[1])
    headers = http.client.parse_headers(lines)
    size = int(headers["Content-Length"])
    body = b""
    while len(body) < size:
        part = end.recv(size - len(body))
        assert part
        body += part
    return Answer(status, headers, body)


class Serving:
    """``lambda-tui serve`` as a process of its own."""

    def __init__(
        self,
        folder: Path,
        *options: str,
        module: str = "lambda_tui",
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """``module`` is what Python runs, with these further environment variables."""
        self.log = folder / "serve.log"
        self.output = folder / "serve.out"
        """Standard output."""
        with self.log.open("w") as log, self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, "serve", "--project", str(folder), *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=log,
                env={
                    **os.environ,
                    "XDG_CONFIG_HOME": str(folder / ".config"),
                    **(variables or {}),
                },
            )

    @property
    def text(self) -> str:
        """The log so far."""
        return self.log.read_text()

    def wait_for_output(self, pattern: str) -> re.Match[str]:
        """Wait until standard output matches a pattern, and return the match."""
        return self.wait_for(pattern, self.output)

    def wait_for(self, pattern: str, file: Path | None = None) -> re.Match[str]:
        """Wait until the log, or another file, matches a pattern, and return the match."""
        deadline = time.monotonic() + SECONDS
        while True:
            found = re.search(pattern, (file or self.log).read_text())
            if found:
                return found
            assert self.process.poll() is None, self.text
            assert time.monotonic() < deadline, self.text
            time.sleep(0.01)

    def api(self) -> Api:
        """Wait until the API is served and return it."""
        return Api(int(self.wait_for(r"LAMBDA=http://[^:]+:(\d+) ")[1]))

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal to the command."""
        self.process.send_signal(number)

    def end(self) -> int:
        """Wait for the end and return the exit status; kill it when it takes too long."""
        try:
            return self.process.wait(SECONDS)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()


@contextmanager
def serving_project(folder: Path) -> Iterator[Serving]:
    """Run the command on a free port during the block; fail if it does not end well after it."""
    serving = Serving(folder, "--port", "0")
    yield serving
    serving.signal()
    assert serving.end() == 0, serving.text
