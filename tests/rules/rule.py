"""A rule of AWS Lambda's, with the tests that prove it or the reason why none does yet."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """What AWS does, in one line, and what shows that lambda-tui does it too."""

    section: str
    says: str
    proofs: tuple[str, ...] = ()
    """Node ids below ``tests/``."""
    not_covered_yet: str = ""
    """Why nothing proves it."""


TRACING = "X-Ray tracing does not exist yet"
VERSIONS = "versions and aliases do not exist yet"
NO_SNAPSHOT = "snapshots of runtimes behind the Runtime API do not exist here"
NOT_OBSERVED = "AWS documents no value that could be compared"
