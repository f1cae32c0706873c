"""Looks at the environments about once a second, those in which something may have changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.usage import Subject, sample

SAMPLING_SECONDS = 1.0
_STILL = (State.FROZEN, State.RESET)


class Sampler:
    """Keeps the ``usage`` of environments up to date."""

    def __init__(self, environments: Callable[[], Iterable[ExecutionEnvironment]]) -> None:
        self._environments = environments

    async def run(self) -> None:
        """Samples until it is cancelled."""
        while True:
            await asyncio.sleep(SAMPLING_SECONDS)
            await self._sample()

    async def _sample(self) -> None:
        chosen = {one.id: one for one in self._environments() if _may_have_changed(one)}
        subjects = {
            id: Subject(one.pid or 0, one.tmp_directory, one.is_isolated, one.usage)
            for id, one in chosen.items()
        }
        if not subjects:
            return
        for id, usage in (await asyncio.to_thread(sample, subjects, time.monotonic())).items():
            chosen[id].usage = usage


def _may_have_changed(environment: ExecutionEnvironment) -> bool:
    """Nothing does in an environment that was frozen or reset before the last sample."""
    if environment.pid is None:
        return False
    is_still = environment.state in _STILL
    return not is_still or environment.usage.taken <= environment.state_since
