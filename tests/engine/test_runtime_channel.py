"""A quick answer is read before the loop begins anything else; slow ones are not waited for."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

import pytest

from lambda_tui.engine.wire import Channel, RuntimeChannel, socket_pair


class Exchange:
    """A channel and its other end, and the order in which things happen."""

    def __init__(self) -> None:
        ours, theirs = socket_pair()
        theirs.setblocking(False)
        self._seen: asyncio.Queue[str] = asyncio.Queue()
        self.channel = RuntimeChannel(
            ours, lambda *_: self._seen.put_nowait("answer"), _nothing, is_forked=True
        )
        self._runtime = Channel(theirs, _nothing, _nothing)

    async def first(self, *, is_quick: bool = True) -> str:
        """Return whether ``answer`` of an invocation or ``other`` work of the loop comes first."""
        self.channel.send({"kind": "invoke"}, b"{}")
        if is_quick:
            self._runtime.send({"kind": "response"}, b"{}")
        asyncio.get_running_loop().call_soon(self._seen.put_nowait, "other")
        async with asyncio.timeout(10):
            first = await self._seen.get()
            if not is_quick:
                self._runtime.send({"kind": "response"}, b"{}")
            await self._seen.get()
        return first

    def close(self) -> None:
        self.channel.close()
        self._runtime.close()


def _nothing(*_arguments: object) -> None:
    """Nobody is told."""


@pytest.fixture
async def exchange(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Exchange]:
    """On a machine with two cores, whatever this one has."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1}, raising=False)
    exchange = Exchange()
    yield exchange
    exchange.close()


async def test_a_quick_answer_comes_before_anything_else(exchange: Exchange) -> None:
    assert [await exchange.first() for _ in range(5)] == ["answer"] * 5


async def test_each_slow_answer_in_a_row_lets_twice_as_many_go_by(exchange: Exchange) -> None:
    assert await exchange.first(is_quick=False) == "other"
    assert [await exchange.first() for _ in range(3)] == ["other", "answer", "answer"]
    assert await exchange.first(is_quick=False) == "other"
    assert [await exchange.first(is_quick=False) for _ in range(2)] == ["other"] * 2
    firsts = [await exchange.first() for _ in range(5)]
    assert firsts == ["other"] * 3 + ["answer"] * 2


async def test_on_the_only_core_no_answer_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0}, raising=False)
    exchange = Exchange()
    assert [await exchange.first() for _ in range(3)] == ["other"] * 3
    exchange.close()
