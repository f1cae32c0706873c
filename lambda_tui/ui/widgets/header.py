"""The top of the main screen: what is open and how it runs, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.content import Content
from textual.strip import Strip
from textual.timer import Timer
from textual.widgets import Static

from lambda_tui.engine.credentials import FunctionCredentials
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.pool import Pool
from lambda_tui.project.function import Problem
from lambda_tui.project.interpreters import own_program
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.model.toasts import Announcements, Toast
from lambda_tui.ui.terminal_text import fitted, shortened
from lambda_tui.ui.widgets.line_widget import LineWidget, text_strip
from lambda_tui.wording import counted

_SEPARATOR = " │ "
_FULL_TITLE_FROM = 100
"""Width from which on the application's name is written out."""
_LEFT_OF_TOAST = 6
"""Columns that a long toast leaves to the sign of the application."""
_SHORT_NAME = 16
"""Characters of the project's name where there is little room."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One fact of the header."""

    text: str
    look: str = ""
    """``dim``, ``warning``, ``good``, or nothing."""
    short: str | None = None
    """The text where there is little room; empty to leave it out, None to keep the whole."""


class HeaderLine(LineWidget):
    """Facts in a row, the most important first; the last are shortened when they do not fit.

    Toasts stand at the right end, over the least important facts, where they cover nothing that is
    being read.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *("header--name", "header--dim", "header--warning", "header--good", "header--error"),
        *("toast--information", "toast--warning", "toast--error"),
    }  # fmt: skip
    DEFAULT_CSS = "HeaderLine { height: 1; dock: top; }"

    def __init__(self, announcements: Announcements, *, id: str) -> None:
        super().__init__(id=id)
        self._announcements = announcements
        self._parts: tuple[_Part, ...] = ()
        self._timed: tuple[Toast | None, bool] = None, False
        """The toast that the timer is for, and whether others wait."""
        self._timer: Timer | None = None

    def on_mount(self) -> None:
        """Show the toasts of before."""
        self.show_toasts()

    def show_toasts(self) -> None:
        """Show the toast whose turn it is, until its time is over."""
        toasts = self._announcements.toasts
        # The one that is shown has less time while others wait.
        if (toasts.current, toasts.waiting > 0) != self._timed:
            self._advance()
        self.refresh()

    def _advance(self) -> None:
        toasts = self._announcements.toasts
        left = toasts.advance()
        self._timed = toasts.current, toasts.waiting > 0
        if self._timer is not None:
            self._timer.stop()
        self._timer = None if left is None else self.set_timer(left, self._advance)
        self.refresh()

    def show(
        self, engine: Engine, pool: Pool | None, address: str | None, missing: str = ""
    ) -> None:
        """Show the project, how the pool's function runs, and where the Lambda API listens.

        ``missing`` is the name of a chosen function that the project is without; the pool is then
        that of another one.
        """
        parts = _parts(engine, pool, address, self._announcements.broken, missing)
        if parts != self._parts:
            self._parts = parts
            self.tooltip = Content("\n".join(part.text for part in parts))
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Render `` λ lambda-tui │ orders │ ◆ namespaces │ Python 3.13.1 …``."""
        toast = self._toast_text()
        room = self.size.width - toast.cell_len
        line = self._facts(room)
        line.truncate(room - 1 if toast else room, overflow="ellipsis")
        line.pad_right(room - line.cell_len)
        return text_strip(line.append_text(toast), self.size.width, self.base)

    def on_click(self, event: events.Click) -> None:
        """Take away the toast that is clicked."""
        if event.x >= self.size.width - self._toast_text().cell_len:
            self._announcements.toasts.dismiss()
            self.show_toasts()

    def _toast_text(self) -> Text:
        toasts = self._announcements.toasts
        toast = toasts.current
        if toast is None:
            return Text()
        more = f" +{toasts.waiting}" if toasts.waiting else ""
        room = max(self.size.width - _LEFT_OF_TOAST - len(more), 0)
        sign = {"information": "•", "warning": "▲", "error": "✗"}[toast.severity]
        text = f" {sign} {toast.line}"
        text = fitted(text, min(cell_len(text), room))
        return Text(f"{text}{more} ", self.style_of(f"toast--{toast.severity}"))

    def _facts(self, room: int) -> Text:
        """Return the facts, shortened from the last on where there is no room for all."""
        title = " λ lambda-tui" if self.size.width >= _FULL_TITLE_FROM else " λ"
        texts = [part.text for part in self._parts]
        for index, part in reversed(list(enumerate(self._parts))):
            width = cell_len(title) + sum(cell_len(text) + len(_SEPARATOR) for text in texts)
            if width > room and part.short is not None:
                texts[index] = part.short
        line = Text().append(title, self.style_of("header--name"))
        for part, text in zip(self._parts, texts, strict=True):
            if text:
                line.append(_SEPARATOR, self.style_of("header--dim"))
                line.append(text, self.style_of(f"header--{part.look}") if part.look else "")
        return line


