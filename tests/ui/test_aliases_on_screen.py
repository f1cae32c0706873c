"""The main screen on functions that have an alias, or isolate their tenants."""

from __future__ import annotations

from pathlib import Path

from support.app_driver import OpenApp


def change(project: Path, properties: str) -> None:
    """Give the first function further properties."""
    template = project / "template.yaml"
    template.write_text(template.read_text().replace("Timeout: 60}", properties, 1))


async def test_the_screen_shows_the_alias_and_invokes_it(open_app: OpenApp, project: Path) -> None:
    change(project, "AutoPublishAlias: live, Timeout: 60}")

    async with open_app() as driver:
        assert "Greet:live" in driver.text()

        await driver.invoke()

        record = driver.screen.record
        assert record is not None
        assert (record.qualifier, record.version) == ("live", "1")
        (environment,) = driver.app.engine.pools["Greet"].environments
        assert environment.partition.version == "1"
        assert "version" in driver.text()


async def test_v_chooses_the_version_that_is_invoked(open_app: OpenApp, project: Path) -> None:
    change(project, "AutoPublishAlias: live, Timeout: 60}")

    async with open_app(size=(160, 50)) as driver:
        assert "v Version" in driver.text()
        await driver.press("v")
        assert "live → 1" in driver.text()
        await driver.press("j", "enter")
        assert "Greet:$LATEST" in driver.text()
        await driver.invoke()
        await driver.press("v", "home", "enter")
        assert "Greet:live" in driver.text()
        await driver.invoke()

        invoked = [one.qualifier for one in driver.app.engine.pools["Greet"].invocations]
        assert invoked == ["$LATEST", "live"]


async def test_v_says_that_there_is_only_one_version(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.press("v")
        assert "Greet has no alias or version: $LATEST is invoked." in driver.notices


async def test_the_screen_asks_for_a_tenant_and_shows_whom_environments_serve(
    open_app: OpenApp, project: Path
) -> None:
    change(project, "TenancyConfig: {TenantIsolationMode: PER_TENANT}, Timeout: 60}")

    async with open_app() as driver:
        pool = driver.app.engine.pools["Greet"]
        await driver.press("i")
        await driver.until(lambda: "Tenant ID" in driver.text())
        await driver.press("!", "enter")
        await driver.until(lambda: "Letters, digits, spaces" in driver.text())
        assert not pool.invocations

        await driver.press("backspace", *"blue", "enter")

        await driver.until(lambda: pool.invocations and pool.invocations[-1].is_over)
        await driver.until(lambda: " blue " in driver.text())
        (environment,) = pool.environments
        assert environment.tenant_id == "blue"


async def test_a_function_without_either_has_no_column_for_them(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.invoke()

        assert "Greet:" not in driver.text()
        assert "tenant" not in driver.text()
