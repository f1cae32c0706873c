"""From the command to the first screen, to the first function that can run, to an answer."""

from __future__ import annotations

import operator
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

from lambda_tui.project.demo import copy_demo

from .bare_app import READY
from .rows import Effort, Row, median_row
from .terminal import Terminal, bare_terminal

FIRST_PAINT_LIMIT_MS = 500.0
READY_LIMIT_MS = 800.0


def measure(effort: Effort) -> list[Row]:
    """Open the bundled example project, and press ``i`` as soon as there is a screen."""
    paints, bare, readies, answers = [], [], [], []
    with tempfile.TemporaryDirectory(prefix="lambda-tui-benchmark-") as folder:
        project = copy_demo(Path(folder).resolve() / "demo")
        for number in range(effort.launches + 1):
            # In turns: what else the machine does concerns both.
            with bare_terminal(project) as floor:
                bare_painted = floor.wait_for(READY) - floor.launched
            with Terminal(project) as terminal:
                painted = terminal.wait_for("1 Functions") - terminal.launched
                terminal.press("i")
                # Before the interpreter has booted it says "Python …".
                # One frame may have both, the log above the interpreter.
                ready = terminal.wait_for(r"Python \d", keep=True) - terminal.launched
                answered = terminal.wait_for(r"REPORT \d") - terminal.launched
            if number:  # The first one reads the disk.
                bare.append(bare_painted * 1000)
                paints.append(painted * 1000)
                readies.append(ready * 1000)
                answers.append(answered * 1000)
    ratio = statistics.median(map(operator.truediv, paints, bare))
    return [
        median_row("floor: launch → first paint of a bare Textual", bare, "ms"),
        replace(
            median_row("launch → first paint", paints, "ms", FIRST_PAINT_LIMIT_MS), ratio=ratio
        ),
        median_row("launch → first function ready, on the screen", readies, "ms", READY_LIMIT_MS),
        median_row("launch, i at first paint → REPORT on the screen", answers, "ms"),
    ]
