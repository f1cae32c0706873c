"""A folder of the user's in the place of a file system that a function mounts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.engine import events
from lambda_tui.project.function import FileSystem, Function, Project
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from support.node_process import NODE
from support.workbench import Open, Workbench, published, response_of

pytestmark = pytest.mark.also_on_macos

PYTHON_SOURCE = """
import os, subprocess
def handler(event, context):
    return eval(event)
"""
NODE_SOURCE = "const fs = require('fs'); exports.handler = async (event) => eval(event);"


async def open_function(
    open_project: Open, folder: Path, name: str, source: str, **configuration: Any
) -> Workbench:
    """Open a function with the folder ``efs`` at ``/mnt/data``."""
    code, efs = folder / "code", folder / "efs"
    code.mkdir()
    efs.mkdir()
    (efs / "given.txt").write_text("given")
    (code / name).write_text(source)
    mounted = FileSystem("/mnt/data", directory=efs)
    function = Function(
        "mounting", "app.handler", code, file_systems=(mounted,), timeout=60, **configuration
    )
    return await open_project(Project(folder, (function,)), python=Path(sys.executable), node=NODE)


WRITE = "open('/mnt/data/new.txt', 'w').write('new')"


@pytest.mark.rule("8.3.9")
async def test_python_reads_and_writes_it(open_project: Open, tmp_path: Path) -> None:
    workbench = await open_function(open_project, tmp_path, "app.py", PYTHON_SOURCE)

    assert await workbench.answer("open('/mnt/data/given.txt').read()") == "given"
    assert await workbench.answer(WRITE) == 3
    assert (tmp_path / "efs" / "new.txt").read_text() == "new"
    assert await workbench.answer("sorted(os.listdir('/mnt/data'))") == ["given.txt", "new.txt"]
    assert await workbench.answer("[os.chdir('/mnt/data'), os.getcwd()][1]") == "/mnt/data"
    shell = "subprocess.getoutput('cat /mnt/data/new.txt; rm /mnt/data/given.txt')"
    assert await workbench.answer(shell) == "new"
    assert not (tmp_path / "efs" / "given.txt").exists()
    # The code beside it stays as it is.
    denied = await workbench.invoke("open('/var/task/new.txt', 'w')")
    assert response_of(denied)["errorType"] in ("OSError", "PermissionError")
    assert workbench.records(events.Notice) == []


@pytest.mark.rule("8.3.10")
async def test_environments_share_it(open_project: Open, tmp_path: Path) -> None:
    workbench = await open_function(open_project, tmp_path, "app.py", PYTHON_SOURCE)
    await workbench.answer(WRITE)

    first = await workbench.until_frozen()
    workbench.pool.change(workbench.pool.function, ("app.py",))
    other = await workbench.until_replaced(first)

    assert other.number > first.number
    assert await workbench.answer("open('/mnt/data/new.txt').read()") == "new"


async def test_environments_of_a_snapshot_write_it_too(open_project: Open, tmp_path: Path) -> None:
    workbench = await open_function(
        open_project, tmp_path, "app.py", PYTHON_SOURCE, snap_start=True, **published()
    )

    assert await workbench.answer(WRITE) == 3
    assert (tmp_path / "efs" / "new.txt").read_text() == "new"


async def test_a_python_of_its_own_writes_it_too(open_project: Open, tmp_path: Path) -> None:
    variables = {"PYTHONHASHSEED": "1", "DATA": "/mnt/data/new.txt"}
    workbench = await open_function(
        open_project, tmp_path, "app.py", PYTHON_SOURCE, environment=variables
    )

    assert await workbench.answer(WRITE) == 3
    shell = "subprocess.getoutput('cat $DATA')"
    assert await workbench.answer(shell) == "new"


async def test_nodejs_reads_and_writes_it(open_project: Open, tmp_path: Path) -> None:
    workbench = await open_function(
        open_project, tmp_path, "app.cjs", NODE_SOURCE, runtime="nodejs22.x"
    )

    assert await workbench.answer("fs.readFileSync('/mnt/data/given.txt', 'utf8')") == "given"
    assert await workbench.answer("fs.promises.writeFile('/mnt/data/new.txt', 'new')") is None
    assert (tmp_path / "efs" / "new.txt").read_text() == "new"
    named = "fs.readFileSync('/mnt/data/none')"
    message = response_of(await workbench.invoke(named))["errorMessage"]
    assert message == "ENOENT: no such file or directory, open '/mnt/data/none'"
    moved = "[process.chdir('/mnt/data'), process.cwd()][1]"
    assert await workbench.answer(moved) == "/mnt/data"


async def test_what_is_written_there_is_no_save(open_project: Open, tmp_path: Path) -> None:
    efs = tmp_path / "project" / "efs"
    efs.mkdir(parents=True)
    (efs.parent / "lambda_function.py").write_text(
        "def lambda_handler(event, context):\n"
        "    with open('/mnt/data/new.py', 'w') as file: return file.write('new = 1')\n"
    )
    folders = {"/mnt/data": efs}
    project = load_project(efs.parent, Settings(file_systems=folders))
    workbench = await open_project(project, watch=True, file_systems=folders)
    await workbench.until_watched(efs.parent)

    assert await workbench.answer() == 7
    first = await workbench.until_frozen()
    (efs.parent / "other.py").write_text("other = 1")

    await workbench.until_replaced(first)
    (reloaded,) = workbench.records(events.Reloaded)
    assert reloaded.files == ("other.py",)


async def test_a_folder_that_is_made_later_is_mounted_at_once(
    open_project: Open, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "lambda_function.py").write_text(
        "import os\ndef lambda_handler(event, context): return os.path.isdir('/mnt/data')\n"
    )
    folders = {"/mnt/data": folder / "efs"}
    project = load_project(folder, Settings(file_systems=folders))
    workbench = await open_project(project, watch=True, file_systems=folders)
    await workbench.until_watched(folder)
    assert await workbench.answer() is False
    assert "where there is no folder" in str(workbench.engine.project.problems)

    (folder / "efs").mkdir()

    await workbench.until(lambda: not workbench.engine.project.problems)
    assert await workbench.answer() is True
