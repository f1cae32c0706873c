"""Pane 4: the response of an invocation."""

from __future__ import annotations

import json
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from lambda_tui.engine.invocation import Invocation, InvocationStatus
from lambda_tui.history import InvocationRecord
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.figures import milliseconds, size
from lambda_tui.ui.glyphs import STATUS_GLYPHS
from lambda_tui.ui.model import Selected
from lambda_tui.ui.terminal_text import terminal_text
from lambda_tui.ui.widgets import Pane

SHOWN_LIMIT = 32_000
"""Characters of a response that are shown."""
_PRETTY_LIMIT = 256_000
"""Bytes of a response up to which it is parsed and indented."""


class ResponsePane(VerticalScroll, Pane, can_focus=True):
    """An invocation: its status in the title, its cost below, its response inside."""

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
        self._payload = b""
        self.title = "6 Response"

    def compose(self) -> ComposeResult:
        """Yield the response alone; the rest is in the frame."""
        yield self._body

    @property
    def whole_text(self) -> str:
        """The whole response, though only its beginning may be shown."""
        return self._payload.decode("utf-8", "replace")

    def show(self, selected: Selected) -> None:
        """Show the response of the selected invocation."""
        if selected.invocation is None and selected.record is not None:
            self._show_kept(selected.record, selected.response)
        else:
            self._show_invocation(selected.invocation, selected.pool.function.name)

    def _show_kept(self, record: InvocationRecord, response: bytes | None) -> None:
        """Show an invocation of which the history has the record, and the response if any."""
        shown = (record.request_id, record.status, None if response is None else len(response))
        if shown == self._shown:
            return
        self._shown = shown
        for each in STATUS_GLYPHS:
            self.set_class(each == record.status, f"-{each}")
        self.write_frame(subtitle="")
        self._payload = response or b""
        if response is None:
            self._body.update(Content.styled("No response is kept.", "$text-muted"))
        else:
            self._body.update(_payload_content(response, record.status))

    def _show_invocation(self, invocation: Invocation | None, function: str) -> None:
        """Show an invocation of the function; does nothing when it has not changed."""
        shown = (
            (function, "", None)
            if invocation is None
            else (invocation.request_id, invocation.status, invocation.duration_ms)
        )
        if shown == self._shown:
            return
        self._shown = shown
        status = "" if invocation is None else invocation.status
        for each in STATUS_GLYPHS:
            self.set_class(each == status, f"-{each}")
        if invocation is None:
            self._payload = b""
            self.write_frame(subtitle="")
            self._body.update(
                Content.styled(f"{one_line(function)} has not been invoked yet.", "$text-muted")
            )
            return
        self.write_frame(subtitle=_cost(invocation))
        self._payload = invocation.response or b""
        self._body.update(response_content(invocation))
        self.scroll_home(animate=False)


def _cost(invocation: Invocation) -> str:
    """Return ``12.3 ms · billed 13 ms · init 84 ms · cold · 38 MB · 1.2 KB``, as far as known."""
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
    """Return the response indented and coloured, or an error with its stack trace.

    It is safe for the terminal, and cut to ``SHOWN_LIMIT`` characters.
    """
    payload = invocation.response
    if payload is None:
        waiting = "The function is at work …" if not invocation.is_over else "No response."
        return Content.styled(waiting, "$text-muted")
    return _payload_content(payload, invocation.status)


def _payload_content(payload: bytes, status: InvocationStatus) -> Content:
    value = _parsed(payload)
    if isinstance(value, dict) and "errorType" in value and status != "success":
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
    # Imported here: Pygments takes a while, and is needed once there is something to colour.
    from textual.highlight import highlight

    plain = terminal_text(text[:SHOWN_LIMIT], SHOWN_LIMIT).plain
    content = highlight(plain, language="json")
    if total > len(text[:SHOWN_LIMIT]):
        note = f"\n… {size(total)} in all; the beginning is shown, Y copies everything"
        content += Content.styled(note, "$text-warning")
    return content


def _error_content(error: dict[str, object]) -> Content:
    """Return the type, the message and the stack trace as Python prints it."""
    kind = one_line(str(error.get("errorType")))
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
