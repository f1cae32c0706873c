"""Many clients, some of which hang up in the middle: no invocation is lost and nothing leaks.

``HANG_UPS`` in the environment sets how many invocations there are: 10,000 in a full run.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.apis.http import Connection, Server
from lambda_tui.apis.lambda_api import lambda_server
from lambda_tui.apis.lambda_api.invoke_responses import LogTail
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.invocation import REMEMBERED_INVOCATIONS, Invocation
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from support.lambda_api import invocations, write_project
from support.workbench import until

CLIENTS = 32
COUNT = int(os.environ.get("HANG_UPS", "600"))
LARGE = 300_000
MOST = 10 * CLIENTS
"""Environments: those whose callers have left serve on, on a loaded machine for a while."""


class Client:
    """Invokes again and again; now and then it leaves before it has its answer."""

    def __init__(self, serving: Server, seed: int) -> None:
        self.answered = 0
        self.begun = 0
        """Requests that were sent whole."""
        self._port = serving.port
        self._chance = random.Random(seed)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def run(self, numbers: list[int]) -> None:
        for number in numbers:
            await asyncio.wait_for(self._invoke(number), 120)
        self._hang_up()

    async def _invoke(self, number: int) -> None:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        filling = "x" * (LARGE if self._chance.random() < 0.1 else 10)
        event = json.dumps([number, filling]).encode()
        head = f"POST {invocations('echo')} HTTP/1.1\r\nHost: localhost\r\n"
        head += "X-Amz-Log-Type: Tail\r\n" if self._chance.random() < 0.3 else ""
        request = f"{head}Content-Length: {len(event)}\r\n\r\n".encode() + event
        fate = self._chance.random()
        if fate < 0.1:
            writer.write(request[: self._chance.randrange(len(request))])
            return self._hang_up()
        writer.write(request)
        await writer.drain()
        self.begun += 1
        if fate < 0.2:
            return self._hang_up()
        head_read = await reader.readuntil(b"\r\n\r\n")
        if fate < 0.25:
            return self._hang_up()
        size = int(head_read.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        assert json.loads(await reader.readexactly(size)) == [number, filling]
        self.answered += 1

    def _hang_up(self) -> None:
        if self._streams is not None:
            transport = self._streams[1].transport
            if self._chance.random() < 0.5:
                transport.abort()
            else:
                transport.close()
            self._streams = None


@pytest.mark.timeout(max(300, COUNT // 4))
async def test_clients_that_hang_up_disturb_nobody(tmp_path: Path, nothing_is_left: None) -> None:
    settings = Settings(watch=False, maximum_environments=MOST, idle_timeout=1000)
    engine = Engine(load_project(write_project(tmp_path)), settings, open_environment_api)
    await engine.start()
    serving = lambda_server(engine)
    serving.start(0)
    pool = engine.pools["echo"]

    clients = [Client(serving, seed) for seed in range(CLIENTS)]
    shares = [list(range(first, COUNT, CLIENTS)) for first in range(CLIENTS)]
    pairs = zip(clients, shares, strict=True)
    await asyncio.gather(*(client.run(share) for client, share in pairs))
    await _quiet(engine, serving)
    served = sum(environment.invocations for environment in pool.environments)

    # The system may have dropped a request whose sender left, even if all of it was sent.
    assert sum(client.answered for client in clients) <= served
    assert served <= sum(client.begun for client in clients)
    assert sum(client.answered for client in clients) > COUNT // 2
    assert pool.throttles == 0
    descriptors = _descriptors()
    environments = len(pool.environments)
    memory = psutil.Process().memory_info().rss

    for first in (100, 200, 300):
        # No more at a time than there are environments, however slowly each is served.
        again = [Client(serving, first + number) for number in range(environments)]
        await asyncio.gather(*(client.run([1]) for client in again))
        await _quiet(engine, serving)
    assert len(pool.environments) == environments
    # The sampler opens files for moments.
    await until(engine, lambda: _descriptors() <= descriptors)
    assert psutil.Process().memory_info().rss < memory + (32 << 20)
    assert _alive(Connection) == _alive(LogTail) == 0
    assert _alive(Invocation) <= REMEMBERED_INVOCATIONS
    await serving.close()
    await engine.close()


def _descriptors() -> int:
    """Open ones; but for the memory that an environment shares once it has had a large event."""
    links = []
    for descriptor in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):
            links.append(os.readlink(f"/proc/self/fd/{descriptor}"))
    return sum("memfd:event" not in link for link in links)


def _alive(kind: type[object]) -> int:
    gc.collect()
    return sum(isinstance(one, kind) for one in gc.get_objects())


async def _quiet(engine: Engine, serving: Server) -> None:
    """Waits until every connection is gone and every environment has answered."""
    environments = engine.pools["echo"].environments
    await until(
        engine,
        lambda: not serving.connections and all(one.invocation is None for one in environments),
    )
