"""Layers stand at ``/opt``, runtimes find them there, and a save in a layer is seen."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from lambda_tui.engine import events
from lambda_tui.project.function import Project
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from support.files import zip_entry
from support.runtimes_package import load_module
from support.workbench import Open, Workbench

pytestmark = pytest.mark.also_on_macos

ONE_LEVEL = pytest.mark.parametrize("level", ["namespaces"])

EVALUATES = """
import errno, os, shutil, subprocess, sys

def lambda_handler(event, context):
    return eval(event)

def outcome_of_writing(path):
    try:
        with open(path, "w"):
            return "written"
    except OSError as error:
        return errno.errorcode[error.errno]
"""

USES_THE_LAYERS = """
import common
def lambda_handler(event, context):
    return common.VALUE
"""


def write(file: Path, content: str, mode: int = 0o644) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    file.chmod(mode)
    return file


def project_with(folder: Path, source: str, *layers: Path) -> Project:
    write(folder / "function" / "lambda_function.py", source)
    project = load_project(folder / "function", Settings(layers=layers))
    assert project.problems == ()
    return project


async def open_watched(open_project: Open, folder: Path, *layers: Path) -> Workbench:
    """One function that uses the layers, which lie outside the project's folder."""
    project = project_with(folder, USES_THE_LAYERS, *layers)
    workbench = await open_project(project, watch=True, layers=layers)
    for directory in (project.directory, *(layer for layer in layers if layer.is_dir())):
        await workbench.until_watched(directory)
    return workbench


@pytest.mark.rule("8.2.5")
@ONE_LEVEL
async def test_a_layer_stands_at_opt_and_cannot_be_written(
    open_project: Open, tmp_path: Path
) -> None:
    write(tmp_path / "layer" / "data.txt", "data")
    workbench = await open_project(project_with(tmp_path, EVALUATES, tmp_path / "layer"))

    assert await workbench.answer("os.listdir('/opt')") == ["data.txt"]
    assert await workbench.answer("open('/opt/data.txt').read()") == "data"
    for path in ("/opt/data.txt", "/opt/new"):
        assert await workbench.answer(f"outcome_of_writing({path!r})") == "EROFS"
    assert (tmp_path / "layer" / "data.txt").read_text() == "data"


@pytest.mark.rule("8.2.6", "8.2.7")
async def test_modules_and_programs_of_a_layer_are_found(
    open_project: Open, tmp_path: Path, level: str
) -> None:
    layer = tmp_path / "layer"
    write(layer / "python" / "common.py", "")
    workbench = await open_project(project_with(tmp_path, EVALUATES, layer))
    version = await workbench.answer("f'python{sys.version_info[0]}.{sys.version_info[1]}'")
    write(layer / "python" / "lib" / version / "site-packages" / "packaged.py", "")
    write(layer / "bin" / "layer-tool", "#!/bin/sh\necho ran from the layer\n", 0o755)
    opt = "/opt" if level == "namespaces" else str(layer)

    assert await workbench.answer("__import__('common').__file__") == f"{opt}/python/common.py"
    assert await workbench.answer("__import__('packaged').__file__") == (
        f"{opt}/python/lib/{version}/site-packages/packaged.py"
    )
    assert await workbench.answer("sys.path[1:3]") == [
        f"{opt}/python/lib/{version}/site-packages",
        f"{opt}/python",
    ]
    assert await workbench.answer("subprocess.check_output('layer-tool').decode()") == (
        "ran from the layer\n"
    )
    libraries: str = await workbench.answer("os.environ['LD_LIBRARY_PATH']")
    assert libraries.endswith(f":{opt}/lib")


@pytest.mark.rule("8.2.6")
async def test_the_functions_own_module_goes_before_a_layers(
    open_project: Open, tmp_path: Path
) -> None:
    write(tmp_path / "layer" / "python" / "common.py", "VALUE = 'the layer'\n")
    write(tmp_path / "function" / "common.py", "VALUE = 'the code'\n")

    workbench = await open_project(project_with(tmp_path, USES_THE_LAYERS, tmp_path / "layer"))

    assert await workbench.answer() == "the code"


