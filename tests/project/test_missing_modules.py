"""A missing module's remedy names the file that lists it, and the command that installs it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from lambda_tui.project.dependencies import missing_module, missing_sentence
from lambda_tui.project.function import Function, Layer
from lambda_tui.project.interpreters import Interpreter
from support.files import write_program

OWN = Interpreter(Path(sys.executable), "lambda-tui's own Python", finds_packages=False)


SYNC = " S on the screen, or `lambda-tui invoke Order --sync`, installs it for lambda-tui alone."


def error(message: str) -> bytes:
    return json.dumps({"errorMessage": message, "errorType": "E"}).encode()


@pytest.mark.parametrize(
    ("message", "module"),
    [
        ("Unable to import module 'app': No module named 'requests'", "requests"),
        ("No module named 'google.cloud'", "google.cloud"),
        ("Error: Cannot find module 'lodash/fp'\nRequire stack:\n- /var/task/i.js", "lodash"),
        ("Error: Cannot find module '@scope/name'\nRequire stack:", "@scope/name"),
        ("Cannot find package 'uuid' imported from /var/task/index.mjs", "uuid"),
        ("Error: Cannot find module './lib'", None),
        ("Cannot find module '/var/task/lib' imported from /var/task/index.mjs", None),
        ("cannot import name 'x' from 'y'", None),
    ],
)
def test_an_error_names_what_is_not_found(message: str, module: str | None) -> None:
    assert missing_module(error(message)) == module


@pytest.mark.parametrize(
    "payload",
    [b"No module named 'x'", b"[\"No module named 'x'\"]", b'{"a": "No module named \'"}'],
)
def test_another_payload_names_nothing(payload: bytes) -> None:
    assert missing_module(payload) is None


def function(tmp_path: Path, runtime: str = "python3.13", **fields: object) -> Function:
    code = tmp_path / "src"
    code.mkdir(exist_ok=True)
    values = {"handler": "app.handler", "runtime": runtime, **fields}
    return Function(name="Order", code_directory=code, **values)  # type: ignore[arg-type]


def venv(tmp_path: Path, *, pip: bool = True) -> Interpreter:
    folder = tmp_path / ".venv"
    for name in ("python", "pip") if pip else ("python",):
        write_program(folder / "bin" / name, "#!/bin/sh\n")
    (folder / "pyvenv.cfg").touch()
    return Interpreter(folder / "bin" / "python", "the project's .venv")


def test_a_file_that_lists_the_package_is_installed(tmp_path: Path) -> None:
    one = function(tmp_path)
    (tmp_path / "src" / "requirements.txt").write_text("boto3\nRequests[socks]>=2\n")

    assert missing_sentence(tmp_path, one, venv(tmp_path), "requests.adapters") == (
        "Order misses requests.adapters, which src/requirements.txt lists and which is not "
        f"installed: run `.venv/bin/pip install -r src/requirements.txt`.{SYNC}"
    )


def test_a_sync_is_not_offered_where_a_setting_rules_it_out(tmp_path: Path) -> None:
    one = function(tmp_path)
    (tmp_path / "src" / "requirements.txt").write_text("requests\n")

    told = missing_sentence(tmp_path, one, venv(tmp_path), "requests", offers_sync=False)

    assert told is not None
    assert told.endswith("run `.venv/bin/pip install -r src/requirements.txt`.")


@pytest.mark.parametrize("is_node", [False, True])
def test_a_finished_build_that_has_the_module_is_offered(tmp_path: Path, is_node: bool) -> None:
    one = function(tmp_path, "nodejs22.x" if is_node else "python3.13", logical_id="OrderFunction")
    build = tmp_path / ".aws-sam" / "build" / "OrderFunction"
    (build / ("node_modules/requests" if is_node else "requests")).mkdir(parents=True)

    told = missing_sentence(tmp_path, one, venv(tmp_path), "requests")

    assert told is not None
    assert told.endswith(
        " .aws-sam/build/OrderFunction has it, which `sam build` has made: "
        "`lambda-tui -t .aws-sam/build/template.yaml` runs that."
    )


def test_a_module_is_found_by_the_name_of_its_package(tmp_path: Path) -> None:
    one = function(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["PyYAML>=6"]\n')

    told = missing_sentence(tmp_path, one, venv(tmp_path), "yaml")

    assert told is not None
    assert "which pyproject.toml lists" in told
    assert told.endswith(f"run `.venv/bin/pip install pyyaml`.{SYNC}")


def test_an_environment_without_pip_is_filled_by_uv(tmp_path: Path) -> None:
    told = missing_sentence(tmp_path, function(tmp_path), venv(tmp_path, pip=False), "requests")

    assert told == (
        "Order misses requests, which no requirements.txt or pyproject.toml lists: "
        "run `uv pip install --python .venv/bin/python requests`."
    )


def test_a_lock_file_is_installed_by_its_own_tool(tmp_path: Path) -> None:
    one = function(tmp_path)
    (tmp_path / "poetry.lock").write_text(
        '[[package]]\nname = "requests"\ngroups = ["main"]\nversion = "2"\n'
    )

    told = missing_sentence(tmp_path, one, venv(tmp_path), "requests")

    assert told is not None
    assert "which poetry.lock lists" in told
    assert told.endswith(f"run `poetry install`.{SYNC}")


def test_a_file_that_does_not_list_the_package_is_to_be_added_to(tmp_path: Path) -> None:
    one = function(tmp_path)
    (tmp_path / "src" / "requirements.txt").write_text("boto3\n")

    assert missing_sentence(tmp_path, one, venv(tmp_path), "PIL.Image") == (
        "Order misses PIL.Image, which is not in src/requirements.txt: add pillow to "
        "src/requirements.txt and run `.venv/bin/pip install pillow`."
    )


def test_an_interpreter_whose_packages_are_not_the_functions_gets_a_virtual_environment(
    tmp_path: Path,
) -> None:
    told = missing_sentence(tmp_path, function(tmp_path), OWN, "requests")

    assert told is not None
    assert "-m venv .venv && .venv/bin/pip install requests`." in told


def test_a_layer_that_is_not_here_may_bring_it(tmp_path: Path) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:layer:tools:3"
    one = function(tmp_path, layers=(Layer(arn),))

    told = missing_sentence(tmp_path, one, venv(tmp_path), "tools")

    assert told is not None
    assert f"which its layer {arn} may bring, which is not on this machine" in told


def test_a_module_of_the_project_outside_of_the_code_is_not_to_be_installed(
    tmp_path: Path,
) -> None:
    one = function(tmp_path)
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "a.py").touch()

    assert missing_sentence(tmp_path, one, venv(tmp_path), "shared.a") == (
        "Order misses shared.a, which is at shared, outside of the function's code src: "
        "move it there, or into a layer."
    )


@pytest.mark.parametrize("module", ["app", "distutils.util", "json", "broken.part", "hidden"])
def test_what_no_installation_brings_has_no_remedy(tmp_path: Path, module: str) -> None:
    one = function(tmp_path, hidden_modules=("hidden",))
    (tmp_path / "src" / "broken").mkdir()

    assert missing_sentence(tmp_path, one, venv(tmp_path), module) is None


@pytest.mark.parametrize(
    ("files", "end"),
    [
        (
            {"src/package.json": {"dependencies": {"uuid": "1"}}},
            f"src/package.json lists and which is not installed: run `npm install` in src.{SYNC}",
        ),
        (
            {"src/package.json": {"dependencies": {"uuid": "1"}}, "src/pnpm-lock.yaml": {}},
            f"which is not installed: run `pnpm install` in src.{SYNC}",
        ),
        (
            {"src/package.json": {"devDependencies": {"uuid": "1"}}},
            "lists in devDependencies alone, for no deployment: run `npm install uuid` in src.",
        ),
        (
            {"package.json": {"dependencies": {"uuid": "1"}}},
            "which package.json lists, but only what is in src is deployed: "
            "run `npm install uuid` in src.",
        ),
        ({"src/package.json": [1]}, "which no package.json lists: run `npm install uuid` in src."),
        ({}, "which no package.json lists: run `npm install uuid` in src."),
    ],
)
def test_a_node_package_is_installed_where_its_function_finds_it(
    tmp_path: Path, files: dict[str, object], end: str
) -> None:
    one = function(tmp_path, "nodejs22.x", handler="index.handler")
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    node = Interpreter(Path("node"), "node on PATH", "node")

    told = missing_sentence(tmp_path, one, node, "uuid")

    assert told is not None
    assert told.startswith("Order misses uuid, ")
    assert told.endswith(end)
    (tmp_path / "src" / "node_modules" / "uuid").mkdir(parents=True)
    assert missing_sentence(tmp_path, one, node, "uuid") is None
