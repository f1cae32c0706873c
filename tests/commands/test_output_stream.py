from __future__ import annotations

import asyncio
import os
import pty
from pathlib import Path

import pytest

from lambda_tui.commands import output
from lambda_tui.commands.output import STANDARD_ERROR, OutputStream
from support.command_line import outcome, run, start, write_project


async def test_what_is_put_is_written_in_order(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    stream = OutputStream(lambda: None)

    stream.put("one\n")
    stream.put("two\n", STANDARD_ERROR)
    stream.put("thr\udcffee\n")
    await asyncio.wait_for(stream.flush(), 60)

    written = capfdbinary.readouterr()
    assert (written.out, written.err) == (b"one\nthr\\udcffee\n", b"two\n")


async def test_what_finds_no_room_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "BUFFER_LIMIT", 10)
    stream = OutputStream(lambda: None)

    stream.put("x" * 11)

    assert stream.dropped == 1
    await asyncio.wait_for(stream.flush(), 60)


HOSTILE = "\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[0m\u202eevil\x9b2J\tx\rnext\r\nlast\n"


def test_a_terminal_gets_nothing_that_it_would_act_upon(tmp_path: Path) -> None:
    source = f"def handler(event, context):\n    print({HOSTILE!r}, end='')\n"
    project = write_project(tmp_path / "shop", {"Order": source})
    master, slave = pty.openpty()
    command = start("invoke", "Order", "--project", project, standard_error=slave)
    os.close(slave)
    assert outcome(command).status == 0
    shown = os.read(master, 1 << 16).decode()
    os.close(master)
    log = run("invoke", "Order", "--project", project).errors

    assert "redevil" in shown
    assert "\x1b" not in shown
    assert "\x1b[31mred" in log, "what is no terminal gets it as it was written"
