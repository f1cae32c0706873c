"""The API of an environment without its processes, and clients like runtimes and extensions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.engine.events import Event, Record
from lambda_tui.engine.runtime_api import ApiState, Extension, RuntimeState
from lambda_tui.engine.wire import RuntimeFrame
from lambda_tui.project.function import Function
from support import SECONDS

REQUEST_ID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:custom"
TRACE = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"
EVENT = b'{"name": "value"}'

NEXT = "/2018-06-01/runtime/invocation/next"
INIT_ERROR = "/2018-06-01/runtime/init/error"
RESTORE_NEXT = "/2018-06-01/runtime/restore/next"
RESTORE_ERROR = "/2018-06-01/runtime/restore/error"

REGISTER = "/2020-01-01/extension/register"
EXTENSION_NEXT = "/2020-01-01/extension/event/next"
EXTENSION_INIT_ERROR = "/2020-01-01/extension/init/error"
EXTENSION_EXIT_ERROR = "/2020-01-01/extension/exit/error"
TELEMETRY = "/2022-07-01/telemetry"
LOGS = "/2020-08-15/logs"
IDENTIFIER = "Lambda-Extension-Identifier"
ERROR_TYPE = "Lambda-Extension-Function-Error-Type"

Value = TypeVar("Value")


def response_path(request_id: str = REQUEST_ID) -> str:
    """Return the path for the response to an invocation."""
    return f"/2018-06-01/runtime/invocation/{request_id}/response"


def error_path(request_id: str = REQUEST_ID) -> str:
    """Return the path for the error of an invocation."""
    return f"/2018-06-01/runtime/invocation/{request_id}/error"


async def soon(waiting: Awaitable[Value]) -> Value:
    """Wait with a bound and return the result."""
    return await asyncio.wait_for(waiting, SECONDS)


@dataclass(frozen=True)
class Answer:
    """A response as the wire has it; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded from JSON."""
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str, str]:
        """The status, error type and message of a refusal, which has nothing else."""
        assert self.headers["content-type"] == "application/json"
        body = self.json
        assert set(body) == {"errorMessage", "errorType"}
        return self.status, body["errorType"], body["errorMessage"]


class Connection:
    """A connection of a client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, data: bytes) -> None:
        """Send raw bytes."""
        self._writer.write(data)

    def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        """Send a whole request."""
        self.send(head(method, path, {"Content-Length": str(len(body)), **(headers or {})}) + body)

    async def answer(self) -> Answer:
        """Read the next response."""
        text = (await soon(self._reader.readuntil(b"\r\n\r\n"))).decode("latin-1")
        first, *lines = text.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await soon(self._reader.readexactly(int(headers["content-length"])))
        return Answer(int(first.split()[1]), headers, body)

    async def goes_on(self) -> None:
        """Read ``100 Continue``: the server has read the head of a request that expects it."""
        assert await soon(self._reader.readuntil(b"\r\n\r\n")) == b"HTTP/1.1 100 Continue\r\n\r\n"

    async def ends(self) -> bool:
        """Wait for the next byte or the end, and return whether the connection has ended."""
        try:
            return await soon(self._reader.read(1)) == b""
        except ConnectionResetError:
            return True

    def say_no_more(self) -> None:
        """Close the sending side; responses can still be read."""
        self._writer.write_eof()

    def hang_up(self) -> None:
        """Abort the connection."""
        self._writer.transport.abort()


