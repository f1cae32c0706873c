"""A save initialises again exactly where a deployment would take what was saved."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.engine import events
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings, load_settings
from support.files import save, zip_entry
from support.node_process import NODE
from support.workbench import Open, Workbench

pytestmark = pytest.mark.parametrize("level", ["namespaces"])

COUNTS = """
count = 0
def lambda_handler(event, context):
    global count
    count += 1
    return count
"""
EVALUATES = "def lambda_handler(event, context): return eval(event)\n"
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Shop:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Timeout: 60
      CodeUri: {code}
      Handler: lambda_function.lambda_handler
      Layers: {layers}
  Common:
    Type: AWS::Serverless::LayerVersion
    Properties: {{ContentUri: {layer}}}
"""


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def pack(archive: Path, name: str, text: str) -> None:
    draft = archive.with_suffix(".draft")
    with zipfile.ZipFile(draft, "w") as content:
        content.writestr(zip_entry(name), text)
    draft.replace(archive)


async def opened(open_project: Open, folder: Path, **options: Any) -> Workbench:
    settings, problems = load_settings(folder, folder / "nowhere")
    assert problems == ()
    read = {name: getattr(settings, name) for name in ("layers", "python", "idle_timeout")}
    project = load_project(folder, settings)
    workbench = await open_project(project, watch=True, **read, **options)
    await workbench.until_watched()
    return workbench


async def until_reloaded(workbench: Workbench, save: Any) -> tuple[str, ...]:
    """Save something, wait for the environment that follows, and return the changed files."""
    old = await workbench.until_frozen()
    before = len(workbench.records(events.EnvironmentStale))
    save()
    await workbench.until_replaced(old)
    return workbench.records(events.EnvironmentStale)[before].files


@pytest.mark.parametrize(
    "name",
    [
        "out.json",
        "README.md",
        "lambda-tui.toml",
        "samconfig.toml",
        "tests/test_function.py",
        "tests/data.json",
        "test_function.py",
        "conftest.py",
        "events/order.json",
        ".git/index",
        ".gitignore",
        ".pytest_cache/v/cache/lastfailed",
        ".ruff_cache/x",
        ".mypy_cache/3.11/app.data.json",
        "__pycache__/lambda_function.cpython-311.pyc",
        ".idea/workspace.xml",
        ".lambda_function.py.swp",
        "lambda_function.py~",
        "#lambda_function.py#",
        ".#lambda_function.py",
        "4913",
        ".coverage",
        "report.log",
        "photo.png",
    ],
)
async def test_what_no_deployment_takes_does_not_initialise_again(
    open_project: Open, tmp_path: Path, name: str
) -> None:
    write(tmp_path / "lambda_function.py", COUNTS)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    workbench = await opened(open_project, tmp_path)
    assert await workbench.answer() == 1
    old = await workbench.until_frozen()

    write(tmp_path / name, "# x\n")
    write(tmp_path / "events" / "other.json", "{}")
    # The kernel reports the saves in their order, so this one comes behind the others.
    write(tmp_path / "package" / "code.py", "")
    await workbench.until(lambda: workbench.records(events.EnvironmentStale))
    await workbench.until_replaced(old)

    changed = {file for one in workbench.records(events.EnvironmentStale) for file in one.files}
    assert changed <= {"package", "package/code.py"}
    assert await workbench.answer() == 1


async def test_a_counter_goes_on_over_saves_of_what_is_not_deployed(
    open_project: Open, tmp_path: Path
) -> None:
    folder = tmp_path / "function"
    other = write(tmp_path / "other" / "lambda_function.py", EVALUATES)
    write(folder / "lambda_function.py", COUNTS)
    workbench = await opened(open_project, tmp_path)
    pool, beside = workbench.engine.pools["function"], workbench.engine.pools["other"]
    assert await workbench.answer(pool=pool) == 1
    for name in ("out.json", "README.md", "tests/x.py", "lambda-tui.toml"):
        write(tmp_path / name, "# x\n")
    old = workbench.records(events.EnvironmentStale)
    assert await workbench.answer("1", pool=beside) == 1
    other.write_text(EVALUATES + "\n")
    await workbench.until(lambda: len(workbench.records(events.EnvironmentStale)) > len(old))
    assert await workbench.answer(pool=pool) == 2


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("package/data.json", COUNTS),
        ("package/notes.md", COUNTS),
        ("data.json", COUNTS + "DATA = 'data.json'\n"),
        ("events/__init__.py", COUNTS),
        ("package.json", COUNTS),
        ("library.so", COUNTS),
        (".env", COUNTS),
    ],
)
async def test_what_a_deployment_of_a_plain_folder_takes_initialises_again(
    open_project: Open, tmp_path: Path, name: str, source: str
) -> None:
    write(tmp_path / "lambda_function.py", source)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    workbench = await opened(open_project, tmp_path)
    assert await workbench.answer() == 1
    files = await until_reloaded(workbench, lambda: write(tmp_path / name, "x"))
    assert files == (name,)
    assert await workbench.answer() == 1


