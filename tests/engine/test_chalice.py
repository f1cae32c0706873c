"""A Chalice application runs as it is deployed, and follows its files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lambda_tui.project.load import load_project
from support.files import PROJECTS, save
from support.workbench import Open


@pytest.mark.parametrize("level", ["namespaces"])
async def test_an_application_runs_and_follows_its_files(
    open_project: Open, tmp_path: Path
) -> None:
    shop = tmp_path / "shop"
    shutil.copytree(PROJECTS / "chalice", shop)
    source = (shop / "app.py").read_text().replace('os.environ["STREAM"]', '"arn"')
    (shop / "app.py").write_text(source)
    workbench = await open_project(load_project(shop), watch=True)
    await workbench.until_watched()
    pools = workbench.engine.pools
    assert await workbench.answer({}, pools["corner-shop-dev"]) == ["shop", {}, "corner-shop-dev"]
    assert await workbench.answer({}, pools["corner-shop-dev-orders_clean"]) == "clean"
    custom = pools["corner-shop-dev-custom"]
    seen = ["app.py", "chalice", "chalicelib"]
    assert await workbench.answer({}, custom) == ["corner-shop-dev-custom", "orders-dev", seen]

    (old,) = custom.environments
    save(shop / "vendor" / "more.py", "")
    await workbench.until_replaced(old)
    names = (await workbench.answer({}, custom))[2]
    assert [name for name in names if name != ".git"] == [*seen, "more.py"]

    save(shop / "app.py", f"{source}\n\n@app.lambda_function()\ndef late(event, context): ...\n")
    await workbench.until(lambda: "corner-shop-dev-late" in workbench.engine.pools)
