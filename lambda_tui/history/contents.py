"""Event, response, log and details of an invocation, as far as they are kept beside its record."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, structs

from lambda_tui.history.invocation_record import InvocationRecord

MOST_OF_EACH = 256 << 10
"""Bytes of an event, of a response, of a log and of each extra that are kept."""


class Kept(Struct, frozen=True):
    """An event, a response or a log, of which there may be a part only."""

    content: bytes
    size: int
    """The bytes that there were."""

    @property
    def is_cut(self) -> bool:
        """Whether some of it was left out."""
        return len(self.content) < self.size


class Contents(Struct, frozen=True, kw_only=True):
    """Event, response, log and details of an invocation."""

    event: Kept
    """The beginning of it, when it was cut."""
    response: Kept | None
    """The beginning of it, when it was cut; None where there was none."""
    log: Kept
    """UTF-8; whole lines at the end of it, when it was cut."""
    extras: Mapping[str, bytes]
    """JSON by name: details of Init, changes in ``/tmp``."""
    left_out: tuple[str, ...] = ()
    """The names of extras that were too large."""

    @classmethod
    def of(
        cls,
        event: bytes | bytearray,
        response: bytes | None,
        log: str,
        extras: Mapping[str, bytes],
    ) -> Contents:
        """Return what is kept: ``MOST_OF_EACH`` bytes of each, and smaller extras only."""
        kept = cls(
            event=Kept(bytes(event[:MOST_OF_EACH]), len(event)),
            response=None if response is None else Kept(response[:MOST_OF_EACH], len(response)),
            log=_end_of(log),
            extras={},
        )
        return kept.with_extras(extras)

    def with_extras(self, extras: Mapping[str, bytes]) -> Contents:
        """Return the same with these extras too, as far as they are small enough."""
        small = {name: one for name, one in extras.items() if len(one) <= MOST_OF_EACH}
        large = (name for name in extras if name not in small)
        return structs.replace(
            self, extras={**self.extras, **small}, left_out=(*self.left_out, *large)
        )

    @property
    def bytes(self) -> int:
        """The memory that it takes, about."""
        response = 0 if self.response is None else len(self.response.content)
        kept = len(self.event.content) + response + len(self.log.content)
        return kept + sum(map(len, self.extras.values()))


class Entry(Struct, frozen=True):
    """An invocation to be kept, or the new record of one that is kept already."""

    record: InvocationRecord
    contents: Contents | None
    """None leaves them as they are."""
    later: Mapping[str, bytes] = {}
    """Extras that have become known since then, to be kept beside the contents."""

    @property
    def bytes(self) -> int:
        """The memory that its contents take, about."""
        own = 0 if self.contents is None else self.contents.bytes
        return own + sum(map(len, self.later.values()))


def _end_of(log: str) -> Kept:
    encoded = log.encode("utf-8", "backslashreplace")
    if len(encoded) <= MOST_OF_EACH:
        return Kept(encoded, len(encoded))
    end = encoded[-MOST_OF_EACH:]
    # From the beginning of a line; of a single long line from anywhere.
    whole_lines = end.partition(b"\n")[2] or end
    return Kept(whole_lines, len(encoded))
