"""AWS's own Node.js client over the Runtime API, as npm has it: ``pytest -m npm`` downloads it."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from lambda_tui.project.function import Function, Project
from support.node_process import NODE
from support.runtime_kinds import SETTINGS
from support.workbench import TIMEOUT, Open, response_of

PACKAGE = "aws-lambda-ric@4.0.2"
SOURCE = """
let count = 0;
exports.handler = async (event) => {
  if (event.fail) throw new RangeError(event.fail);
  return [++count, event];
};
"""


@pytest.mark.npm
async def test_awss_client_for_node_runs_unchanged(
    open_project: Open, tmp_path: Path, level: str
) -> None:
    folder = tmp_path / "function"
    folder.mkdir()
    # It builds its native part, from sources that it brings.
    command = ["npm", "install", "--prefix", str(folder), "--no-audit", PACKAGE]
    await asyncio.to_thread(subprocess.run, command, check=True, timeout=240)
    (folder / "index.js").write_text(SOURCE)
    root = Path("/var/task") if level == "namespaces" else folder
    client = root / "node_modules" / "aws-lambda-ric" / "index.mjs"
    function = Function(
        "function",
        handler="index.handler",
        code_directory=folder,
        runtime="nodejs24.x",
        timeout=TIMEOUT,
        bootstrap=(str(NODE), str(client), "index.handler"),
    )
    workbench = await open_project(Project(folder, (function,)), **SETTINGS)

    for number in (1, 2):
        assert await workbench.answer({"a": "ü"}) == [number, {"a": "ü"}]
        await workbench.until_frozen()
    failed = await workbench.invoke({"fail": "so it goes"})
    payload = response_of(failed)
    assert (payload["errorType"], payload["errorMessage"]) == ("RangeError", "so it goes")
    assert (await workbench.answer({}))[0] == 3