@pytest.mark.parametrize("name", ["data.json", "README.md", "tests/data.json", "logo.png", ".env"])
async def test_all_of_a_templates_code_is_deployed(
    open_project: Open, tmp_path: Path, name: str
) -> None:
    write(tmp_path / "template.yaml", TEMPLATE.format(code="shop", layers="[]", layer="shop"))
    write(tmp_path / "shop" / "lambda_function.py", COUNTS)
    (tmp_path / "shop" / name).parent.mkdir(exist_ok=True)
    workbench = await opened(open_project, tmp_path)
    assert await workbench.answer() == 1
    files = await until_reloaded(workbench, lambda: write(tmp_path / "shop" / name, "x"))
    assert files == (name,)


@pytest.mark.parametrize("kind", ["code folder", "code zip", "layer folder", "layer zip"])
async def test_what_a_template_names_outside_of_the_project_is_watched(
    open_project: Open, tmp_path: Path, kind: str
) -> None:
    project, outside = tmp_path / "project", tmp_path / "outside"
    write(project / "shop" / "lambda_function.py", EVALUATES)
    write(outside / "folder" / "python" / "common.py", "VALUE = 1\n")
    pack(outside / "content.zip", "python/common.py", "VALUE = 1\n")
    source = "def lambda_handler(event, context): return 1\n"
    write(outside / "code" / "lambda_function.py", source)
    pack(outside / "code.zip", "lambda_function.py", source)
    places = {
        "code folder": {"code": "../outside/code", "layers": "[]"},
        "code zip": {"code": "../outside/code.zip", "layers": "[]"},
        "layer folder": {"layer": "../outside/folder"},
        "layer zip": {"layer": "../outside/content.zip"},
    }[kind]
    text = TEMPLATE.format(**{"code": "shop", "layer": "shop", "layers": "[!Ref Common]", **places})
    write(project / "template.yaml", text)
    workbench = await opened(open_project, project)
    await workbench.until_watched(outside)
    event = "__import__('common').VALUE"
    assert await workbench.answer(event) == 1

    def save(value: int) -> None:
        code = f"def lambda_handler(event, context): return {value}\n"
        write(outside / "folder" / "python" / "common.py", f"VALUE = {value}\n")
        write(outside / "code" / "lambda_function.py", code)
        pack(outside / "content.zip", "python/common.py", f"VALUE = {value}\n")
        pack(outside / "code.zip", "lambda_function.py", code)

    for value in (2, 3):
        await until_reloaded(workbench, lambda value=value: save(value))
        await workbench.until_frozen()
        assert await workbench.answer(event) == value


async def test_a_folder_outside_of_the_project_that_is_made_anew_is_watched_again(
    open_project: Open, tmp_path: Path
) -> None:
    project, layer = tmp_path / "project", tmp_path / "build" / "layer"
    write(project / "shop" / "lambda_function.py", EVALUATES)
    module = write(layer / "python" / "common.py", "VALUE = 1\n")
    text = TEMPLATE.format(code="shop", layers="[!Ref Common]", layer="../build/layer")
    write(project / "template.yaml", text)
    workbench = await opened(open_project, project)
    await workbench.until_watched(layer)
    event = "__import__('common').VALUE"
    assert await workbench.answer(event) == 1
    fresh = tmp_path / "fresh"
    write(fresh / "python" / "common.py", "VALUE = 2\n")

    old = await workbench.until_frozen()
    layer.rename(tmp_path / "gone")
    fresh.rename(layer)
    await workbench.until_watched(layer / "python")
    await workbench.until(lambda: old not in workbench.pool.environments)
    assert await workbench.answer(event) == 2
    await workbench.until_frozen()

    await until_reloaded(workbench, lambda: write(module, "VALUE = 3\n"))
    assert await workbench.answer(event) == 3


