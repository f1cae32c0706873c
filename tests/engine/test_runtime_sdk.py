"""AWS's SDK, which AWS's managed runtimes bring: missed, installed, and seen where AWS has it."""

from __future__ import annotations

import asyncio
import shutil
import socket
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.engine.events import EnvironmentStale, Notice
from lambda_tui.engine.lifecycle import State
from lambda_tui.project.function import Function, Project
from lambda_tui.project.installers import InstallationError, Installer
from lambda_tui.project.interpreters import Interpreter
from lambda_tui.project.sdk import install_sdk
from support import SECONDS
from support.node_process import NODE
from support.package_index import npm_registry, write_wheels
from support.workbench import TIMEOUT, Open, Workbench, response_of

EVALUATES = """
import os, sys

def lambda_handler(event, context):
    return eval(event)
"""
USES_BOTO3 = f"import boto3\n{EVALUATES}"
VERSION = ".".join(map(str, sys.version_info[:2]))
CODE, SDK = "/var/task", "/var/runtime"
PLACE = "[boto3.__file__, boto3.__version__]"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a cache without an SDK."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "lambda-tui" / "sdk"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let pip find wheels of a small boto3, and nothing else."""
    wheels = write_wheels(tmp_path / "wheels")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    return wheels


@pytest.fixture(scope="session")
def small_sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the group of a cache in which pip has installed a small boto3."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("installed")
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setenv("PIP_CONFIG_FILE", "/dev/null")
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_FIND_LINKS", str(write_wheels(folder / "wheels")))
        python = Interpreter(Path(sys.executable), "this")
        installer = Installer(python, lambda _: None)
        return install_sdk(installer, f"python{VERSION}", ["boto3"]).parent


@pytest.fixture
def installed(small_sdk: Path, cache: Path) -> None:
    """Have it installed in the test's own cache."""
    shutil.copytree(small_sdk, cache)


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """Make a Python without boto3 and without pip."""
    venv.create(tmp_path / "environment", symlinks=True, with_pip=False)
    return tmp_path / "environment" / "bin" / "python"


def site_packages(python: Path) -> Path:
    return python.parent.parent / "lib" / f"python{VERSION}" / "site-packages"


def entries(folder: Path) -> list[Path]:
    """Return what is in a folder; nothing where there is none."""
    return list(folder.iterdir()) if folder.exists() else []


def notices(workbench: Workbench, severity: str) -> list[str]:
    return [one.message for one in workbench.records(Notice) if one.severity == severity]


def real(level: str, workbench: Workbench, path: str) -> str:
    """Return a path of the sandbox as the function sees it at a level."""
    sdk = workbench.environment.fork_server.sdk_directory
    if level == "namespaces":
        return path
    return path.replace(CODE, str(workbench.directory)).replace(SDK, str(sdk))


@pytest.mark.rule("8.2.13")
async def test_a_function_that_lacks_the_sdk_fails_in_awss_words_and_is_told_the_remedy(
    open_project: Open, python: Path
) -> None:
    workbench = await open_project(USES_BOTO3, python=python)

    for _ in range(2):
        invocation = await workbench.invoke("1")
        assert response_of(invocation)["errorMessage"] == (
            "Unable to import module 'lambda_function': No module named 'boto3'"
        )
        assert response_of(invocation)["errorType"] == "Runtime.ImportModuleError"
    assert notices(workbench, "warning") == [
        "function relies on a package that AWS's runtime brings (boto3), which is not installed "
        "here: `lambda-tui invoke function --sync`, or S on the screen, installs it."
    ]


@pytest.mark.rule("8.2.13")
async def test_an_installed_sdk_is_in_var_runtime_behind_everything_else(
    open_project: Open, python: Path, index: Path, level: str
) -> None:
    workbench = await open_project(USES_BOTO3, python=python)
    await workbench.invoke("1")
    failed = workbench.environment

    await workbench.engine.sync.sync(workbench.pool)

    await workbench.until_replaced(failed)
    place = real(level, workbench, f"{SDK}/boto3/__init__.py")
    assert await workbench.answer(PLACE) == [place, "1.99.0"]
    assert await workbench.answer("sys.path[-1]") == real(level, workbench, SDK)
    if level == "namespaces":
        invocation = await workbench.invoke(f"open('{SDK}/boto3/new', 'w')")
        assert "Read-only file system" in response_of(invocation)["errorMessage"]
    assert notices(workbench, "information")[-1] == "boto3 1.99.0 is installed."


