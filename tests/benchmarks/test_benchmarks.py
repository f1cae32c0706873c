from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHEAP = (
    "floor",
    "warm",
    "callers",
    "cold",
    "reload",
    "languages",
    "crash",
    "life-cycle",
    "memory",
    "many",
    "launch",
)


def test_the_quick_benchmark_has_a_figure_in_every_row() -> None:
    chosen = [argument for name in CHEAP for argument in ("--only", name)]
    finished = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--quick", "--json", *chosen],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert finished.returncode == 0, finished.stderr
    rows = json.loads(finished.stdout)
    assert len(rows) >= 2 * len(CHEAP)
    for row in rows:
        assert row["measure"]
        assert row["unit"]
        assert math.isfinite(row["figure"]), row
    # Frozen environments may use nothing, and the gain in memory may be nothing.
    assert sum(row["figure"] > 0 for row in rows) >= len(rows) - 2


def test_a_measure_that_does_not_exist_is_refused_with_the_names_of_those_that_do() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--only", "luck"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert finished.returncode == 2
    assert all(name in finished.stderr for name in CHEAP)
