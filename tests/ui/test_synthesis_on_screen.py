"""The synthesis of a CDK app on the screen: agreed to once, shown while it runs, ended by a key."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.project.settings import CdkSettings, Settings
from support.app_driver import OpenApp
from support.cdk_app import copy_app

SIZE = (140, 40)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Copy the app without its assembly, which lies beside it."""
    folder = copy_app(tmp_path / "shop")
    (folder / "cdk.out").rename(tmp_path / "made")
    return folder


def settings_for(shop: Path, script: str) -> Settings:
    """Return settings whose command is this script, under a name that fits into a line."""
    (shop / "synth.sh").write_text(script)
    return Settings(watch=False, cdk=CdkSettings(synth="sh synth.sh"))


async def test_capital_k_asks_shows_the_output_and_reads_the_project_again(
    open_app: OpenApp, shop: Path
) -> None:
    (shop / "wait").mkdir()
    made = "printf '\\033[1mBundling\\033[0m assets\\n'; while [ -d wait ]; do sleep 0.01; done"
    settings = settings_for(shop, f"{made}; cp -R ../made cdk.out")
    async with open_app(shop, SIZE, settings) as driver:
        await driver.until_seen("no cdk.out: K on the screen")
        await driver.press("K")
        await driver.until_seen("CDK synthesis", "enter runs it, outside of every sandbox")
        assert "Bundling assets" not in driver.text()

        await driver.press("enter")
        await driver.until_seen("Bundling assets", "esc ends it")
        (shop / "wait").rmdir()

        await driver.until(lambda: "Synthesised: 6 functions." in driver.notices)
        await driver.until_seen("Test-Api-Orders", "shop-inline")
        # It was agreed to: the next one begins at once.
        (shop / "wait").mkdir()
        await driver.press("K")
        await driver.until_seen("Bundling assets", "esc ends it")
        (shop / "wait").rmdir()
        await driver.until(lambda: "CDK synthesis" not in driver.text())


async def test_a_synthesis_that_fails_says_what_the_command_has_said(
    open_app: OpenApp, shop: Path
) -> None:
    settings = settings_for(shop, "echo reading; echo 'Error: no such stack' >&2; echo bye; exit 3")
    async with open_app(shop, SIZE, settings) as driver:
        await driver.press("K", "enter")

        await driver.until_seen("`sh synth.sh` has failed with status 3: Error: no such stack")
        await driver.until_seen("enter runs it again · esc goes back")
        await driver.press("escape")
        await driver.until(lambda: "CDK synthesis" not in driver.text())


async def test_escape_ends_the_command(open_app: OpenApp, shop: Path) -> None:
    async with open_app(shop, SIZE, settings_for(shop, "echo begun; exec sleep 600")) as driver:
        await driver.press("K", "enter")
        await driver.until_seen("begun")

        await driver.press("escape")

        await driver.until_seen("the synthesis was given up.", "enter runs it again")
