"""Samples about once a second the environments in which something may have changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from lambda_tui.engine.environment import ExecutionEnvironment, Subject, sample
from lambda_tui.engine.events import Event, EventStream, StateChange
from lambda_tui.engine.lifecycle import State
from lambda_tui.project.function import Function

SAMPLING_SECONDS = 1.0
_STILL = (State.FROZEN, State.RESET)


class Sampler:
    """Keeps the ``usage`` of environments up to date, and rests while none of them changes."""

    def __init__(
        self, environments: Callable[[], Iterable[ExecutionEnvironment]], events: EventStream
    ) -> None:
        self._environments = environments
        self._events = events
        self._has_news = asyncio.Event()

    async def run(self) -> None:
        """Sample until it is cancelled."""
        stop = self._events.listen(self._on_change, StateChange)
        try:
            while True:
                await self._has_news.wait()
                await asyncio.sleep(SAMPLING_SECONDS)
                # Before the look around: an environment may change its state during the sample.
                self._has_news.clear()
                if await self._sample():
                    self._has_news.set()
        finally:
            stop()

    def _on_change(self, _event: Event) -> None:
        self._has_news.set()

    async def _sample(self) -> bool:
        """Sample what may have changed; return whether there was anything."""
        chosen = {one.id: one for one in self._environments() if _may_have_changed(one)}
        subjects = {
            id: Subject(
                one.pid or 0,
                one.tmp_directory,
                one.is_isolated,
                one.usage,
                _own_folders(one.function),
            )
            for id, one in chosen.items()
        }
        if not subjects:
            return False
        for id, usage in (await asyncio.to_thread(sample, subjects, time.monotonic())).items():
            chosen[id].note_usage(usage)
        return True


def _own_folders(function: Function) -> tuple[Path, ...]:
    layers = () if function.layers_directory is None else (function.layers_directory,)
    return (function.code_directory, *layers, *(folder for folder, _ in function.mounts))


def _may_have_changed(environment: ExecutionEnvironment) -> bool:
    """Return whether it was running after the last sample, and not frozen or reset since before."""
    if environment.pid is None:
        return False
    is_still = environment.state in _STILL
    return not is_still or environment.usage.taken <= environment.state_since
