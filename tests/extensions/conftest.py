"""What tests of extensions share."""

from __future__ import annotations

import pytest

from lambda_tui.engine import ending


@pytest.fixture
def unhurried_shutdown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Extensions have ten times the time that AWS gives them to end, on however busy a machine."""
    monkeypatch.setattr(ending, "EXTERNAL_BUDGET", 20.0)
