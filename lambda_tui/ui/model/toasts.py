"""Short messages that come and go one at a time, each of them one line."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from lambda_tui.engine import events
from lambda_tui.engine.events import changed_files
from lambda_tui.terminal_text import one_line

ToastSeverity = Literal["information", "warning", "error"]

MOST_WAITING = 5
"""Toasts that wait behind the one that is shown; of more, the least important are left out."""
SECONDS: dict[ToastSeverity, float] = {"information": 4.0, "warning": 6.0, "error": 9.0}
"""How long one is shown."""
SECONDS_IN_TURN = 2.0
"""How long one is shown while others wait."""

_ANNOUNCED = (
    *(events.EnvironmentStale, events.InitReport, events.Reloaded, events.Report, events.Throttled),
    *(events.ProblemFound, events.ProblemSolved, events.FunctionAdded, events.FunctionRemoved),
    events.Notice,
)
_CRASHES = frozenset({"Runtime.ExitError", "Extension.Crash", "Sandbox.Failure"})
"""The types of errors that are no exception of the function's own code."""
_ORDER: tuple[ToastSeverity, ...] = ("error", "warning", "information")


@dataclass(slots=True)
class Toast:
    """One message; more of its topic are counted, and the newest of them is the text."""

    topic: str
    text: str
    severity: ToastSeverity = "information"
    count: int = 1
    seconds: float | None = None
    """How long it is shown; None for what its severity deserves."""
    shown_at: float = 0.0
    """A time of the clock; meaningful once it is shown."""

    @property
    def line(self) -> str:
        """The text, with how many there were of its topic."""
        return self.text if self.count == 1 else f"{self.text} (×{self.count:,})"


class Toasts:
    """The toast that is shown, and those that wait."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.current: Toast | None = None
        self._waiting: list[Toast] = []

    @property
    def lines(self) -> list[str]:
        """The texts of all, the one that is shown first."""
        return [each.line for each in (self.current, *self._waiting) if each is not None]

    @property
    def waiting(self) -> int:
        """Number of those that wait behind the one that is shown."""
        return len(self._waiting)

    def add(self, toast: Toast) -> None:
        """Add one, or count it to the one of its topic that is shown or waits."""
        for known in (self.current, *self._waiting):
            if known is not None and known.topic == toast.topic:
                known.count += 1
                known.text = one_line(toast.text)
                if not self._waiting:
                    known.shown_at = self._clock()
                return
        toast.text = one_line(toast.text)
        self._waiting.append(toast)
        # The most important first; among equals, in the order in which they came.
        self._waiting.sort(key=lambda each: _ORDER.index(each.severity))
        if self.current is None:
            self.dismiss()
        del self._waiting[MOST_WAITING:]

    def dismiss(self) -> None:
        """Take the one that is shown away, and show the next."""
        self.current = self._waiting.pop(0) if self._waiting else None
        if self.current is not None:
            self.current.shown_at = self._clock()

    def drop(self, topic: str) -> None:
        """Take away what is no longer so."""
        self._waiting = [each for each in self._waiting if each.topic != topic]
        if self.current is not None and self.current.topic == topic:
            self.dismiss()

    def advance(self) -> float | None:
        """Take away the one whose time is over; return the seconds until the next change."""
        while self.current is not None:
            whole = self.current.seconds or SECONDS[self.current.severity]
            seconds = SECONDS_IN_TURN if self._waiting else whole
            left = self.current.shown_at + seconds - self._clock()
            if left > 0:
                return left
            self.dismiss()
        return None


def toast_of(event: events.Event) -> Toast | None:
    """Return the toast that an event is worth, whatever function is chosen; else None."""
    name = event.function
    match event.record:
        case events.Reloaded(files=files):
            return Toast("reload", f"{name}: reloaded, as {changed_files(files)} changed")
        case events.Report(error_type=error) if error in _CRASHES:
            return Toast(f"crash {name}", f"{name}: crashed ({error})", "error")
        case events.Report(status="timeout"):
            return Toast(f"timeout {name}", f"{name}: timed out", "warning")
        case events.Throttled(reason=reason):
            return Toast(f"throttle {name}", f"{name}: throttled, {reason}", "warning")
        case events.ProblemFound(message=message):
            return Toast("problem", message, "warning")
        case events.ProblemSolved(message=message):
            return Toast("solved", f"solved: {message}")
        case events.FunctionAdded():
            return Toast("added", f"{name}: is here now")
        case events.FunctionRemoved():
            return Toast("removed", f"{name}: is no more", "warning")
        case events.Notice(severity=severity, message=message):
            text = f"{name}: {message}" if name else message
            return Toast(text, text, severity)
    return None


class Announcements:
    """Makes toasts of what the engine tells, and knows which functions a save has broken."""

    def __init__(self, stream: events.EventStream, on_change: Callable[[], None]) -> None:
        self.toasts = Toasts()
        self._on_change = on_change
        self._broken = BrokenFunctions()
        self.close = stream.listen(self._note, *_ANNOUNCED)
        """Listen no more."""

    @property
    def broken(self) -> list[str]:
        """A sentence for each function that has not started since a save."""
        return list(self._broken.sentences.values())

    def add(self, toast: Toast) -> None:
        """Show a toast in its turn."""
        self.toasts.add(toast)
        self._on_change()

    def drop(self, topic: str) -> None:
        """Take the toast of a topic away."""
        self.toasts.drop(topic)
        self._on_change()

    def _note(self, event: events.Event) -> None:
        was_broken = event.function in self._broken.sentences
        toast = self._broken.note(event) or toast_of(event)
        if was_broken and event.function not in self._broken.sentences:
            self.drop(broken_topic(event.function))
        if toast is not None:
            self.add(toast)


def broken_topic(function: str) -> str:
    """Return the topic of the toast for a function that a save has broken."""
    return f"broken {function}"


class BrokenFunctions:
    """The functions that have not started since a save, until they do."""

    def __init__(self) -> None:
        self.sentences: dict[str, str] = {}
        """By the functions' names, the last ones broken at the end."""
        self._changed: dict[str, str] = {}
        """The files whose change is being followed up, by the functions' names."""

    def note(self, event: events.Event) -> Toast | None:
        """Follow an event; return a toast for a function that it shows to be broken."""
        match event.record:
            case events.EnvironmentStale(files=files):
                self._changed[event.function] = changed_files(files)
            case events.InitReport(status="success"):
                self._changed.pop(event.function, None)
                self.sentences.pop(event.function, None)
            case events.InitReport(error_type=error) if event.function in self._changed:
                what = error.removeprefix("Runtime.") if error else "no reason given"
                changed = self._changed[event.function]
                sentence = f"{event.function}: does not start since {changed} changed ({what})"
                is_new = self.sentences.pop(event.function, None) != sentence
                self.sentences[event.function] = sentence
                topic = broken_topic(event.function)
                return Toast(topic, sentence, "error") if is_new else None
            case events.FunctionRemoved():
                self._changed.pop(event.function, None)
                self.sentences.pop(event.function, None)
        return None
