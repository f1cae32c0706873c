"""AWS's SDK on the screen: the remedy in the log, and the key that carries it out."""

from __future__ import annotations

import venv
from pathlib import Path

import pytest

from lambda_tui.engine.lifecycle import State
from lambda_tui.project.settings import Settings
from support.app_driver import OpenApp
from support.package_index import write_wheels


@pytest.fixture
def settings(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give the project's functions a Python without boto3, which they import, and pip an index."""
    file = project / "code" / "app.py"
    file.write_text(f"import boto3\n{file.read_text()}")
    venv.create(tmp_path / "environment", symlinks=True, with_pip=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(write_wheels(tmp_path / "wheels")))
    return Settings(watch=False, python=tmp_path / "environment" / "bin" / "python")


async def test_capital_s_installs_the_sdk_and_the_function_is_initialised_again(
    open_app: OpenApp, settings: Settings
) -> None:
    async with open_app(settings=settings, size=(160, 45)) as driver:
        await driver.invoke()
        # Beside another tab the lines of the log have no room.
        await driver.press("4", "z")
        await driver.until_seen("relies on a package that AWS's runtime brings (boto3)")
        assert "ImportModuleError" in driver.text()

        await driver.press("S")

        await driver.until_seen(
            "Installing boto3, simplejson for python3", "boto3 1.99.0 is installed."
        )
        (environment,) = driver.app.engine.pools["Greet"].environments
        await driver.until(lambda: environment.state is State.FROZEN)
        await driver.until_seen("after the SDK changed")
        await driver.invoke()
        await driver.press("6")
        await driver.until_seen("hello:")


async def test_an_installation_that_fails_says_so(
    open_app: OpenApp, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    async with open_app(settings=settings) as driver:
        await driver.press("S")

        said = "boto3, simplejson cannot be installed: ERROR: "
        await driver.until(lambda: any(line.startswith(said) for line in driver.notices))
