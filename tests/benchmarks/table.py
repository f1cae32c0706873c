"""Rows as a table for people."""

from __future__ import annotations

from .rows import Row, short

_HEADINGS = ("measure", "figure", "× floor", "budget", "", "spread")


def heading() -> str:
    """Return the table's first lines."""
    return f"{_line(_HEADINGS)}\n{_line(['-' * width for width in _WIDTHS])}"


def line(row: Row) -> str:
    """One row."""
    verdict = {True: "ok", False: "OVER", None: ""}[row.is_within]
    ratio = "" if row.ratio is None else f"{row.ratio:.1f}"
    return _line(
        (row.measure, f"{short(row.figure)} {row.unit}", ratio, row.budget, verdict, row.spread)
    )


_WIDTHS = (53, 20, 7, 36, 4, 30)


def _line(cells: tuple[str, ...] | list[str]) -> str:
    measure, figure, ratio, *rest = cells
    padded = [f"{measure:<{_WIDTHS[0]}}", f"{figure:>{_WIDTHS[1]}}", f"{ratio:>{_WIDTHS[2]}}"]
    padded += [f"{cell:<{width}}" for cell, width in zip(rest, _WIDTHS[3:], strict=True)]
    return "  ".join(padded).rstrip()
