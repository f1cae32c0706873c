"""From the command to the first screen, to the first function that can run, to an answer."""

from __future__ import annotations

import tempfile
from pathlib import Path

from lambda_tui.project.demo import copy_demo

from .rows import Effort, Row, median_row
from .terminal import Terminal

FIRST_PAINT_LIMIT_MS = 500.0
READY_LIMIT_MS = 800.0


def measure(effort: Effort) -> list[Row]:
    """Open the bundled example project, and press ``i`` as soon as there is a screen."""
    paints, readies, answers = [], [], []
    with tempfile.TemporaryDirectory(prefix="lambda-tui-benchmark-") as folder:
        project = copy_demo(Path(folder).resolve() / "demo")
        for number in range(effort.launches + 1):
            with Terminal(project) as terminal:
                painted = terminal.wait_for("1 Functions") - terminal.launched
                terminal.press("i")
                # Before the interpreter has booted it says "Python …".
                ready = terminal.wait_for(r"Python \d") - terminal.launched
                answered = terminal.wait_for("REPORT RequestId") - terminal.launched
            if number:  # The first one reads the disk.
                paints.append(painted * 1000)
                readies.append(ready * 1000)
                answers.append(answered * 1000)
    return [
        median_row("launch → first paint", paints, "ms", FIRST_PAINT_LIMIT_MS),
        median_row("launch → first function ready, on the screen", readies, "ms", READY_LIMIT_MS),
        median_row("launch, i at first paint → REPORT on the screen", answers, "ms"),
    ]
