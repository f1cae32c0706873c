"""No bytes sent to the HTTP APIs show a defect, and each client gets an answer or an end."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fuzz.fuzzing import LONG_ENOUGH, ROUNDS, caught_errors, changed, new_chance
from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.apis.lambda_api import lambda_server
from lambda_tui.engine.engine import Engine
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from support import SECONDS
from support.environment_host import (
    ERROR_TYPE,
    EXTENSION_EXIT_ERROR,
    EXTENSION_INIT_ERROR,
    EXTENSION_NEXT,
    IDENTIFIER,
    INIT_ERROR,
    LOGS,
    NEXT,
    REGISTER,
    TELEMETRY,
    chunks,
    environment_host,
    error_path,
    extensions_host,
    head,
    response_path,
)
from support.lambda_api import invocations, write_project

pytestmark = LONG_ENOUGH

CLIENTS = 400
AT_A_TIME = 20
TOKENS = (
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b" ",
        b":",
        b"\r\n\r\n",
        b"\xff\xfe",
        b"%",
        b"%00",
        b"//",
        b"?",
    ),
    *(b"Content-Length: 5\r\n", b"Content-Length: 99999999999\r\n", b"Content-Length: -1\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n", b"Trailer: X\r\n"),
    *(b"Connection: close\r\n", b"Connection: Upgrade\r\nUpgrade: h2c\r\n", b"HTTP/1.0\r\n"),
    *(
        b"Expect: 100-continue\r\n",
        b"Host: evil.example\r\n",
        b"Origin: null\r\n",
        b"GET / HTTP/1.1\r\n",
    ),
    *(b"ffffffff\r\n", b"0\r\n\r\n", b"5;a=b\r\nhello\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    *(b"CONNECT a:80 HTTP/1.1\r\n", b"HEAD ", b"OPTIONS * HTTP/1.1\r\n", b"X: " + b"x" * 70_000),
    *(b"http://127.0.0.1", b"Qualifier=%24LATEST", b"[" * 5000, b'{"a":' * 2000),
)


def post(path: str, body: bytes = b"{}", **headers: str) -> bytes:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return head("POST", path, {"Content-Length": str(len(body)), **named}) + body


LAMBDA_REQUESTS = (
    post(invocations("echo"), b'{"a": [1, 2]}'),
    post(invocations("echo"), b'"event"', X_Amz_Invocation_Type="Event"),
    post(invocations("echo"), X_Amz_Log_Type="Tail", X_Amz_Client_Context="eyJjdXN0b20iOnt9fQ=="),
    post(invocations("echo"), X_Amzn_Trace_Id="Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"),
    post(invocations("blocked") + "?Qualifier=$LATEST", X_Amz_Invocation_Type="DryRun"),
    post("/2021-11-15/functions/echo/response-streaming-invocations"),
    post("/2014-11-13/functions/echo/invoke-async"),
    head("POST", invocations("echo"), {"Transfer-Encoding": "chunked"}) + chunks(b"{", b"}"),
    head("GET", "/2015-03-31/functions/?MaxItems=2&Marker=1", {}),
    head("GET", "/2015-03-31/functions/echo", {}),
    head("GET", "/2015-03-31/functions/echo/versions", {}),
    head("GET", "/2015-03-31/functions/echo/aliases/live", {}),
)
SUBSCRIPTION = {
    "schemaVersion": "2022-12-13",
    "types": ["platform", "function"],
    "buffering": {"maxItems": 1000, "maxBytes": 262_144, "timeoutMs": 25},
    "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:1/"},
}


def environment_requests(identifier: str) -> tuple[bytes, ...]:
    """Return valid requests of a runtime and an extension."""
    called = {IDENTIFIER: identifier}
    body = json.dumps(SUBSCRIPTION).encode()
    sized = {**called, "Content-Length": str(len(body))}
    reported = {**called, ERROR_TYPE: "Extension.NoKey", "Content-Length": "2"}
    trailers = {
        "Lambda-Runtime-Function-Error-Type": "Some",
        "Lambda-Runtime-Function-Error-Body": "e30=",
    }
    streamed = {
        "Lambda-Runtime-Function-Response-Mode": "streaming",
        "Transfer-Encoding": "chunked",
    }
    return (
        head("GET", NEXT, {}),
        post(response_path(), b"1"),
        post(error_path(), Lambda_Runtime_Function_Error_Type="Some.Error"),
        post(error_path(), Content_Type="application/vnd.aws.lambda.error.cause+json"),
        head("POST", response_path(), streamed) + chunks(b"one", b"two", trailers=trailers),
        post(INIT_ERROR),
        head("GET", "/2018-06-01/ping", {}),
        post(REGISTER, b'{"events": ["INVOKE"]}', Lambda_Extension_Name="second"),
        head("GET", EXTENSION_NEXT, called),
        head("POST", EXTENSION_INIT_ERROR, reported) + b"{}",
        head("POST", EXTENSION_EXIT_ERROR, reported) + b"{}",
        head("PUT", TELEMETRY, sized) + body,
        head("PUT", LOGS, sized) + body,
    )


async def send(port: int, pieces: list[bytes], *, is_patient: bool) -> bytes:
    """Send pieces; return what comes until the end, or hang up without reading on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0)
        if not is_patient:
            writer.transport.abort()
            return b""
        writer.write_eof()
        return await asyncio.wait_for(reader.read(), SECONDS)
    except TimeoutError:
        raise TimeoutError(b"".join(pieces)) from None
    except ConnectionError:
        # A server that refuses a request need not read the rest of it.
        return b""
    finally:
        writer.transport.abort()


