"""Which processor cores the front end and the environments run on.

A wake-up on another core can cost more than all the code on the way, and where the kernel puts a
process changes from second to second. So what takes microseconds is measured twice, each time with
everything in its place: every hop between two cores, and everything on one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Placement:
    """The cores of the two ends of a channel."""

    name: str
    front: frozenset[int]
    """The cores of the process that asks: the benchmark, with the engine in it."""
    back: frozenset[int]
    """The cores of the processes that answer: an echo, or the zygote and what it forks."""


def placements() -> tuple[Placement, ...]:
    """Both placements; a single one where processes cannot be placed or there is one core."""
    if not hasattr(os, "sched_getaffinity"):
        return (Placement("the system's placement", frozenset(), frozenset()),)
    cores = sorted(os.sched_getaffinity(0))
    one = frozenset(cores[-1:])
    on_one = Placement("one core", one, one)
    if len(cores) == 1:
        return (on_one,)
    return (Placement("two cores", frozenset(cores[:1]), one), on_one)


@contextmanager
def placed(cores: frozenset[int]) -> Iterator[None]:
    """Run this thread, and what it starts meanwhile, on these cores."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
