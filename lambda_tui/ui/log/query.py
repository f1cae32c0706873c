"""A search of the log: a regular expression that can neither crash the screen nor hold it up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

_LONGEST = 1_000
"""Characters that an expression may have."""
_LINE_SECONDS = 0.05
"""How long one record may be searched. An expression that takes longer takes forever."""
_BLOCK_SECONDS = 2.0
"""How long a block of many records may be searched."""
_ESCAPED = re.compile(r"\\.")


class Query:
    """A search by an expression; case counts only where that has an upper-case letter.

    ``problem`` says why it finds nothing: the expression is wrong, or has taken too long.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.problem = ""
        self._pattern: regex.Pattern[str] | None = None
        if text:
            self._pattern = self._compile(text)

    def __bool__(self) -> bool:
        """Return whether anything is looked for."""
        return bool(self.text)

    def _compile(self, text: str) -> regex.Pattern[str] | None:
        # Imported with the first search: the first paint does not wait for it.
        import regex

        if len(text) > _LONGEST:
            self.problem = f"longer than {_LONGEST:,} characters"
            return None
        letters = _ESCAPED.sub("", text)
        ignore_case = regex.IGNORECASE if letters == letters.lower() else 0
        try:
            return regex.compile(text, regex.MULTILINE | ignore_case)
        except (regex.error, OverflowError, RecursionError, FutureWarning) as error:
            at = getattr(error, "pos", None)
            where = "" if at is None else f" at {at + 1}"
            self.problem = f"{getattr(error, 'msg', error)}{where}"
            return None

    def is_in(self, text: str) -> bool:
        """Return whether it is found in the text of a record."""
        return self._search(text, 0, _LINE_SECONDS) is not None

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the start and the end of each place in the text where it is found."""
        at = 0
        while at <= len(text) and (found := self._search(text, at, _LINE_SECONDS)) is not None:
            if found.end() > found.start():
                yield found.span()
            at = max(found.end(), found.start() + 1)

    def find(self, block: str, start: int) -> tuple[int, int] | None:
        """Return the start and end of the next place in a block of many records."""
        found = self._search(block, start, _BLOCK_SECONDS)
        return None if found is None else found.span()

    def _search(self, text: str, start: int, seconds: float) -> regex.Match[str] | None:
        if self._pattern is None:
            return None
        try:
            # The other threads run meanwhile.
            return self._pattern.search(text, start, timeout=seconds, concurrent=True)
        except TimeoutError:
            self.problem = "it takes too long; make it simpler"
            self._pattern = None
            return None
