"""Copying: with the machine's clipboard where it works, else through the terminal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lambda_tui.ui import clipboard
from lambda_tui.ui.clipboard import copy


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
