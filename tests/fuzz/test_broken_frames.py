"""Whatever a function writes to its runtime's descriptors, it harms its own invocation alone."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from pathlib import Path
from typing import Any, get_args

import msgpack

from fuzz.fuzzing import LONG_ENOUGH, ROUNDS, caught_errors, changed, new_chance
from lambda_tui.engine.wire import FrameKind, RuntimeChannel, RuntimeFrame, socket_pair
from support import SECONDS
from support.files import PROJECTS, write_program
from support.workbench import Open, Workbench

pytestmark = LONG_ENOUGH

STREAMS = 400
INVOCATIONS = 16
KINDS = [*get_args(FrameKind), "invoke", "", "\ud83d", 7]
TAKEN_OVER = """
import os, time, urllib.parse

def descriptors():
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        if target.startswith(("socket:", "pipe:")) and int(name) != 0:
            yield int(name)

def lambda_handler(event, context):
    for text in event.get("writes", ()):
        data = bytes.fromhex(text).replace(b"REQUEST-ID", context.aws_request_id.encode())
        for descriptor in descriptors():
            try:
                os.set_blocking(descriptor, False)
                os.write(descriptor, data)
            except OSError:
                pass
    if event.get("end") == "exit":
        os._exit(3)
    if event.get("end") == "child" and os.fork() == 0:
        time.sleep(1000)
    return "fine"
"""
FLOODS = """
import os, struct
# A map of one key: {"kind": "next"}.
FRAME = bytes.fromhex("81a46b696e64a46e657874")
FRAMES = (struct.pack("!II", len(FRAME), 0) + FRAME) * 2000

def lambda_handler(event, context):
    if not event:
        return "fine"
    channel = max(int(name) for name in os.listdir("/proc/self/fd") if int(name) > 900)
    if os.fork() == 0:
        while True:
            os.write(channel, FRAMES)
    os._exit(3)
"""


def any_value(chance: random.Random, depth: int = 0) -> Any:
    """Return any value that msgpack can have."""
    match chance.randrange(12 if depth < 3 else 9):
        case 0:
            return None
        case 1:
            return chance.choice([True, False])
        case 2:
            return chance.choice([0, -1, 1 << 63, (1 << 64) - 1, -(1 << 63), 1 << 41])
        case 3:
            return chance.choice([0.0, -1.0, float("nan"), float("inf"), 1e308])
        case 4:
            return chance.choice(["", "REQUEST-ID", "a\r\nb", "x" * 5000, "\0"])
        case 5:
            return chance.randbytes(chance.randrange(50))
        case 6:
            return msgpack.ExtType(chance.randrange(128), chance.randbytes(4))
        case 7:
            return chance.choice(KINDS[:-2])
        case 8:
            return chance.random()
        case 9:
            return [any_value(chance, depth + 1) for _ in range(chance.randrange(5))]
        case _:
            return {chance.choice("abc"): any_value(chance, depth + 1) for _ in range(3)}


def frame(chance: random.Random) -> bytes:
    """Return a frame that is hardly valid: any kind, any type in any place, any length."""
    message: Any = {"kind": chance.choice(KINDS[:-2]), "request_id": "REQUEST-ID"}
    for name in chance.sample(RuntimeFrame.__struct_fields__, chance.randrange(4)):
        message[name] = any_value(chance)
    if chance.random() < 0.1:
        message = any_value(chance)
    packed = b"\x91" * 5000 if chance.random() < 0.05 else _packed(message)
    payload = chance.randbytes(chance.choice([0, 0, 5, 70_000]))
    sizes = [len(packed), len(payload)]
    if chance.random() < 0.2:
        place, size = (
            chance.randrange(2),
            chance.choice([0, 1, 0xFFFF, 0x10000, 8 << 20, 0xFFFFFFFF]),
        )
        sizes[place] = size
    return struct.pack("!II", *sizes) + packed + payload


def _packed(message: Any) -> bytes:
    try:
        return bytes(msgpack.packb(message))
    except (ValueError, TypeError, UnicodeEncodeError):
        # It has what msgpack cannot.
        return b"\xc1"


def written(chance: random.Random) -> bytes:
    """Return what is written at once: some frames, changed or not."""
    frames = [frame(chance) for _ in range(chance.randint(1, 3))]
    data = b"".join(frames)
    return changed(chance, data, frames, [b"\xc1", b"\0" * 8, b"\xff" * 8, b"\xdf\xff\xff\xff\xff"])


async def test_a_channel_takes_any_bytes_and_learns_of_its_end() -> None:
    chance = new_chance()
    errors = caught_errors()
    for _ in range(ROUNDS * STREAMS):
        ours, theirs = socket_pair()
        frames: list[RuntimeFrame] = []
        channel = RuntimeChannel(ours, frames.append, lambda: None, is_forked=True)
        theirs.setblocking(False)
        await _write(theirs, written(chance))
        if chance.random() < 0.3:
            channel.drain()
        theirs.close()
        # It closes at the latest when it has read the end.
        channel.drain()
        channel.drain()
        assert ours.fileno() == -1
        assert errors == []


async def _write(end: socket.socket, data: bytes) -> None:
    try:
        async with asyncio.timeout(SECONDS):
            await asyncio.get_running_loop().sock_sendall(end, data)
    except ConnectionError:
        # The channel has had enough.
        pass


async def test_a_function_that_writes_anything_anywhere_harms_itself_alone(
    open_project: Open,
) -> None:
    chance = new_chance()
    workbench = await open_project(TAKEN_OVER, timeout=1, maximum_environments=8)
    errors = caught_errors()
    for _ in range(ROUNDS * INVOCATIONS // 4):
        events = [
            {
                "writes": [written(chance).hex() for _ in range(chance.randint(1, 3))],
                "end": chance.choice(["", "", "exit", "child"]),
            }
            for _ in range(4)
        ]
        outcomes = await asyncio.gather(*map(workbench.invoke, events))
        assert all(one.status in ("success", "error", "timeout") for one in outcomes), events
        await is_well(workbench)
        workbench.events.clear()
        assert errors == []


async def is_well(workbench: Workbench) -> None:
    """Wait until a new environment has served: one in use may still have words in its pipe."""
    workbench.pool.reinitialise()
    outcome = await workbench.invoke({})
    while outcome.status != "success":
        outcome = await workbench.invoke({})


async def test_a_child_that_writes_without_an_end_does_not_hold_the_engine(
    open_project: Open, tmp_path: Path
) -> None:
    # Beside an extension it outlives its runtime for a while.
    recorder = (PROJECTS / "extensions" / "bash-recorder").read_text()
    write_program(tmp_path / "layers" / "extensions" / "recorder", recorder)
    workbench = await open_project(FLOODS, layers_directory=tmp_path / "layers")

    outcome = await workbench.invoke({"flood": True})

    assert outcome.status == "error"
    assert await workbench.answer({}) == "fine"
