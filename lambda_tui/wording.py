"""Phrases that more than one part of the program writes."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Return a number with its noun: ``1 line``, ``1,200 lines``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def dollars(amount: float) -> str:
    """Return a price with three significant digits below a dollar: ``$0.000000213``, ``$12.40``.

    No digit of it is left out to save room: ``$0.00`` would say that it costs nothing.
    """
    if amount <= 0:
        return "$0"
    # The exponent as it is after rounding.
    exponent = int(f"{amount:.2e}".partition("e")[2])
    return f"${amount:,.{max(2 - exponent, 2)}f}"
