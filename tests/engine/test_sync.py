"""What functions' files name: installed into the cache on the user's word, seen beside the code."""

from __future__ import annotations

import asyncio
import shutil
import sys
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.engine.events import Notice
from lambda_tui.project.function import Function, Project
from lambda_tui.project.installers import InstallationError
from support.files import save
from support.node_process import NODE
from support.package_index import write_wheel
from support.workbench import TIMEOUT, Open, Workbench, response_of

HANDLER = "import sys\ndef handler(event, context):\n    return eval(event)\n"
NODE_HANDLER = "exports.handler = async (event) => eval(event);\n"
VERSION = ".".join(map(str, sys.version_info[:2]))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test an empty cache, and pip a folder of wheels in the place of its index."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    wheels = tmp_path / "wheels"
    sources = {"friendly/__init__.py": "from polite import WORD\n", "shared/one.py": "X = 1\n"}
    write_wheel(wheels, "friendly", sources, requires=["polite"])
    write_wheel(wheels, "polite", {"polite.py": "WORD = 'please'\n"})
    return tmp_path / "cache" / "lambda-tui" / "packages"


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """Make a Python without packages and without pip."""
    venv.create(tmp_path / "environment", symlinks=True, with_pip=False)
    return tmp_path / "environment" / "bin" / "python"


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """Return the folder of a function in Python that needs a package."""
    folder = tmp_path / "shop"
    write(folder, {"app.py": HANDLER, "requirements.txt": "friendly\n"})
    return folder


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


async def test_what_a_function_requires_is_installed_and_stands_beside_its_code(
    open_project: Open, code: Path, python: Path, cache: Path, level: str
) -> None:
    write(code, {"shared/two.py": "Y = 2\n"})
    before = {path for path in code.rglob("*") if "__pycache__" not in path.parts}
    workbench = await open_project(project(code), python=python)
    failed = await workbench.invoke("__import__('friendly').WORD")
    assert response_of(failed)["errorMessage"] == "No module named 'friendly'"
    environment = workbench.environment

    await workbench.engine.sync.sync(workbench.pool)

    await workbench.until_replaced(environment)
    assert await workbench.answer("__import__('friendly').WORD") == "please"
    both = "[__import__('shared.one').one.X, __import__('shared.two').two.Y]"
    assert await workbench.answer(both) == [1, 2]
    (folder,) = cache.iterdir()
    place = await workbench.answer("sys.modules['friendly'].__file__")
    on_aws = "/var/task/friendly/__init__.py"
    assert place == (on_aws if level == "namespaces" else f"{folder}/friendly/__init__.py")
    # The user's folder is as it was.
    assert {path for path in code.rglob("*") if "__pycache__" not in path.parts} == before