async def test_a_new_link_to_a_place_outside_is_watched_at_once(
    open_project: Open, tmp_path: Path
) -> None:
    project, shared = tmp_path / "project", tmp_path / "shared"
    write(shared / "inner" / "common.py", "VALUE = 1\n")
    lone = write(tmp_path / "lone" / "lone.py", "VALUE = 1\n")
    write(project / "template.yaml", TEMPLATE.format(code="shop", layers="[]", layer="shop"))
    write(project / "shop" / "lambda_function.py", EVALUATES)
    workbench = await opened(open_project, project)
    assert await workbench.answer("1") == 1

    await until_reloaded(
        workbench, lambda: (project / "shop" / "inner").symlink_to(shared / "inner")
    )
    await workbench.until_watched(shared / "inner")
    assert await workbench.answer("__import__('inner.common').common.VALUE") == 1
    await until_reloaded(workbench, lambda: write(shared / "inner" / "common.py", "VALUE = 2\n"))
    assert await workbench.answer("__import__('inner.common').common.VALUE") == 2

    await until_reloaded(workbench, lambda: (project / "shop" / "lone.py").symlink_to(lone))
    await workbench.until_watched(lone.parent)
    await until_reloaded(workbench, lambda: write(lone, "VALUE = 2\n"))
    assert await workbench.answer("__import__('lone').VALUE") == 2


def make_wheel(folder: Path, value: int) -> Path:
    wheel = folder / f"parcel-{value}-py3-none-any.whl"
    information = f"parcel-{value}.dist-info"
    files = {
        "parcel.py": f"VALUE = {value}\n",
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: parcel\nVersion: {value}\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in (*files, f"{information}/RECORD"))
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**files, f"{information}/RECORD": record}.items():
            archive.writestr(zip_entry(name), text)
    return wheel


