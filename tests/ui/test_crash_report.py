"""The report of an uncaught exception: complete but for anybody's data."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.ui.crash import crash_report, crash_sentence


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
