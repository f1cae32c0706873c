"""The screen serves the same API, and says where."""

from __future__ import annotations

import asyncio
import re
import socket
from pathlib import Path

from lambda_tui.apis.lambda_api import find_running
from lambda_tui.project.function import Problem
from lambda_tui.project.settings import Settings
from lambda_tui.ui import make_app
from support.app_driver import Driver
from support.lambda_api import Api, write_project

ADDRESS = r"│ (?:http://127\.0\.0\.1)?:(\d{4,5})\b"


async def test_the_screen_shows_the_address_and_who_calls(
    tmp_path: Path, nothing_is_left: None
) -> None:
    app = make_app(write_project(tmp_path), Settings(watch=False), serve_at=("127.0.0.1", None))
    async with app.run_test(size=(160, 40)) as pilot:
        driver = Driver(app, pilot)
        # Beside a hint the header has room for the port alone.
        await driver.until(lambda: re.search(ADDRESS, driver.text()), "the address")
        address = re.search(ADDRESS, driver.text())
        assert address is not None

        answer = await asyncio.to_thread(Api(int(address[1])).invoke, "echo", b'{"a": 1}')
        assert answer.json == {"a": 1}
        await driver.until(lambda: "REPORT" in driver.text(), "the log")


async def test_the_log_has_the_line_to_paste_for_clients(
    tmp_path: Path, nothing_is_left: None
) -> None:
    app = make_app(write_project(tmp_path), Settings(watch=False), serve_at=("127.0.0.1", None))
    async with app.run_test(size=(260, 40)) as pilot:
        driver = Driver(app, pilot)
        paste = re.compile(
            r"export AWS_ENDPOINT_URL_LAMBDA=http://127\.0\.0\.1:\d+ AWS_REGION=us-east-1 "
            r"AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local"
        )
        # Two tabs share the width otherwise.
        await driver.press("4", "z")
        await driver.until(lambda: paste.search(driver.text()) is not None, "the line")
        assert "aws lambda invoke --function-name echo /dev/stdout" in driver.text()


async def test_the_problems_of_the_settings_stay_when_the_project_is_read_again(
    tmp_path: Path, nothing_is_left: None
) -> None:
    wrong = Problem("colour is no setting.", tmp_path / "lambda-tui.toml")
    app = make_app(write_project(tmp_path), Settings(watch=False), [wrong])
    async with app.run_test(size=(160, 40)) as pilot:
        driver = Driver(app, pilot)
        await driver.until(lambda: "colour is no setting" in driver.text(), "the problem")
        before = app.engine.project
        await app.engine.reload_project()

        assert app.engine.project is not before
        assert app.engine.project.problems[0] == wrong


async def test_the_screen_serves_at_a_host_and_a_port_of_the_users_choice(
    tmp_path: Path, nothing_is_left: None
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = make_app(write_project(tmp_path), Settings(watch=False), serve_at=("0.0.0.0", port))
    async with app.run_test(size=(160, 40)) as pilot:
        driver = Driver(app, pilot)
        # The address that clients here can use, whatever the server is bound to.
        await driver.until(lambda: f"http://127.0.0.1:{port} " in driver.text(), "the address")
        running = find_running(tmp_path)
        assert running is not None
        assert running.address == f"http://127.0.0.1:{port}"
        answer = await asyncio.to_thread(Api(port).invoke, "echo", b"1")
        assert answer.json == 1
    assert find_running(tmp_path) is None
