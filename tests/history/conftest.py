"""A project without a history, and what is kept of invocations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lambda_tui.history import History
from lambda_tui.project.settings import Settings
from support.records import OpenHistory


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's state directory, for one test."""
    folder = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder


@pytest.fixture
def something_in_the_way(state: Path) -> None:
    """Have a file where the folder of the history would be."""
    state.mkdir()
    (state / "lambda-tui").write_text("no folder")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project's folder."""
    folder = tmp_path / "orders"
    folder.mkdir()
    return folder


@pytest.fixture
def said() -> list[str]:
    """The sentences that the user was told."""
    return []


@pytest.fixture
def open_history(project: Path, said: list[str]) -> OpenHistory:
    """A function that opens the project's history, and closes it after the block."""

    @asynccontextmanager
    async def open_it(is_kept: bool = True) -> AsyncIterator[History]:
        history = History.open(project, Settings(history=is_kept), said.append)
        yield history
        await history.close()

    return open_it