@pytest.mark.rule("8.2.4")
async def test_of_several_layers_the_last_ones_file_holds(
    open_project: Open, tmp_path: Path
) -> None:
    first = write(tmp_path / "first" / "python" / "common.py", "VALUE = 'first'\n").parents[1]
    write(first / "python" / "only_first.py", "VALUE = 1\n")
    with zipfile.ZipFile(tmp_path / "second.zip", "w") as archive:
        archive.writestr(zip_entry("python/common.py"), "import only_first\nVALUE = 'second'\n")

    project = project_with(tmp_path, USES_THE_LAYERS, first, tmp_path / "second.zip")

    assert await (await open_project(project)).answer() == "second"


@pytest.mark.parametrize("layers", [1, 2])
async def test_a_save_in_a_layer_initialises_again(
    open_project: Open, tmp_path: Path, level: str, layers: int
) -> None:
    module = write(tmp_path / "layer" / "python" / "common.py", "VALUE = 1\n")
    write(tmp_path / "other" / "python" / "other.py", "")
    folders = [tmp_path / "other", tmp_path / "layer"][-layers:]
    workbench = await open_watched(open_project, tmp_path, *folders)
    assert await workbench.answer() == 1

    for value in (2, 3):
        old = await workbench.until_frozen()
        write(tmp_path / "draft", f"VALUE = {value}\n").replace(module)
        await workbench.until_replaced(old)
        assert await workbench.answer() == value
    assert {one.files for one in workbench.records(events.EnvironmentStale)} == {
        ("python/common.py",)
    }


@ONE_LEVEL
async def test_a_new_archive_of_a_layer_initialises_again(
    open_project: Open, tmp_path: Path
) -> None:
    def pack(value: int) -> None:
        with zipfile.ZipFile(tmp_path / "new.zip", "w") as archive:
            archive.writestr(zip_entry("python/common.py"), f"VALUE = {value}\n")
        (tmp_path / "new.zip").rename(tmp_path / "function" / "layer.zip")

    (tmp_path / "function").mkdir()
    pack(1)
    workbench = await open_watched(open_project, tmp_path, tmp_path / "function" / "layer.zip")
    assert await workbench.answer() == 1
    old = await workbench.until_frozen()

    pack(2)

    await workbench.until_replaced(old)
    assert await workbench.answer() == 2
    (stale,) = workbench.records(events.EnvironmentStale)
    assert stale.files == ("layer.zip",)


TEMPLATE = """
Resources:
  Packed:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: app.zip, Handler: app.handler, Runtime: python3.11}
"""


async def test_code_in_an_archive_runs_and_a_new_one_initialises_again(
    open_project: Open, tmp_path: Path
) -> None:
    def pack(value: int) -> None:
        with zipfile.ZipFile(tmp_path / "new.zip", "w") as archive:
            archive.writestr(zip_entry("app.py"), f"def handler(event, context): return {value}\n")
        (tmp_path / "new.zip").rename(tmp_path / "app.zip")

    pack(1)
    write(tmp_path / "template.yaml", TEMPLATE)
    workbench = await open_project(load_project(tmp_path), watch=True)
    await workbench.until_watched()
    assert await workbench.answer() == 1
    old = await workbench.until_frozen()

    pack(2)

    await workbench.until_replaced(old)
    assert await workbench.answer() == 2


def test_an_interpreter_among_the_layers_is_not_covered(tmp_path: Path) -> None:
    sandbox = load_module("sandbox.root")
    for name in ("bin", "python/lib", "python/3.12"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "dangling").symlink_to("nowhere")
    layers = sandbox.Bind(str(tmp_path), "/opt")

    assert sandbox.split_bind(layers, ["/usr", "/opt/python/3.12"]) == [
        sandbox.Bind(f"{tmp_path}/bin", "/opt/bin"),
        sandbox.Bind(f"{tmp_path}/dangling", "/opt/dangling", is_link=True),
        sandbox.Bind(f"{tmp_path}/python/lib", "/opt/python/lib"),
    ]
    assert sandbox.split_bind(layers, ["/usr"]) == [layers]
