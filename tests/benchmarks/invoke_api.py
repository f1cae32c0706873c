"""The Invoke API over HTTP: one warm keep-alive connection, and several callers at a time."""

from __future__ import annotations

import json
import select
import socket
import statistics
import time
from collections.abc import Sequence

from .lambda_servers import (
    CARGO_LAMBDA,
    EMULATOR,
    LAMBDA_TUI,
    SERVERLESS_OFFLINE,
    LambdaServer,
    latency_rows,
    running_servers,
)
from .peer_function import receive
from .placement import placed, placements
from .rows import Effort, Row, short, spread

SIZES = {"1 KB": (1_000, 1), "1 MB": (1_000_000, 10), "5.9 MB": (5_900_000, 40)}
"""Bytes of the event, and of how many calls of 1 KB one such call takes the place."""
CALLERS = (1, 4, 16)
FACTOR = 1.5
PEER_RATIO = 6_543 / 1_797
"""serverless-offline with 16 callers to AWS's emulator with one, on the day it was measured.

On two cores; what it makes of one is only known where it runs beside.
"""
WARM_UP = 10
"""Rounds' time for which servers are driven first: those that compile while they run need it."""


def measure(effort: Effort) -> list[Row]:
    """Rows for each server at each size and number of callers, in each placement."""
    rows = []
    for placement in placements():
        # The system places the processes, or all of them share a core.
        cores = placement.front if placement.front == placement.back else frozenset[int]()
        with placed(cores), running_servers(cores) as servers:
            rows += _latencies(servers, placement.name, effort)
            rows += _rates(servers, placement.name, effort, is_one_core=bool(cores))
    return rows


def _latencies(servers: Sequence[LambdaServer], place: str, effort: Effort) -> list[Row]:
    rows = []
    for label, (size, weight) in SIZES.items():
        calls = max(effort.calls // weight, 2)
        times: dict[str, list[float]] = {server.name: [] for server in servers}
        callers = [Caller(server, size) for server in servers]
        for _ in range(effort.rounds):
            for caller in callers:
                times[caller.server.name].append(caller.median_ms(calls))
        for caller in callers:
            caller.close()
        rows += latency_rows(f"Invoke API, {label}, {place}", times, CARGO_LAMBDA)
    return rows


def _rates(
    servers: Sequence[LambdaServer], place: str, effort: Effort, *, is_one_core: bool
) -> list[Row]:
    rates: dict[tuple[str, int], list[float]] = {}
    for server in servers:
        if server.name != EMULATOR:
            calls_per_second(server, max(CALLERS), WARM_UP * effort.seconds)
    for _ in range(effort.rounds):
        for server in servers:
            # A second caller at the same time is the emulator's end.
            for callers in CALLERS[:1] if server.name == EMULATOR else CALLERS:
                rate = calls_per_second(server, callers, effort.seconds)
                rates.setdefault((server.name, callers), []).append(rate)
    single = rates.get((EMULATOR, 1))
    peer = rates.get((SERVERLESS_OFFLINE, max(CALLERS)))
    limit = None
    if is_one_core and peer:
        limit = FACTOR * statistics.median(peer)
    elif not is_one_core and single:
        limit = FACTOR * PEER_RATIO * statistics.median(single)
    rows = []
    for (name, callers), values in rates.items():
        figure = statistics.median(values)
        is_limited = limit is not None and name == LAMBDA_TUI and callers == max(CALLERS)
        what = f"{callers} caller{'s' if callers > 1 else ''}"
        rows.append(
            Row(
                f"Invoke API, {what}, {place}" if name == LAMBDA_TUI else f"  {name}, {what}",
                figure,
                "invocations/s",
                spread(values),
                figure / statistics.median(single) if single else None,
                f"{short(limit)}/s: {FACTOR} × best peer" if is_limited and limit else "",
                figure >= limit if is_limited and limit else None,
            )
        )
    return rows


def request(server: LambdaServer, size: int) -> bytes:
    """Return an invocation with an event of this size."""
    event = b'{"data":"' + b"x" * (size - 11) + b'"}'
    head = (
        f"POST /2015-03-31/functions/{server.function}/invocations HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{server.port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(event)}\r\n\r\n"
    )
    return head.encode() + event


class Caller:
    """One keep-alive connection, blocking."""

    def __init__(self, server: LambdaServer, size: int) -> None:
        self.server = server
        self._request = request(server, size)
        self._end = _connect(server)
        self.median_ms(2)

    def median_ms(self, calls: int) -> float:
        """Return the median of some calls, one after the other."""
        times = []
        for _ in range(calls):
            began = time.perf_counter()
            self._end.sendall(self._request)
            _, body = receive(self._end)
            times.append(time.perf_counter() - began)
            if json.loads(body) != {"n": 1}:
                raise RuntimeError(f"{self.server.name} answered {body[:200]!r}")
        return statistics.median(times) * 1000

    def close(self) -> None:
        """Hangs up."""
        self._end.close()


def calls_per_second(server: LambdaServer, callers: int, seconds: float) -> float:
    """So many callers, each sending its next request of 1 KB when it has its answer."""
    message = request(server, SIZES["1 KB"][0])
    ends = {end.fileno(): end for end in (_connect(server) for _ in range(callers))}
    answers = select.epoll()
    for descriptor, end in ends.items():
        answers.register(descriptor, select.EPOLLIN)
        end.sendall(message)
    count = 0
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        for descriptor, _ in answers.poll(1):
            receive(ends[descriptor])
            ends[descriptor].sendall(message)
            count += 1
    rate = count / (time.perf_counter() - began)
    for end in ends.values():
        # The last answer is awaited, so that nothing runs into the next measure.
        receive(end)
        end.close()
    answers.close()
    return rate


def _connect(server: LambdaServer) -> socket.socket:
    end = socket.create_connection(("127.0.0.1", server.port))
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    end.settimeout(30)
    return end