class Host(ApiState):
    """The environment's side of its API: the events it gives out and the frames it receives."""

    def __init__(self, *extensions: str) -> None:
        """``extensions`` are the names of external ones."""
        self.frames: list[RuntimeFrame] = []
        self._heard = asyncio.Event()
        self._clients: list[Connection] = []
        function = Function("custom", "app.handler", Path("/"))
        super().__init__(function, self.emit, self._hear, lambda: None, self._note_failure)
        self.renew(extensions, RuntimeState.STARTED)
        self.api = open_environment_api(self)

    def emit(self, record: Record) -> None:
        """Take notice of a record of the environment."""

    def _note_failure(self, extension: Extension, fatal_type: str, message: str) -> None:
        """Take notice that an extension has reported an error."""

    async def connect(self) -> Connection:
        """Connect to the API."""
        name, _, port = self.api.address.partition(":")
        client = Connection(*await soon(asyncio.open_connection(name, int(port))))
        self._clients.append(client)
        return client

    async def call(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request on a connection of its own and return the answer."""
        connection = await self.connect()
        connection.request(method, path, body, headers)
        answer = await connection.answer()
        connection.hang_up()
        return answer

    async def wait(self, path: str = NEXT) -> Connection:
        """Call a path that does not answer yet; return once the server has read the call."""
        connection = await self.connect()
        # The server, in this loop, finds both in its socket: it has read the second when it answers
        # the first.
        connection.send(head("GET", "/2018-06-01/ping", {}) + head("GET", path, {}))
        assert (await connection.answer()).body == b"pong"
        return connection

    def invoke(self, payload: bytes = EVENT, **message: object) -> None:
        """Give the runtime an event."""
        told = {"request_id": REQUEST_ID, "deadline_ms": 1542409706888, "function_arn": ARN}
        self.runtime.send({**told, "trace_id": TRACE, **message}, payload)

    async def begin(self, payload: bytes = EVENT, **message: object) -> Answer:
        """Give the runtime an event and fetch it as the runtime."""
        self.invoke(payload, **message)
        return await self.call("GET", NEXT)

    async def hears(self, kind: str, count: int = 1) -> RuntimeFrame:
        """Wait for the given number of frames of a kind and return the last of them."""
        while len(frames := [frame for frame in self.frames if frame.kind == kind]) < count:
            self._heard.clear()
            await soon(self._heard.wait())
        return frames[count - 1]

    @property
    def kinds(self) -> list[str]:
        """The kinds of all frames so far."""
        return [frame.kind for frame in self.frames]

    def restart(self) -> None:
        """Reset the runtime: its state begins anew, the address stays."""
        self.runtime.close()
        self.renew((), RuntimeState.STARTED)

    async def stop(self) -> None:
        """Close the API and the connections of all clients."""
        self.close()
        self.api.close()
        for client in self._clients:
            client.hang_up()
        # The loop tells each connection of its end in its next round.
        await asyncio.sleep(0)

    def _hear(self, frame: RuntimeFrame) -> None:
        self.frames.append(frame)
        self._heard.set()


@asynccontextmanager
async def environment_host() -> AsyncIterator[Host]:
    """Open an environment's API until the end of the block."""
    host = Host()
    try:
        yield host
    finally:
        await host.stop()


class ExtensionsHost(Host):
    """The same with the external extensions ``first`` and ``second``, not yet registered."""

    def __init__(self) -> None:
        self.failures: list[tuple[str, str, str]] = []
        """The name, fatal type and message of each extension that has reported an error."""
        self.records: list[Record] = []
        """All records that were emitted."""
        super().__init__("first", "second")

    def emit(self, record: Record) -> None:
        """Emit a record of something that happens in the environment."""
        self.records.append(record)
        self.telemetry.on_event(Event(record=record, function="hello", environment="abc"))

    async def register(
        self, name: str | None = "first", body: object = None, **headers: str
    ) -> Answer:
        """Register an extension, for INVOKE unless the body says otherwise."""
        fields = {"events": ["INVOKE"]} if body is None else body
        text = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
        named = {} if name is None else {"Lambda-Extension-Name": name}
        return await self.call("POST", REGISTER, text, {**named, **headers})

    async def registered(self, name: str = "first", *events: str) -> str:
        """Register an extension for the events and return its identifier."""
        answer = await self.register(name, {"events": list(events)})
        assert answer.status == 200
        return answer.headers[IDENTIFIER.lower()]

    async def waits(self, identifier: str) -> Connection:
        """Ask for an extension's next event; return once the server has read the call."""
        connection = await self.connect()
        # The server, in this loop, finds both in its socket: it has read the second when it answers
        # the first.
        connection.request("GET", "/2018-06-01/ping")
        connection.request("GET", EXTENSION_NEXT, headers={IDENTIFIER: identifier})
        assert (await connection.answer()).body == b"pong"
        return connection

    async def report(
        self, path: str, identifier: str, error_type: str | None = "Extension.NoKey"
    ) -> Answer:
        """Report an error of an extension."""
        typed = {} if error_type is None else {ERROR_TYPE: error_type}
        body = b'{"errorMessage": "there is none", "errorType": "other", "stackTrace": []}'
        return await self.call("POST", path, body, {IDENTIFIER: identifier, **typed})

    async def subscribe(
        self, identifier: str | None, body: object, path: str = TELEMETRY
    ) -> Answer:
        """Subscribe an extension to telemetry."""
        headers: Mapping[str, str] = {} if identifier is None else {IDENTIFIER: identifier}
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.call("PUT", path, text, headers)

    def _note_failure(self, extension: Extension, fatal_type: str, message: str) -> None:
        self.failures.append((extension.name, fatal_type, message))


@asynccontextmanager
async def extensions_host() -> AsyncIterator[ExtensionsHost]:
    """Open the API of an environment with extensions until the end of the block."""
    host = ExtensionsHost()
    try:
        yield host
    finally:
        await host.stop()


def head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    """Return the head of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunks(*parts: bytes, trailers: Mapping[str, str] | None = None) -> bytes:
    """Return a chunked body."""
    ends = [f"{name}: {value}\r\n" for name, value in (trailers or {}).items()]
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return body + b"0\r\n" + "".join(ends).encode() + b"\r\n"
