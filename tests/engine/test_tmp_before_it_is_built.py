"""Until an environment's sandbox is there, its process has the machine's ``/tmp``."""

from __future__ import annotations

import asyncio
import os

from lambda_tui.engine.lifecycle import State
from support import SECONDS
from support.workbench import Open

RETURNS = "def lambda_handler(event, context): return 1"


async def test_the_machines_tmp_is_never_taken_for_an_environments(open_project: Open) -> None:
    workbench = await open_project(RETURNS)
    machine = os.stat("/tmp")
    was_running = False
    workbench.call(b"{}")
    (environment,) = workbench.pool.environments
    async with asyncio.timeout(SECONDS):
        while environment.state is not State.FROZEN:
            was_running = was_running or environment.state is State.CREATING
            if environment.tmp_directory is not None:
                own = os.stat(environment.tmp_directory)
                assert (own.st_dev, own.st_ino) != (machine.st_dev, machine.st_ino)
            await asyncio.sleep(0)

    assert was_running, "it was looked at while it was built"
    assert environment.tmp_directory is not None
