"""From a key to its effect on the screen, at rest and while 16 environments log without end."""

from __future__ import annotations

import json
import random
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

from .example import example_project
from .rows import Effort, Row, percentile, short
from .terminal import Terminal

ENVIRONMENTS = 16
LIMIT_MS = 50.0
_LOG_SECONDS = 600
# Letters that nothing else on the screen has: each is typed once, so its bytes are its paint.
_LETTERS = [chr(code) for code in range(0x0400, 0x0482)]
_NAME = re.compile(rb"<([0-9a-f]{8})>")


def measure(effort: Effort) -> list[Row]:
    """Typing into the event, and going to another function, each with its p95."""
    rows = []
    with example_project() as directory:
        _put_chatty_first(directory)
        with Terminal(directory) as terminal:
            terminal.wait_for(r"Python \d")
            rows.append(_row("typed letter, at rest", _type(terminal, effort.keys)))
            rows.append(_row("other function, at rest", _switch(terminal, effort.keys)))
        with Terminal(directory) as terminal:
            terminal.wait_for(r"Python \d")
            _start_logging(terminal)
            rows.append(_row("typed letter, 1,600 lines/s", _type(terminal, effort.keys)))
            rows.append(_row("other function, 1,600 lines/s", _switch(terminal, effort.keys)))
    return rows


def _put_chatty_first(directory: Path) -> None:
    """Leaves the functions ``Chatty`` and ``Quiet``, and an event that keeps the first one busy."""
    (directory / "template.yaml").write_text(
        "Transform: AWS::Serverless-2016-10-31\n"
        "Globals:\n"
        "  Function: {Handler: app.handler, Timeout: 900}\n"
        "Resources:\n"
        "  Chatty: {Type: AWS::Serverless::Function, Properties: {CodeUri: chatty}}\n"
        "  Quiet: {Type: AWS::Serverless::Function, Properties: {CodeUri: trivial}}\n"
    )
    (directory / "events").mkdir()
    (directory / "events" / "chatty.json").write_text(json.dumps({"seconds": _LOG_SECONDS}))


def _start_logging(terminal: Terminal) -> None:
    """Asks for a burst, and waits until every one of its environments has been seen in the log."""
    terminal.press("b")
    terminal.wait_for("Invocations at once")
    for key in (*str(ENVIRONMENTS), "\r"):
        terminal.watch(0.2)
        terminal.press(key)
    names: set[bytes] = set()
    for _ in range(40):
        names.update(_NAME.findall(terminal.watch(0.25)))
        if len(names) == ENVIRONMENTS:
            return
    raise RuntimeError(f"only {len(names)} of {ENVIRONMENTS} environments log")


def _type(terminal: Terminal, keys: int) -> list[float]:
    """Milliseconds from each letter to its bytes on the screen."""
    terminal.press("e")
    terminal.watch(0.3)
    times = []
    for letter, pause in zip(_LETTERS[:keys], _pauses(), strict=False):
        terminal.watch(pause)
        pressed = terminal.press(letter)
        times.append((terminal.wait_for(letter) - pressed) * 1000)
    terminal.press("\x1b")
    terminal.watch(0.3)
    return times


def _switch(terminal: Terminal, keys: int) -> list[float]:
    """Milliseconds from each arrow key to the name of the other function over its invocations."""
    terminal.press("1")
    terminal.watch(0.3)
    times = []
    for number, pause in zip(range(keys), _pauses(), strict=False):
        key, name = ("\x1b[B", "Quiet") if number % 2 == 0 else ("\x1b[A", "Chatty")
        terminal.watch(pause)
        pressed = terminal.press(key)
        times.append((terminal.wait_for(f"Invocations · {name}") - pressed) * 1000)
    return times


def _pauses() -> Iterator[float]:
    """Seconds between keys, such as no frame rate can fall into step with."""
    chance = random.Random(2)
    while True:
        yield chance.uniform(0.05, 0.15)


def _row(what: str, times: list[float]) -> Row:
    p95 = percentile(times, 95)
    is_limited = "lines/s" in what
    return Row(
        f"key → paint, p95: {what}",
        p95,
        "ms",
        f"p50 {short(statistics.median(times))}, most {short(max(times))}",
        budget=f"{LIMIT_MS:g} ms" if is_limited else "",
        is_within=p95 <= LIMIT_MS if is_limited else None,
    )
