"""Paths of AWS's lead to the real places where environments have no file system of their own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.engine import events
from lambda_tui.project.function import Function, Project
from support.files import write_program
from support.node_process import NODE
from support.workbench import Open, Workbench

# Both: what leads to the real place at one level is the real place at the other.
pytestmark = pytest.mark.parametrize("level", ["namespaces", "processes"])

SOURCE = """
import os, subprocess, sys

def handler(event, context):
    return eval(event)
"""
PYTHON = f"python3.{sys.version_info[1]}"
RUNTIME = """
import http.client, json, os, sys
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = api.getresponse()
    id, event = answer.headers["Lambda-Runtime-Aws-Request-Id"], answer.read()
    path = f"/2018-06-01/runtime/invocation/{id}/response"
    api.request("POST", path, json.dumps(sys.flags.dont_write_bytecode))
    api.getresponse().read()
"""
EXTENSION = """
import http.client, json, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
name = {"Lambda-Extension-Name": "watcher"}
api.request("POST", "/2020-01-01/extension/register", json.dumps({"events": ["INVOKE"]}), name)
answer = api.getresponse()
name = {"Lambda-Extension-Identifier": answer.headers["Lambda-Extension-Identifier"]}
answer.read()
while True:
    api.request("GET", "/2020-01-01/extension/event/next", headers=name)
    api.getresponse().read()
"""


async def open_layered(open_project: Open, folder: Path, **configuration: Any) -> Workbench:
    """Start the engine on a function with a layer in ``folder``/layer."""
    code = folder / "code"
    code.mkdir(exist_ok=True)
    (code / "app.py").write_text(SOURCE)
    settings = {
        "handler": "app.handler",
        "code_directory": code,
        "layers_directory": folder / "layer",
        "runtime": PYTHON,
        "timeout": 60,
        **configuration,
    }
    project = Project(code, (Function("layered", **settings),))
    return await open_project(project, python=Path(sys.executable), node=NODE)


async def test_variables_that_name_awss_paths_lead_to_the_files(
    open_project: Open, tmp_path: Path
) -> None:
    (tmp_path / "layer" / "more").mkdir(parents=True)
    (tmp_path / "layer" / "more" / "extra.py").write_text("VALUE = 'from the layer'")
    (tmp_path / "layer" / "collector.yaml").write_text("receivers:")
    environment = {
        "PYTHONPATH": "/var/task/none:/opt/more",
        "CONFIG": "/opt/collector.yaml",
        "LIST": "--config=/opt/collector.yaml,/var/task/app.py",
        "NO_PATH": "https://example.com/opt/collector.yaml /options",
    }
    workbench = await open_layered(open_project, tmp_path, environment=environment)

    assert await workbench.answer("__import__('extra').VALUE") == "from the layer"
    assert await workbench.answer("open(os.environ['CONFIG']).read()") == "receivers:"
    paths = "os.environ['LIST'].partition('=')[2].split(',')"
    assert await workbench.answer(f"[os.path.exists(path) for path in {paths}]") == [True, True]
    assert await workbench.answer("os.environ['NO_PATH']") == environment["NO_PATH"]


async def test_programs_that_a_layer_interprets_are_started(
    open_project: Open, tmp_path: Path
) -> None:
    bin = tmp_path / "layer" / "bin"
    write_program(bin / "runner", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    write_program(tmp_path / "code" / "bootstrap", f"#!/opt/bin/runner -B\n{RUNTIME}")
    write_program(tmp_path / "layer" / "extensions" / "watcher", f"#!/opt/bin/runner\n{EXTENSION}")
    workbench = await open_layered(open_project, tmp_path, runtime="provided.al2023")

    assert await workbench.answer(None) == 1
    (status,) = workbench.records(events.ExtensionStatus)
    assert (status.name, status.state) == ("watcher", "Ready")


async def test_a_wrapper_finds_awss_interpreter(open_project: Open, tmp_path: Path) -> None:
    wrapper = (
        "import os, sys\nos.environ['WRAPPED'] = sys.argv[0]\nos.execv(sys.argv[1], sys.argv[1:])\n"
    )
    write_program(tmp_path / "layer" / "wrap", f"#!/var/lang/bin/{PYTHON}\n{wrapper}")
    environment = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrap"}
    workbench = await open_layered(open_project, tmp_path, environment=environment)

    assert (await workbench.answer("os.environ['WRAPPED']")).endswith("/wrap")


async def test_what_a_function_starts_by_name_is_its_own_interpreter(
    open_project: Open, tmp_path: Path
) -> None:
    (tmp_path / "layer").mkdir()
    workbench = await open_layered(open_project, tmp_path)

    version = f"subprocess.check_output([{PYTHON!r}, '-c', 'import sys; print(sys.version)'])"
    assert await workbench.answer(f"{version}.decode().strip() == sys.version") is True


async def test_options_of_nodejs_may_name_a_layer(open_project: Open, tmp_path: Path) -> None:
    (tmp_path / "layer").mkdir()
    (tmp_path / "layer" / "first.cjs").write_text("globalThis.first = 'loaded'")
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "index.cjs").write_text("exports.handler = async () => globalThis.first")
    workbench = await open_layered(
        open_project,
        tmp_path,
        handler="index.handler",
        runtime="nodejs20.x",
        environment={"NODE_OPTIONS": "--require /opt/first.cjs"},
    )

    assert await workbench.answer(None) == "loaded"