async def test_the_sdk_is_installed_once(
    open_project: Open, python: Path, index: Path, cache: Path
) -> None:
    workbench = await open_project(USES_BOTO3, python=python)
    await workbench.engine.sync.sync(workbench.pool)
    (folder,) = entries(cache)
    shutil.rmtree(index)

    await workbench.engine.sync.sync(workbench.pool)
    other = await open_project(USES_BOTO3, python=python)

    assert (await other.answer(PLACE))[1] == "1.99.0"
    assert entries(cache) == [folder]


@pytest.mark.parametrize("where", ["code", "interpreter"])
@pytest.mark.parametrize("executed", [False, True], ids=["forked", "executed"])
async def test_a_package_that_the_project_brings_wins(
    open_project: Open, tmp_path: Path, python: Path, installed: None, where: str, executed: bool
) -> None:
    folder = site_packages(python) if where == "interpreter" else tmp_path / "function"
    folder.mkdir(exist_ok=True)
    (folder / "boto3.py").write_text("import botocore\n__version__ = 'own'\n")
    environment = {"PYTHONHASHSEED": "1"} if executed else {}
    workbench = await open_project(USES_BOTO3, python=python, environment=environment)

    assert await workbench.answer("[boto3.__version__, boto3.botocore.__version__]") == [
        "own",
        "1.99.1",
    ]


async def test_a_child_process_of_the_function_finds_the_sdk(
    open_project: Open, python: Path, installed: None
) -> None:
    workbench = await open_project(f"import subprocess, sys\n{EVALUATES}", python=python)
    command = [str(python), "-c", "import boto3; print(boto3.__version__)"]

    assert await workbench.answer(f"subprocess.check_output({command}, text=True)") == "1.99.0\n"


async def test_an_import_in_the_handler_is_told_the_remedy_too(
    open_project: Open, python: Path
) -> None:
    workbench = await open_project(EVALUATES, python=python)

    invocation = await workbench.invoke("__import__('botocore.config')")

    assert response_of(invocation)["errorMessage"] == "No module named 'botocore'"
    await workbench.until(lambda: notices(workbench, "warning"))
    assert "(botocore)" in notices(workbench, "warning")[0]


async def test_a_snapshot_that_lacks_the_sdk_is_told_the_remedy_and_taken_anew(
    open_project: Open, python: Path, index: Path
) -> None:
    workbench = await open_project(USES_BOTO3, python=python, snap_start=True)
    await workbench.until(lambda: notices(workbench, "warning"))

    await workbench.engine.sync.sync(workbench.pool)

    assert (await workbench.answer(PLACE))[1] == "1.99.0"


async def test_the_remedy_is_told_again_after_a_change(open_project: Open, python: Path) -> None:
    workbench = await open_project(USES_BOTO3, python=python)
    await workbench.invoke("1")

    workbench.pool.change(workbench.pool.function, ("lambda_function.py",))
    await workbench.invoke("1")

    assert len(notices(workbench, "warning")) == 2


async def test_all_functions_of_the_runtime_are_initialised_again(
    open_project: Open, tmp_path: Path, python: Path, index: Path
) -> None:
    (tmp_path / "app.py").write_text(EVALUATES)
    functions = tuple(
        Function(name, "app.lambda_handler", tmp_path, timeout=TIMEOUT, runtime=runtime)
        for name, runtime in {"one": None, "other": None, "own": "provided.al2023"}.items()
    )
    workbench = await open_project(Project(tmp_path, functions), python=python)
    one, other, _own = workbench.engine.pools.values()
    for pool in (one, other):
        await workbench.answer("1", pool)

    await workbench.engine.sync.sync(one)

    for pool in (one, other):
        assert await workbench.answer("__import__('boto3').__version__", pool) == "1.99.0"
    assert workbench.records(Notice)[0].severity == "information"
    changes = [
        each.function for each in workbench.events if isinstance(each.record, EnvironmentStale)
    ]
    assert sorted(changes) == ["one", "other"]


@pytest.mark.parametrize("is_dynamic", [False, True])
async def test_the_setting_installs_without_being_asked(
    open_project: Open, python: Path, index: Path, is_dynamic: bool
) -> None:
    source = f"boto3 = __import__('boto3')\n{EVALUATES}" if is_dynamic else USES_BOTO3
    workbench = await open_project(source, python=python, sdk="install")

    workbench.engine.sync.sync_needed_soon()
    if is_dynamic:
        await workbench.invoke("1")

    await workbench.until(lambda: "boto3 1.99.0 is installed." in notices(workbench, "information"))
    assert (await workbench.answer(PLACE))[1] == "1.99.0"
    assert notices(workbench, "warning") == []


