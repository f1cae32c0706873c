"""An environment with extensions as its API sees it, and clients that speak to it as these do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from environment_host import Answer, Connection, Host

from lambda_tui.engine.events import Event, Record
from lambda_tui.engine.runtime_api import Extension

REGISTER = "/2020-01-01/extension/register"
NEXT = "/2020-01-01/extension/event/next"
INIT_ERROR = "/2020-01-01/extension/init/error"
EXIT_ERROR = "/2020-01-01/extension/exit/error"
TELEMETRY = "/2022-07-01/telemetry"
LOGS = "/2020-08-15/logs"
IDENTIFIER = "Lambda-Extension-Identifier"
ERROR_TYPE = "Lambda-Extension-Function-Error-Type"


class ExtensionsHost(Host):
    """An environment with the external extensions ``first`` and ``second``."""

    def __init__(self) -> None:
        self.failures: list[tuple[str, str, str]] = []
        """Name, fatal type and message of each extension that has reported an error."""
        self.records: list[Record] = []
        """All that was put on the stream."""
        super().__init__("first", "second")

    def emit(self, record: Record) -> None:
        """Something happens in the environment."""
        self.records.append(record)
        self.telemetry.on_event(Event(record=record, function="hello", environment="abc"))

    async def register(
        self, name: str | None = "first", body: object = None, **headers: str
    ) -> Answer:
        """Registers, for INVOKE unless the body says otherwise."""
        fields = {"events": ["INVOKE"]} if body is None else body
        text = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
        named = {} if name is None else {"Lambda-Extension-Name": name}
        return await self.call("POST", REGISTER, text, {**named, **headers})

    async def registered(self, name: str = "first", *events: str) -> str:
        """The identifier of an extension that has registered."""
        answer = await self.register(name, {"events": list(events)})
        assert answer.status == 200
        return answer.headers[IDENTIFIER.lower()]

    async def waits(self, identifier: str) -> Connection:
        """An extension that has asked for its next event, and has none yet."""
        connection = await self.connect()
        # The server hears both at once, so it has heard the second when it answers the first.
        connection.request("GET", "/2018-06-01/ping")
        connection.request("GET", NEXT, headers={IDENTIFIER: identifier})
        assert (await connection.answer()).body == b"pong"
        return connection

    async def report(
        self, path: str, identifier: str, error_type: str | None = "Extension.NoKey"
    ) -> Answer:
        """Reports an error."""
        typed = {} if error_type is None else {ERROR_TYPE: error_type}
        body = b'{"errorMessage": "there is none", "errorType": "other", "stackTrace": []}'
        return await self.call("POST", path, body, {IDENTIFIER: identifier, **typed})

    async def subscribe(
        self, identifier: str | None, body: object, path: str = TELEMETRY
    ) -> Answer:
        """Subscribes to telemetry."""
        headers: Mapping[str, str] = {} if identifier is None else {IDENTIFIER: identifier}
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.call("PUT", path, text, headers)

    def _note_failure(self, extension: Extension, fatal_type: str, message: str) -> None:
        self.failures.append((extension.name, fatal_type, message))


@asynccontextmanager
async def extensions_host() -> AsyncIterator[ExtensionsHost]:
    """An environment with its API, until the end of the block."""
    host = ExtensionsHost()
    try:
        yield host
    finally:
        await host.stop()
