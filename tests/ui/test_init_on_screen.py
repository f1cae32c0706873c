"""The tabs Init and Details, asked with keys alone."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from lambda_tui.engine.lifecycle import State
from lambda_tui.ui.panes.details import DetailsPane
from lambda_tui.ui.panes.init import InitPane
from support.app_driver import Driver, OpenApp

TEMPLATE = f"""\
Globals:
  Function:
    Runtime: python3.{sys.version_info[1]}
    Timeout: 60
    Environment:
      Variables:
        STAGE: dev
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: app.handler
      Environment:
        Variables:
          API_KEY: sk-live-1234567890
  Broken:
    Type: AWS::Serverless::Function
    Properties: {{CodeUri: code, Handler: broken.handler}}
"""
FILES = {
    "app.py": "import json\nimport orders\n\ndef handler(event, context):\n    return event\n",
    "orders.py": "import pricing\n",
    "pricing.py": "import time\ntime.sleep(0.3)\n",
    "broken.py": "import pricing\nNONE = None\nNONE['host']\ndef handler(event, context): pass\n",
}
SIZES = [(80, 24), (200, 60)]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project of a function that is slow to import, and one that cannot be imported."""
    folder = tmp_path / "shop"
    (folder / "code").mkdir(parents=True)
    (folder / "template.yaml").write_text(TEMPLATE)
    for name, text in FILES.items():
        (folder / "code" / name).write_text(text)
    return folder


async def invoke(driver: Driver, function: str) -> None:
    """Press ``i`` and wait for the outcome and for environments at rest."""
    pool = driver.app.engine.pools[function]
    before = len(pool.invocations)
    await driver.press("i")
    await driver.until(lambda: len(pool.invocations) > before, "an invocation")
    await driver.until(lambda: pool.invocations[-1].is_over, "an outcome")
    resting = (State.FROZEN, State.RESET)
    await driver.until(lambda: all(one.state in resting for one in pool.environments), "a rest")
    await driver.until_painted()


def init_of(driver: Driver) -> InitPane:
    return driver.screen.query_one("#init", InitPane)


def details_in(driver: Driver) -> DetailsPane:
    return driver.screen.query_one("#details", DetailsPane)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_it_is_found_out_by_keys_what_init_spent_its_time_on(
    open_app: OpenApp, shop: Path, size: tuple[int, int]
) -> None:
    async with open_app(shop, size) as driver:
        await invoke(driver, "Orders")
        await driver.press("8", "m")

        # The largest is under the cursor, with its own time and the line that imports it.
        row = init_of(driver).highlighted
        assert row is not None
        assert row.node.label == "pricing"
        await driver.until_seen("pricing", "orders.py:1", "●3")
        line = next(line for line in driver.text().splitlines() if "orders.py:1" in line)
        assert re.search(r"█+.*3\d\d +●3\d\d +orders.py:1", line)
        assert "cold for #1" in driver.subtitle("init")


async def test_a_warm_invocation_shows_the_init_of_the_environment_that_served_it(
    open_app: OpenApp, shop: Path
) -> None:
    async with open_app(shop) as driver:
        await invoke(driver, "Orders")
        await invoke(driver, "Orders")
        await driver.press("8")

        assert "env 1, which served #2 warm" in driver.subtitle("init")
        await driver.until_seen("Cold start", "pricing")


async def test_a_failed_init_shows_its_error_and_both_of_its_attempts(
    open_app: OpenApp, shop: Path
) -> None:
    async with open_app(shop, (120, 60)) as driver:
        await driver.press("down")
        await invoke(driver, "Broken")
        await driver.press("8", "z")

        await driver.until_seen("✗ Cold start", "✗ Init, repeated in an invocation", "TypeError")
        assert "'NoneType' object is not subscriptable" in driver.text()
        assert 'broken.py", line 3' in driver.text()


async def test_an_init_after_a_crash_is_told_as_repeated(open_app: OpenApp, shop: Path) -> None:
    async with open_app(shop) as driver:
        await invoke(driver, "Orders")
        await driver.press("x")
        (environment,) = driver.app.engine.pools["Orders"].environments
        await driver.until(lambda: environment.state is State.RESET, "a reset")
        await invoke(driver, "Orders")
        await driver.press("8", "z", "g")

        await driver.until_seen("▸ Cold start", "▾ Init, repeated in an invocation")
        await driver.press("right")
        await driver.until_seen("▾ Cold start", "sandbox")


async def test_parts_fold_and_the_whole_is_copied(open_app: OpenApp, shop: Path) -> None:
    async with open_app(shop) as driver:
        await invoke(driver, "Orders")
        await driver.press("8", "m", "left", "left")

        pane = init_of(driver)
        row = pane.highlighted
        assert row is not None
        assert row.node.label == "orders"
        assert "pricing" not in pane.whole_text
        await driver.press("enter")
        assert re.search(r"pricing: 3\d\d ms, 3\d\d ms its own · by orders.py:1", pane.whole_text)
        await driver.press("enter")
        assert "pricing" not in pane.whole_text


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_details_tell_each_variables_origin_and_mask_secrets(
    open_app: OpenApp, shop: Path, size: tuple[int, int]
) -> None:
    async with open_app(shop, size) as driver:
        await invoke(driver, "Orders")
        await driver.press("9", "z")
        pane = details_in(driver)
        while pane.highlighted is None or pane.highlighted.detail.label != "API_KEY":
            assert pane.highlighted is not pane.items[-1]
            await driver.press("down")

        await driver.until_seen("•••••• 18 characters", "template.yaml:16")
        assert "sk-live" not in driver.text() + pane.whole_text
        await driver.press("enter")
        await driver.until_seen("sk-live-1234567890")
        await driver.press("4", "9")
        assert "sk-live" not in driver.text()
        await driver.press("enter")
        await driver.until_seen("sk-live-1234567890")
        await driver.press("down")
        assert "sk-live" not in driver.text()
        while pane.highlighted is not None and pane.highlighted.detail.label != "STAGE":
            await driver.press("down")
        await driver.until_seen("STAGE", "Globals, template.yaml:7")


async def test_details_show_the_processes_as_they_are(open_app: OpenApp, shop: Path) -> None:
    async with open_app(shop, (120, 60)) as driver:
        await invoke(driver, "Orders")
        await driver.press("9", "z")

        await driver.until_seen("Processes", "the runtime, a fork", "stopped", "Environment 1")
        assert "/var/task" in details_in(driver).whole_text


async def test_before_the_first_invocation_both_say_so(open_app: OpenApp, shop: Path) -> None:
    async with open_app(shop) as driver:
        await driver.press("8")
        await driver.until_seen("No environment, no Init: i invokes")
        await driver.press("9")
        await driver.until_seen("STAGE", "app.handler")


async def test_no_figure_is_cut_at_any_width(open_app: OpenApp, shop: Path) -> None:
    async with open_app(shop) as driver:
        await invoke(driver, "Orders")
        await driver.press("8", "z")

        pane = init_of(driver)
        for width in range(30, 220):
            for row in pane.items:
                total, own = row.node.total_ms, row.node.own_ms
                line = pane.row(row, width).plain
                figures = [f"{one:,.1f}" if one < 100 else f"{one:,.0f}" for one in (total, own)]
                shown = figures[:1] if row.depth == 0 else figures
                assert set(shown) <= set(re.split(r"[ ●]+", line)), (width, line)
                assert len(line) <= width, (width, line)
                number = re.search(r":\d+$", row.node.place)
                if number is not None and ".py" in line:
                    assert line.rstrip().endswith(number[0]), (width, line)
