"""Formats numbers for people: short, and with their unit."""

from __future__ import annotations


def seconds(value: float) -> str:
    """Return a time in whole seconds, for figures that change with the clock: ``8s``, ``3m20``."""
    whole = max(0, int(value))
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}m{rest:02}"
    return f"{minutes // 60}h{minutes % 60:02}"


def milliseconds(value: float) -> str:
    """Return a duration with three significant digits: ``1.42 ms``, ``318 ms``, ``2.10 s``."""
    if value >= 1000:
        return f"{value / 1000:.2f} s"
    if value >= 100:
        return f"{value:.0f} ms"
    return f"{value:.1f} ms" if value >= 10 else f"{value:.2f} ms"


def size(count: int) -> str:
    """Return a number of bytes: ``812 B``, ``4.2 KB``, ``6.0 MB``."""
    if count < 1024:
        return f"{count} B"
    if count < 1024 * 1024:
        return f"{count / 1024:.1f} KB"
    return f"{count / (1024 * 1024):.1f} MB"


def megabytes(value: float) -> str:
    """Return a number of MB, with a decimal only below 10: ``0``, ``4.2``, ``128``."""
    return f"{value:.1f}" if 0 < value < 10 else f"{value:.0f}"
