"""Links that lead out of the code have their content inside, as in what is packaged."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.engine.events import Notice
from lambda_tui.project.function import Function, Project
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from support.node_process import NODE
from support.workbench import TIMEOUT, Open, Workbench

EVALUATES = "import os\ndef handler(event, context):\n    return eval(event)\n"
namespaces = pytest.mark.parametrize("level", ["namespaces"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a function within a project, beside a folder of shared code."""
    folder = tmp_path / "project" / "function"
    (folder / "node_modules" / "own").mkdir(parents=True)
    shared = tmp_path / "project" / "shared" / "lib"
    shared.mkdir(parents=True)
    (shared / "name.txt").write_text("shared")
    (shared / "index.js").write_text("exports.from = __filename; exports.own = require('own');\n")
    (folder / "node_modules" / "own" / "index.js").write_text("module.exports = 'own';\n")
    (folder / "node_modules" / "lib").symlink_to("../../shared/lib")
    (folder / "app.py").write_text(EVALUATES)
    return folder


async def opened(open_project: Open, folder: Path, **configuration: Any) -> Workbench:
    given = {"handler": "app.handler", "timeout": TIMEOUT, **configuration}
    function = Function("function", code_directory=folder, **given)
    return await open_project(Project(folder.parent, (function,)), node=NODE)


def notices(workbench: Workbench) -> list[str]:
    return [notice.message for notice in workbench.records(Notice)]


@pytest.mark.rule("8.2.16")
async def test_a_link_to_a_folder_beside_the_code_has_its_content(
    open_project: Open, folder: Path
) -> None:
    (folder / "kept").symlink_to("node_modules/own")
    workbench = await opened(open_project, folder)
    read = "open('node_modules/lib/name.txt').read()"

    assert await workbench.answer(read) == "shared"
    assert await workbench.answer("sorted(os.listdir('node_modules'))") == ["lib", "own"]
    # Others are what they were.
    assert await workbench.answer("os.readlink('kept')") == "node_modules/own"
    assert await workbench.answer("os.listdir('kept')") == ["index.js"]
    assert notices(workbench) == []


@namespaces
@pytest.mark.rule("8.2.16")
async def test_it_is_a_folder_of_the_code_that_cannot_be_written(
    open_project: Open, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "project" / "secret").write_text("not linked")
    workbench = await opened(open_project, folder)
    lib = "/var/task/node_modules/lib"

    assert await workbench.answer(f"os.path.realpath('{lib}')") == lib
    for path in (f"{lib}/new", f"{lib}/name.txt", "/var/task/node_modules/new", "/var/task/new"):
        failed = await workbench.invoke(f"open('{path}', 'w')")
        assert failed.response is not None
        assert b"Read-only file system" in failed.response
    assert await workbench.answer(f"os.path.exists('{tmp_path}')") is False
    assert await workbench.answer("sorted(os.listdir('/var'))") == ["lang", "runtime", "task"]


@namespaces
@pytest.mark.rule("8.2.16")
async def test_node_finds_through_it_what_it_finds_in_a_package(
    open_project: Open, folder: Path
) -> None:
    (folder / "index.js").write_text("exports.handler = async () => require('lib');\n")
    workbench = await opened(
        open_project,
        folder,
        handler="index.handler",
        runtime="nodejs22.x",
        file=folder / "index.js",
    )

    assert await workbench.answer() == {
        "from": "/var/task/node_modules/lib/index.js",
        "own": "own",
    }


