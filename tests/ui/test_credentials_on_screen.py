"""Whose credentials functions have, on the screen, and that no secret is anywhere."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from lambda_tui import debug_log
from lambda_tui.engine.credentials import FunctionCredentials
from lambda_tui.project.credentials import CredentialsError, resolve_credentials
from lambda_tui.project.settings import Settings
from lambda_tui.ui.crash import crash_report
from lambda_tui.ui.screens.dialogs import AskCredentials
from lambda_tui.ui.widgets import header
from support.app_driver import OpenApp
from support.aws_profiles import KEY_ID, SECRET, TOKEN, write_answer, write_profiles


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_profiles(tmp_path / "home", monkeypatch)
    return tmp_path / "home"


def contents_below(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.rglob("*") if file.is_file()]


async def test_a_key_chooses_a_profile_and_the_header_says_whose(open_app: OpenApp) -> None:
    # A small screen: there they are never hidden.
    async with open_app(size=(80, 24)) as driver:
        await driver.until_seen("credentials: placeholder")
        await driver.press("A")
        await driver.until(lambda: isinstance(driver.app.screen, AskCredentials), "the question")
        assert "profile company" in driver.text()
        await driver.press("j", "j", "j", "j", "j", "enter")

        await driver.until_seen("│ credentials: profile dev, 111122223333 │")
        assert driver.app.engine.credentials.choice == "profile:dev"


async def test_the_header_says_what_is_wrong_with_them(home: Path) -> None:
    """The text where there is room, and where there is little."""
    credentials = FunctionCredentials("profile:prod", lambda: None, lambda _: None)
    credentials.start()
    await asyncio.wait_for(credentials.known, 60)
    part = header._credentials(credentials)
    assert part.text == "▲ credentials: placeholder, not as chosen"
    assert part.look == "warning"

    write_answer(home, "ASIA1", "2126-11-30T12:00:00+00:00")
    found = resolve_credentials("profile:by-program")
    credentials.current, credentials.problem = replace(found, expires_at=0.0), None
    part = header._credentials(credentials)
    assert part.text == "▲ credentials: profile by-program, expired"
    assert part.short == "▲ profile by-program expired"
    credentials.close()


async def test_no_secret_is_shown_or_written(
    open_app: OpenApp, home: Path, tmp_path: Path, own_state: Path
) -> None:
    write_answer(home, KEY_ID)
    log = tmp_path / "debug.log"
    logger = logging.getLogger("lambda_tui")
    debug_log.start(log, "lambda-tui")
    seen = ""
    try:
        settings = Settings(watch=False, credentials="profile:by-program")
        async with open_app(size=(160, 60), settings=settings) as driver:
            await driver.invoke()
            for tab in "4689":
                await driver.press(tab)
                seen += driver.text() + driver.screen.panes.whole_text()
    finally:
        for handler in list(logger.handlers):
            logger.removeHandler(handler)
            handler.close()
        logger.setLevel(logging.NOTSET)
        logger.propagate = True
    written = contents_below(own_state)

    assert "AWS_SECRET_ACCESS_KEY" in seen
    assert "of profile by-program" in seen
    assert any(b"SQLite" in content for content in written)
    for secret in (SECRET, TOKEN, KEY_ID):
        assert secret not in seen
        assert secret not in log.read_text()
        assert all(secret.encode() not in content for content in written)


def test_a_crash_report_has_nothing_of_what_a_program_has_said(home: Path) -> None:
    (home / ".aws" / "answer.json").write_text(SECRET)
    with pytest.raises(CredentialsError) as raised:
        resolve_credentials("profile:by-program")

    assert SECRET not in str(raised.value)
    assert SECRET not in crash_report(raised.value)
