"""Wrong, strange and hostile clients of an environment's API harm nobody but themselves."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from lambda_tui.apis.http import Answer, Request, Response, Server, connection, server
from support.environment_host import (
    EVENT,
    INIT_ERROR,
    NEXT,
    Host,
    environment_host,
    error_path,
    head,
    response_path,
    soon,
)

MANY = 300


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    """An environment, and another one that serves its runtime meanwhile."""
    async with environment_host() as other, environment_host() as host:
        yield host
        await serves_its_runtime(other)
        await serves_its_runtime(host)


async def serves_its_runtime(host: Host) -> None:
    """Proves that one more invocation goes its way."""
    host.invoke(request_id="the-last-one")
    runtime = await host.connect()
    runtime.request("GET", NEXT)
    answer = await runtime.answer()
    assert (answer.status, answer.body) == (200, EVENT)
    runtime.request("POST", response_path("the-last-one"), b"done")
    assert (await runtime.answer()).status == 202
    assert host.frames[-1].payload == b"done"


@pytest.mark.parametrize(
    "noise",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"\r\n\r\nGARBAGE\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        head("POST", INIT_ERROR, {"Content-Length": "-1"}),
        head("POST", INIT_ERROR, {"Content-Length": "2", "Transfer-Encoding": "chunked"}),
        head("POST", INIT_ERROR, {"Transfer-Encoding": "chunked, gzip"}),
        head("POST", INIT_ERROR, {"Transfer-Encoding": "chunked"}) + b"zz\r\n",
        head("POST", INIT_ERROR, {"Content-Length": "99999999999999999999999"}),
    ],
)
async def test_noise_is_refused_and_the_connection_closed(host: Host, noise: bytes) -> None:
    client = await host.connect()
    client.send(noise)

    assert (await client.answer()).status == 400
    assert await client.ends()
    assert host.kinds == []


async def test_a_client_that_stalls_holds_nobody_up(host: Host) -> None:
    await host.begin()
    for start in (b"", b"GE", head("GET", NEXT, {})[:-2], b"POST / HTTP/1.1\r\nX: "):
        client = await host.connect()
        client.send(start)
    for number in range(5):
        stalled = await host.connect()
        stalled.send(head("POST", f"/{number}", {"Content-Length": "100"}) + b"half")

    assert (await host.call("POST", response_path(), b"1")).status == 202


async def test_a_body_is_cut_off_where_its_length_says(host: Host) -> None:
    await host.begin()
    client = await host.connect()
    client.send(head("POST", response_path(), {"Content-Length": "3"}) + b"123456")

    assert (await client.answer()).status == 202
    assert (await host.hears("response")).payload == b"123"
    assert (await client.answer()).status == 400


@pytest.mark.rule("2.5.3")
async def test_a_body_that_is_too_large_for_any_other_call_is_refused(host: Host) -> None:
    limit = 1 << 20
    client = await host.connect()
    client.send(head("POST", INIT_ERROR, {"Content-Length": str(limit + 1)}))

    assert (await client.answer()).error[:2] == (413, "RequestEntityTooLarge")
    assert host.kinds == []


@pytest.mark.parametrize("name", ["evil.example", "evil.example:9001", "10.0.0.1"])
async def test_a_web_page_under_a_name_of_its_own_is_kept_out(host: Host, name: str) -> None:
    host.invoke()

    assert (await host.call("GET", NEXT, headers={"Host": name})).status == 403
    assert host.kinds == []


async def test_a_web_page_of_another_origin_is_kept_out(host: Host) -> None:
    answer = await host.call("POST", INIT_ERROR, b"{}", {"Origin": "http://evil.example"})

    assert answer.status == 403
    assert host.kinds == []


@pytest.mark.parametrize(
    "name", ["localhost:9001", "127.0.0.1", "sandbox.localdomain:9001", "sandbox:9001", "sandbox"]
)
async def test_the_names_of_the_sandbox_are_let_in(host: Host, name: str) -> None:
    client = await host.connect()
    client.send(f"GET /2018-06-01/ping HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())

    assert (await client.answer()).body == b"pong"


@pytest.mark.parametrize("authority", ["127.0.0.1:9001", "sandbox:9001", "sandbox.localdomain"])
@pytest.mark.parametrize("lines", ["", "Host: {}\r\n"])
async def test_a_target_as_a_proxy_gets_it_is_understood(
    host: Host, authority: str, lines: str
) -> None:
    client = await host.connect()
    target = f"http://{authority}/2018-06-01/ping"
    client.send(f"GET {target} HTTP/1.1\r\n{lines.format(authority)}\r\n".encode())

    assert (await client.answer()).body == b"pong"


async def test_a_target_of_another_name_is_kept_out(host: Host) -> None:
    for lines in ("", "Host: sandbox\r\n"):
        client = await host.connect()
        client.send(f"GET http://evil.example{NEXT} HTTP/1.1\r\n{lines}\r\n".encode())
        assert (await client.answer()).status == 403
    assert host.kinds == []


async def test_a_path_may_be_percent_encoded(host: Host) -> None:
    await host.begin()
    path = response_path().replace("response", "respons%65").replace("runtime", "%72untime")

    assert (await host.call("POST", path, b"1")).status == 202
    assert (await host.hears("response")).payload == b"1"


async def test_a_path_of_any_length_is_told(host: Host) -> None:
    assert (await host.call("GET", "/" + "x" * 100_000)).status == 404


async def test_a_client_of_a_few_lines_of_shell_needs_no_host(host: Host) -> None:
    client = await host.connect()
    client.send(b"GET /2018-06-01/ping HTTP/1.0\r\n\r\n")

    assert (await client.answer()).body == b"pong"
    assert await client.ends()


class Silence:
    """Serves nobody anything."""

    head_limit = 65_536

    def refusal(self, request: Request, size: int) -> None:
        return

    def accept(self, request: Request, size: int) -> None:
        return

    def handle(self, request: Request, answer: Answer) -> None:
        return

    def malformed(self) -> Response:
        return Response(400)

    def failed(self, error: Exception) -> Response:
        return Response(500)


@pytest.mark.rule("2.1.3")
async def test_a_client_may_take_as_long_as_it_likes(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "IDLE_SECONDS"):
        monkeypatch.setattr(connection, name, 0.0)
    monkeypatch.setattr(server, "_SWEEP_SECONDS", 0.01)
    await host.begin()
    idle, slow = await host.connect(), await host.connect()
    idle.request("GET", "/2018-06-01/ping")
    assert (await idle.answer()).body == b"pong"
    slow.send(head("POST", response_path(), {"Content-Length": "4"}) + b"ha")
    elsewhere = Server(Silence(), MANY)
    elsewhere.start(0)

    # Another server has lost patience by then, more than once.
    for _ in range(2):
        reader, writer = await asyncio.open_connection("127.0.0.1", elsewhere.port)
        assert await soon(reader.read()) == b""
        writer.close()
    await elsewhere.close()

    idle.request("GET", "/2018-06-01/ping")
    assert (await idle.answer()).body == b"pong"
    slow.send(b"lf")
    assert (await slow.answer()).status == 202


async def test_more_connections_than_there_is_room_for_end_the_oldest_idle_one(host: Host) -> None:
    waiting = await host.wait()
    clients = [await host.connect() for _ in range(MANY)]

    assert await clients[0].ends()
    host.invoke()
    assert (await waiting.answer()).status == 200
    assert (await host.call("POST", response_path(), b"1")).status == 202


async def test_many_clients_that_hang_up_anywhere_leave_nothing(host: Host) -> None:
    chance = random.Random(1)
    whole = [
        head("GET", NEXT, {}),
        head("POST", response_path(), {"Content-Length": "20"}) + b"x" * 20,
        head("POST", error_path(), {"Transfer-Encoding": "chunked"}) + b"2\r\n{}\r\n0\r\n\r\n",
        head("POST", INIT_ERROR, {"Content-Length": "2"}) + b"{}",
    ]
    host.invoke()
    for _ in range(500):
        client = await host.connect()
        request = chance.choice(whole)
        client.send(request[: chance.randrange(len(request) + 1)])
        if chance.random() < 0.5:
            client.say_no_more()
        if chance.random() < 0.9:
            client.hang_up()
    # Whatever state that has left it in: what remains is the next runtime's.
    host.restart()


async def test_a_runtime_that_leaves_with_a_request_behind_its_call_is_given_no_event(
    host: Host,
) -> None:
    gone = await host.wait()
    gone.send(head("GET", "/2018-06-01/ping", {}) * 3)
    assert (await host.call("GET", "/2018-06-01/ping")).body == b"pong"
    gone.hang_up()
    runtime = await host.wait()
    host.invoke()

    assert (await runtime.answer()).body == EVENT
    runtime.request("POST", response_path(), b"1")
    assert (await runtime.answer()).status == 202


async def test_closing_the_api_ends_every_connection(host: Host) -> None:
    async with environment_host() as ending:
        waiting = await ending.wait()
        ending.api.close()
        assert await waiting.ends()
        name, _, port = ending.api.address.partition(":")
        with pytest.raises(ConnectionRefusedError):
            await soon(asyncio.open_connection(name, int(port)))


async def test_an_api_may_be_closed_before_it_was_ever_used(host: Host) -> None:
    async with environment_host() as ending:
        ending.api.close()
        ending.api.close()


METHODS = some.sampled_from(["GET", "POST", "PUT", "HEAD", "CONNECT", "PRI"])
PATHS = some.one_of(
    some.sampled_from([NEXT, INIT_ERROR, response_path(), error_path(), "/2018-06-01/ping"]),
    some.text(max_size=40),
)
HEADERS = some.lists(
    some.one_of(
        some.sampled_from(
            [
                "Content-Length: 5",
                "Content-Length: 7",
                "Content-Length: 0",
                "Transfer-Encoding: chunked",
                "Connection: close",
                "Connection: Upgrade",
                "Upgrade: h2c",
                "Expect: 100-continue",
                "Trailer: Lambda-Runtime-Function-Error-Type",
                "Lambda-Runtime-Function-Response-Mode: streaming",
                "Lambda-Runtime-Function-Response-Mode: nonsense",
                "Content-Type: application/vnd.aws.lambda.error.cause+json",
                "Host: 127.0.0.1",
                "Origin: null",
            ]
        ),
        some.text(max_size=20),
    ),
    max_size=6,
)
BODIES = some.one_of(
    some.binary(max_size=50),
    some.sampled_from(
        [b"5\r\nhello\r\n0\r\n\r\n", b"hello", b"ffffffffff\r\n", b"0\r\nX: y\r\n\r\n"]
    ),
)


@given(requests=some.lists(some.tuples(METHODS, PATHS, HEADERS, BODIES), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_bytes_bring_it_down(requests: list[tuple[str, str, list[str], bytes]]) -> None:
    async def send_all() -> None:
        failures: list[object] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: failures.append(context))
        async with environment_host() as host:
            host.invoke()
            for method, path, headers, body in requests:
                client = await host.connect()
                lines = [f"{method} {path} HTTP/1.1", *headers, "", ""]
                client.send("\r\n".join(lines).encode("utf-8", "replace") + body)
                client.say_no_more()
            assert (await host.call("GET", "/2018-06-01/ping")).body == b"pong"
            host.restart()
            await serves_its_runtime(host)
        assert failures == []

    asyncio.run(send_all())
