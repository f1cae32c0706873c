"""Both ends of a channel speak the same frames."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_tui.engine.wire import Channel as EngineChannel
from lambda_tui.engine.wire import Message, socket_pair
from support.runtimes_package import load_module

frames = load_module("frames")

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
messages = st.dictionaries(st.sampled_from(["kind", "id", "at", "list", "map"]), values)
payloads = st.binary(max_size=2000)


@pytest.fixture
def channels() -> Iterator[tuple[Any, Any]]:
    ours, theirs = socket.socketpair()
    here, there = frames.Channel(ours.detach()), frames.Channel(theirs.detach())
    yield here, there
    here.close()
    there.close()


@given(st.lists(st.tuples(messages, payloads), max_size=6))
def test_frames_arrive_as_they_were_sent_and_in_order(sent: list[tuple[Message, bytes]]) -> None:
    ours, theirs = socket.socketpair()
    here, there = frames.Channel(ours.detach()), frames.Channel(theirs.detach())
    try:
        for message, payload in sent:
            here.send(message, payload)
        for message, payload in sent:
            assert there.receive() == (message, payload, [])
        assert not there.has_buffered_frame
    finally:
        here.close()
        there.close()
    assert there.fileno() == -1


@given(sent=st.lists(st.tuples(messages, payloads), min_size=1, max_size=4))
async def test_the_engine_and_what_runs_inside_understand_each_other(
    sent: list[tuple[Message, bytes]],
) -> None:
    ours, theirs = socket_pair()
    there = frames.Channel(theirs.detach())
    received: list[tuple[Message, bytes]] = []
    all_received, closed = asyncio.Event(), asyncio.Event()

    def note(message: Message, payload: bytes) -> None:
        received.append((message, payload))
        if len(received) == len(sent):
            all_received.set()

    here = EngineChannel(ours, note, closed.set)
    for message, payload in sent:
        here.send(message, payload)
    for message, payload in sent:
        frame = there.receive()
        assert frame == (message, payload, [])
        there.send(frame.message, frame.payload)
    await asyncio.wait_for(all_received.wait(), 60)
    assert received == sent
    there.close()
    await asyncio.wait_for(closed.wait(), 60)


@pytest.mark.parametrize("size", [0, 1, (1 << 16) - 1, 1 << 16, (1 << 20) + 1, 8_000_000])
async def test_a_payload_of_any_size_goes_both_ways(size: int) -> None:
    ours, theirs = socket_pair()
    there = frames.Channel(theirs.detach())
    payload = os.urandom(1 << 10) * (size // (1 << 10) + 1)
    payload = payload[:size]
    answer = asyncio.get_running_loop().create_future()
    here = EngineChannel(ours, lambda message, data: answer.set_result(data), lambda: None)

    def echo() -> None:
        frame = there.receive()
        there.send(frame.message, frame.payload)

    here.send({"kind": "first"}, payload)
    await asyncio.gather(asyncio.to_thread(echo), asyncio.wait_for(asyncio.shield(answer), 60))
    assert await answer == payload
    here.close()
    assert there.receive() is None
    there.close()


async def test_frames_behind_a_large_one_keep_their_order() -> None:
    ours, theirs = socket_pair()
    there = frames.Channel(theirs.detach())
    here = EngineChannel(ours, lambda *_: None, lambda: None)
    sizes = [10, 8_000_000, 10, 3_000_000, 0]
    for number, size in enumerate(sizes):
        here.send({"number": number}, bytes(size))
    received = await asyncio.wait_for(
        asyncio.to_thread(lambda: [there.receive() for _ in sizes]), 60
    )
    assert [(frame.message["number"], len(frame.payload)) for frame in received] == list(
        enumerate(sizes)
    )
    here.close()
    there.close()


async def test_descriptors_come_with_the_frame_that_they_were_sent_with() -> None:
    ours, theirs = socket_pair()
    there = frames.Channel(theirs.detach())
    here = EngineChannel(ours, lambda *_: None, lambda: None)
    pipes = [os.pipe() for _ in range(3)]
    here.send({"number": 0})
    here.send({"number": 1}, b"one", [pipes[0][1], pipes[1][1]])
    here.send({"number": 2}, b"two")
    here.send({"number": 3}, b"three", [pipes[2][1]])
    received = [there.receive() for _ in range(4)]
    assert [len(frame.descriptors) for frame in received] == [0, 2, 0, 1]
    arrived = [descriptor for frame in received for descriptor in frame.descriptors]
    for number, descriptor in enumerate(arrived):
        os.write(descriptor, b"through %d" % number)
        assert os.read(pipes[number][0], 100) == b"through %d" % number
    for descriptor in (*arrived, *(end for pipe in pipes for end in pipe)):
        os.close(descriptor)
    here.close()
    there.close()


async def test_descriptors_go_with_a_frame_that_has_to_wait_for_room() -> None:
    ours, theirs = socket_pair()
    there = frames.Channel(theirs.detach())
    here = EngineChannel(ours, lambda *_: None, lambda: None)
    read_end, write_end = os.pipe()
    here.send({"number": 0}, bytes(8_000_000))
    here.send({"number": 1}, b"", [write_end])
    first, second = await asyncio.wait_for(
        asyncio.to_thread(lambda: [there.receive(), there.receive()]), 60
    )
    assert (first.descriptors, len(second.descriptors)) == ([], 1)
    for descriptor in (read_end, write_end, *second.descriptors):
        os.close(descriptor)
    here.close()
    there.close()


def test_a_frame_that_came_with_another_is_known_to_be_there(channels: tuple[Any, Any]) -> None:
    here, there = channels
    here.send({"number": 0})
    here.send({"number": 1})
    assert not there.has_buffered_frame
    there.receive()
    assert there.has_buffered_frame
    there.receive()
    assert not there.has_buffered_frame


def test_a_closed_end_is_the_end_of_the_frames(channels: tuple[Any, Any]) -> None:
    here, there = channels
    here.send({"kind": "last"})
    here.close()
    assert there.receive().message == {"kind": "last"}
    assert there.receive() is None
    with pytest.raises(OSError, match="Broken pipe"):
        there.send({"kind": "too late"})


def test_half_a_frame_is_no_frame(channels: tuple[Any, Any]) -> None:
    here, there = channels
    os.write(here.fileno(), frames.HEADER.pack(10, 10) + b"half")
    here.close()
    assert there.receive() is None


async def test_the_engine_sends_nothing_to_an_end_that_has_gone() -> None:
    ours, theirs = socket_pair()
    closed = asyncio.Event()
    here = EngineChannel(ours, lambda *_: None, closed.set)
    theirs.close()
    here.send({"kind": "lost"})
    await asyncio.wait_for(closed.wait(), 60)
    here.send({"kind": "lost too"})
    here.close()


async def test_descriptors_come_with_the_frames_that_they_were_sent_with() -> None:
    ours, theirs = socket_pair()
    there = frames.Channel(theirs.detach())
    received: list[tuple[str, bytes]] = []
    all_came = asyncio.Event()

    def take(message: Message, payload: bytes) -> None:
        if message["kind"] == "plain":
            received.append(("plain", payload))
        else:
            with open(here.take_descriptor(), "rb") as file:
                received.append((message["kind"], file.read()))
        if len(received) == 3:
            all_came.set()

    here = EngineChannel(ours, take, lambda: None)
    here.takes_descriptors = True
    for kind in ("first", "plain", "second"):
        read_end, write_end = os.pipe()
        os.write(write_end, kind.encode())
        os.close(write_end)
        there.send({"kind": kind}, b"", [] if kind == "plain" else [read_end])
        os.close(read_end)
    await asyncio.wait_for(all_came.wait(), 5)
    assert received == [("first", b"first"), ("plain", b""), ("second", b"second")]
    here.close()
    there.close()


async def test_descriptors_that_nobody_takes_are_closed_with_the_channel() -> None:
    ours, theirs = socket_pair()
    there = frames.Channel(theirs.detach())
    came = asyncio.Event()
    here = EngineChannel(ours, lambda _message, _payload: came.set(), lambda: None)
    here.takes_descriptors = True
    read_end, write_end = os.pipe()
    there.send({"kind": "one"}, b"", [write_end])
    os.close(write_end)
    await asyncio.wait_for(came.wait(), 5)
    here.close()
    # Whoever still held the other end would keep this from being the end.
    os.set_blocking(read_end, False)
    assert os.read(read_end, 1) == b""
    os.close(read_end)
    there.close()
