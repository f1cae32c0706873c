"""What tests of extensions share."""

from __future__ import annotations

import pytest

from lambda_tui.engine import ending, engine


@pytest.fixture
def unhurried_shutdown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Extensions have many times the time that AWS gives them to end, on however busy a machine."""
    monkeypatch.setattr(ending, "EXTERNAL_BUDGET", 60.0)
    monkeypatch.setattr(ending, "INTERNAL_BUDGET", 30.0)
    monkeypatch.setattr(engine, "_GOODBYE_SECONDS", 120.0)
