"""Removes from untrusted text whatever a terminal would act upon.

Functions write the text (log lines, responses, file names), and a terminal obeys what it is sent:
an escape sequence may clear the screen or set the window's title, and a bidirectional override may
make a line read as something else.
"""

from __future__ import annotations

import re

ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)(?P<sgr>[0-9;:]*)m"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\n\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
"""One escape sequence, complete or cut off; ``sgr`` holds the parameters of one that sets style."""

UNSAFE_CHARACTER = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
"""Controls but tab and line feed, line separators, overrides of direction, lone surrogates."""

LINE_LIMIT = 4_000
"""Characters of one line that are shown; a note says that there are more."""

_INVISIBLE_CHARACTER = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2064\u206a-\u206f"
    "\u3164\ufe00-\ufe0f\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Joiners, fillers, selectors and tags, of whose width terminals have different opinions."""
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_STACKED_MARKS = re.compile(f"([{_MARKS}]{{4}})[{_MARKS}]+")
"""More combining marks on one character than any language has; they cover other lines."""

_LINE_END = re.compile(r"\r*\n|\r+")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def plain_text(text: str) -> str:
    """Return the text without escape sequences and unsafe characters.

    Every carriage return becomes the end of a line, and a lone surrogate, which no encoding can
    write, the replacement character. Tabs stay.
    """
    if not UNSAFE_CHARACTER.search(text):
        return text
    text = _LINE_END.sub("\n", ESCAPE_SEQUENCE.sub("", text))
    return UNSAFE_CHARACTER.sub("", _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text))


def one_line(text: str, limit: int = LINE_LIMIT) -> str:
    """Return any text, however hostile, as one line for a screen, with a sign for each line end.

    All names and messages go through this. It is cut to ``limit`` characters before anything else
    is done, and has no escape sequence, no tab and no character of doubtful width.
    """
    line = plain_text(text[:limit]).replace("\n", "\N{SYMBOL FOR LINE FEED}").replace("\t", " ")
    line = of_certain_width(line)
    return line if len(text) <= limit else f"{line}…"


def of_certain_width(text: str) -> str:
    """Return the text without characters that take different room on different terminals."""
    if text.isascii():
        return text
    return _STACKED_MARKS.sub(r"\1", _INVISIBLE_CHARACTER.sub("", text))
