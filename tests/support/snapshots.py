"""Compares what the screen shows with files of text, which a run can write anew."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

UPDATE = "UPDATE_SNAPSHOTS"
"""The variable with which a run writes the files anew, for the author to look at the difference."""
_HEADING = re.compile(r"^═══ (.*) ═══\n", re.MULTILINE)
_FRAMES = frozenset("─│╭╮╰╯┌┐└┘━┃▌▐▎▏▔▁▂▃▄▅▆▇█▊▕▍▋▉▖▗▝▘░ ")
"""Characters that are no text."""
_SAID = 90
"""Characters of the texts that a style is shown with."""


class Snapshots:
    """Named texts that are compared with those of one file, all together at the end."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._taken: dict[str, str] = {}

    def take(self, name: str, text: str) -> None:
        """Take a text under a name."""
        assert name not in self._taken, f"{name} is taken twice"
        self._taken[name] = "".join(f"{line.rstrip()}\n" for line in text.splitlines())

    def compare(self) -> None:
        """Assert that all texts are as the file has them, or write the file."""
        if os.environ.get(UPDATE):
            self._file.parent.mkdir(exist_ok=True)
            sections = (f"═══ {name} ═══\n{text}" for name, text in self._taken.items())
            self._file.write_text("".join(sections), "utf-8")
            return
        _, *parts = _HEADING.split(self._file.read_text("utf-8"))
        known = dict(zip(parts[::2], parts[1::2], strict=True))
        differences = [
            "\n".join(difflib.unified_diff(
                known.get(name, "").splitlines(), self._taken.get(name, "").splitlines(),
                f"{self._file.name}: {name}", "the screen", lineterm="",
            ))
            for name in dict.fromkeys((*known, *self._taken))
            if known.get(name) != self._taken.get(name)
        ]  # fmt: skip
        how = f"Look at each difference; {UPDATE}=1 writes them anew."
        assert not differences, "\n\n".join([*differences, how])


def cropped(lines: Iterable[Strip], region: Region) -> list[Strip]:
    """Return the part of the screen's lines that lies in a region."""
    shown = list(lines)[max(0, region.y) : region.bottom]
    return [line.crop(max(0, region.x), region.right) for line in shown]


def styles(lines: Iterable[Strip]) -> str:
    """Return a line for each style: the style, its number of cells, and texts that have it."""
    cells: dict[str, int] = {}
    texts: dict[str, dict[str, None]] = {}
    for strip in lines:
        for segment in strip:
            name = _name(segment.style or Style())
            cells[name] = cells.get(name, 0) + segment.cell_length
            text = " ".join(segment.text.split())
            if not set(text) <= _FRAMES:
                texts.setdefault(name, {})[text] = None
    rows = [
        f"{name:<42} {cells[name]:>5}  {' · '.join(texts.get(name, ()))[:_SAID]}"
        for name in sorted(cells)
    ]
    return "\n".join(rows)


def _name(style: Style) -> str:
    """Return ``#e0e0e0 on #121212 bold``: what a terminal is told of a style."""
    text = style.color.name if style.color is not None else "default"
    behind = style.bgcolor.name if style.bgcolor is not None else "default"
    looks = ("bold", "dim", "italic", "underline", "reverse", "strike")
    return " ".join([text, "on", behind, *(one for one in looks if getattr(style, one))])
