"""Turns untrusted text into styled text that is safe to show.

Textual passes the escape bytes of a string through to the terminal, so whatever a function wrote
(log lines, responses, files in ``/tmp``) goes through ``terminal_text`` before a widget gets it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from rich.ansi import SGR_STYLE_MAP
from rich.cells import cell_len, set_cell_size
from rich.color import Color
from rich.style import Style
from rich.text import Text

from lambda_tui.terminal_text import (
    ESCAPE_SEQUENCE,
    LINE_LIMIT,
    UNSAFE_CHARACTER,
    of_certain_width,
    plain_text,
)

TAB_SIZE = 4

_SHORTEST_WORD = 12
"""Cells to which a word of a title is shortened at most."""
_NEVER_SHOWN = frozenset({"5", "6", "8"})
"""SGR codes that blink or conceal: a function has no say in either on the user's screen."""


def terminal_text(raw: str | bytes, limit: int = LINE_LIMIT) -> Text:
    """Return the text with its SGR colours and nothing else that a terminal would act upon.

    The text is cut to ``limit`` characters before anything else is done, so that a line of
    megabytes costs no more than a short one; a note at the end says how much was cut.
    """
    if isinstance(raw, bytes):
        total = len(raw)
        raw = raw[: limit * 4].decode("utf-8", "replace")
        beyond = max(len(raw) - limit, total - limit * 4, 0)
    else:
        beyond = max(len(raw) - limit, 0)
    text = _safe_text(raw[:limit])
    if beyond:
        text.append(f" … {beyond:,} more characters", "dim italic")
    return text


def fitted(line: str, cells: int) -> str:
    """Return a line cut and padded to this number of cells."""
    if cell_len(line) > cells:
        line = set_cell_size(line, max(cells - 1, 0)) + "…"
    return set_cell_size(line, max(cells, 0))


def ending(line: str, cells: int) -> str:
    """Return at most this number of cells of a line: its end, which may have a line's number."""
    if cell_len(line) <= cells:
        return line
    while line and cell_len(line) > cells - 1:
        line = line[1:]
    return f"…{line}" if cells > 0 else ""


def shortened(name: str, cells: int) -> str:
    """Return at most this number of cells of a name: its beginning and its end.

    Names of one project often begin alike, and differ at the end.
    """
    if cell_len(name) <= cells:
        return name
    tail = (cells - 1) // 2
    return set_cell_size(name, max(cells - 1 - tail, 0)) + ending(name, tail + 1)


def fitted_name(name: str, cells: int) -> str:
    """Return a name shortened and padded to this number of cells."""
    return set_cell_size(shortened(name, cells), max(cells, 0))


def fitted_title(title: str, cells: int) -> str:
    """Return a title of parts that ``·`` separates, so that no figure in it is cut.

    The longest words are shortened, as are the names of functions; then the last parts go.
    """
    while (excess := cell_len(title) - cells) > 0:
        longest = max(title.split(" "), key=cell_len)
        size = cell_len(longest)
        if size > _SHORTEST_WORD and sum(map(str.isalpha, longest)) > len(longest) // 2:
            size = max(size - excess, _SHORTEST_WORD)
            title = title.replace(longest, shortened(longest, size), 1)
            continue
        rest, separator, _ = title.rpartition(" · ")
        if not separator:
            break
        title = rest
    return title


def _safe_text(raw: str) -> Text:
    """Return the printable characters of ``raw``, with tabs expanded and colours kept."""
    if not UNSAFE_CHARACTER.search(raw):
        return Text(of_certain_width(raw).expandtabs(TAB_SIZE), end="")
    raw = raw.replace("\r\n", "\n")
    text = Text(end="")
    style = Style.null()
    position = 0
    for escape in ESCAPE_SEQUENCE.finditer(raw):
        text.append(_printable(raw[position : escape.start()]), style)
        position = escape.end()
        if escape["sgr"] is not None:
            style = _next_style(style, escape["sgr"])
    text.append(_printable(raw[position:]), style)
    text.expand_tabs(TAB_SIZE)
    return text


def _printable(text: str) -> str:
    """Return ``text`` without control characters; a carriage return inside it becomes a sign."""
    text = text.rstrip("\r").replace("\r", "\N{SYMBOL FOR CARRIAGE RETURN}")
    return of_certain_width(plain_text(text))


@lru_cache(maxsize=256)
def _next_style(style: Style, parameters: str) -> Style:
    """Return the style after an SGR sequence with these parameters."""
    codes = iter(parameters.replace(":", ";").split(";"))
    for code in codes:
        number = code.lstrip("0") or "0"
        if number == "0":
            style = Style.null()
        elif number in ("38", "48"):
            style += _extended_colour(list(islice(codes, 1)), codes, background=number == "48")
        elif number not in _NEVER_SHOWN and int(number[:4]) in SGR_STYLE_MAP:
            style += Style.parse(SGR_STYLE_MAP[int(number[:4])])
    return style


def _extended_colour(kind: list[str], codes: Iterator[str], *, background: bool) -> Style:
    """Return the colour of ``38;5;n`` or ``38;2;r;g;b``; no style when it is malformed."""
    count = {"5": 1, "2": 3}.get(kind[0] if kind else "", 0)
    values = [int(code[:4]) for code in islice(codes, count) if code.isdecimal()]
    if not count or len(values) != count or max(values) > 255:
        return Style.null()
    colour = Color.from_ansi(values[0]) if count == 1 else Color.from_rgb(*values)
    return Style(bgcolor=colour) if background else Style(color=colour)
