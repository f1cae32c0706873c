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
from textual.widgets import Static

from lambda_tui.engine.engine import Engine
from lambda_tui.engine.pool import Pool
from lambda_tui.project.function import Problem
from lambda_tui.project.interpreters import own_program
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.terminal_text import fitted
from lambda_tui.ui.widgets.line_widget import LineWidget, text_strip
from lambda_tui.wording import counted

_SEPARATOR = " │ "
_FULL_TITLE_FROM = 100
"""Width from which on the application's name is written out."""
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
    """Facts in a row, the most important first; the last are shortened when they do not fit."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "header--name", "header--dim", "header--warning", "header--good"
    }  # fmt: skip
    DEFAULT_CSS = "HeaderLine { height: 1; dock: top; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._parts: tuple[_Part, ...] = ()

    def show(self, engine: Engine, pool: Pool | None, address: str | None) -> None:
        """Show the project, how the pool's function runs, and where the Lambda API listens."""
        parts = _parts(engine, pool, address)
        if parts != self._parts:
            self._parts = parts
            self.tooltip = Content("\n".join(part.text for part in parts))
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Render `` λ lambda-tui │ orders │ ◆ namespaces │ Python 3.13.1 …``."""
        title = " λ lambda-tui" if self.size.width >= _FULL_TITLE_FROM else " λ"
        texts = [part.text for part in self._parts]
        for index, part in reversed(list(enumerate(self._parts))):
            width = cell_len(title) + sum(cell_len(text) + len(_SEPARATOR) for text in texts)
            if width > self.size.width and part.short is not None:
                texts[index] = part.short
        line = Text().append(title, self.style_of("header--name"))
        for part, text in zip(self._parts, texts, strict=True):
            if text:
                line.append(_SEPARATOR, self.style_of("header--dim"))
                line.append(text, self.style_of(f"header--{part.look}") if part.look else "")
        return text_strip(line, self.size.width, self.base)


def _parts(engine: Engine, pool: Pool | None, address: str | None) -> tuple[_Part, ...]:
    """Return project, sandbox level, what runs the function, credentials and address."""
    name = one_line(engine.project.directory.name or "/")
    short = fitted(name, min(cell_len(name), _SHORT_NAME))
    parts = [_Part(name, "", short)]
    if pool is not None:
        parts += [_sandbox(pool), _runs_on(pool)]
        parts.append(_Part("credentials: placeholder", "dim"))
        if address is not None:
            parts.append(_Part(address, "", address.removeprefix("http://127.0.0.1")))
        if own_program(pool.function) is None:
            parts.append(_Part(one_line(pool.interpreter.origin), "dim", ""))
    return tuple(parts)


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
