"""The table of the keys and of their ids, from the screen's bindings.

``python -m tests.support.key_table`` writes it into the page anew.
"""

from __future__ import annotations

from pathlib import Path

from textual.binding import Binding

from lambda_tui.ui import LambdaTuiApp
from lambda_tui.ui.bindings import SECTIONS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "keys.md"
_START, _END = "<!-- keys -->\n", "<!-- /keys -->\n"


def key_table() -> str:
    """Return a table in Markdown: the id, the usual keys and the effect of each binding."""
    app = tuple(one for one in LambdaTuiApp.BINDINGS if isinstance(one, Binding))
    ids: dict[str, list[Binding]] = {}
    for binding in (*(one for group in SECTIONS.values() for one in group), *app):
        if binding.id:
            ids.setdefault(binding.id, []).append(binding)
    lines = ["| id | keys | effect |", "| --- | --- | --- |"]
    for id, bindings in ids.items():
        keys = ", ".join(f"`{key}`" for one in bindings for key in one.key.split(","))
        lines.append(f"| `{id}` | {keys} | {bindings[0].tooltip or bindings[0].description} |")
    return "\n".join([*lines, ""])


def with_table(page: str) -> str:
    """Return the page with the table in the place of the one that it has."""
    before, rest = page.split(_START)
    return f"{before}{_START}{key_table()}{_END}{rest.split(_END)[1]}"


def main() -> None:
    """Write the table into the page."""
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
