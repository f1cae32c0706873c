"""Nothing of an ended environment stays in memory, not even until a collection of all objects."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.runtime_kinds import EXTENSION_SETUPS, RUNTIME_KINDS, SETTINGS
from support.workbench import Open, Workbench

ROUNDS = 4
PARTS = (
    *("lambda_tui.engine.environment", "lambda_tui.engine.wire", "lambda_tui.engine.launch"),
    *("lambda_tui.engine.runtime_api", "lambda_tui.engine.snapshots", "lambda_tui.apis."),
    "lambda_tui.engine.event_loop",
)
ANSWERS = "def lambda_handler(event, context): return 1\n"

pytestmark = [
    pytest.mark.parametrize("level", ["namespaces"]),
    pytest.mark.usefixtures("unhurried_shutdown"),
]


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    """Leave everything that is in a circle of references where it is."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def counted() -> Counter[str]:
    """Return the number of objects of each class that an environment may consist of."""
    kinds = (type(one) for one in gc.get_objects())
    names = (f"{kind.__module__}.{kind.__qualname__}" for kind in kinds)
    return Counter(name for name in names if name.startswith(PARTS))


async def growth(workbench: Workbench) -> dict[str, int]:
    """Replace the environment again and again; return the classes with more objects each time."""
    pool = workbench.pool
    numbers = [0]

    async def replace(times: int) -> None:
        # Without a reference to an environment, which a condition in a closure would keep.
        for _ in range(times):
            assert (await workbench.invoke()).status == "success"
            await workbench.until_frozen()
            numbers[0] = pool.environments[0].number
            pool.change(pool.function, ("nothing",))
            await workbench.until(lambda: all(one.number > numbers[0] for one in pool.environments))
        await workbench.invoke()
        await workbench.until_frozen()

    await replace(2)
    before = counted()
    await replace(ROUNDS)
    more = {name: count - before[name] for name, count in counted().items()}
    return {name: count for name, count in more.items() if count >= ROUNDS}


@pytest.mark.parametrize("setup", EXTENSION_SETUPS)
@pytest.mark.parametrize("kind", ["python", "bash", "nodejs24.x"])
async def test_ended_environments_are_gone(
    open_project: Open, tmp_path: Path, kind: str, setup: str
) -> None:
    project = EXTENSION_SETUPS[setup].project(RUNTIME_KINDS[kind], tmp_path)
    assert await growth(await open_project(project, **SETTINGS)) == {}


@pytest.mark.parametrize("options", [{"snap_start": True}, {"network": "own"}], ids=str)
async def test_restored_environments_and_those_with_a_network_are_gone_too(
    open_project: Open, options: dict[str, object]
) -> None:
    assert await growth(await open_project(ANSWERS, **options)) == {}
