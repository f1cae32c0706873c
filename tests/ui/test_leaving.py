"""Leaving the screen, with and without invocations under way."""

from __future__ import annotations

import sys
from pathlib import Path

from lambda_tui.project.settings import Settings
from lambda_tui.ui.screens.dialogs import AskQuit
from lambda_tui.ui.textual_private import is_ending
from support.app_driver import OpenApp
from support.extensions import HELLO, PYTHON

WITH_LAYER = """\
Resources:
  Slow:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Handler: lambda_function.lambda_handler
      Runtime: python3.11
      Timeout: 60
      Layers: [!Ref Extensions]
  Extensions:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: layer}
"""


async def test_q_quits_at_once_when_nothing_runs(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.invoke()
        await driver.leave("q")


async def test_q_asks_while_an_invocation_runs(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.press("j", "j", "i")
        await driver.until(lambda: "► running" in driver.summary)
        await driver.press("q")
        assert isinstance(driver.app.screen, AskQuit)
        await driver.press("escape")
        assert not is_ending(driver.app)
        await driver.leave("q", "y")


async def test_q_quits_at_once_when_only_an_extension_is_not_done(
    open_app: OpenApp, tmp_path: Path
) -> None:
    extensions = tmp_path / "layer" / "extensions"
    extensions.mkdir(parents=True)
    (extensions / "slow").write_text(f"{PYTHON}\nregister('INVOKE')\nnext_event()\ntime.sleep(50)")
    (extensions / "slow").chmod(0o755)
    (tmp_path / "lambda_function.py").write_text(HELLO)
    (tmp_path / "template.yaml").write_text(WITH_LAYER)
    settings = Settings(watch=False, python=Path(sys.executable))
    async with open_app(tmp_path, settings=settings) as driver:
        await driver.press("i")
        await driver.until(lambda: "✓" in driver.summary, "an answer")
        (pool,) = driver.app.engine.pools.values()
        assert not pool.invocations[-1].is_over
        await driver.leave("q")


async def test_q_asks_while_an_asynchronous_event_waits_for_its_next_try(open_app: OpenApp) -> None:
    async with open_app() as driver:
        engine = driver.app.engine
        engine.asynchronous.accept(engine.pools["Fail"], b"{}")
        await driver.until(lambda: len(engine.pools["Fail"].invocations) == 1, "the first try")
        await driver.until(lambda: engine.pools["Fail"].invocations[0].is_over, "its end")
        await driver.press("q")
        assert isinstance(driver.app.screen, AskQuit)
        assert "1 asynchronous event is not" in driver.text()
        await driver.press("n")
        assert not is_ending(driver.app)
        await driver.leave("q", "y")
