"""The state diagram of the architecture page, drawn from the engine's table of transitions.

``python -m tests.support.state_diagram`` writes it into the page anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from lambda_tui.engine.lifecycle import TRANSITIONS, WARM, State

PAGE = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"
_BLOCK = re.compile(r"```mermaid\nstateDiagram-v2\n.*?```\n", re.DOTALL)
_RUNNING = (State.INITIALISING, *(state for state in State if state in WARM))
"""States in which a runtime runs; arrows that all of them have are drawn once."""


def state_diagram() -> str:
    """Return the diagram as a block of Mermaid in Markdown."""
    return "\n".join(["```mermaid", "stateDiagram-v2", *_lines(), "```", ""])


def with_diagram(page: str) -> str:
    """Return the page with the diagram in the place of the one that it has."""
    before, after = _BLOCK.split(page)
    return before + state_diagram() + after


def _lines() -> Iterator[str]:
    common = frozenset.intersection(*(TRANSITIONS[state] for state in _RUNNING))
    others = [state for state in State if state not in _RUNNING]
    for state in State:
        if _id(state) != state:
            yield f'    state "{state}" as {_id(state)}'
    yield f"    [*] --> {_id(State.CREATING)}"
    yield '    state "with a runtime" as running {'
    for state in _RUNNING:
        yield from _arrows(f"        {_id(state)}", TRANSITIONS[state] & set(_RUNNING))
    yield "    }"
    for state in _RUNNING:
        yield from _arrows(f"    {_id(state)}", TRANSITIONS[state] - common - set(_RUNNING))
    yield from _arrows("    running", common)
    for state in others:
        yield from _arrows(f"    {_id(state)}", TRANSITIONS[state])
    yield f"    {_id(State.ENDED)} --> [*]"


def _arrows(begin: str, states: Iterable[State]) -> Iterator[str]:
    chosen = set(states)
    # In the order of their definition, so that the drawing is the same each time.
    return (f"{begin} --> {_id(state)}" for state in State if state in chosen)


def _id(state: State) -> str:
    return state.replace(" ", "_")


def main() -> None:
    """Write the diagram into the page."""
    PAGE.write_text(with_diagram(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
