"""The pane of an environment's ``/tmp``, on real execution environments."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.ui.panes import tmp
from support.app_driver import OpenApp


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (160, 50)])
async def test_t_shows_tmp_and_the_content_of_its_files(
    open_app: OpenApp, size: tuple[int, int]
) -> None:
    async with open_app(size=size) as driver:
        await driver.invoke()
        await driver.press("t")
        await driver.until(lambda: "visits.txt" in driver.text())
        await driver.press("g")
        await driver.until(lambda: "000000  00 01 02 03" in driver.text(), "a hex view")
        await driver.press("j")
        await driver.until(lambda: "visit 1" in driver.text(), "the text")


async def test_tmp_is_shown_as_soon_as_it_is_there(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tmp, "_PAUSE", 3600.0)
    async with open_app(size=(160, 50)) as driver:
        await driver.press("i")
        await driver.until_seen("5 /tmp of #1")
        await driver.until(lambda: "No environment, no /tmp" not in driver.text(), "its content")


async def test_a_tmp_of_which_the_beginning_is_listed_says_so(
    open_app: OpenApp, project: Path
) -> None:
    (project / "code" / "app.py").write_text(
        "def greet(event, context):\n"
        "    for number in range(event):\n"
        "        open(f'/tmp/{number}', 'w').close()\n"
    )
    (project / "events" / "greet.json").write_text("1001")
    async with open_app() as driver:
        await driver.invoke()
        await driver.press("t")
        await driver.until(lambda: driver.subtitle("tmp") == "the first 1,000 entries")
