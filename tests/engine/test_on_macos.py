"""The engine's own part of running on macOS, with the processes of Linux."""

from __future__ import annotations

import asyncio
import os
import sys

import psutil
import pytest

from lambda_tui.engine.wire import Channel, socket_pair
from lambda_tui.engine.wire import channel as channel_module
from support import SECONDS
from support.workbench import Open

RETURNS_ENVIRONMENT = """
import os
def lambda_handler(event, context):
    return dict(os.environ)
"""
FORK_SAFETY = "OBJC_DISABLE_INITIALIZE_FORK_SAFETY"


def nothing(*_arguments: object) -> None:
    pass


async def send_write_end(bound: float, monkeypatch: pytest.MonkeyPatch) -> tuple[Channel, int]:
    """Send the write end of a pipe to nobody who keeps it; return the channel and the read end."""
    monkeypatch.setattr(channel_module, "_FLIGHT_SECONDS", bound)
    ours, theirs = socket_pair()
    channel = Channel(ours, nothing, nothing)
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    channel.send({"kind": "start"}, descriptors=[write_end])
    os.close(write_end)
    # With it goes what it has not read.
    theirs.close()
    return channel, read_end


def is_held(read_end: int) -> bool:
    try:
        return os.read(read_end, 1) != b""
    except BlockingIOError:
        return True


@pytest.mark.parametrize("system", ["darwin", "linux"])
async def test_on_macos_descriptors_stay_open_until_they_have_certainly_arrived(
    monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    channel, read_end = await send_write_end(SECONDS, monkeypatch)

    assert is_held(read_end) == (system == "darwin")
    channel.close()
    assert not is_held(read_end)
    os.close(read_end)


async def test_descriptors_in_flight_are_closed_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    channel, read_end = await send_write_end(0.01, monkeypatch)
    closed = asyncio.Event()
    asyncio.get_running_loop().add_reader(read_end, closed.set)

    async with asyncio.timeout(SECONDS):
        await closed.wait()
    assert not is_held(read_end)
    asyncio.get_running_loop().remove_reader(read_end)
    os.close(read_end)
    channel.close()


@pytest.mark.parametrize("level", ["processes"])
async def test_objective_c_allows_forks_and_functions_do_not_see_why(
    open_project: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    workbench = await open_project(RETURNS_ENVIRONMENT)

    assert FORK_SAFETY not in await workbench.answer(None)
    zygote = psutil.Process(workbench.environment.pid).parent()
    assert zygote is not None
    assert zygote.environ()[FORK_SAFETY] == "YES"