def _parts(
    engine: Engine, pool: Pool | None, address: str | None, broken: list[str], missing: str
) -> tuple[_Part, ...]:
    """Return project, what a save broke, sandbox level, runtime, credentials and address."""
    name = one_line(engine.project.directory.name or "/")
    short = shortened(name, _SHORT_NAME)
    parts = [_Part(name, "", short)]
    if missing:
        text = one_line(f"▲ {missing} is not in the project")
        parts.append(_Part(text, "warning", one_line(f"▲ no {missing}")))
    if broken:
        what = broken[0] if len(broken) == 1 else f"{len(broken)} functions do not start any more"
        parts.append(_Part(one_line(f"✗ {what}"), "error", f"✗ {len(broken)} broken"))
    if pool is not None:
        # Real ones stand where no width hides them.
        credentials = _credentials(engine.credentials)
        facts = [_sandbox(pool), _runs_on(pool)]
        parts += [*facts, credentials] if credentials.look == "dim" else [credentials, *facts]
        if address is not None:
            parts.append(_Part(address, "", address.removeprefix("http://127.0.0.1")))
        if own_program(pool.function) is None:
            parts.append(_Part(one_line(pool.interpreter.origin), "dim", ""))
    return tuple(parts)


def _credentials(credentials: FunctionCredentials) -> _Part:
    """Return whose credentials functions have, and whether these are not what was chosen."""
    current = credentials.current
    whose = one_line(current.whose)
    if current.have_expired:
        return _Part(f"▲ credentials: {whose}, expired", "warning", f"▲ {whose} expired")
    if credentials.problem is not None:
        return _Part(f"▲ credentials: {whose}, not as chosen", "warning", f"▲ {whose}")
    if current.are_real:
        return _Part(f"credentials: {one_line(current.owner)}", "", whose)
    return _Part(f"credentials: {whose}", "dim")


def _sandbox(pool: Pool) -> _Part:
    if pool.sandbox is None:
        return _Part("✗ cannot run", "warning") if pool.problem else _Part("◌ starting", "dim")
    if pool.sandbox.level == "namespaces":
        return _Part("◆ namespaces", "good")
    return _Part("▲ processes: no isolation", "warning", "▲ no isolation")


def _runs_on(pool: Pool) -> _Part:
    program = own_program(pool.function)
    if program is not None:
        return _Part(one_line(program))
    version = pool.runtime_version or "…"
    if pool.version_mismatch:
        wrong = f"{version}, not {one_line(pool.function.runtime or '?')}"
        return _Part(f"▲ {pool.interpreter.title(wrong)}", "warning", f"▲ {wrong}")
    return _Part(pool.interpreter.title(version), "", version)


class Banner(Static):
    """One line below the header that names the first problem and counts them; a click lists all."""

    DEFAULT_CSS = "Banner { height: 1; display: none; text-overflow: ellipsis; text-wrap: nowrap; }"

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Show these problems; without any the line is not there."""
        self.display = bool(problems)
        if problems:
            count = counted(len(problems), "problem")
            first = one_line(str(problems[0]))
            self.update(Content(f" ▲ {count} (p shows all)  {first}"))

    async def on_click(self, event: events.Click) -> None:
        """List all problems."""
        await self.screen.run_action("problems")
