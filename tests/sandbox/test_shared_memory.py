"""Memory that processes share counts towards the memory size, wherever it is kept."""

from __future__ import annotations

import pytest

from lambda_tui.engine import events
from support.workbench import Open, response_of

TAKES_SHARED = """
import ctypes, mmap, os, time

def write_all(number, size):
    block = b"x" * (1 << 20)
    for _ in range(size >> 20):
        os.write(number, block)

def take_file(size):
    number = os.memfd_create("taken")
    write_all(number, size)
    return number

def take_mapping(size):
    mapping = mmap.mmap(-1, size)
    mapping[::4096] = b"x" * len(mapping[::4096])
    return mapping

def take_segment(size):
    libc = ctypes.CDLL(None)
    libc.shmat.restype = ctypes.c_void_p
    number = libc.shmget(0, ctypes.c_size_t(size), 0o1600)
    address = libc.shmat(number, None, 0)
    ctypes.memset(address, 1, size)
    libc.shmdt(ctypes.c_void_p(address))
    return number

def take_in_children(size):
    mapping = mmap.mmap(-1, size)
    for _ in range(2):
        if os.fork() == 0:
            mapping[::4096] = b"x" * len(mapping[::4096])
            time.sleep(1000)

def lambda_handler(event, context):
    if event is None:
        return "fine"
    kind, megabytes = event
    kept = globals()["take_" + kind](megabytes << 20)
    time.sleep(1 if megabytes < 100 else 20)
    return kind
"""


@pytest.mark.parametrize("kind", ["file", "mapping", "segment", "in_children"])
async def test_shared_memory_beyond_the_memory_size_ends_the_function(
    open_project: Open, kind: str
) -> None:
    workbench = await open_project(TAKES_SHARED, memory_size=128, timeout=60)

    invocation = await workbench.invoke([kind, 300])

    if kind == "in_children":
        # The largest process goes, as it does for memory of its own, and there are two.
        assert invocation.report is not None
        assert invocation.report.max_memory_used_mb == 128
    else:
        assert response_of(invocation)["errorType"] == "Runtime.ExitError"
        assert response_of(invocation)["errorMessage"].endswith("signal: killed")
        (report,) = workbench.records(events.Report)
        assert report.error_type == "Runtime.OutOfMemory"
    # Also where what was taken would outlive the processes.
    assert await workbench.answer() == "fine"


@pytest.mark.parametrize("kind", ["file", "mapping", "segment"])
async def test_shared_memory_is_part_of_what_is_reported(open_project: Open, kind: str) -> None:
    workbench = await open_project(TAKES_SHARED, memory_size=512)
    await workbench.answer()

    assert await workbench.answer([kind, 80]) == kind

    before, after = workbench.records(events.Report)
    assert 80 <= after.max_memory_used_mb - before.max_memory_used_mb <= 100