async def test_a_function_that_needs_no_sdk_gets_none_by_the_setting(
    open_project: Open, python: Path, index: Path, cache: Path
) -> None:
    workbench = await open_project(EVALUATES, python=python, sdk="install")

    await workbench.engine.sync.sync_needed(workbench.pool)

    assert entries(cache) == []


async def test_an_installation_that_fails_is_not_begun_again_by_itself(
    open_project: Open, python: Path, index: Path
) -> None:
    for wheel in entries(index):
        wheel.unlink()
    workbench = await open_project(USES_BOTO3, python=python, sdk="install")

    await workbench.engine.sync.sync_needed(workbench.pool)
    await workbench.invoke("1")

    failure, remedy = notices(workbench, "warning")
    assert failure.startswith("function: boto3, simplejson cannot be installed: ERROR: ")
    assert "--sync" in remedy


async def test_the_setting_leaves_functions_without_the_sdk(
    open_project: Open, python: Path, installed: None
) -> None:
    workbench = await open_project(USES_BOTO3, python=python)
    assert (await workbench.answer(PLACE))[1] == "1.99.0"
    without = await open_project(USES_BOTO3, python=python, sdk="off")

    invocation = await without.invoke()

    assert response_of(invocation)["errorType"] == "Runtime.ImportModuleError"
    assert notices(without, "warning") == []
    await without.engine.sync.sync(without.pool)
    (told,) = notices(without, "information")
    assert told == 'The SDK is not installed: the setting sdk says "off".'


async def test_pip_of_the_functions_own_python_installs(
    open_project: Open, tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv.create(tmp_path / "environment", symlinks=True, with_pip=True)
    python = tmp_path / "environment" / "bin" / "python"
    # lambda-tui's own cannot do it then.
    venv.create(tmp_path / "own", symlinks=True, with_pip=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "own" / "bin" / "python"))
    workbench = await open_project(USES_BOTO3, python=python)

    await workbench.engine.sync.sync(workbench.pool)

    assert (await workbench.answer(PLACE))[1] == "1.99.0"


async def test_a_machine_without_pip_is_told_so(
    open_project: Open, python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(python))
    workbench = await open_project(USES_BOTO3, python=python)

    with pytest.raises(InstallationError, match=r"neither .* nor lambda-tui's own Python has pip"):
        await workbench.engine.sync.sync(workbench.pool)


@pytest.mark.parametrize("language", ["python", "node"])
async def test_an_index_that_cannot_be_reached_is_named(
    open_project: Open,
    tmp_path: Path,
    python: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", _closed_address())
    monkeypatch.setenv("npm_config_registry", _closed_address())
    node = _node_project(tmp_path, "require('@aws-sdk/client-one')")
    project = USES_BOTO3 if language == "python" else node
    workbench = await open_project(project, python=python, node=NODE)

    with pytest.raises(InstallationError, match="the package index cannot be reached, so"):
        await workbench.engine.sync.sync(workbench.pool)

    assert entries(cache) == []


async def test_an_installation_ends_with_the_engine(
    open_project: Open, python: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
        monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{silent.getsockname()[1]}/")
        workbench = await open_project(USES_BOTO3, python=python)
        installing = asyncio.create_task(workbench.engine.sync.sync(workbench.pool))
        connection, _ = await asyncio.to_thread(silent.accept)
        with connection:
            await workbench.engine.close()

            with pytest.raises(InstallationError, match="was given up"):
                await asyncio.wait_for(installing, SECONDS)

    assert entries(cache) == []


async def test_the_event_loop_goes_on_while_the_sdk_is_installed(
    open_project: Open, python: Path, index: Path
) -> None:
    workbench = await open_project(EVALUATES, python=python)
    await workbench.answer("1")
    installing = asyncio.create_task(workbench.engine.sync.sync(workbench.pool))
    await workbench.until(lambda: notices(workbench, "information"))

    assert not installing.done()
    assert await workbench.answer("1 + 1") == 2
    assert not installing.done()
    await installing


SOURCE_ONE, SOURCE_TWO = "exports.name = 'one';", "exports.name = 'two';"
PACKAGES = {
    "@aws-sdk/client-one": SOURCE_ONE,
    "@aws-sdk/client-two": SOURCE_TWO,
    "@smithy/three": "exports.name = 'three';",
}
NODE_HANDLER = "exports.handler = async (event) => eval(event);\n"


def _node_project(tmp_path: Path, source: str, file: str = "index.js", **given: Any) -> Project:
    folder = tmp_path / "node"
    folder.mkdir(exist_ok=True)
    (folder / file).write_text(source)
    function = Function(
        "function", "index.handler", folder, runtime="nodejs24.x", timeout=TIMEOUT, **given
    )
    return Project(folder, (function,))


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """Let npm find small packages of the SDK, and nothing else."""
    with npm_registry(PACKAGES) as address:
        monkeypatch.setenv("npm_config_registry", address)
        monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
        monkeypatch.setenv("npm_config_userconfig", "/dev/null")
        yield address


@pytest.mark.rule("8.2.13")
@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("index.js", f"const sdk = require('@aws-sdk/client-one');\n{NODE_HANDLER}"),
        (
            "index.mjs",
            "import sdk from '@aws-sdk/client-one';\n"
            "export const handler = async (event) => eval(event);\n",
        ),
    ],
    ids=["required", "imported"],
)
async def test_a_node_function_gets_the_packages_that_it_names(
    open_project: Open, tmp_path: Path, registry: str, file: str, source: str
) -> None:
    workbench = await open_project(_node_project(tmp_path, source, file), node=NODE)
    await workbench.invoke("1")
    failed = workbench.environment
    assert "(@aws-sdk/client-one)" in notices(workbench, "warning")[0]

    await workbench.engine.sync.sync(workbench.pool)

    await workbench.until_replaced(failed)
    assert await workbench.answer("sdk.name") == "one"
    assert notices(workbench, "information")[-1] == "@aws-sdk/client-one 3.99.0 is installed."


