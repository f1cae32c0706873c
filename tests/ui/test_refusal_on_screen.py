"""The screen says why environments are not isolated, and what to do about it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from lambda_tui.project.settings import Settings
from support.app_driver import OpenApp
from support.files import write_program
from support.refusals import under_seccomp


async def test_what_is_missing_and_its_remedy_are_among_the_problems(
    open_app: OpenApp, tmp_path: Path
) -> None:
    command = shlex.join([*under_seccomp("unshare"), sys.executable])
    python = write_program(tmp_path / "python", f'#!/bin/sh\nexec {command} "$@"\n')
    async with open_app(settings=Settings(watch=False, python=python)) as driver:
        await driver.until(lambda: "processes: no isolation" in driver.text())
        await driver.press("p")
        text = " ".join(driver.text().split())
        assert "a seccomp profile refuses unshare" in text
        (sandbox,) = {pool.sandbox for pool in driver.app.engine.pools.values() if pool.sandbox}
        assert sandbox.remedy.split()[0] in text
