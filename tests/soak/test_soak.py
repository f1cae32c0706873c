"""A served project under everything that happens to one: no call without its answer, nothing kept.

An ordinary run makes some hundred invocations. ``SOAK_INVOCATIONS=100000`` makes as many as it
says, and looks at what the process keeps. The output of a failure says its seed, which
``SOAK_SEED`` repeats: the same calls in the same order, whatever their timing.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from soak.callers import Answers, Call, random_call, send
from soak.project import edit_template, save_source, write_project
from support import SECONDS
from support.files import ROOT
from support.lambda_api import Serving
from support.leftovers import mounts, still_alive

INVOCATIONS = int(os.environ.get("SOAK_INVOCATIONS", "300"))
IS_LONG = INVOCATIONS >= 5_000
CALLERS = 8
LOOKS = 20 if IS_LONG else 2
"""Looks at the memory; kills of the process are between those of the first half."""
QUIET_SECONDS = 120.0
_MB = 1 << 20


def new_chance() -> random.Random:
    """Return a source of random numbers, and say its seed."""
    usual = random.randrange(1 << 32) if IS_LONG else 1
    seed = int(os.environ.get("SOAK_SEED", usual))
    print(f"SOAK_SEED={seed}")
    return random.Random(seed)


class Measured(Serving):
    """A served project whose process says what it keeps."""

    def __init__(self, folder: Path) -> None:
        self.temporary = folder.parent / "tmp"
        self.temporary.mkdir(exist_ok=True)
        self._measures = folder.parent / "measures.json"
        variables = {
            "PYTHONPATH": f"{ROOT / 'tests'}{os.pathsep}{ROOT}",
            "MEASURES": str(self._measures),
            "TMPDIR": str(self.temporary),
        }
        super().__init__(folder, "--port", "0", module="soak.measured", variables=variables)
        self._own = psutil.Process(self.process.pid)

    @property
    def descendants(self) -> list[psutil.Process]:
        """The processes below it."""
        return self._own.children(recursive=True)

    def until_quiet(self) -> None:
        """Wait until every environment was removed as idle, and only fork servers are left."""
        _until(lambda: "lambda-init" not in map(_name, self.descendants))

    def measure(self) -> dict[str, int]:
        """Return the number of objects of each type."""
        self._measures.unlink(missing_ok=True)
        self.signal(signal.SIGUSR1)
        _until(self._measures.exists)
        counts: dict[str, int] = json.loads(self._measures.read_text())
        return counts

    @property
    def resident(self) -> int:
        """Bytes of memory that it uses."""
        return int(self._own.memory_info().rss)

    @property
    def descriptors(self) -> int:
        """The number of its open files."""
        return self._own.num_fds()


def _until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds, while no calls are under way."""
    deadline = time.monotonic() + QUIET_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return ""


