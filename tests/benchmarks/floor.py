"""The floor: a bare msgpack ping-pong between two processes, over the frames' own socket pair."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgpack

from lambda_tui.engine.wire import socket_pair

from .echo import HEADER
from .placement import Placement, placed, placements
from .rows import Effort, Row, median_row

MESSAGE = {
    "kind": "invoke",
    "request_id": "8e6f3b1c-5a0d-4a52-9a3e-0d6d2f1c7b44",
    "deadline_ms": 1_900_000_000_000,
    "function_arn": "arn:aws:lambda:us-east-1:123456789012:function:trivial",
}
"""A message as large as an invocation's."""


class Floor:
    """The near end: blocking, C msgpack, no event loop."""

    def __init__(self, placement: Placement) -> None:
        self._end, theirs = socket_pair()
        self._end.setblocking(True)
        command = [sys.executable, str(Path(__file__).with_name("echo.py")), str(theirs.fileno())]
        with placed(placement.back):
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
        theirs.close()
        self._placement = placement
        self.round_trip_us(10)

    def round_trip_us(self, calls: int) -> float:
        """Return the median of some round trips, in microseconds."""
        pack, unpack, end = msgpack.Packer().pack, msgpack.unpackb, self._end
        times = []
        with placed(self._placement.front):
            for _ in range(calls):
                began = time.perf_counter()
                packed = pack(MESSAGE)
                end.sendall(HEADER.pack(len(packed)) + packed)
                answer = unpack(memoryview(end.recv(65536))[HEADER.size :])
                times.append(time.perf_counter() - began)
                if answer != MESSAGE:
                    raise AssertionError(f"the echo answered {answer}")
        return statistics.median(times) * 1e6

    def close(self) -> None:
        """End the echo."""
        self._end.close()
        self._process.wait()


@contextmanager
def running_floor(placement: Placement) -> Iterator[Floor]:
    """Start an echo to measure the floor with."""
    floor = Floor(placement)
    try:
        yield floor
    finally:
        floor.close()


def measure(effort: Effort) -> list[Row]:
    """Return a row for each placement."""
    rows = []
    for placement in placements():
        with running_floor(placement) as floor:
            times = [floor.round_trip_us(effort.calls) for _ in range(effort.rounds)]
        rows.append(median_row(f"floor: msgpack ping-pong, {placement.name}", times, "µs"))
    return rows
