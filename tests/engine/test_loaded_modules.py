"""Modules that a Python function finds loaded and can import: those of AWS's runtime, no others."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from support.workbench import Open, Workbench

SECONDS = 60
# The program that AWS's client is, and the packages that it brings.
BOOTSTRAP = "import sys\nfrom awslambdaric.__main__ import main\nmain(sys.argv)\n"
CLIENT = ("awslambdaric", "simplejson", "runtime_client")
TELLS = """
import sys
loaded = sorted(sys.modules)
import importlib, json, os
{more}
def lambda_handler(event, context):
    return eval(event)
"""
WRITES = 'with open(os.environ["ANSWER"], "w") as file: json.dump(loaded, file)\nos._exit(0)'


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the interpreter of an environment in which no package is installed."""
    folder = tmp_path_factory.mktemp("environment") / ".venv"
    venv.create(folder, symlinks=True)
    return folder / "bin" / "python"


def loaded_by_awss_client(python: Path, folder: Path, runtime: str) -> set[str]:
    """Return what is loaded as AWS's client imports a handler, without the handler and itself."""
    packages = folder / "packages"
    packages.mkdir()
    for path in map(Path, sys.path):
        for name in CLIENT:
            for found in path.glob(f"{name}*") if path.is_dir() else ():
                if "dist-info" not in found.name:
                    copy = shutil.copytree if found.is_dir() else shutil.copyfile
                    copy(found, packages / found.name)
    (folder / "bootstrap.py").write_text(BOOTSTRAP)
    (folder / "lambda_function.py").write_text(TELLS.format(more=WRITES))
    environment = {
        "ANSWER": str(folder / "answer.json"),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
        "LANG": "en_US.UTF-8",
        "PYTHONPATH": os.pathsep.join([str(packages), str(folder)]),
    }
    subprocess.run(
        [python, folder / "bootstrap.py", "lambda_function.lambda_handler"],
        env=environment,
        check=True,
        timeout=SECONDS,
    )
    loaded = set(json.loads((folder / "answer.json").read_text()))
    return {name for name in loaded if not name.startswith(CLIENT)} - {"lambda_function"}


async def loaded_here(workbench: Workbench) -> set[str]:
    return set(await workbench.answer("loaded")) - {"lambda_function"}


@pytest.mark.rule("8.2.14")
@pytest.mark.parametrize("is_executed", [False, True], ids=["forked", "executed"])
async def test_the_modules_that_awss_client_loads_are_loaded_and_no_others(
    open_project: Open, python: Path, tmp_path: Path, is_executed: bool
) -> None:
    folder = tmp_path / "aws"
    folder.mkdir()
    runtime = f"python3.{sys.version_info[1]}"
    expected = loaded_by_awss_client(python, folder, runtime)
    variables = {"PYTHONHASHSEED": "1"} if is_executed else {}
    workbench = await open_project(TELLS.format(more=""), python=python, environment=variables)

    loaded = await loaded_here(workbench)

    assert {name for name in loaded if not name.startswith(CLIENT)} == expected


SHADOWING = (
    *("platform", "uuid", "select", "typing", "struct", "socket", "signal", "subprocess"),
    *("selectors", "tempfile", "shutil", "random", "ctypes", "array", "mmap", "resource"),
    *("fcntl", "datetime", "stats", "queue_", "termios", "runtimes", "interpreter", "zygote"),
)


@pytest.mark.rule("8.2.14")
async def test_a_projects_own_modules_come_before_those_of_the_standard_library(
    open_project: Open,
) -> None:
    workbench = await open_project(TELLS.format(more=f"names = {SHADOWING!r}"))
    for name in SHADOWING:
        workbench.write("own = True\n", f"{name}.py")

    own = "[name for name in names if hasattr(importlib.import_module(name), 'own')]"
    assert await workbench.answer(own) == list(SHADOWING)


@pytest.mark.rule("8.2.14")
async def test_a_handlers_own_module_may_have_the_name_of_one_that_the_runtime_uses(
    open_project: Open,
) -> None:
    workbench = await open_project("", handler="struct.lambda_handler")
    workbench.write("def lambda_handler(event, context): return __file__", "struct.py")

    assert (await workbench.answer()).endswith("/struct.py")
    assert (await workbench.answer()).endswith("/struct.py")


USES_ALL = """
import array, ctypes, datetime, fcntl, mmap, random, re, resource, select, selectors, signal
import socket, struct, subprocess, tempfile, threading, typing, uuid, asyncio, multiprocessing
import atexit, contextlib, dataclasses, shutil, stat, termios, concurrent.futures, enum

@dataclasses.dataclass
class Point:
    x: int

def lambda_handler(event, context):
    with tempfile.TemporaryFile() as file, socket.socket() as one, selectors.DefaultSelector():
        file.write(struct.pack("i", 7))
        file.flush()
        memory = mmap.mmap(file.fileno(), 4)
    signal.signal(signal.SIGUSR1, lambda *_: numbers.append(signal.SIGUSR1))
    numbers = array.array("i", memory[:])
    signal.raise_signal(signal.SIGUSR1)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        pooled = pool.submit(lambda: 5).result()
    return {
        "numbers": list(numbers),
        "child": subprocess.check_output(["echo", "child"], text=True),
        "libc": ctypes.CDLL(None).abs(-3),
        "buffer": ctypes.create_string_buffer(b"a").value.decode(),
        "loop": asyncio.run(asyncio.sleep(0, "slept")),
        "hints": typing.get_type_hints(Point)["x"].__name__,
        "year": datetime.datetime(2026, 1, 2).year,
        "limit": resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 0,
        "uuid": uuid.UUID(int=1).int,
        "pooled": pooled,
    }
"""


async def test_modules_that_the_runtime_uses_too_work_when_a_function_imports_them_anew(
    open_project: Open,
) -> None:
    workbench = await open_project(USES_ALL)
    for _ in range(2):
        assert await workbench.answer() == {
            "numbers": [7, 10],
            "child": "child\n",
            "libc": 3,
            "buffer": "a",
            "loop": "slept",
            "hints": "int",
            "year": 2026,
            "limit": True,
            "uuid": 1,
            "pooled": 5,
        }
        await workbench.until_frozen()


@pytest.mark.rule("8.2.15")
@pytest.mark.parametrize("is_executed", [False, True], ids=["forked", "executed"])
async def test_packages_of_lambda_tuis_own_are_not_to_be_imported(
    open_project: Open, is_executed: bool
) -> None:
    variables = {"PYTHONHASHSEED": "1"} if is_executed else {}
    workbench = await open_project(TELLS.format(more=""), environment=variables)
    names = ["lambda_tui", "rich", "textual", "msgpack", "pytest", "pip", "setuptools"]
    found = f"[name for name in {names} if importlib.util.find_spec(name)]"

    assert await workbench.answer(f"__import__('importlib.util') and {found}") == []
    child = (
        "__import__('subprocess').run([sys.executable, '-c', 'import lambda_tui'], "
        "capture_output=True, text=True).stderr"
    )
    assert "No module named 'lambda_tui'" in await workbench.answer(child)


@pytest.mark.rule("8.2.15")
async def test_packages_of_the_projects_own_environment_are_found(
    open_project: Open, python: Path
) -> None:
    (site,) = python.parent.parent.glob("lib/python*/site-packages")
    (site / "greetings.py").write_text("word = 'hello'\n")

    workbench = await open_project(TELLS.format(more=""), python=python)

    assert await workbench.answer("__import__('greetings').word") == "hello"