async def send_changed(chance: random.Random, port: int, requests: tuple[bytes, ...]) -> None:
    """Let some clients at a time send requests that are hardly valid any more."""
    sent, sending = [], []
    for _ in range(AT_A_TIME):
        data = b"".join(chance.choices(requests, k=chance.choice([1, 1, 3])))
        if chance.random() < 0.95:
            data = changed(chance, data, requests, TOKENS)
        cut = chance.randrange(len(data) + 1)
        sent.append(data)
        is_patient = chance.random() < 0.8
        sending.append(send(port, [data[:cut], data[cut:]], is_patient=is_patient))
    for data, answer in zip(sent, await asyncio.gather(*sending), strict=True):
        assert answer == b"" or answer.startswith(b"HTTP/1.1 "), data
        assert not answer.startswith(b"HTTP/1.1 500 "), data


@pytest.fixture
async def engine(tmp_path: Path, nothing_is_left: None) -> AsyncIterator[Engine]:
    project = load_project(write_project(tmp_path))
    engine = Engine(project, Settings(watch=False), open_environment_api)
    await engine.start()
    yield engine
    await engine.close()


async def test_the_lambda_api_takes_any_bytes(engine: Engine) -> None:
    chance = new_chance()
    errors = caught_errors()
    server = lambda_server(engine)
    server.start(0)
    assert server.port is not None
    for _ in range(ROUNDS * CLIENTS // AT_A_TIME):
        await send_changed(chance, server.port, LAMBDA_REQUESTS)
        assert errors == []

    last = await send(server.port, [post(invocations("echo"), b'"last"')], is_patient=True)
    assert last.endswith(b'"last"')
    await server.close()
    assert server.connections == 0
    assert errors == []


async def test_the_apis_of_an_environment_take_any_bytes() -> None:
    chance = new_chance()
    errors = caught_errors()
    async with environment_host() as beside:
        for _ in range(ROUNDS * CLIENTS // AT_A_TIME):
            async with extensions_host() as host:
                identifier = await host.registered("first", "INVOKE", "SHUTDOWN")
                host.invoke()
                port = int(host.api.address.rpartition(":")[2])
                await send_changed(chance, port, environment_requests(identifier))
            assert errors == []
        assert (await beside.call("GET", "/2018-06-01/ping")).body == b"pong"
    assert errors == []
