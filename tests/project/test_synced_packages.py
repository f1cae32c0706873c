"""The needs of functions: which files say what is to be installed, and whether it is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.project.dependencies import Need, SyncedPackages
from lambda_tui.project.function import Function, Layer, LayerSource
from lambda_tui.project.interpreters import Interpreter

NODE = Interpreter(Path("/nowhere/node"), "nowhere", "node")
PYTHON = Interpreter(Path("/nowhere/bin/python"), "nowhere")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def write(folder: Path, **files: object) -> None:
    for name, content in files.items():
        path = folder / name.replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))


def function(code: Path, runtime: str = "python3.13", **given: Any) -> Function:
    handler = "app.handler" if runtime.startswith("python") else "index.handler"
    return Function("Order", handler, code, runtime=runtime, **given)


def test_packages_of_the_code_a_layer_or_the_runtime_are_not_lacking(tmp_path: Path) -> None:
    code, layers = tmp_path / "code", tmp_path / "layers"
    write(code, requirements__txt="one\nTwo_x\nboto3\nlater; python_version < '3'\n")
    packages = SyncedPackages(tmp_path)
    one = function(code, layers_directory=layers)
    assert packages.lacking(one, PYTHON) == [Need(code / "requirements.txt")]

    (code / "one-1.dist-info").mkdir()
    (layers / "python" / "two_x-2.0.dist-info").mkdir(parents=True)

    assert packages.lacking(one, PYTHON) == []


def test_packages_of_node_modules_or_of_the_sdk_are_not_lacking(tmp_path: Path) -> None:
    code = tmp_path / "code"
    names = {"one": "1", "@aws-sdk/client-s3": "3"}
    write(code, package__json={"dependencies": names}, index__js="")
    packages = SyncedPackages(tmp_path)
    one = function(code, "nodejs22.x")
    assert packages.lacking(one, NODE) == [Need(code / "package.json")]

    (code / "node_modules" / "one").mkdir(parents=True)

    assert packages.lacking(one, NODE) == []


def test_typescript_needs_a_builder_and_the_package_json_above_it(tmp_path: Path) -> None:
    code = tmp_path / "packages" / "code"
    write(code, index__ts="")
    packages = SyncedPackages(tmp_path)
    one = function(code, "nodejs22.x")
    assert packages.needs(one) == []
    write(tmp_path, package__json={"devDependencies": {"typescript": "5"}})
    need = Need(tmp_path / "package.json", has_typescript=True)
    assert packages.lacking(one, NODE) == [need]

    (code / "node_modules" / "esbuild").mkdir(parents=True)
    assert packages.lacking(one, NODE) == []
    write(code, index__js="")
    assert packages.needs(one) == []


def test_layers_to_be_built_need_what_their_source_lists(tmp_path: Path) -> None:
    source, other = tmp_path / "common", tmp_path / "other"
    write(source, requirements__txt="one\n")
    write(other, package__json={"dependencies": {"one": "1"}})
    layers = (
        Layer("arn:one", None, LayerSource(source, "python")),
        Layer("arn:built", tmp_path, LayerSource(source, "python")),
        Layer("arn:other", None, LayerSource(other, "node")),
    )

    needs = SyncedPackages(tmp_path).lacking(function(tmp_path / "code", layers=layers), PYTHON)

    assert needs == [Need(source / "requirements.txt")]
