"""A warm invocation of a runtime over the Runtime API: AWS's own client, here and elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from .invoke_api import SIZES, Caller
from .lambda_servers import EMULATOR, LambdaServer, latency_rows, running_clients
from .placement import placed, placements
from .rows import Effort, Row


def measure(effort: Effort) -> list[Row]:
    """Rows for each server at each size of the event, in each placement."""
    rows = []
    for placement in placements():
        cores = placement.front if placement.front == placement.back else frozenset[int]()
        with placed(cores), running_clients(cores) as servers:
            for label, (size, weight) in SIZES.items():
                calls = max(effort.calls // weight, 2)
                times = _times(servers, size, calls, effort.rounds)
                rows += latency_rows(f"awslambdaric, {label}, {placement.name}", times, EMULATOR)
    return rows


def _times(
    servers: Sequence[LambdaServer], size: int, calls: int, rounds: int
) -> dict[str, list[float]]:
    """Medians by the server's name, taken in turns."""
    callers = [Caller(server, size) for server in servers]
    times: dict[str, list[float]] = {server.name: [] for server in servers}
    for _ in range(rounds):
        for caller in callers:
            times[caller.server.name].append(caller.median_ms(calls))
    for caller in callers:
        caller.close()
    return times
