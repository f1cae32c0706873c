"""Pane 4: what an invocation answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from lambda_tui.ui.facts import safe
from lambda_tui.ui.figures import milliseconds, size
from lambda_tui.ui.states import STATUS_GLYPHS
from lambda_tui.ui.terminal_text import terminal_text

if TYPE_CHECKING:
    from lambda_tui.engine.invocation import Invocation

SHOWN_LIMIT = 32_000
"""Characters of a response that are shown."""
_PRETTY_LIMIT = 256_000
"""Bytes of a response up to which it is laid out anew."""
_STATUSES = ("pending", "running", "success", "error", "timeout", "throttled")


class Response(VerticalScroll, can_focus=True):
    """An invocation's answer: its status in the title, its cost below, its payload inside."""

    BORDER_TITLE = "4 Response"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "scroll_up", "Up", show=False),
        Binding("j", "scroll_down", "Down", show=False),
        Binding("g", "scroll_home", "Top", show=False),
        Binding("G", "scroll_end", "End", show=False),
    ]

    def __init__(self, *, id: str, classes: str = "") -> None:
        super().__init__(id=id, classes=classes)
        self._body = Static(id="response-body", markup=False)
        self._shown: tuple[str, str, float | None] | None = None
        self.title = "4 Response"
        self.payload = b""
        """The whole response, to copy."""

    def compose(self) -> ComposeResult:
        """The payload alone; the rest is in the frame."""
        yield self._body

    def show_invocation(self, invocation: Invocation | None, *, name: str) -> None:
        """Shows an invocation; costs nothing when it has not changed. ``name`` leads the title."""
        shown = (
            (name, "", None)
            if invocation is None
            else (invocation.request_id, invocation.status, invocation.duration_ms)
        )
        if shown == self._shown:
            return
        self._shown = shown
        status = "" if invocation is None else invocation.status
        for each in _STATUSES:
            self.set_class(each == status, f"-{each}")
        if invocation is None:
            self.title, self.border_subtitle, self.payload = "4 Response", "", b""
            self._body.update(
                Content.styled(f"{safe(name)} has not been invoked yet.", "$text-muted")
            )
            return
        word = "error" if invocation.function_error and status == "success" else status
        self.title = f"4 Response #{invocation.number} {STATUS_GLYPHS[status]} {word}"
        self.border_subtitle = _cost(invocation)
        self.payload = invocation.response or b""
        self._body.update(response_content(invocation))
        self.scroll_home(animate=False)


def _cost(invocation: Invocation) -> str:
    """``12.3 ms · billed 13 ms · init 84 ms · 38 MB · 1.2 KB``, as far as known."""
    parts = []
    if invocation.duration_ms is not None:
        parts.append(milliseconds(invocation.duration_ms))
    if invocation.billed_duration_ms is not None:
        parts.append(f"billed {invocation.billed_duration_ms:.0f} ms")
    if invocation.init_duration_ms is not None:
        parts.append(f"init {milliseconds(invocation.init_duration_ms)}")
    if invocation.restore_duration_ms is not None:
        parts.append(f"restore {milliseconds(invocation.restore_duration_ms)}")
    if invocation.is_over and invocation.status != "throttled":
        parts.append("cold" if invocation.cold_start else "warm")
    if invocation.max_memory_used_mb is not None:
        parts.append(f"{invocation.max_memory_used_mb:.0f} MB")
    if invocation.response is not None:
        parts.append(size(len(invocation.response)))
    return " · ".join(parts)


def response_content(invocation: Invocation) -> Content:
    """The payload laid out and coloured, or an error with its stack trace; safe, and bounded."""
    payload = invocation.response
    if payload is None:
        waiting = "The function is at work …" if not invocation.is_over else "No response."
        return Content.styled(waiting, "$text-muted")
    value = _parsed(payload)
    if isinstance(value, dict) and "errorType" in value and invocation.status != "success":
        return _error_content(value)
    if value is None:
        return _shown(payload[: SHOWN_LIMIT * 4].decode("utf-8", "replace"), len(payload))
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return _shown(text, len(text))


def _parsed(payload: bytes) -> object:
    if len(payload) > _PRETTY_LIMIT:
        return None
    try:
        value: object = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return value


def _shown(text: str, total: int) -> Content:
    # Pygments takes a while to import: not before there is something to colour.
    from textual.highlight import highlight

    plain = terminal_text(text[:SHOWN_LIMIT], SHOWN_LIMIT).plain
    content = highlight(plain, language="json")
    if total > len(text[:SHOWN_LIMIT]):
        note = f"\n… {size(total)} in all; the beginning is shown, Y copies everything"
        content += Content.styled(note, "$text-warning")
    return content


def _error_content(error: dict[str, object]) -> Content:
    """``✗ KeyError: 'name'`` and the stack trace as Python prints it."""
    kind = terminal_text(str(error.get("errorType"))).plain
    message = terminal_text(str(error.get("errorMessage", "")), SHOWN_LIMIT).plain
    parts = [
        Content.styled(f"✗ {kind}", "bold $text-error"),
        Content.styled(f"\n{message}", "$text"),
    ]
    trace = error.get("stackTrace")
    if isinstance(trace, list) and trace:
        lines = "\n".join(str(entry).rstrip("\n") for entry in trace)
        parts.append(Content("\n\n"))
        parts.append(Content.styled(terminal_text(lines, SHOWN_LIMIT).plain, "$text-muted"))
    return Content.assemble(*parts)
