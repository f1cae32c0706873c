"""The screen serves the same API, and says where."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from lambda_tui.project.settings import Settings
from lambda_tui.ui import make_app
from support.app_driver import Driver
from support.lambda_api import Api, write_project


async def test_the_screen_shows_the_address_and_who_calls(
    tmp_path: Path, nothing_is_left: None
) -> None:
    app = make_app(write_project(tmp_path), Settings(watch=False), serve=True)
    async with app.run_test(size=(160, 40)) as pilot:
        driver = Driver(app, pilot)
        await driver.until(lambda: "http://127.0.0.1:" in driver.text(), "the address")
        address = re.search(r"http://127\.0\.0\.1:(\d+)", driver.text())
        assert address is not None

        answer = await asyncio.to_thread(Api(int(address[1])).invoke, "echo", b'{"a": 1}')
        assert answer.json == {"a": 1}
        await driver.until(lambda: "REPORT" in driver.text(), "the log")
