"""A function that writes on channels which are not its own harms nobody but itself."""

from __future__ import annotations

import asyncio
import json
import os

import msgpack
import psutil
import pytest

from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.wire import init_process
from support import SECONDS
from support.workbench import Open, Workbench, response_of

pytestmark = pytest.mark.also_on_macos

WRITES_ON_ITS_CHANNEL = """
import ctypes, os, struct, time

def channel():
    return max(int(name) for name in os.listdir("/dev/fd") if int(name) > 900)

def lambda_handler(event, context):
    if "frame" in event:
        os.write(channel(), bytes.fromhex(event["frame"]))
        time.sleep(50)
    if "log" in event:
        os.write(1, bytes.fromhex(event["log"]) + b"\\nand a line\\n")
    if "answer" in event:
        os.write(channel(), bytes.fromhex(event["answer"]))
        os._exit(3)
    if "trace" in event:
        return ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0)
    return "fine"
"""

# Map of one key: {"kind": "response", "peak_memory_kb": "x"} and the like, as msgpack.
TEXT_FOR_A_NUMBER = "82a46b696e64a8726573706f6e7365ae7065616b5f6d656d6f72795f6b62a178"
INFINITY_FOR_A_NUMBER = (
    "82a46b696e64a8726573706f6e7365ae7065616b5f6d656d6f72795f6b62cb7ff0000000000000"
)
NO_KIND = "81a161a162"
NO_MAP = "93010203"


def framed(message: str, payload_size: int = 0) -> str:
    return f"{len(message) // 2:08x}{payload_size:08x}{message}"


@pytest.mark.parametrize(
    "frame",
    [
        "ffffffffffffffff",
        framed(NO_KIND, payload_size=0xF0000000),
        framed(NO_KIND),
        framed(NO_MAP),
        framed("c1c1c1c1"),
        framed(TEXT_FOR_A_NUMBER),
        framed(INFINITY_FOR_A_NUMBER),
    ],
    ids=[
        "a message without end",
        "a payload without end",
        "no kind",
        "no map",
        "no msgpack",
        "a text for a number",
        "infinity for a number",
    ],
)
async def test_a_frame_that_no_runtime_sends_ends_the_runtime(
    open_project: Open, frame: str
) -> None:
    workbench = await open_project(WRITES_ON_ITS_CHANNEL)

    invocation = await workbench.invoke({"frame": frame})

    assert response_of(invocation)["errorType"] == "Runtime.ExitError"
    assert await workbench.answer({}) == "fine"


@pytest.mark.rule("2.7.9")
@pytest.mark.parametrize("size", [1_000, 1_000_000])
async def test_an_answer_whose_runtime_ends_in_its_middle_is_truncated(
    open_project: Open, size: int
) -> None:
    workbench = await open_project(WRITES_ON_ITS_CHANNEL)
    invocation = workbench.pool.invoke(b"")
    message = msgpack.packb({"kind": "response", "request_id": invocation.request_id})
    invocation.payload = json.dumps({"answer": framed(message.hex(), size) + "22" * 500}).encode()
    await workbench.until(lambda: invocation.is_over)

    assert response_of(invocation)["errorType"] == "Runtime.TruncatedResponse"
    assert invocation.report is not None
    assert invocation.report.error_type == "Runtime.ExitError"
    assert await workbench.answer({}) == "fine"


@pytest.mark.parametrize("cut", [4, 8, 20])
async def test_an_end_before_the_answer_has_said_what_it_is_is_an_exit(
    open_project: Open, cut: int
) -> None:
    workbench = await open_project(WRITES_ON_ITS_CHANNEL)
    answer = framed(TEXT_FOR_A_NUMBER, 100)[: 2 * cut]
    invocation = await workbench.invoke({"answer": answer})
    assert response_of(invocation)["errorType"] == "Runtime.ExitError"


async def test_a_log_frame_without_end_is_text(open_project: Open) -> None:
    workbench = await open_project(WRITES_ON_ITS_CHANNEL)
    header = "a55a0003" + "ffffffff" + "00" * 8

    assert await workbench.answer({"log": header}) == "fine"

    assert "and a line" in workbench.log()


@pytest.mark.parametrize("level", ["namespaces"])
async def test_the_init_process_cannot_be_traced(open_project: Open) -> None:
    workbench = await open_project(WRITES_ON_ITS_CHANNEL)

    assert await workbench.answer({"trace": True}) == -1


async def test_an_init_process_that_does_not_obey_is_killed_from_outside(
    open_project: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(init_process, "GRACE_PERIOD", 0.2)
    workbench = await open_project(WRITES_ON_ITS_CHANNEL)
    await workbench.answer({})
    environment = await workbench.until_frozen()
    assert environment.pid is not None
    # Stopped from outside, it hears nothing.
    os.kill(environment.pid, 19)

    environment.kill()

    await workbench.until(lambda: environment.state is State.ENDED)
    assert await workbench.answer({}) == "fine"


LEAVES_ITS_FIRST_THREAD = """
import ctypes, threading, time
threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
def lambda_handler(event, context):
    if event == "leave":
        print("leaving", flush=True)
        ctypes.CDLL(None).pthread_exit(None)
    return "fine"
"""


async def test_a_runtime_without_its_first_thread_is_killed_all_the_same(
    open_project: Open,
) -> None:
    workbench = await open_project(LEAVES_ITS_FIRST_THREAD)
    invocation = workbench.pool.invoke(b'"leave"')
    await workbench.until(lambda: "leaving" in workbench.log())
    await workbench.until(lambda: first_thread_has_ended(workbench))

    workbench.environment.kill()

    await asyncio.wait_for(invocation.wait(), SECONDS)
    # The init process has done it, and was not killed itself for not obeying.
    assert workbench.environment.state is State.RESET
    assert await workbench.answer("stay") == "fine"


def first_thread_has_ended(workbench: Workbench) -> bool:
    init = psutil.Process(workbench.environment.pid)
    return [child.status() for child in init.children()] == [psutil.STATUS_ZOMBIE]
