"""A proxy of the Runtime API, as security and observability vendors ship them, in a layer.

It writes a line for each call that it sees, and changes what passes: ``plain`` in an event becomes
``token``, and ``token`` in an answer ``*****``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lambda_tui.engine.events import ExtensionLog, FunctionLog
from lambda_tui.project.function import Function, Project
from support.extensions import PYTHON
from support.files import write_program
from support.workbench import TIMEOUT, Workbench

PORT = 30_000 + os.getpid() % 2_000
"""A port that no other test process listens on, below those that connections are given."""
PROXY = f"""\
#!{sys.executable}
import http.client
import http.server
import json
import os
import sys

UPSTREAM = os.environ["AWS_LAMBDA_RUNTIME_API"]


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def forward(self):
        is_chunked = "Transfer-Encoding" in self.headers
        size = int(self.headers["Content-Length"] or 0)
        body = self.chunks() if is_chunked else self.rfile.read(size)
        names = [name.lower() for name in self.headers if name.lower().startswith("lambda-")]
        tail = body.rpartition(b"0\\r\\n")[2].decode().strip() if is_chunked else ""
        call = [self.command, self.path.rsplit("/")[-1], names, tail]
        print("PROXY " + json.dumps(call), flush=True)
        upstream = http.client.HTTPConnection(UPSTREAM)
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            upstream.putheader(name, value)
        upstream.endheaders(body.replace(b"token", b"*****"))
        answer = upstream.getresponse()
        event = answer.read().replace(b"plain", b"token")
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "connection", "date", "server"):
                self.send_header(name, value)
        # In chunks, as proxies that do not know the size beforehand send it.
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for start in range(0, len(event), 100):
            part = event[start:start + 100]
            self.wfile.write(b"%x\\r\\n%s\\r\\n" % (len(part), part))
        self.wfile.write(b"0\\r\\n\\r\\n")

    do_GET = do_POST = do_PUT = forward

    def chunks(self):
        body = b""
        while not body.endswith(b"0\\r\\n"):
            line = self.rfile.readline()
            body += line
            if int(line, 16):
                body += self.rfile.read(int(line, 16) + 2)
        while body[-4:] != b"\\r\\n\\r\\n":
            body += self.rfile.readline()
        return body

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", {PORT}), Proxy)
"""
AS_EXTENSION = f"""{PROXY}
import threading
{PYTHON.partition(chr(10))[2]}
threading.Thread(target=server.serve_forever, daemon=True).start()
register("INVOKE", "SHUTDOWN")
while next_event()["eventType"] != "SHUTDOWN":
    pass
"""
AS_PROGRAM = f"""{PROXY}
# The program that started it goes on as soon as it listens.
if os.fork() == 0:
    server.serve_forever()
"""
POINTS = f"""\
#!/bin/bash
export AWS_LAMBDA_RUNTIME_API=127.0.0.1:{PORT}
exec "$@"
"""
"""A wrapper that has the runtime call another address."""
STARTS = POINTS.replace("export", "${0%/*}/proxy\nexport")
"""A wrapper that starts the proxy as a process of its own before."""

PYTHON_SOURCE = """\
import os


def handler(event, context):
    print("handling", event)
    if event.get("fails"):
        raise ValueError("no token")
    if event.get("bytes"):
        return b"token"
    if event.get("size"):
        return "x" * event["size"]
    return {
        "event": event,
        "request_id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "remaining": context.get_remaining_time_in_millis(),
        "custom": context.client_context and context.client_context.custom,
        "trace": os.environ["_X_AMZN_TRACE_ID"],
    }
"""
NODE_SOURCE = """\
exports.handler = async (event, context) => {
  console.log('handling', event);
  if (event.fails) throw new RangeError('no token');
  if (event.size) return 'x'.repeat(event.size);
  return {
    event,
    request_id: context.awsRequestId,
    arn: context.invokedFunctionArn,
    remaining: context.getRemainingTimeInMillis(),
    custom: context.clientContext?.custom ?? null,
    trace: process.env._X_AMZN_TRACE_ID,
  };
};
"""


@dataclass(frozen=True)
class Language:
    """A language whose runtime is one of ours, and how it fails."""

    file: str
    source: str
    runtime: str | None
    broken: str
    """A source that cannot be loaded."""
    error_type: str
    without_event: int
    """The exit status of the runtime that cannot ask for an event."""
    goes_on: bool
    """Whether it goes on after a result that is refused."""
    variables: Mapping[str, str] = field(default_factory=dict)

    def project(
        self, folder: Path, wrapper: str, programs: Mapping[str, str], source: str = ""
    ) -> Project:
        """Write a function with a wrapper, and programs into its ``/opt``, as a project."""
        code, layers = folder / "code", folder / "layers"
        code.mkdir()
        (code / self.file).write_text(source or self.source)
        for name, text in {**programs, "wrapper": wrapper}.items():
            write_program(layers / name, text)
        function = Function(
            "function",
            handler=f"{self.file.partition('.')[0]}.handler",
            code_directory=code,
            file=code / self.file,
            layers_directory=layers,
            runtime=self.runtime,
            timeout=TIMEOUT,
            environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"},
        )
        return Project(code, (function,))


_NODE_22 = Language(
    "index.js",
    NODE_SOURCE,
    "nodejs22.x",
    "throw new RangeError('no token');",
    "RangeError",
    129,
    True,
)
LANGUAGES = {
    "python": Language(
        "app.py", PYTHON_SOURCE, None, "raise ValueError('no token')", "ValueError", 1, False
    ),
    "nodejs22.x": _NODE_22,
    "nodejs24.x": replace(_NODE_22, runtime="nodejs24.x", without_event=1),
}


def seen(workbench: Workbench) -> list[list[Any]]:
    """Return the calls that the proxy has seen: method, end of the path, headers and trailers."""
    lines = [one.message for one in workbench.records(ExtensionLog)]
    lines += [one.message for one in workbench.records(FunctionLog)]
    return [json.loads(line.partition(" ")[2]) for line in lines if line.startswith("PROXY ")]
