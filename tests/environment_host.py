"""An environment as its API sees it, and clients that speak to it as runtimes do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.engine.events import Record
from lambda_tui.engine.runtime_api import ApiState, Extension, RuntimeState
from lambda_tui.engine.wire import RuntimeFrame
from lambda_tui.project.function import Function

SECONDS = 60.0
REQUEST_ID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:custom"
TRACE = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"
EVENT = b'{"name": "value"}'

NEXT = "/2018-06-01/runtime/invocation/next"
INIT_ERROR = "/2018-06-01/runtime/init/error"
RESTORE_NEXT = "/2018-06-01/runtime/restore/next"
RESTORE_ERROR = "/2018-06-01/runtime/restore/error"

Value = TypeVar("Value")


def response_path(request_id: str = REQUEST_ID) -> str:
    return f"/2018-06-01/runtime/invocation/{request_id}/response"


def error_path(request_id: str = REQUEST_ID) -> str:
    return f"/2018-06-01/runtime/invocation/{request_id}/error"


async def soon(waiting: Awaitable[Value]) -> Value:
    """What a wait gives, which has a bound."""
    return await asyncio.wait_for(waiting, SECONDS)


@dataclass(frozen=True)
class Answer:
    """A response as the wire has it; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str, str]:
        """Status, error type and message of a refusal, which has nothing else."""
        assert self.headers["content-type"] == "application/json"
        body = self.json
        assert set(body) == {"errorMessage", "errorType"}
        return self.status, body["errorType"], body["errorMessage"]


class Connection:
    """One connection of a client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        """Sends a whole request."""
        self.send(head(method, path, {"Content-Length": str(len(body)), **(headers or {})}) + body)

    async def answer(self) -> Answer:
        """The next response."""
        text = (await soon(self._reader.readuntil(b"\r\n\r\n"))).decode("latin-1")
        first, *lines = text.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await soon(self._reader.readexactly(int(headers["content-length"])))
        return Answer(int(first.split()[1]), headers, body)

    async def goes_on(self) -> None:
        """The server has read the head of a request that asked whether to send the body."""
        assert await soon(self._reader.readuntil(b"\r\n\r\n")) == b"HTTP/1.1 100 Continue\r\n\r\n"

    async def ends(self) -> bool:
        """Whether the server closes it without a further word."""
        try:
            return await soon(self._reader.read(1)) == b""
        except ConnectionResetError:
            return True

    def say_no_more(self) -> None:
        """Ends what is sent, and still listens."""
        self._writer.write_eof()

    def hang_up(self) -> None:
        """Breaks the connection."""
        self._writer.transport.abort()


class Host(ApiState):
    """The environment's side: what it hears of its runtime, and the events that it gives it."""

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
        name, _, port = self.api.address.partition(":")
        client = Connection(*await soon(asyncio.open_connection(name, int(port))))
        self._clients.append(client)
        return client

    async def call(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request on a connection of its own."""
        connection = await self.connect()
        connection.request(method, path, body, headers)
        answer = await connection.answer()
        connection.hang_up()
        return answer

    async def wait(self, path: str = NEXT) -> Connection:
        """A client whose call has been heard, and waits."""
        connection = await self.connect()
        # The server hears both at once, so it has heard the second when it answers the first.
        connection.send(head("GET", "/2018-06-01/ping", {}) + head("GET", path, {}))
        assert (await connection.answer()).body == b"pong"
        return connection

    def invoke(self, payload: bytes = EVENT, **message: object) -> None:
        """Gives the runtime an event."""
        told = {"request_id": REQUEST_ID, "deadline_ms": 1542409706888, "function_arn": ARN}
        self.runtime.send({**told, "trace_id": TRACE, **message}, payload)

    async def begin(self, payload: bytes = EVENT, **message: object) -> Answer:
        """Has the runtime take an event, as its first or its next one."""
        self.invoke(payload, **message)
        return await self.call("GET", NEXT)

    async def hears(self, kind: str, count: int = 1) -> RuntimeFrame:
        """Waits until the environment has heard so many of a kind; the last of them."""
        while len(frames := [frame for frame in self.frames if frame.kind == kind]) < count:
            self._heard.clear()
            await soon(self._heard.wait())
        return frames[count - 1]

    @property
    def kinds(self) -> list[str]:
        """What it has heard so far."""
        return [frame.kind for frame in self.frames]

    def restart(self) -> None:
        """Resets the runtime: the state begins anew, the address stays."""
        self.runtime.close()
        self.renew((), RuntimeState.STARTED)

    async def stop(self) -> None:
        """Ends the API, and with it whoever still uses it."""
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
    """An environment with its API, until the end of the block."""
    host = Host()
    try:
        yield host
    finally:
        await host.stop()


def head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    """A request without its body."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunks(*parts: bytes, trailers: Mapping[str, str] | None = None) -> bytes:
    """A chunked body."""
    ends = [f"{name}: {value}\r\n" for name, value in (trailers or {}).items()]
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return body + b"0\r\n" + "".join(ends).encode() + b"\r\n"
