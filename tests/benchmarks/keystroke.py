"""From a key to its effect on the screen, at rest and while 16 environments log without end."""

from __future__ import annotations

import json
import random
import re
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import psutil

from .bare_app import READY
from .example import example_project
from .rows import Effort, Row, percentile, short
from .terminal import Terminal, bare_terminal

ENVIRONMENTS = 16
LINES_PER_SECOND = 2_000
LIMIT_MS = 50.0
IDLE_ENVIRONMENTS = 20
IDLE_PERCENT = 0.3
_LOAD = f"{LINES_PER_SECOND:,} lines/s"
_SETTLING = 0.5
"""Seconds in which the screen comes to rest after a key that is not measured."""
_LOG_SECONDS = 600
# Letters that nothing else on the screen has: each is typed once, so its bytes are its paint.
_LETTERS = [chr(code) for code in range(0x0400, 0x0482)]
_NAME = re.compile(rb"<([0-9a-f]{8})>")


def measure(effort: Effort) -> list[Row]:
    """Return the p95 of every kind of key, at rest and under load, and the processor's time."""
    rows: list[Row] = []
    with example_project() as directory:
        _put_chatty_first(directory)
        with Terminal(directory) as terminal, bare_terminal(directory) as floor:
            terminal.wait_for(r"Python \d")
            rows += _rows("at rest", terminal, floor, {"typed letter", "other function"}, effort)
        with Terminal(directory) as terminal, bare_terminal(directory) as floor:
            terminal.wait_for(r"Python \d")
            _start_logging(terminal)
            rows += _processor_rows(terminal, effort)
            rows += _rows(_LOAD, terminal, floor, set(_MEASURES), effort)
        with Terminal(directory) as terminal:
            terminal.wait_for(r"Python \d")
            rows.append(_idle_row(terminal, effort))
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
    event = {"seconds": _LOG_SECONDS, "rate": LINES_PER_SECOND // ENVIRONMENTS}
    (directory / "events" / "chatty.json").write_text(json.dumps(event))


def _start_logging(terminal: Terminal) -> None:
    """Asks for a burst, and waits until every one of its environments has been seen in the log."""
    _burst(terminal, ENVIRONMENTS)
    names: set[bytes] = set()
    for _ in range(80):
        names.update(_NAME.findall(terminal.watch(0.25)))
        if len(names) == ENVIRONMENTS:
            return
    raise RuntimeError(f"only {len(names)} of {ENVIRONMENTS} environments log")


def _burst(terminal: Terminal, count: int) -> None:
    terminal.press("b")
    terminal.wait_for("Invocations at once")
    for key in (*str(count), "\r"):
        terminal.watch(0.2)
        terminal.press(key)


@dataclass(frozen=True, slots=True)
class _Time:
    """The time from a key to its paint."""

    ms: float
    processor_ms: float
    """The part of it in which the application has run, however busy the machine is."""


# Keys: each is pressed, and what it brings onto the screen is waited for.


def _rows(
    load: str, terminal: Terminal, floor: Terminal, measures: set[str], effort: Effort
) -> Iterator[Row]:
    """Yield a row for each kind of key, beside a key of the bare application in the same time."""
    floor.wait_for(READY)
    typed = _press(floor, [(letter, letter) for letter in _LETTERS[: effort.keys]])
    yield _row(f"floor, a bare Textual, {load}", typed, None)
    for name, (before, keys, after) in _MEASURES.items():
        if name in measures:
            for key in before:
                terminal.press(key)
                terminal.watch(_SETTLING)
            times = _press(terminal, list(islice(keys(), effort.keys)))
            for key in after:
                terminal.press(key)
                terminal.watch(_SETTLING)
            yield _row(
                f"{name}, {load}",
                times,
                percentile([each.ms for each in typed], 95),
                is_limited=load == _LOAD,
            )


def _press(terminal: Terminal, keys: Sequence[tuple[str, str]]) -> list[_Time]:
    """Return the time from each key to what it brings, a regular expression."""
    times = []
    for (key, shown), pause in zip(keys, _pauses(), strict=False):
        terminal.watch(pause)
        used = _used_ns(terminal.pid)
        pressed = terminal.press(key)
        passed = terminal.wait_for(shown) - pressed
        times.append(_Time(passed * 1000, (_used_ns(terminal.pid) - used) / 1e6))
    return times


def _letters() -> Iterator[tuple[str, str]]:
    return ((letter, letter) for letter in _LETTERS)


def _functions() -> Iterator[tuple[str, str]]:
    return cycle([("\x1b[B", "Invocations · Quiet"), ("\x1b[A", "Invocations · Chatty")])


def _invocations() -> Iterator[tuple[str, str]]:
    """Go down the list and up again; the frame of the tabs names each invocation."""
    last = ENVIRONMENTS
    down = [("\x1b[B", f"#{number} \\S+ running") for number in (last - 1, last - 2)]
    up = [("\x1b[A", f"#{number} \\S+ running") for number in (last - 1, last)]
    return cycle([*down, *up])


def _environments() -> Iterator[tuple[str, str]]:
    """Go up from the last one, which has the newest invocation, and down again."""
    up = [("\x1b[A", f"Chatty · env {ENVIRONMENTS - step} ") for step in (1, 2)]
    down = [("\x1b[B", f"Chatty · env {ENVIRONMENTS - step} ") for step in (1, 0)]
    return cycle([*up, *down])


def _tabs() -> Iterator[tuple[str, str]]:
    """Go through tabs in which digits are no text."""
    return cycle([("6", "is at work"), ("9", "log stream"), ("4", "quick brown fox")])


def _panes() -> Iterator[tuple[str, str]]:
    """Go from pane to pane, which the keys at the bottom tell."""
    return cycle([("3", "Reuse|Compare"), ("4", "Follow"), ("1", "Re-init all")])


_ESCAPE = "\x1b"
_MEASURES: dict[str, tuple[str, Callable[[], Iterator[tuple[str, str]]], Sequence[str]]] = {
    "other function": ("1", _functions, ("\x1b[A",)),
    "other invocation": ("3", _invocations, (_ESCAPE,)),
    "other environment": ("2", _environments, (_ESCAPE,)),
    "other tab": ("4", _tabs, ()),
    "other pane": ("1", _panes, ()),
    "typed letter": ("e", _letters, (_ESCAPE,)),
}
"""By its name: the keys before, each key with what it brings, and the keys behind it."""


# The processor


def _processor_rows(terminal: Terminal, effort: Effort) -> Iterator[Row]:
    """Yield the share of a core that the application takes, and all that it started."""
    seconds = max(effort.seconds * 30, 1.0)
    front = psutil.Process(terminal.pid)
    everyone = [front, *front.children(recursive=True)]
    before, began = [_used_ns(each.pid) for each in everyone], time.monotonic()
    terminal.watch(seconds)
    passed = time.monotonic() - began
    used = [_used_ns(each.pid) - then for each, then in zip(everyone, before, strict=True)]
    own, all_of_it = (100 * value / 1e9 / passed for value in (used[0], sum(used)))
    what = f"processor, {ENVIRONMENTS} environments, {_LOAD}"
    yield Row(f"{what}: the screen and the engine", own, "% of a core")
    yield Row(
        f"{what}: in all",
        all_of_it,
        "% of a core",
        budget="one core",
        is_within=all_of_it <= 100,
    )


def _idle_row(terminal: Terminal, effort: Effort) -> Row:
    """Return the share of a core that the screen takes with frozen environments and no work."""
    terminal.press("\x1b[B")
    terminal.watch(_SETTLING)
    _burst(terminal, IDLE_ENVIRONMENTS)
    terminal.wait_for(f"{IDLE_ENVIRONMENTS}.*at once|#{IDLE_ENVIRONMENTS}", 60)
    # Environments that have just run are sampled a last time, and the first hints go away.
    terminal.watch(max(effort.seconds * 70, 5.0))
    before, began = _used_ns(terminal.pid), time.monotonic()
    terminal.watch(max(effort.seconds * 100, 2.0))
    share = 100 * (_used_ns(terminal.pid) - before) / 1e9 / (time.monotonic() - began)
    return Row(
        f"processor, idle with {IDLE_ENVIRONMENTS} frozen environments",
        share,
        "% of a core",
        budget=f"{IDLE_PERCENT:g} %",
        is_within=share <= IDLE_PERCENT,
    )


def _used_ns(pid: int) -> int:
    """Return the time that all threads of a process have run; 0 once it has ended."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return sum(int((each / "schedstat").read_text().split()[0]) for each in threads)
    except OSError:
        return 0


def _pauses() -> Iterator[float]:
    """Seconds between keys, such as no frame rate can fall into step with."""
    chance = random.Random(2)
    while True:
        yield chance.uniform(0.05, 0.15)


def _row(
    what: str, times: Sequence[_Time], floor: float | None, *, is_limited: bool = False
) -> Row:
    passed = [each.ms for each in times]
    p95 = percentile(passed, 95)
    used = percentile([each.processor_ms for each in times], 95)
    return Row(
        f"key → paint, p95: {what}",
        p95,
        "ms",
        f"p50 {short(statistics.median(passed))}, processor p95 {short(used)}",
        ratio=None if floor is None else p95 / floor,
        budget=f"{LIMIT_MS:g} ms" if is_limited else "",
        is_within=p95 <= LIMIT_MS if is_limited else None,
    )
