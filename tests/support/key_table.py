"""The table of the keys and of their ids, from the screen's bindings.

``python -m tests.support.key_table`` writes it into the page anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from textual.binding import Binding

from lambda_tui.ui import LambdaTuiApp
from lambda_tui.ui.bindings import PANE_BINDINGS, SECTIONS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "keys.md"
_OF_PANES = (
    "These keys are those of single panes, where they go before the others. "
    "An id that several panes have is changed for all of them."
)
_START, _END = "<!-- keys -->\n", "<!-- /keys -->\n"


def key_table() -> str:
    """Return two tables in Markdown: the keys of the screen, and those of single panes."""
    app = tuple(one for one in LambdaTuiApp.BINDINGS if isinstance(one, Binding))
    ids: dict[str, list[Binding]] = {}
    for binding in (*(one for group in SECTIONS.values() for one in group), *app):
        if binding.id:
            ids.setdefault(binding.id, []).append(binding)
    lines = ["| id | keys | effect |", "| --- | --- | --- |"]
    for id, bindings in ids.items():
        effect = bindings[0].tooltip or bindings[0].description
        lines.append(f"| `{id}` | {_keys(bindings)} | {effect} |")
    lines += ["", _OF_PANES, "", "| where | id | keys | effect |", "| --- | --- | --- | --- |"]
    for where, group in PANE_BINDINGS.items():
        lines += [f"| {where} | `{one.id}` | {_keys([one])} | {one.tooltip} |" for one in group]
    return "\n".join([*lines, ""])


def _keys(bindings: Iterable[Binding]) -> str:
    return ", ".join(f"`{key}`" for one in bindings for key in one.key.split(","))


def with_table(page: str) -> str:
    """Return the page with the table in the place of the one that it has."""
    before, rest = page.split(_START)
    return f"{before}{_START}{key_table()}{_END}{rest.split(_END)[1]}"


def main() -> None:
    """Write the table into the page."""
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
