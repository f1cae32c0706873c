"""The path of an invocation through the code stays short."""

from __future__ import annotations

from .call_path import follow

MOST_WARM_CALLS = 70
MOST_WARM_FILES = 12
MOST_COLD_FILES = 26


async def test_a_warm_invocation_passes_few_calls_in_few_files() -> None:
    path = await follow("warm")

    assert len(path.calls) <= MOST_WARM_CALLS, str(path)
    assert len(path.files) <= MOST_WARM_FILES, str(path)


async def test_a_cold_invocation_passes_few_files() -> None:
    path = await follow("cold")

    assert len(path.files) <= MOST_COLD_FILES, str(path)
