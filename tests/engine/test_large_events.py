"""Large events reach a Python function whole, whichever way they go."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
from pathlib import Path

import pytest

from lambda_tui import limits
from lambda_tui.engine.invocation import Payload
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.wire import LARGE_EVENT
from support import SECONDS
from support.workbench import Open, Workbench, response_of

DIGESTS = """
import hashlib
def lambda_handler(event, context):
    try:
        with open("/proc/self/maps") as maps:
            is_shared = "memfd:event" in maps.read()
    except FileNotFoundError:
        is_shared = False
    digest = hashlib.sha256(event["text"].encode("utf-8", "surrogatepass")).hexdigest()
    return [digest, is_shared]
"""
DIES = """
import os
def lambda_handler(event, context):
    if event["text"].startswith("die"):
        os._exit(1)
    return len(event["text"])
"""
HOLDS = """
import os
held = []
def lambda_handler(event, context):
    if "text" in event:
        return len(event["text"])
    while held:
        os.close(held.pop())
    if "left" in event:
        while True:
            try:
                held.append(os.dup(1))
            except OSError:
                break
        for _ in range(event["left"]):
            os.close(held.pop())
"""
SIZES = (LARGE_EVENT - 1, LARGE_EVENT, LARGE_EVENT + 1, 1 << 20, limits.EVENT_BYTES)


def _event(size: int, letter: str = "x") -> bytes:
    """Return an object with a text, ``size`` bytes long."""
    room = size - len('{"text":""}')
    text = letter * (room // len(letter.encode()))
    return b'{"text":"%s"}' % (text.encode() + b"." * (room - len(text.encode())))


async def _invoke(workbench: Workbench, payload: Payload) -> object:
    invocation = workbench.pool.invoke(payload)
    await asyncio.wait_for(invocation.wait(), SECONDS)
    assert invocation.status == "success", invocation.response
    return response_of(invocation)


def _digest(payload: bytes) -> str:
    return hashlib.sha256(json.loads(payload)["text"].encode("utf-8", "surrogatepass")).hexdigest()


@pytest.mark.also_on_macos
@pytest.mark.parametrize("letter", ["x", "é", "𝄞", "\\ud800"])
async def test_events_of_every_size_are_what_was_sent(open_project: Open, letter: str) -> None:
    workbench = await open_project(DIGESTS, memory_size=512)
    for size in SIZES:
        payload = _event(size, letter)
        assert len(payload) == size
        answer = await _invoke(workbench, payload)
        assert isinstance(answer, list)
        assert answer[0] == _digest(payload)


@pytest.mark.also_on_macos
async def test_an_event_with_a_byte_order_mark_is_read_whatever_its_size(
    open_project: Open,
) -> None:
    workbench = await open_project(DIGESTS, memory_size=512)
    for size in (1_000, 1 << 20):
        payload = _event(size)
        answer = await _invoke(workbench, "\ufeff".encode() + payload)
        assert isinstance(answer, list)
        assert answer[0] == _digest(payload)


async def test_memory_is_shared_only_from_a_large_event_to_the_next_small_one(
    open_project: Open,
) -> None:
    workbench = await open_project(DIGESTS, memory_size=512)
    seen = []
    for size in (1_000, 1 << 20, 2 << 20, 1_000, 1 << 20):
        answer = await _invoke(workbench, _event(size))
        assert isinstance(answer, list)
        seen.append(answer[1])
    assert seen == [False, True, True, False, True]


@pytest.mark.parametrize("left", [0, 1])
async def test_an_event_without_descriptors_for_it_fails_alone(
    open_project: Open, left: int
) -> None:
    workbench = await open_project(HOLDS, memory_size=512)
    payload = _event(1 << 20)
    await _invoke(workbench, b'{"left":%d}' % left)
    failed = workbench.pool.invoke(payload)
    await asyncio.wait_for(failed.wait(), SECONDS)
    error = response_of(failed)
    assert error["errorType"] == "Runtime.UnmarshalError"
    assert "Too many open files" in error["errorMessage"]
    await _invoke(workbench, b"{}")
    length = await _invoke(workbench, payload)
    assert length == len(payload) - len('{"text":""}')
    await _invoke(workbench, b'{"left":0}')
    assert await _invoke(workbench, _event(1_000)) == 1_000 - len('{"text":""}')
    assert workbench.environment.invocations == 6


async def test_memory_that_is_mapped_needs_no_more_descriptors(open_project: Open) -> None:
    workbench = await open_project(HOLDS, memory_size=512)
    hold = b'{"left":0,"more":"%s"}' % (b"x" * LARGE_EVENT)
    await _invoke(workbench, hold)
    payload = _event(1 << 20)
    assert await _invoke(workbench, payload) == len(payload) - len('{"text":""}')


@pytest.mark.also_on_macos
@pytest.mark.parametrize("size", [1_000, 1 << 20])
async def test_what_is_no_text_fails_alone_whatever_its_size(open_project: Open, size: int) -> None:
    workbench = await open_project(HOLDS, memory_size=512)
    failed = workbench.pool.invoke(_event(size - 1) + b"\xff")
    await asyncio.wait_for(failed.wait(), SECONDS)
    assert response_of(failed)["errorType"] == "Runtime.UnmarshalError"


async def test_an_environment_that_is_reset_lets_its_shared_memory_go(open_project: Open) -> None:
    workbench = await open_project(DIES, memory_size=512)
    for _ in range(3):
        assert await _invoke(workbench, _event(1 << 20)) == (1 << 20) - len('{"text":""}')
        assert _shared_memories() > 0
        died = workbench.pool.invoke(b'{"text":"die' + _event(1 << 20)[9:])
        await asyncio.wait_for(died.wait(), SECONDS)
        assert died.status == "error"
        await workbench.until_state(State.RESET)
        assert _shared_memories() == 0


@pytest.mark.parametrize("name", ["os.memfd_create", "fcntl.F_ADD_SEALS"])
async def test_a_python_that_shares_no_memory_sends_large_events_too(
    open_project: Open, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delattr(name)
    workbench = await open_project(DIGESTS, memory_size=512)
    payload = _event(1 << 20)
    assert await _invoke(workbench, payload) == [_digest(payload), False]


async def test_memory_that_cannot_be_mapped_is_given_back(
    open_project: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr("mmap.mmap", refuse)
    workbench = await open_project(DIGESTS, memory_size=512)
    payload = _event(1 << 20)
    assert await _invoke(workbench, payload) == [_digest(payload), False]
    assert _shared_memories() == 0


def _shared_memories() -> int:
    """Descriptors of this process that are memory for events."""
    links = []
    for descriptor in os.listdir("/proc/self/fd"):
        path = Path("/proc/self/fd") / descriptor
        if path.is_symlink():
            links.append(os.readlink(path))
    return sum("memfd:event" in link for link in links)