@pytest.mark.rule("8.2.16")
async def test_links_to_files_absolute_ones_and_those_behind_others_are_followed(
    open_project: Open, folder: Path, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    (project / "shared" / "one.py").write_text("NAME = 'one'\n")
    (project / "other").mkdir()
    (project / "other" / "two.txt").write_text("two")
    (project / "shared" / "lib" / "other").symlink_to("../../other")
    (project / "other" / "back").symlink_to("../shared")
    (folder / "one.py").symlink_to("../shared/one.py")
    (folder / "absolute").symlink_to(folder / "node_modules" / "own")
    (folder / "broken").symlink_to("../nowhere")
    layers = project / "layers"
    (layers / "python").mkdir(parents=True)
    (layers / "python" / "layered.py").symlink_to("../../shared/one.py")
    workbench = await opened(open_project, folder, layers_directory=layers)

    assert await workbench.answer("__import__('one').NAME") == "one"
    assert await workbench.answer("__import__('layered').NAME") == "one"
    assert await workbench.answer("os.listdir('absolute')") == ["index.js"]
    nested = "node_modules/lib/other"
    assert await workbench.answer(f"open('{nested}/two.txt').read()") == "two"
    assert await workbench.answer(f"open('{nested}/back/one.py').read()") == "NAME = 'one'\n"
    assert await workbench.answer("os.path.exists('broken')") is False
    assert notices(workbench) == []


@pytest.mark.rule("8.2.16")
async def test_a_link_out_of_the_project_is_followed_and_told_of(
    open_project: Open, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "here.txt").write_text("here")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    workbench = await opened(open_project, folder)

    assert await workbench.answer("open('linked/here.txt').read()") == "here"
    await workbench.invoke("1")
    (notice,) = notices(workbench)
    assert notice == (
        f"The link linked of function leads out of the project, to {tmp_path / 'elsewhere'}: a "
        "package has its content of the moment when that is made; copy or install it to be sure "
        "of it."
    )


@namespaces
@pytest.mark.rule("8.2.16")
@pytest.mark.parametrize("target", ["/", "..", "../..", os.path.expanduser("~")])
async def test_a_link_to_what_holds_far_more_is_not_followed(
    open_project: Open, folder: Path, target: str
) -> None:
    (folder / "wide").symlink_to(target)
    workbench = await opened(open_project, folder)

    assert await workbench.answer("os.path.exists('wide/project')") is False
    assert await workbench.answer(f"os.path.exists('wide/{folder.name}/app.py')") is False
    (notice,) = notices(workbench)
    assert notice.startswith("The link wide of function leads to ")
    assert notice.endswith("and is not followed; link to what is needed.")


@pytest.mark.rule("8.2.16")
@pytest.mark.parametrize(
    ("saved", "expected"), [("one.py", [2, "shared"]), ("lib/name.txt", [1, "NAME = 2\n"])]
)
async def test_a_save_behind_a_link_is_seen(
    open_project: Open, folder: Path, saved: str, expected: list[object]
) -> None:
    shared = folder.parent / "shared"
    (shared / "one.py").write_text("NAME = 1\n")
    (folder / "one.py").symlink_to("../shared/one.py")
    (folder.parent / "template.yaml").write_text(
        "Transform: AWS::Serverless-2016-10-31\n"
        "Resources:\n"
        "  Function:\n"
        "    Type: AWS::Serverless::Function\n"
        "    Properties: {FunctionName: function, CodeUri: function, Handler: app.handler,\n"
        "                 Runtime: python3.11, Timeout: 60}\n"
    )
    project = load_project(folder.parent)
    workbench = await open_project(project, watch=True)
    read = "[__import__('one').NAME, open('node_modules/lib/name.txt').read()]"
    assert await workbench.answer(read) == [1, "shared"]
    before = await workbench.until_frozen()
    await workbench.until_watched()
    await workbench.until_watched(shared / "lib")

    workbench.write("NAME = 2\n", str(shared / saved))
    await workbench.until_replaced(before)

    assert await workbench.answer(read) == expected


@namespaces
async def test_links_of_layers_that_are_merged_have_their_content(
    open_project: Open, folder: Path, tmp_path: Path
) -> None:
    shared = folder.parent / "shared"
    for name in ("one", "two", "three"):
        (shared / f"{name}.py").write_text(f"NAME = '{name}'\n")
    layers = [tmp_path / "project" / "layers" / name for name in ("first", "second", "third")]
    for layer in layers:
        (layer / "python").mkdir(parents=True)
    (layers[0] / "python" / "one.py").symlink_to("../../../shared/one.py")
    (layers[0] / "python" / "own.py").symlink_to("../../../shared/two.py")
    (layers[0] / "python" / "other.py").symlink_to("../../../shared/two.py")
    (layers[0] / "python" / "lib").symlink_to("../../../shared/lib")
    (layers[1] / "python" / "own.py").write_text("NAME = 'own'\n")
    (layers[1] / "python" / "within.py").symlink_to("own.py")
    (layers[2] / "python" / "other.py").symlink_to("../../../shared/three.py")
    (folder / "lambda_function.py").write_text(
        "def lambda_handler(event, context): return eval(event)\n"
    )
    settings = Settings(layers=tuple(layers))
    workbench = await open_project(load_project(folder, settings), watch=True, layers=layers)
    await workbench.until_watched(shared / "lib")
    names = "[__import__(one).NAME for one in ('one', 'own', 'other', 'within')]"
    assert await workbench.answer(names) == ["one", "own", "three", "own"]
    assert await workbench.answer("open('/opt/python/lib/name.txt').read()") == "shared"

    before = await workbench.until_frozen()
    workbench.write("NAME = 'saved'\n", str(shared / "one.py"))
    await workbench.until_replaced(before)
    assert await workbench.answer(names) == ["saved", "own", "three", "own"]
