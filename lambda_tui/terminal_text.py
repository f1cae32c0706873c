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
