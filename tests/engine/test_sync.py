"""A sync installs what functions' files name into the cache; it stands beside their code then."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.engine.events import Notice
from lambda_tui.project.dependencies import Need, SyncedPackages
from lambda_tui.project.function import Function, Layer, LayerSource, Project
from lambda_tui.project.installers import InstallationError, Installer
from lambda_tui.project.interpreters import Interpreter
from lambda_tui.project.load import load_project
from support import SECONDS
from support.files import save, write_program
from support.node_process import NODE
from support.package_index import npm_registry, write_wheel
from support.workbench import TIMEOUT, Open, Workbench, response_of

HANDLER = "import sys\ndef handler(event, context):\n    return eval(event)\n"
SHOP = {"app.py": HANDLER, "requirements.txt": "friendly\n"}
NODE_HANDLER = "exports.handler = async (event) => eval(event);\n"
VERSION = ".".join(map(str, sys.version_info[:2]))


ANY_LEVEL = pytest.mark.parametrize("level", ["processes"], indirect=True)
"""Marks what does not depend on the level."""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test an empty cache, and pip a folder of wheels in the place of its index."""
    offer_wheels(tmp_path, monkeypatch)
    return tmp_path / "cache" / "lambda-tui" / "packages"


def offer_wheels(folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    patch.setenv("PIP_CONFIG_FILE", "/dev/null")
    patch.setenv("PIP_NO_INDEX", "1")
    patch.setenv("PIP_FIND_LINKS", str(folder / "wheels"))
    # For machines that have it.
    patch.setenv("UV_OFFLINE", "1")
    patch.setenv("UV_CACHE_DIR", str(folder / "uv"))
    patch.setenv("UV_FIND_LINKS", str(folder / "wheels"))
    sources = {"friendly/__init__.py": "from polite import WORD\n", "shared/one.py": "X = 1\n"}
    write_wheel(folder / "wheels", "friendly", sources, requires=["polite"])
    write_wheel(folder / "wheels", "polite", {"polite.py": "WORD = 'please'\n"})


@pytest.fixture(scope="session")
def installed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the group of a cache with what the functions of the tests need."""
    folder = tmp_path_factory.mktemp("installed")
    write(folder / "shop", SHOP)
    with pytest.MonkeyPatch.context() as patch:
        offer_wheels(folder, patch)
        installer = Installer(Interpreter(Path(sys.executable), "this"), lambda _: None)
        packages = SyncedPackages(folder / "shop")
        return packages.install(Need(folder / "shop" / "requirements.txt"), installer).parent


@pytest.fixture
def installed(installed_once: Path, cache: Path) -> Path:
    """Have it in the test's own cache; return its folder there."""
    shutil.copytree(installed_once, cache)
    (folder,) = cache.iterdir()
    return folder


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """Make a Python without packages and without pip."""
    venv.create(tmp_path / "environment", symlinks=True, with_pip=False)
    return tmp_path / "environment" / "bin" / "python"


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """Return the folder of a function in Python that needs a package."""
    folder = tmp_path / "shop"
    write(folder, SHOP)
    return folder


Uv = Callable[[str], object]
"""Puts a program with this script in the place of uv, which goes before pip."""


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Uv:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return lambda script: write_program(tmp_path / "bin" / "uv", f"#!/bin/sh\n{script}\n")


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def project(code: Path, runtime: str | None = None, **given: Any) -> Project:
    handler = "index.handler" if runtime else "app.handler"
    function = Function("Order", handler, code, runtime=runtime, timeout=TIMEOUT, **given)
    return Project(code, (function,))


def notices(workbench: Workbench, severity: str) -> list[str]:
    return [one.message for one in workbench.records(Notice) if one.severity == severity]


def files_in(folder: Path) -> set[str]:
    found = (str(path.relative_to(folder)) for path in folder.rglob("*"))
    return {path for path in found if "__pycache__" not in path}


def entries(folder: Path) -> list[Path]:
    """Return what is in a folder; nothing where there is none."""
    return sorted(folder.iterdir()) if folder.exists() else []


async def synced(workbench: Workbench) -> None:
    """Sync the first function, and wait for its environments to come."""
    before = list(workbench.pool.environments)
    await workbench.engine.sync.sync(workbench.pool)
    await workbench.until(lambda: not set(before) & set(workbench.pool.environments))


@ANY_LEVEL
async def test_what_a_function_requires_is_installed_and_found(
    open_project: Open, code: Path, python: Path, cache: Path
) -> None:
    before = files_in(code)
    workbench = await open_project(project(code), python=python)
    failed = await workbench.invoke("__import__('friendly').WORD")
    assert response_of(failed)["errorMessage"] == "No module named 'friendly'"
    await workbench.until(lambda: notices(workbench, "warning"))
    (remedy,) = notices(workbench, "warning")
    assert "S on the screen, or `lambda-tui invoke Order --sync`, installs it" in remedy

    await synced(workbench)

    assert await workbench.answer("__import__('friendly').WORD") == "please"
    (folder,) = entries(cache)
    assert notices(workbench, "information")[-1] == (
        f"What requirements.txt lists is installed, in {folder}."
    )
    assert files_in(code) == before


async def test_packages_stand_among_the_files_of_the_code_which_go_before_them(
    open_project: Open, code: Path, python: Path, installed: Path, level: str
) -> None:
    write(code, {"shared/two.py": "Y = 2\n", "polite.py": "WORD = 'own'\n"})

    workbench = await open_project(project(code), python=python)

    assert await workbench.answer("__import__('friendly').WORD") == "own"
    both = "[__import__('shared.one').one.X, __import__('shared.two').two.Y]"
    assert await workbench.answer(both) == [1, 2]
    place = await workbench.answer("sys.modules['friendly'].__file__")
    on_aws = "/var/task/friendly/__init__.py"
    assert place == (on_aws if level == "namespaces" else f"{installed}/friendly/__init__.py")


async def test_a_runtime_that_is_executed_finds_them_too(
    open_project: Open, code: Path, python: Path, installed: Path
) -> None:
    given = project(code, environment={"PYTHONHASHSEED": "1"})
    workbench = await open_project(given, python=python)

    assert await workbench.answer("__import__('friendly').WORD") == "please"


@ANY_LEVEL
async def test_what_is_installed_is_shared_by_all_functions_that_need_the_same(
    open_project: Open, code: Path, python: Path, installed: Path
) -> None:
    save(code / "requirements.txt", "# Hello\nfriendly # as another function\n")
    workbench = await open_project(project(code), python=python)

    await workbench.engine.sync.sync(workbench.pool)

    assert await workbench.answer("__import__('friendly').WORD") == "please"
    assert entries(installed.parent) == [installed]


@ANY_LEVEL
async def test_a_changed_file_says_that_a_sync_is_needed_and_installs_nothing(
    open_project: Open, code: Path, python: Path, installed: Path
) -> None:
    workbench = await open_project(project(code), python=python, watch=True)
    await workbench.answer("1")
    await workbench.until_watched()

    save(code / "requirements.txt", "friendly\nlate\n")

    await workbench.until(lambda: notices(workbench, "warning"))
    assert notices(workbench, "warning") == [
        "What requirements.txt lists is not what is installed for Order, as it has changed: "
        "S on the screen, or `lambda-tui invoke Order --sync`, installs it."
    ]
    # Until then the packages are those of before.
    assert await workbench.answer("__import__('friendly').WORD") == "please"
    assert entries(installed.parent) == [installed]


@ANY_LEVEL
async def test_the_setting_installs_without_being_asked(
    open_project: Open, code: Path, python: Path, installed: Path, uv: Uv
) -> None:
    uv("""
        while [ "$1" != --target ]; do shift; done
        mkdir "$2"
        echo "WHEN = 'now'" > "$2/late.py"
    """)
    workbench = await open_project(project(code), python=python, watch=True, dependencies="install")
    await workbench.answer("1")
    await workbench.until_watched()

    save(code / "requirements.txt", "friendly\nlate\n")

    await workbench.until(lambda: len(notices(workbench, "information")) > 1)
    await workbench.until(lambda: "is installed" in notices(workbench, "information")[-1])
    assert await workbench.answer("__import__('late').WHEN") == "now"


@ANY_LEVEL
async def test_what_the_setting_does_not_bring_is_told_with_its_remedy(
    open_project: Open, code: Path, python: Path, installed: Path
) -> None:
    workbench = await open_project(project(code), python=python, dependencies="install")

    await workbench.invoke("__import__('absent')")

    await workbench.until(lambda: notices(workbench, "warning"))
    (told,) = notices(workbench, "warning")
    assert told.startswith("Order misses absent, which is not in requirements.txt: add absent")


@ANY_LEVEL
async def test_a_package_at_a_path_is_installed_as_a_copy_and_watched(
    open_project: Open, code: Path, tmp_path: Path, python: Path
) -> None:
    write(tmp_path / "lib", {**LIB, "lib.py": "N = 1\n"})
    save(code / "requirements.txt", "-e ../lib\n")
    before = files_in(tmp_path / "lib")
    workbench = await open_project(project(code), python=python, watch=True)

    await synced(workbench)
    assert await workbench.answer("__import__('lib').N") == 1
    assert files_in(tmp_path / "lib") == before

    await workbench.until_watched(tmp_path / "lib")
    save(tmp_path / "lib" / "lib.py", "N = 20\n")
    await workbench.until(lambda: notices(workbench, "warning"))
    assert "requirements.txt lists is not what is installed" in notices(workbench, "warning")[0]


BACKEND = f"""\
import sys
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from support.package_index import npm_registry, write_wheel
from pathlib import Path

def build_wheel(folder, config_settings=None, metadata_directory=None):
    Path("left-behind").touch()
    write_wheel(Path(folder), "lib", {{"lib.py": Path("lib.py").read_text()}}, version="1")
    return "lib-1-py3-none-any.whl"
"""
LIB = {
    "backend.py": BACKEND,
    "pyproject.toml": """\
[project]
name = "lib"
version = "1"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
""",
}
"""A package whose build leaves a file behind."""


async def test_a_layer_with_a_build_method_is_built_of_its_source_and_its_packages(
    open_project: Open, code: Path, python: Path, tmp_path: Path, installed: Path, level: str
) -> None:
    source = tmp_path / "common"
    write(source, {"requirements.txt": "friendly\n", "own.py": "X = 1\n", "polite.py": POLITE})
    (code / "requirements.txt").unlink()
    write(tmp_path, {"template.yaml": TEMPLATE})
    workbench = await open_project(load_project(tmp_path), python=python, watch=True)

    both = "[__import__('friendly').WORD, __import__('own').X]"
    assert await workbench.answer(both) == ["the source", 1]
    if level == "namespaces":
        place = "sys.modules['friendly'].__file__"
        assert await workbench.answer(place) == "/opt/python/friendly/__init__.py"
    await workbench.until_watched(source)
    environment = workbench.environment
    save(source / "own.py", "X = 20\n")
    await workbench.until_replaced(environment)
    assert await workbench.answer(both) == ["the source", 20]


POLITE = "WORD = 'the source'\n"
TEMPLATE = f"""\
Transform: AWS::Serverless-2016-10-31
Resources:
  Order:
    Type: AWS::Serverless::Function
    Properties:
      {{CodeUri: shop, Handler: app.handler, Runtime: python{VERSION}, Layers: [!Ref Common]}}
  Common:
    Type: AWS::Serverless::LayerVersion
    Properties: {{ContentUri: common}}
    Metadata: {{BuildMethod: python{VERSION}}}
"""


@ANY_LEVEL
async def test_a_layer_that_is_not_built_is_told_with_the_remedy(
    open_project: Open, code: Path, python: Path, tmp_path: Path
) -> None:
    write(tmp_path / "common", {"requirements.txt": "friendly\n"})
    source = LayerSource(tmp_path / "common", "python")
    given = project(code, layers=(Layer("arn:aws:lambda:::layer:common:1", None, source),))
    workbench = await open_project(given, python=python)

    await workbench.until(lambda: notices(workbench, "warning"))

    assert notices(workbench, "warning") == [
        "The layer in common, of Order, is missing from /opt until it is built: S on the screen, "
        "or `lambda-tui invoke Order --sync`, does that, and so does `sam build`."
    ]


@ANY_LEVEL
async def test_what_a_framework_deploys_comes_without_what_it_requires(
    open_project: Open, code: Path, python: Path
) -> None:
    save(code / "requirements.txt", "# Nothing yet.\n")
    write(code, {"polite.py": "WORD = 'own'\n"})
    given = project(code, added_packages=("friendly",))
    workbench = await open_project(given, python=python)

    await synced(workbench)

    assert await workbench.answer("__import__('friendly').WORD") == "own"
    packages = workbench.pool.synced_function.packages_directory
    assert packages is not None
    assert not (packages / "polite.py").exists()


@ANY_LEVEL
async def test_what_the_interpreter_has_is_not_installed_again(
    open_project: Open, code: Path, python: Path, cache: Path
) -> None:
    site = python.parent.parent / "lib" / f"python{VERSION}" / "site-packages"
    write(site, {"friendly-1.0.dist-info/METADATA": "Name: friendly\n", "friendly.py": ""})
    workbench = await open_project(project(code), python=python)

    await workbench.engine.sync.sync(workbench.pool)

    assert entries(cache) == []
    assert notices(workbench, "information") == ["What requirements.txt lists is installed."]


@ANY_LEVEL
async def test_a_failed_installation_is_told_in_the_words_of_the_installer(
    open_project: Open, code: Path, python: Path, cache: Path, uv: Uv
) -> None:
    uv("echo 'error: There is no friendly.'; exit 1")
    workbench = await open_project(project(code), python=python)

    with pytest.raises(InstallationError) as raised:
        await workbench.engine.sync.sync(workbench.pool)

    assert str(raised.value) == (
        "what requirements.txt lists cannot be installed: error: There is no friendly."
    )
    said = notices(workbench, "information")
    assert any("builds from source" in line for line in said)
    assert entries(cache) == []


@ANY_LEVEL
async def test_a_sync_can_be_given_up(
    open_project: Open, code: Path, python: Path, cache: Path, uv: Uv
) -> None:
    uv("echo Resolved nothing yet; exec sleep 600")
    workbench = await open_project(project(code), python=python)
    syncing = asyncio.create_task(workbench.engine.sync.sync(workbench.pool))
    await workbench.until(lambda: "Resolved nothing yet" in notices(workbench, "information"))
    assert workbench.engine.sync.is_under_way

    workbench.engine.sync.cancel()

    with pytest.raises(InstallationError, match="was given up"):
        await asyncio.wait_for(syncing, SECONDS)
    assert not workbench.engine.sync.is_under_way
    assert entries(cache) == []


@pytest.mark.parametrize("file", ["index.js", "index.mjs"])
async def test_a_package_json_is_installed_for_a_function_in_javascript(
    open_project: Open, tmp_path: Path, level: str, file: str
) -> None:
    code = tmp_path / "shop"
    scripts = {"install": f"touch {tmp_path / 'has-run'}"}
    lib = {
        "package.json": json.dumps({"name": "lib", "version": "1.0.0", "scripts": scripts}),
        "index.js": "exports.n = 1;\n",
    }
    write(tmp_path / "lib", lib)
    is_module = file.endswith(".mjs")
    source = f"import lib from 'lib';\n{NODE_MODULE}" if is_module else REQUIRES
    package = {"dependencies": {"lib": "file:../lib"}}
    write(code, {file: source, "package.json": json.dumps(package)})
    before = files_in(tmp_path / "lib"), files_in(code)
    workbench = await open_project(project(code, "nodejs24.x"), node=NODE)
    failed = response_of(await workbench.invoke("1"))
    assert "'lib'" in failed["errorMessage"]

    await synced(workbench)

    assert await workbench.answer("lib.n") == 1
    assert not (tmp_path / "has-run").exists()
    assert (files_in(tmp_path / "lib"), files_in(code)) == before


REQUIRES = f"const lib = require('lib');\n{NODE_HANDLER}"
NODE_MODULE = "export const handler = async (event) => eval(event);\n"


ESBUILD = """
const fs = require('fs');
exports.buildSync = ({ entryPoints: [file] }) => {
  const text = fs.readFileSync(file, 'utf8').replace(': number', '');
  return { outputFiles: [{ text: text.replace('export const ', 'exports.') }] };
};
"""
"""The source of a package that builds the one file of the test."""


async def test_a_function_in_typescript_gets_what_builds_it(
    open_project: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = tmp_path / "shop"
    source = "export const handler = async (n: number) => [n, typeof exports];\n"
    package = {"devDependencies": {"esbuild": "^3.0.0"}}
    write(code, {"index.ts": source, "package.json": json.dumps(package)})
    with npm_registry({"esbuild": ESBUILD}) as address:
        monkeypatch.setenv("npm_config_registry", address)
        monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
        monkeypatch.setenv("npm_config_userconfig", "/dev/null")
        workbench = await open_project(project(code, "nodejs24.x"), node=NODE)

        await workbench.engine.sync.sync(workbench.pool)

    # Stripped of its types by Node.js itself, it is an ES module, which has no exports.
    assert await workbench.answer(1) == [1, "object"]
