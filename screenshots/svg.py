"""Draws what a terminal shows, once or over time, as one SVG that needs nothing from outside.

Code hosts show an SVG in an ``<img>``, where it may neither load fonts nor run scripts: fonts are
given by their names, and time by CSS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from xml.etree import ElementTree

_SVG = "{http://www.w3.org/2000/svg}"
_RULE = re.compile(r"\.[\w-]+-(r\d+) \{ (.+?) \}")
# The measures of Rich's pictures, from which the rows are taken.
_CHARACTER = 12.2
_ROW = 24.4
_FIRST_RECTANGLE = 1.5
_LEFT, _TOP, _MARGIN = 9, 41, 9
_FONTS = "'Fira Code', ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_STYLE = f"""\
text {{ font: 20px {_FONTS} }}
.title {{ font: bold 18px arial, sans-serif; fill: #c5c8c6 }}
.caption {{ font: bold 18px arial, sans-serif; fill: #f0a04b }}
"""
_LIGHTS = (("#ff5f57", 27), ("#febc2e", 49), ("#28c840", 71))


@dataclass(frozen=True, slots=True)
class Frame:
    """One state of the terminal."""

    rows: tuple[str, ...]
    """The shapes of each row, in SVG, from the top."""
    caption: str = ""
    """Shown beside the title: the key that was pressed, for example."""
    at: float = 0.0
    """Seconds after the first frame."""


class Styles:
    """The style rules of all frames of a picture, each with a short class name."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def name(self, rule: str) -> str:
        """Return the class of a rule."""
        return self._names.setdefault(rule, f"s{len(self._names)}")

    def __str__(self) -> str:
        """Return the rules as CSS."""
        return "".join(f".{name} {{ {rule} }}\n" for rule, name in self._names.items())


def read_rows(screenshot: str, styles: Styles, count: int, background: str) -> tuple[str, ...]:
    """Return the shapes of each row that one of Textual's screenshots shows.

    What has the colour of the background is left out: the picture has that behind all rows.
    """
    rules = dict(_RULE.findall(screenshot))
    rows: dict[int, list[str]] = {}
    terminal = ElementTree.fromstring(screenshot).find(f"{_SVG}g[@clip-path]")
    assert terminal is not None
    for shape in terminal.iter():
        if shape.tag == f"{_SVG}rect":
            if shape.attrib["fill"].lower() == background.lower():
                continue
            row, markup = _read_rectangle(shape.attrib, styles)
        elif shape.tag == f"{_SVG}text":
            row, markup = _read_text(shape, rules, styles)
        else:
            continue
        rows.setdefault(row, []).append(markup)
    return tuple("".join(rows.get(row, [])) for row in range(count))


def _read_rectangle(attributes: Mapping[str, str], styles: Styles) -> tuple[int, str]:
    row = round((float(attributes["y"]) - _FIRST_RECTANGLE) / _ROW)
    name = styles.name(f"fill: {attributes['fill']}; shape-rendering: crispEdges")
    x, width = attributes["x"], attributes["width"]
    return row, f'<rect class="{name}" x="{x}" width="{width}" height="{_ROW + 0.25:g}"/>'


def _read_text(
    element: ElementTree.Element, rules: Mapping[str, str], styles: Styles
) -> tuple[int, str]:
    row = round((float(element.attrib["y"]) - 20) / _ROW)
    name = styles.name(rules[element.attrib["class"].rpartition("-")[2]])
    text = element.text or ""
    # Its spaces are of the kind that XML does not collapse. Those at its ends are left out.
    x = float(element.attrib["x"]) + (len(text) - len(text.lstrip())) * _CHARACTER
    text = text.strip()
    width = len(text) * _CHARACTER
    return row, (
        f'<text class="{name}" x="{x:g}" y="18.5" textLength="{width:g}">{escape(text)}</text>'
    )


@dataclass(frozen=True, slots=True)
class Terminal:
    """The terminal of a picture."""

    title: str
    columns: int
    background: str
    """Colour behind all rows."""


def draw(terminal: Terminal, frames: Sequence[Frame], styles: Styles, seconds: float = 0.0) -> str:
    """Return a picture: still if there is one frame, and otherwise moving, over so many seconds.

    Without animation, or where the user wants none, the last frame shows.
    """
    columns, count = terminal.columns, len(frames[0].rows)
    width = columns * _CHARACTER + _LEFT + _MARGIN
    height = count * _ROW + _TOP + _MARGIN
    intervals = _Intervals(frames, seconds)
    rows = "".join(
        f'<svg x="{_LEFT}" y="{_TOP + row * _ROW:g}" width="{columns * _CHARACTER:g}"'
        f' height="{_ROW + 0.25:g}">{shapes}</svg>\n'
        for row in range(count)
        if (shapes := intervals.grouped([frame.rows[row] for frame in frames]))
    )
    captions = intervals.grouped(
        [
            f'<text class="caption" text-anchor="end" x="{width - 18:g}" y="27">'
            f"{escape(frame.caption)}</text>"
            if frame.caption
            else ""
            for frame in frames
        ]
    )
    lights = "".join(f'<circle cx="{x}" cy="23" r="7" fill="{fill}"/>' for fill, x in _LIGHTS)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}">\n'
        f"<style>\n{_STYLE}{styles}{intervals.css()}</style>\n"
        f'<rect x="0.5" y="0.5" width="{width - 1:g}" height="{height - 1:g}" rx="8"'
        ' fill="#292929" stroke="#7f7f7f"/>\n'
        f"{lights}\n"
        f'<text class="title" text-anchor="middle" x="{width / 2:g}" y="27">'
        f"{escape(terminal.title)}</text>\n{captions}\n"
        # Below the rows, between which the frame would otherwise shine through.
        f'<rect x="{_LEFT}" y="{_TOP}" width="{columns * _CHARACTER:g}"'
        f' height="{count * _ROW:g}" fill="{terminal.background}"/>\n{rows}</svg>\n'
    )


_Stretches = tuple[tuple[int, int], ...]
"""Stretches of time, each by its first frame and the one after its last."""


class _Intervals:
    """The intervals of time in which shapes show, each with a class that hides them otherwise."""

    def __init__(self, frames: Sequence[Frame], seconds: float) -> None:
        self._begins = [frame.at for frame in frames] + [seconds]
        self._seconds = seconds
        self._names: dict[_Stretches, str] = {}

    def grouped(self, shapes: Sequence[str]) -> str:
        """Return the shapes of one place over all frames, each to show in its frames only."""
        stretches: dict[str, list[tuple[int, int]]] = {}
        for shape, first, after in _runs(shapes):
            stretches.setdefault(shape, []).append((first, after))
        # A shape that comes again, such as one behind a dialog, is drawn once.
        return "".join(
            self._shown(shape, tuple(when)) for shape, when in stretches.items() if shape
        )

    def _shown(self, shape: str, when: _Stretches) -> str:
        if when == ((0, len(self._begins) - 1),):
            return shape
        name = self._names.setdefault(when, f"t{len(self._names)}")
        return f'<g class="{name}">{shape}</g>'

    def css(self) -> str:
        """Return the rules for all intervals so far."""
        if not self._names:
            return ""
        last = len(self._begins) - 1
        still = "".join(
            f".{name} {{ visibility: {'visible' if when[-1][1] == last else 'hidden'} }}\n"
            for when, name in self._names.items()
        )
        moving = "".join(
            f".{name} {{ animation: {name} {self._seconds:g}s step-end infinite }}\n"
            f"@keyframes {name} {{ {self._key_frames(when)} }}\n"
            for when, name in self._names.items()
        )
        return f"{still}@media (prefers-reduced-motion: no-preference) {{\n{moving}}}\n"

    def _key_frames(self, when: _Stretches) -> str:
        steps = [(0.0, "hidden")] if when[0][0] else []
        for first, after in when:
            steps.append((self._begins[first] / self._seconds, "visible"))
            if after < len(self._begins) - 1:
                steps.append((self._begins[after] / self._seconds, "hidden"))
        return " ".join(f"{100 * at:.3f}% {{ visibility: {value} }}" for at, value in steps)


def _runs(shapes: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Yield each shape with its first frame and the one after its last."""
    first = 0
    for shape, run in groupby(shapes):
        after = first + len(list(run))
        yield shape, first, after
        first = after
