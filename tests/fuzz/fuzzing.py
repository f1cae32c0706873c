"""Random changes of valid bytes, and how many of them a run tries.

An ordinary run tries the same ones each time. ``FUZZ_ROUNDS=100`` tries a hundred times as many,
each time others; the output of a failed test says their seed, which ``FUZZ_SEED`` repeats.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Sequence
from typing import Any

import pytest

ROUNDS = int(os.environ.get("FUZZ_ROUNDS", "1"))
LONG_ENOUGH = pytest.mark.timeout(300 * ROUNDS)
"""The bound of a hanging test, which grows with the rounds."""
_USUAL_SEED = 1
_MOST_CHANGES = 4
_LONGEST_PIECE = 40


def new_chance() -> random.Random:
    """Return a source of random numbers, and say its seed."""
    usual = _USUAL_SEED if ROUNDS == 1 else random.randrange(1 << 32)
    seed = int(os.environ.get("FUZZ_SEED", usual))
    print(f"FUZZ_SEED={seed}")
    return random.Random(seed)


def changed(
    chance: random.Random, data: bytes, others: Sequence[bytes], tokens: Sequence[bytes]
) -> bytes:
    """Return the data with some changes; ``tokens`` are the pieces that may harm a parser."""
    for _ in range(chance.randint(1, _MOST_CHANGES)):
        start = chance.randrange(len(data) + 1)
        end = min(start + chance.randint(1, _LONGEST_PIECE), len(data))
        match chance.randrange(8):
            case 0:
                data = data[:start]
            case 1:
                data = data[:start] + data[end:]
            case 2:
                data = data[:end] + data[start:end] * chance.choice([1, 2, 100]) + data[end:]
            case 3:
                data = data[:start] + chance.randbytes(end - start) + data[end:]
            case 4:
                other = chance.choice(others)
                data = data[:start] + other[chance.randrange(len(other) + 1) :]
            case 5 if data:
                place = chance.randrange(len(data))
                bit = data[place] ^ 1 << chance.randrange(8)
                data = data[:place] + bytes([bit]) + data[place + 1 :]
            case _:
                data = data[:start] + chance.choice(tokens) + data[start:]
    return data


def caught_errors() -> list[str]:
    """Return the errors that the running loop will have had to catch, which are added later."""
    errors: list[str] = []

    def catch(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        errors.append(f"{context['message']}: {context.get('exception')!r}")

    asyncio.get_running_loop().set_exception_handler(catch)
    return errors
