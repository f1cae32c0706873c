from __future__ import annotations

import asyncio

import pytest

from lambda_tui.commands import output_stream
from lambda_tui.commands.output_stream import ERRORS, OutputStream


async def test_what_is_put_is_written_in_order(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    output = OutputStream(lambda: None)

    output.put("one\n")
    output.put("two\n", ERRORS)
    output.put("thr\udcffee\n")
    await asyncio.wait_for(output.flush(), 60)

    written = capfdbinary.readouterr()
    assert (written.out, written.err) == (b"one\nthr\\udcffee\n", b"two\n")


async def test_what_finds_no_room_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output_stream, "MOST", 10)
    output = OutputStream(lambda: None)

    output.put("x" * 11)

    assert output.dropped == 1
    await asyncio.wait_for(output.flush(), 60)
