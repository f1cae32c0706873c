"""What the header and the list of problems say, drawn from the project and the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambda_tui.project.function import Problem
from lambda_tui.project.interpreters import own_program
from lambda_tui.ui.terminal_text import terminal_text

if TYPE_CHECKING:
    from lambda_tui.engine.engine import Engine
    from lambda_tui.engine.pool import Pool

_NAME = 16
"""Characters of the project's name where there is little room."""


@dataclass(frozen=True, slots=True)
class Part:
    """One fact of the header."""

    text: str
    look: str = ""
    """``dim``, ``warning``, ``good``, or nothing."""
    short: str | None = None
    """What is said where there is little room; empty for nothing, None for the whole text."""


def header_parts(engine: Engine, pool: Pool | None, address: str | None) -> tuple[Part, ...]:
    """Project, sandbox level, what runs it, credentials, address: the most telling first."""
    name = safe(engine.project.directory.name or "/")
    parts = [Part(name, "", name if len(name) <= _NAME else name[: _NAME - 1] + "…")]
    if pool is not None:
        parts += [_sandbox(pool), _runs_on(pool)]
        parts.append(Part("credentials: placeholder", "dim"))
        if address is not None:
            parts.append(Part(address, "", address.removeprefix("http://127.0.0.1")))
        if own_program(pool.function) is None:
            parts.append(Part(safe(pool.interpreter.origin), "dim", ""))
    return tuple(parts)


def problems(engine: Engine) -> list[Problem]:
    """Everything that needs a hand: in the project's files, its interpreters, the machine."""
    found = list(engine.project.problems)
    for pool in engine.pools.values():
        said = (pool.problem, pool.version_mismatch)
        found += [Problem(text, function=pool.function.name) for text in said if text]
    reasons = {
        pool.sandbox.reason
        for pool in engine.pools.values()
        if pool.sandbox is not None and pool.sandbox.level == "processes"
    }
    return found + [Problem(f"No isolation: {reason}") for reason in sorted(reasons) if reason]


def sentence(problem: Problem) -> str:
    """The problem with its place, safe to show."""
    return safe(str(problem))


def safe(text: str) -> str:
    """One line of plain text from names and messages that come out of the user's files."""
    return terminal_text(text.replace("\n", " ")).plain


def _sandbox(pool: Pool) -> Part:
    if pool.sandbox is None:
        return Part("✗ cannot run", "warning") if pool.problem else Part("◌ starting", "dim")
    if pool.sandbox.level == "namespaces":
        return Part("◆ namespaces", "good")
    return Part("▲ processes: no isolation", "warning", "▲ no isolation")


def _runs_on(pool: Pool) -> Part:
    program = own_program(pool.function)
    if program is not None:
        return Part(safe(program))
    version = pool.runtime_version or "…"
    if pool.version_mismatch:
        wrong = f"{version}, not {safe(pool.function.runtime or '?')}"
        return Part(f"▲ {pool.interpreter.title(wrong)}", "warning", f"▲ {wrong}")
    return Part(pool.interpreter.title(version), "", version)
