"""Hints for a user's first steps, each of which goes away for good once it was followed."""

from __future__ import annotations

from collections.abc import Sequence

HINTS: dict[str, str] = {
    "invoke": "invokes the function with the event that is shown",
    "help": "shows the keys of the pane, then all others",
    "palette": "finds every action, function and event by name",
    "zoom": "lets the pane fill the screen",
}
"""The effects of keys by the ids of their bindings, in the order in which they are of use."""


class Hints:
    """The hints that a user has not followed yet."""

    def __init__(self, known: Sequence[str]) -> None:
        """Take the ids of those that were followed before."""
        self.known = [*known]

    @property
    def next(self) -> str | None:
        """The id of the first one that was not followed; None when all were."""
        return next((id for id in HINTS if id not in self.known), None)

    def follow(self, id: str) -> bool:
        """Note that an action was used; return whether there was a hint for it until now."""
        is_new = id in HINTS and id not in self.known
        if is_new:
            self.known.append(id)
        return is_new
