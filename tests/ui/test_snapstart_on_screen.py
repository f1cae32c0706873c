"""The main screen on a function whose environments are restored from a snapshot."""

from __future__ import annotations

from pathlib import Path

from support.app_driver import OpenApp

SNAP_START = "AutoPublishAlias: live, SnapStart: {ApplyOn: PublishedVersions}, Timeout: 60}"


async def test_the_screen_names_the_snapshot_and_the_restore(
    open_app: OpenApp, project: Path
) -> None:
    template = project / "template.yaml"
    text = template.read_text()
    template.write_text(text.replace("Timeout: 60}", SNAP_START, 1))

    async with open_app() as driver:
        await driver.until(lambda: "snapshot ❅ frozen" in driver.subtitle("environments"))
        assert "one is restored from the snapshot" in driver.text()
        assert "created to be a snapshot" in driver.text()

        await driver.invoke()

        assert "RESTORED" in driver.text()
        assert "RESTORE_REPORT" in driver.screen.panes.log_pane.whole_text
        assert "snap-start: snapshot ❅ frozen" in driver.subtitle("environments")


async def test_the_screen_names_no_snapshot_where_there_is_none(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.invoke()

        assert "snap" not in driver.subtitle("environments")
