"""A project of the Serverless Framework runs, and follows its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.project.load import load_project
from support.files import PROJECTS, save
from support.workbench import Open, Workbench

ONE_LEVEL = pytest.mark.parametrize("level", ["namespaces"])
SERVICE = """
service: shop
provider: {name: aws, runtime: python3.13, environment: {SHELF: "${file(../shared.yml):shelf}"}}
functions: {look: {handler: app.handler, memorySize: MEMORY}}
"""
CODE = """
import os
def handler(event, context): return [context.memory_limit_in_mb, os.environ.get("SHELF")]
"""


@ONE_LEVEL
async def test_a_function_has_its_variables_its_layer_and_its_name(
    open_project: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHOP_COLOUR", raising=False)
    workbench = await open_project(load_project(PROJECTS / "serverless"))
    pools = workbench.engine.pools
    answer = await workbench.answer(pool=pools["shop-dev-hello"])
    assert answer == {
        "name": "shop-dev-hello",
        "colour": "red",
        "STAGE": "dev",
        "TABLE": "orders-dev",
        "GREETING": "Hi",
        "FROM_DOTENV": "green",
        "IS_FAST": "true",
    }


async def open_service(open_project: Open, tmp_path: Path) -> Workbench:
    directory = tmp_path / "project"
    directory.mkdir()
    (directory / "serverless.yml").write_text(SERVICE.replace("MEMORY", "128"))
    (directory / "app.py").write_text(CODE)
    workbench = await open_project(load_project(directory), watch=True)
    await workbench.until_watched()
    return workbench


@ONE_LEVEL
async def test_a_change_of_the_file_applies(open_project: Open, tmp_path: Path) -> None:
    workbench = await open_service(open_project, tmp_path)
    assert await workbench.answer() == ["128", None]
    old = await workbench.until_frozen()
    workbench.write(SERVICE.replace("MEMORY", "256"), "serverless.yml")
    await workbench.until_replaced(old)
    assert await workbench.answer() == ["256", None]


@ONE_LEVEL
async def test_a_file_that_a_variable_names_is_followed_wherever_it_lies(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_service(open_project, tmp_path)
    await workbench.until_watched(tmp_path)
    save(tmp_path / "shared.yml", "shelf: first\n")
    await workbench.until(lambda: workbench.pool.function.environment == {"SHELF": "first"})
    assert await workbench.answer() == ["128", "first"]
    save(tmp_path / "shared.yml", "shelf: second\n")
    await workbench.until(lambda: workbench.pool.function.environment == {"SHELF": "second"})
    assert await workbench.answer() == ["128", "second"]