class Soak:
    """The calls of a run in parts, between which everything comes to rest."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.answers = Answers()
        self.kills = 0
        self.objects: list[dict[str, int]] = []
        self.resident: list[int] = []
        self.descriptors: list[int] = []
        self._folder = folder
        self._chance = chance
        self.serving = Measured(folder)

    async def run(self) -> None:
        """Make all calls, with a look at the process after each part."""
        for part in range(LOOKS):
            calls = [random_call(self._chance) for _ in range(INVOCATIONS // LOOKS)]
            await self._make(calls)
            assert self.answers.wrong == []
            self.serving.until_quiet()
            if part < LOOKS // 2:
                await self._kill_amid_calls()
            else:
                self._look()

    async def _make(self, calls: list[Call], *, may_be_cut: bool = False) -> None:
        """Make calls, some at a time, while files are saved."""
        waiting = iter(calls)
        saving = asyncio.create_task(self._save(len(calls)))
        port = self.serving.api().port

        async def call_on() -> None:
            for call in waiting:
                try:
                    await send(port, call, self.answers)
                except ConnectionError as error:
                    if not may_be_cut:
                        self.answers.wrong.append(f"{call}: {error!r}")
                    else:
                        self.answers.counts["cut"] += 1

        await asyncio.gather(*(call_on() for _ in range(CALLERS)))
        saving.cancel()

    async def _save(self, calls: int) -> None:
        """Save files now and then, as long as calls are made."""
        for _ in range(max(calls // 200, 2)):
            await asyncio.sleep(self._chance.uniform(0.1, 1.0))
            (save_source if self._chance.random() < 0.7 else edit_template)(
                self._folder, self._chance
            )

    async def _kill_amid_calls(self) -> None:
        """Kill the process while it serves, look for what is left, and start another."""
        calls = [random_call(self._chance) for _ in range(CALLERS * 2)]
        making = asyncio.create_task(self._make(calls, may_be_cut=True))
        await asyncio.sleep(self._chance.uniform(0.0, 0.3))
        below = self.serving.descendants
        self.serving.signal(signal.SIGKILL)
        self.serving.process.wait(SECONDS)
        await making
        assert await asyncio.to_thread(still_alive, below, SECONDS) == []
        assert left_in(self.serving.temporary) == []
        self.kills += 1
        self.serving = Measured(self._folder)

    def _look(self) -> None:
        self.objects.append(self.serving.measure())
        self.resident.append(self.serving.resident)
        self.descriptors.append(self.serving.descriptors)

    def close(self) -> None:
        """End the process, which must leave nothing."""
        below = self.serving.descendants
        port = self.serving.api().port
        self.serving.signal()
        assert self.serving.end() == 0, self.serving.text[-5000:]
        assert still_alive(below, SECONDS) == []
        assert left_in(self.serving.temporary) == []
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))


def left_in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


@pytest.fixture
def soak(tmp_path: Path, nothing_is_left: None) -> Iterator[Soak]:
    soak = Soak(write_project(tmp_path / "project"), new_chance())
    before = mounts()
    yield soak
    assert mounts() == before
    if soak.serving.process.poll() is None:
        soak.serving.process.kill()
        soak.serving.process.wait()


@pytest.mark.timeout(300 + INVOCATIONS // 5)
async def test_every_call_gets_its_answer_and_nothing_is_kept(soak: Soak) -> None:
    await soak.run()
    soak.close()

    assert soak.answers.wrong == []
    assert soak.answers.counts["succeeded"] > INVOCATIONS // 2
    assert soak.answers.counts["failed"] > 0
    assert "A defect in lambda-tui" not in soak.serving.text
    # A function has its own behind its name.
    assert "\nTraceback" not in soak.serving.text
    print(f"answers: {dict(soak.answers.counts)}, kills: {soak.kills}")
    print(f"objects: {[sum(counts.values()) for counts in soak.objects]}")
    print(f"resident MB: {[size // _MB for size in soak.resident]}")
    print(f"descriptors: {soak.descriptors}")
    if IS_LONG:
        check_flat("objects", [sum(counts.values()) for counts in soak.objects], 5_000)
        check_flat("bytes", soak.resident, 20 * _MB)
        check_flat("descriptors", soak.descriptors, 10)
        check_types(soak.objects)


def check_flat(what: str, figures: list[int], slack: int) -> None:
    """Check that the figures at the end are those of the middle, but for a tenth and the slack."""
    half = len(figures) // 2
    before, after = statistics.median(figures[:half]), statistics.median(figures[half:])
    assert after <= before * 1.1 + slack, f"{what}: {figures}"


def check_types(objects: list[dict[str, int]]) -> None:
    """Check that of no type there are more and more objects."""
    half = len(objects) // 2
    growing = {}
    for name in objects[-1]:
        figures = [counts.get(name, 0) for counts in objects]
        first, last = max(figures[:half]), min(figures[half:])
        if last > first + 500 and sorted(figures) == figures:
            growing[name] = figures
    assert growing == {}
