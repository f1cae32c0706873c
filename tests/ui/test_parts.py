"""The parts of the screen that are no widgets."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.events import Event, Record
from lambda_tui.engine.lifecycle import State
from lambda_tui.ui import clipboard, figures
from lambda_tui.ui.clipboard import copy
from lambda_tui.ui.crash import crash_report, crash_sentence
from lambda_tui.ui.glyphs import STATE_GLYPHS, STRIP_GLYPHS
from lambda_tui.ui.panes.response import SHOWN_LIMIT, response_content
from lambda_tui.ui.panes.tmp_files import CONTENT, ENTRIES, TmpContent, list_tmp, read_tmp
from lambda_tui.ui.timeline import STRIP_CELLS, Timeline
from lambda_tui.wording import counted


def at(time: float, record: Record) -> Event:
    return Event(record=record, function="Greet", environment="e", time=time)


def test_a_timeline_has_a_cell_for_each_phase_and_each_second() -> None:
    timeline = Timeline()
    timeline.add(at(0.0, events.EnvironmentCreated("invocation")))
    timeline.add(at(0.1, events.InitStart("python:3.13.v7", "arn")))
    timeline.add(at(0.2, events.InitRuntimeDone("success")))
    timeline.add(at(0.2, events.Start("id")))
    timeline.add(at(0.3, events.Report("id", "success", 1.0, 1, 128, 30)))
    timeline.add(at(0.3, events.EnvironmentFrozen()))
    timeline.tick(2.5)
    strip = "".join(STRIP_GLYPHS[state] for state in timeline.last(20))
    assert strip == "▒▓█···"


def test_a_timeline_is_bounded() -> None:
    timeline = Timeline()
    timeline.add(at(0.0, events.EnvironmentFrozen()))
    timeline.tick(100_000.0)
    assert len(timeline.cells) == STRIP_CELLS


def test_every_state_has_a_sign_of_its_own() -> None:
    assert set(STATE_GLYPHS) == set(STRIP_GLYPHS) == set(State)
    assert len(set(STATE_GLYPHS.values())) == len(State)
    assert len(set(STRIP_GLYPHS.values())) == len(State)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (figures.seconds(59.9), "59s"),
        (figures.seconds(200), "3m20"),
        (figures.seconds(7500), "2h05"),
        (figures.milliseconds(1.416), "1.42 ms"),
        (figures.milliseconds(318.4), "318 ms"),
        (figures.milliseconds(2100), "2.10 s"),
        (figures.size(812), "812 B"),
        (figures.size(6 * 1024 * 1024), "6.0 MB"),
        (figures.megabytes(0.0), "0"),
        (figures.megabytes(128.4), "128"),
        (counted(1, "line"), "1 line"),
        (counted(1200, "line"), "1,200 lines"),
    ],
)
def test_figures_are_short_and_have_a_unit(shown: str, expected: str) -> None:
    assert shown == expected


def test_tmp_is_listed_with_directories_before_their_content(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "prices.json").write_text("{}")
    (tmp_path / "a.txt").write_text("one")
    found = [("/".join(entry.path), entry.kind, entry.size) for entry in list_tmp(tmp_path)]
    assert found[0] == ("a.txt", "file", 3)
    assert [path for path, _, _ in found] == ["a.txt", "cache", "cache/prices.json"]


def test_a_listing_is_bounded(tmp_path: Path) -> None:
    names = [f"{number:04}" for number in range(ENTRIES * 3)]
    for name in names:
        (tmp_path / name).touch()
    assert [entry.name for entry in list_tmp(tmp_path)] == names[:ENTRIES]


def test_links_of_a_function_lead_nowhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("AKIA")
    inside = tmp_path / "tmp"
    inside.mkdir()
    (inside / "directory").symlink_to(secret)
    (inside / "file").symlink_to(secret / "key")
    assert {(entry.name, entry.kind) for entry in list_tmp(inside)} == {
        ("directory", "link"),
        ("file", "link"),
    }
    for path in (("file",), ("directory", "key")):
        found = read_tmp(inside, path)
        assert isinstance(found, str)
        assert "cannot be read" in found


def test_pipes_and_sockets_do_not_hold_the_screen_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        assert isinstance(read_tmp(tmp_path, ("pipe",)), str)
        assert isinstance(read_tmp(tmp_path, ("socket",)), str)


def test_a_file_is_read_up_to_a_bound(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * (CONTENT + 10))
    found = read_tmp(tmp_path, ("large",))
    assert isinstance(found, TmpContent)
    assert (len(found.data), found.total) == (CONTENT, CONTENT + 10)
    assert not found.is_binary
    assert TmpContent(b"\x00\x01", 2).is_binary


def test_a_directory_that_is_gone_is_empty(tmp_path: Path) -> None:
    assert list_tmp(tmp_path / "gone") == ()
    assert isinstance(read_tmp(tmp_path / "gone", ("file",)), str)


async def test_copying_prefers_the_machines_own_clipboard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clipboard, "_PATIENCE", 60.0)
    command = tmp_path / "wl-copy"
    command.write_text(f'#!/bin/sh\n/bin/cat > "{tmp_path}/copied"\n')
    command.chmod(0o755)
    environment = {"PATH": str(tmp_path), "WAYLAND_DISPLAY": "wayland-0"}
    asked: list[str] = []
    assert await copy("héllo", asked.append, environment) == "with wl-copy"
    assert (tmp_path / "copied").read_text() == "héllo"
    assert not asked


async def test_a_clipboard_command_that_fails_is_not_believed(tmp_path: Path) -> None:
    command = tmp_path / "pbcopy"
    command.write_text("#!/bin/sh\nexit 1\n")
    command.chmod(0o755)
    asked: list[str] = []
    assert "OSC 52" in await copy("text", asked.append, {"PATH": str(tmp_path)})
    assert asked == ["text"]


async def test_over_ssh_the_terminal_is_asked(tmp_path: Path) -> None:
    asked: list[str] = []
    environment = {"PATH": os.environ["PATH"], "SSH_CONNECTION": "here there"}
    assert "OSC 52" in await copy("text", asked.append, environment)
    assert asked == ["text"]


def invocation(response: bytes, status: str = "success") -> Any:
    return SimpleNamespace(response=response, status=status, is_over=True)


def test_a_response_of_megabytes_is_cut_with_a_note() -> None:
    payload = json.dumps({"rows": ["x" * 100] * 60_000}).encode()
    shown = response_content(invocation(payload)).plain
    assert len(shown) < SHOWN_LIMIT + 200
    assert "Y copies everything" in shown


@pytest.mark.parametrize("payload", [b"null", b"17", b'"text"', b"[]", b"\xff\x00", b"{broken"])
def test_any_response_can_be_shown(payload: bytes) -> None:
    shown = response_content(invocation(payload)).plain
    assert shown
    assert "\x00" not in shown


def test_escapes_in_a_response_are_shown_as_text() -> None:
    shown = response_content(invocation(json.dumps("\x1b]0;PWNED\x07[b]").encode())).plain
    assert "\x1b" not in shown
    assert "[b]" in shown


def test_an_error_shows_as_python_prints_it() -> None:
    error = {
        "errorType": "KeyError",
        "errorMessage": "'name' [red]",
        "stackTrace": ['  File "/var/task/app.py", line 1, in greet\n    return event["name"]\n'],
    }
    shown = response_content(invocation(json.dumps(error).encode(), "error")).plain
    assert shown.startswith("✗ KeyError\n'name' [red]")
    assert '\n    return event["name"]' in shown


def test_a_crash_report_names_causes_and_holds_no_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    secret = "AKIA" + "IOSFODNN"
    try:
        try:
            raise KeyError(secret)
        except KeyError as cause:
            raise RuntimeError(f"lost {secret}") from cause
    except RuntimeError as error:
        report = crash_report(error)
        sentence = crash_sentence(error)
    assert "RuntimeError" in report
    assert "KeyError" in report
    assert "test_a_crash_report_names_causes" in report
    assert secret not in report
    assert secret not in sentence
    assert "RuntimeError" in sentence


def test_a_report_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocker = tmp_path / "file"
    blocker.touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(blocker))
    assert "no report could be written" in crash_sentence(RuntimeError())