async def test_another_package_that_is_named_is_added(
    open_project: Open, tmp_path: Path, registry: str
) -> None:
    project = _node_project(tmp_path, f"require('@aws-sdk/client-one');\n{NODE_HANDLER}")
    workbench = await open_project(project, node=NODE)
    await workbench.engine.sync.sync(workbench.pool)
    assert await workbench.answer("require('@aws-sdk/client-one').name") == "one"
    # Not by its source, which does not name it.
    await workbench.invoke("require('@aws-sdk/' + 'client-two').name")
    assert "(@aws-sdk/client-two)" in notices(workbench, "warning")[0]
    save = f"require('@smithy/three');\n{NODE_HANDLER}"
    (project.directory / "index.js").write_text(save)

    await workbench.engine.sync.sync(workbench.pool)

    names = [f"require('@{name}').name" for name in ("aws-sdk/client-one", "aws-sdk/client-two")]
    await workbench.until(lambda: workbench.pool.environments[0].state is State.FROZEN)
    assert await workbench.answer(f"[{', '.join(names)}, require('@smithy/three').name]") == [
        "one",
        "two",
        "three",
    ]


async def test_a_package_in_the_functions_node_modules_wins(
    open_project: Open, tmp_path: Path, registry: str
) -> None:
    source = f"require('@smithy/three');\n{NODE_HANDLER}"
    project = _node_project(tmp_path, source)
    workbench = await open_project(project, node=NODE)
    await workbench.engine.sync.sync(workbench.pool)
    own = project.directory / "node_modules" / "@smithy" / "three"
    own.mkdir(parents=True)
    (own / "index.js").write_text("exports.name = 'own';")
    workbench.pool.reinitialise()

    assert await workbench.answer("require('@smithy/three').name") == "own"


async def test_a_function_that_names_no_package_of_the_sdk_is_told_so(
    open_project: Open, tmp_path: Path, registry: str
) -> None:
    workbench = await open_project(_node_project(tmp_path, NODE_HANDLER), node=NODE)

    await workbench.engine.sync.sync(workbench.pool)

    assert notices(workbench, "information") == [
        "function imports no package of AWS's SDK that it does not bring."
    ]


def _closed_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}/"


@pytest.mark.pypi
async def test_the_real_boto3_is_installed(open_project: Open, python: Path) -> None:
    workbench = await open_project(USES_BOTO3, python=python, memory_size=256)

    await workbench.engine.sync.sync(workbench.pool)

    assert await workbench.answer("boto3.client('s3').meta.service_model.service_name") == "s3"


@pytest.mark.npm
async def test_a_real_client_is_installed(open_project: Open, tmp_path: Path) -> None:
    source = f"const {{ STSClient }} = require('@aws-sdk/client-sts');\n{NODE_HANDLER}"
    project = _node_project(tmp_path, source, memory_size=256)
    workbench = await open_project(project, node=NODE)

    await workbench.engine.sync.sync(workbench.pool)

    assert await workbench.answer("new STSClient({}).constructor.name") == "STSClient"
