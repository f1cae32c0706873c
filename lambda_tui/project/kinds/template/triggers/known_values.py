"""Reads what a template says of the services around a function, as far as it is known here.

They are not run, so what is missing, malformed or known only to a deployment is left out without a
word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lambda_tui.project.kinds.template.language import (
    Absent,
    LinedMapping,
    Resolver,
    UnresolvedError,
    as_text,
    function_name,
)


class KnownValues:
    """A mapping in a template of which only those values are there that can be resolved."""

    def __init__(self, mapping: object, resolver: Resolver) -> None:
        self.mapping = mapping if isinstance(mapping, LinedMapping) else LinedMapping()
        self.resolver = resolver

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, whether their values are known or not."""
        return iter(self.mapping)

    def value(self, name: str) -> object:
        """Return a resolved value; None when it is absent or not known."""
        return self._resolved(self.mapping.get(name))

    def text(self, name: str) -> str | None:
        """Return a text, or a number as text; None when it is absent or not known."""
        return self._as_text(self.mapping.get(name))

    def texts(self, name: str) -> list[str]:
        """Return the texts of a list, or the only text that is no list."""
        value = self.value(name)
        found = value if isinstance(value, list) else [value]
        return [text for text in map(self._as_text, found) if text is not None]

    def under(self, *names: str) -> KnownValues:
        """Return the mapping at the end of a path; an empty one when there is none."""
        inner = self
        for name in names:
            inner = KnownValues(inner.value(name), self.resolver)
        return inner

    def items(self, name: str) -> list[KnownValues]:
        """Return the mappings of a list."""
        value = self.value(name)
        found = value if isinstance(value, list) else []
        return [KnownValues(self._resolved(one), self.resolver) for one in found]

    def function(self, name: str) -> str | None:
        """Return the name of the function in a name, an ARN, or the URI of an integration."""
        text = self.text(name)
        return None if text is None else function_name(text).partition("/")[0]

    def _as_text(self, value: object) -> str | None:
        resolved = self._resolved(value)
        try:
            return None if resolved is None else as_text(resolved)
        except UnresolvedError:
            return None

    def _resolved(self, value: object) -> object:
        try:
            resolved = self.resolver.resolve(value)
        except UnresolvedError:
            return None
        return None if resolved is Absent.NO_VALUE else resolved


def given(details: Mapping[str, str | None]) -> dict[str, str]:
    """Return the details that are known."""
    return {name: value for name, value in details.items() if value}


def object_details(
    bucket: str | None, notification: KnownValues, event: str | None
) -> dict[str, str]:
    """Return the bucket, the kind of event, and a key that the notification's filter lets pass."""
    key = None
    rules = notification.under("Filter", "S3Key").items("Rules")
    if rules:
        filters = {(rule.text("Name") or "").lower(): rule.text("Value") for rule in rules}
        prefix, suffix = filters.get("prefix") or "", filters.get("suffix") or ""
        key = f"{prefix}example{suffix or '.txt'}"
    kind = None if event is None else event.removeprefix("s3:")
    return given({"bucket": bucket, "event": kind, "key": key})


def pattern_details(pattern: KnownValues) -> dict[str, str]:
    """Return the source and the detail-type of an event that a pattern lets pass."""
    sources, kinds = pattern.texts("source"), pattern.texts("detail-type")
    return given(
        {
            "source": sources[0] if sources else None,
            "detail_type": kinds[0] if kinds else None,
        }
    )