async def test_pip_install_into_the_projects_environment_initialises_again(
    open_project: Open, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    write(project / "lambda_function.py", EVALUATES)
    venv.create(project / ".venv", symlinks=True)
    workbench = await opened(open_project, project)
    event = "__import__('importlib.util').util.find_spec('parcel') is not None"
    assert await workbench.answer(event) is False

    def install(value: int) -> None:
        wheel = make_wheel(tmp_path, value)
        python = project / ".venv" / "bin" / "python"
        command = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q"]
        subprocess.run([*command, "--no-index", "--no-deps", str(wheel)], check=True)

    assert await until_reloaded(workbench, lambda: install(1)) == (".venv",)
    assert await workbench.answer("__import__('parcel').VALUE") == 1
    assert await until_reloaded(workbench, lambda: install(2)) == (".venv",)
    assert await workbench.answer("__import__('parcel').VALUE") == 2


async def test_an_environment_that_is_made_while_the_project_is_open_is_used(
    open_project: Open, tmp_path: Path
) -> None:
    write(tmp_path / "lambda_function.py", EVALUATES)
    workbench = await opened(open_project, tmp_path)
    assert await workbench.answer("1") == 1
    await until_reloaded(workbench, lambda: venv.create(tmp_path / ".venv", symlinks=True))
    assert workbench.pool.interpreter.executable == tmp_path / ".venv" / "bin" / "python"
    assert await workbench.answer("1") == 1


async def test_npm_install_initialises_again_once_it_is_over(
    open_project: Open, tmp_path: Path
) -> None:
    source = "export const handler = async () => (await import('parcel')).value;\n"
    write(tmp_path / "index.mjs", source)
    parcel = tmp_path / "node_modules" / "parcel"
    write(parcel / "package.json", '{"name": "parcel", "type": "module"}')
    write(parcel / "index.js", "export const value = 1;\n")
    workbench = await opened(open_project, tmp_path, node=NODE)
    assert await workbench.answer() == 1

    def install() -> None:
        for number in range(50):
            write(parcel / f"more-{number}.js", "")
        write(parcel / "index.js", "export const value = 2;\n")

    assert await until_reloaded(workbench, install) == ("node_modules",)
    assert await workbench.answer() == 2
    assert len(workbench.records(events.EnvironmentStale)) == 1


async def test_changed_settings_apply_at_once_or_are_said_to_need_a_restart(
    open_project: Open, tmp_path: Path
) -> None:
    write(tmp_path / "lambda_function.py", EVALUATES)
    write(tmp_path / "layer" / "python" / "common.py", "VALUE = 1\n")
    settings = tmp_path / "lambda-tui.toml"
    workbench = await opened(open_project, tmp_path)
    assert await workbench.answer("1") == 1

    def notices() -> list[str]:
        return [one.message for one in workbench.records(events.Notice)]

    await until_reloaded(workbench, lambda: write(settings, 'layers = ["layer"]\n'))
    assert await workbench.answer("__import__('common').VALUE") == 1
    write(settings, 'layers = ["layer"]\nmaximum_environments = 0\n')
    await workbench.until(lambda: workbench.records(events.ProblemFound))
    (found,) = workbench.records(events.ProblemFound)
    assert "maximum_environments" in found.message
    assert workbench.engine.settings.maximum_environments == 50
    await workbench.until(lambda: workbench.engine.project.problems)

    text = 'layers = ["layer"]\nidle_timeout = 0.001\nsandbox = "processes"\ntheme = "nord"\n'
    write(settings, text)
    await workbench.until(lambda: not workbench.engine.project.problems)
    assert workbench.engine.settings.idle_timeout == 0.001
    assert workbench.engine.settings.sandbox == "namespaces"
    assert "lambda-tui.toml: sandbox and theme hold after a restart." in notices()
    assert await workbench.answer("1") == 1
    await workbench.until(lambda: not workbench.pool.environments)


async def test_a_saved_setting_of_a_function_holds_at_once(
    open_project: Open, tmp_path: Path
) -> None:
    settings = (
        '[functions.Mine]\nhandler = "mine.run"\nruntime = "python3.12"\ntimeout = 60\n'
        'environment = {WORD = "old"}\n'
    )
    (tmp_path / "mine.py").write_text(
        "import os\ndef run(event, context):\n    return os.environ['WORD']\n"
    )
    (tmp_path / "lambda-tui.toml").write_text(settings)
    loaded, _problems = load_settings(tmp_path, tmp_path)
    project = load_project(tmp_path, loaded)
    workbench = await open_project(project, watch=True, functions=loaded.functions)
    assert await workbench.answer() == "old"
    old = workbench.environment
    await workbench.until_watched(tmp_path)

    save(tmp_path / "lambda-tui.toml", settings.replace("old", "new"))

    await workbench.until_replaced(old)
    assert await workbench.answer() == "new"


@pytest.mark.parametrize("saved", ["elsewhere/prod.yaml", "elsewhere/samconfig.toml", "own.env"])
async def test_the_files_that_describe_functions_count_wherever_they_lie(
    open_project: Open, tmp_path: Path, saved: str
) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "elsewhere").mkdir()
    files = {
        "elsewhere/prod.yaml": (
            "Parameters: {Word: {Type: String}}\nResources:\n  Hello:\n"
            "    Type: AWS::Serverless::Function\n    Properties:\n"
            "      Handler: index.handler\n      Runtime: python3.12\n      Timeout: 60\n"
            "      InlineCode: |\n        import os\n        def handler(event, context):\n"
            "            return [os.environ['WORD'], os.environ['OWN'], 'old']\n"
            "      Environment: {Variables: {WORD: !Ref Word}}\n"
        ),
        "elsewhere/samconfig.toml": (
            '[default.global.parameters]\nparameter_overrides = "Word=old"\n'
        ),
        "own.env": "OWN=old\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    named: dict[str, Any] = {
        "template": tmp_path / "elsewhere/prod.yaml",
        "env_file": tmp_path / "own.env",
    }
    project = load_project(tmp_path / "project", Settings(**named))
    workbench = await open_project(project, watch=True, **named)
    assert await workbench.answer() == ["old", "old", "old"]
    old = workbench.environment
    await workbench.until_watched(tmp_path / "elsewhere")
    await workbench.until_watched(tmp_path)

    save(tmp_path / saved, files[saved].replace("old", "new"))

    await workbench.until_replaced(old)
    assert sorted(await workbench.answer()) == ["new", "old", "old"]
