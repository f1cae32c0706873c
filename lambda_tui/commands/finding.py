"""What ``lambda-tui doctor`` has found: a fact, whether it needs a hand, and what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report."""

    text: str
    remedy: str = ""
    """What to do about it; empty when all is well, or when the text says it."""
    is_problem: bool = False
    """Whether it falls short without a remedy of its own."""

    @property
    def needs_a_hand(self) -> bool:
        """Whether something falls short."""
        return self.is_problem or bool(self.remedy)
