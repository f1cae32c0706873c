"""A CDK app runs from its sources, and follows its files and its assembly."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from lambda_tui.engine.lifecycle import State
from lambda_tui.project.load import load_project
from support.cdk_app import change, copy_app
from support.files import save
from support.workbench import Open

ONE_LEVEL = pytest.mark.parametrize("level", ["namespaces"])


@ONE_LEVEL
async def test_saves_of_the_source_and_of_the_app_and_a_synthesis_are_followed(
    open_project: Open, tmp_path: Path
) -> None:
    shop = copy_app(tmp_path / "shop")
    workbench = await open_project(load_project(shop), watch=True)
    await workbench.until_watched()
    engine = workbench.engine
    pool = engine.pools["Hello"]
    answer = await workbench.answer(pool=pool)
    assert answer == {
        "name": "Hello",
        "colour": "red",
        "TABLE": "TableCD117FA1",
        "QUEUE": "https://sqs.us-east-1.amazonaws.com/123456789012/Stock0011AABB",
        "STACK": "Shop",
    }

    (old,) = pool.environments
    code = shop / "functions/hello/app.py"
    save(code, code.read_text().replace("context.function_name", "'edited'"))
    await workbench.until(lambda: old.state is State.ENDED)
    assert (await workbench.answer(pool=pool))["name"] == "edited"

    manifest = shop / "cdk.out/manifest.json"
    newer = manifest.stat().st_mtime + 5
    save(shop / "app.py", "# changed\n", modified=newer)
    stale = "cdk.out is stale, older than app.py"
    await workbench.until(lambda: any(stale in str(one) for one in engine.project.problems))

    memory = ("Resources", "Hello4A628BD4", "Properties", "MemorySize")
    change(shop / "cdk.out/Shop.template.json", *memory, value=512)
    synthesised = tmp_path / "manifest.json"
    shutil.copy(manifest, synthesised)
    os.utime(synthesised, (newer + 5, newer + 5))
    synthesised.replace(manifest)
    await workbench.until(lambda: engine.pools["Hello"].function.memory_size == 512)
    assert engine.project.problems == ()
