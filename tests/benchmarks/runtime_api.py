"""A warm invocation of a runtime over the Runtime API: AWS's own client, here and elsewhere."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from .invoke_api import SIZES, Caller
from .lambda_servers import EMULATOR, LAMBDA_TUI, LambdaServer, running_clients
from .placement import placed, placements
from .rows import Effort, Row, spread


def measure(effort: Effort) -> list[Row]:
    """Rows for each server at each size of the event, in each placement."""
    rows = []
    for placement in placements():
        cores = placement.front if placement.front == placement.back else frozenset[int]()
        with placed(cores), running_clients(cores) as servers:
            for label, (size, weight) in SIZES.items():
                calls = max(effort.calls // weight, 2)
                times = _times(servers, size, calls, effort.rounds)
                rows += _rows(f"awslambdaric, {label}, {placement.name}", times)
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


def _rows(measure: str, times: dict[str, list[float]]) -> list[Row]:
    emulator = times.get(EMULATOR)
    limit = statistics.median(emulator) if emulator else None
    rows = []
    for name, values in times.items():
        figure = statistics.median(values)
        is_ours = name == LAMBDA_TUI and limit is not None
        rows.append(
            Row(
                measure if name == LAMBDA_TUI else f"  {name}",
                figure,
                "ms",
                spread(values),
                figure / limit if limit else None,
                "under AWS's emulator" if is_ours else "",
                figure < limit if is_ours and limit else None,
            )
        )
    return rows
