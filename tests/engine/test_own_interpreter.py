"""Settings that only a new process reads: folders of shared libraries, Python's variables."""

from __future__ import annotations

import ctypes
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.engine.launch import is_executed
from lambda_tui.engine.launch.places import Places
from lambda_tui.engine.launch.runtime import runtime_start
from lambda_tui.project.function import Function, Project
from support.workbench import Open, Workbench

pytestmark = pytest.mark.also_on_macos

EVALUATES = """
import ctypes, sys

def lambda_handler(event, context):
    return eval(event)
"""
CALLS_THE_LIBRARY = "ctypes.CDLL('libopinion.so').ffs(0b1000)"


async def open_function(open_project: Open, folder: Path, **configuration: Any) -> Workbench:
    """Start the engine on a function whose code and layer lie in the folder."""
    code, layer = folder / "code", folder / "layer"
    code.mkdir(exist_ok=True)
    layer.mkdir(exist_ok=True)
    (code / "app.py").write_text(EVALUATES)
    function = Function(
        "linked", "app.lambda_handler", code, layers_directory=layer, **configuration
    )
    return await open_project(Project(code, (function,)))


def place_library(folder: Path) -> None:
    """One of the system's under a name of its own, with the functions of C that it brings along."""
    ctypes.CDLL("libm.so.6")
    mapped = Path("/proc/self/maps").read_text().split()
    (libm, *_others) = [path for path in mapped if path.endswith("/libm.so.6")]
    folder.mkdir(parents=True)
    shutil.copyfile(libm, folder / "libopinion.so")


@pytest.mark.rule("8.2.7")
@pytest.mark.parametrize("place", ["code", "code/lib", "layer/lib"])
async def test_shared_libraries_are_found_by_name(
    open_project: Open, tmp_path: Path, place: str
) -> None:
    place_library(tmp_path / place)
    workbench = await open_function(open_project, tmp_path)

    assert await workbench.answer(CALLS_THE_LIBRARY) == 4


async def test_a_function_with_libraries_is_initialised_though_it_asks_for_a_snapshot(
    open_project: Open, tmp_path: Path
) -> None:
    place_library(tmp_path / "layer" / "lib")
    workbench = await open_function(open_project, tmp_path, snap_start=True)

    assert await workbench.answer(CALLS_THE_LIBRARY) == 4


async def test_the_functions_variables_set_pythons_start(
    open_project: Open, tmp_path: Path, level: str
) -> None:
    variables = {"PYTHONPATH": "/opt/ours:/var/runtime", "PYTHONOPTIMIZE": "1"}
    workbench = await open_function(open_project, tmp_path, environment=variables)

    ours = "/opt/ours" if level == "namespaces" else str(tmp_path / "layer" / "ours")
    assert await workbench.answer(f"{ours!r} in sys.path") is True
    assert await workbench.answer("sys.flags.optimize") == 1


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("lib/libx.so", True),
        ("lib/x.so.1.2", True),
        ("libx.so", True),
        ("lib/notes.sorted", False),
        ("lib/.so", False),
        ("other/libx.so", False),
        ("_x.cpython-311-x86_64-linux-gnu.so", False),
        ("_x.abi3.so", False),
    ],
)
def test_only_shared_libraries_where_the_linker_looks_count(
    tmp_path: Path, file: str, expected: bool
) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).touch()
    function = Function("function", "app.lambda_handler", tmp_path)

    assert is_executed(function) is expected


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("LD_LIBRARY_PATH", True),
        ("PYTHONHASHSEED", True),
        ("PYTHONUNBUFFERED", False),
        ("PYTHONDONTWRITEBYTECODE", False),
        ("OLD_PYTHON", False),
    ],
)
def test_only_variables_that_are_read_at_the_start_count(
    tmp_path: Path, variable: str, expected: bool
) -> None:
    function = Function("function", "app.handler", tmp_path, environment={variable: "1"})

    assert is_executed(function) is expected


@pytest.mark.parametrize(
    ("variables", "searched"),
    [
        ({}, "{code}:{code}/lib:{layer}/lib"),
        ({"LD_LIBRARY_PATH": "/opt/native"}, "{layer}/native"),
        ({"DYLD_LIBRARY_PATH": "/opt/own"}, None),
    ],
)
def test_libraries_of_macos_are_found_under_the_name_that_its_linker_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], searched: str | None
) -> None:
    code, layer = tmp_path / "code", tmp_path / "layer"
    (layer / "lib").mkdir(parents=True)
    (layer / "lib" / "libopinion.1.dylib").touch()
    bare = Function("bare", "app.handler", code, layers_directory=layer)
    assert not is_executed(bare)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert is_executed(bare)

    for runtime in ("python3.12", "nodejs22.x", "provided.al2023"):
        function = replace(bare, environment=variables, runtime=runtime)
        places = Places.of(function, None, "/usr/bin/python3", is_isolated=False)
        start = runtime_start(
            function, places, "/usr/bin/python3", "3.12", finds_packages=True, profiles_init=False
        )
        found = start.variables.get("DYLD_LIBRARY_PATH")
        assert found == (searched.format(code=code, layer=layer) if searched else None)
