"""Packages that only this machine has are told of on the event stream, once for each change."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lambda_tui.engine.events import ProblemFound
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from support.files import save
from support.workbench import Open, Workbench, response_of

ONE_LEVEL = pytest.mark.parametrize("level", ["processes"])
TEMPLATE = """
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code, Handler: app.handler, Runtime: python3.12, Timeout: 60}
"""
WRAPPED = (
    TEMPLATE.replace(
        "Timeout: 60", "Timeout: 60, Layers: [!Ref Layer], Environment: {Variables: {%s}}"
    )
    + "  Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer}}\n"
).replace("%s", "AWS_LAMBDA_EXEC_WRAPPER: '%s'")
IMPORTS_WHAT_IS_ASKED_FOR = """
import importlib, sys

# Neither brings back what is hidden.
importlib.invalidate_caches()
sys.path_importer_cache.clear()

def handler(event, context):
    return importlib.import_module(event).__name__
"""
IMPORTS = "import pytest\ndef handler(event, context): return 1\n"


def told(workbench: Workbench) -> list[str]:
    notices = [one.message for one in workbench.records(ProblemFound)]
    return [message for message in notices if "does not bring to Lambda" in message]


@pytest.mark.parametrize("wrapper", ["", "/opt/wrapper"], ids=["forked", "executed"])
async def test_a_package_that_is_not_required_can_be_made_to_fail_as_on_aws(
    open_project: Open, tmp_path: Path, wrapper: str
) -> None:
    (tmp_path / "template.yaml").write_text(WRAPPED % wrapper)
    (tmp_path / "layer").mkdir()
    (tmp_path / "layer" / "wrapper").write_text('#!/bin/sh\nexec "$@"\n')
    (tmp_path / "layer" / "wrapper").chmod(0o755)
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text(IMPORTS_WHAT_IS_ASKED_FOR)
    requirements = tmp_path / "code" / "requirements.txt"
    requirements.write_text("msgpack\n")
    settings = Settings(undeclared_packages="error", python=Path(sys.prefix) / "bin" / "python")
    project = load_project(tmp_path, settings)
    workbench = await open_project(
        project, watch=True, undeclared_packages="error", python=settings.python
    )
    await workbench.until_watched()

    error = response_of(await workbench.invoke("textual.app"))

    assert error["errorType"] == "ModuleNotFoundError"
    assert error["errorMessage"] == "No module named 'textual'"
    assert await workbench.answer("msgpack") == "msgpack"

    save(requirements, "msgpack\ntextual\n")

    await workbench.until(lambda: "textual" not in workbench.pool.function.hidden_modules)
    # It comes with textual.
    assert await workbench.answer("rich") == "rich"


@ONE_LEVEL
async def test_the_setting_can_have_nothing_said(open_project: Open, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import pytest\ndef handler(event, context): return 1\n")
    (tmp_path / "requirements.txt").write_text("")
    python = Path(sys.prefix) / "bin" / "python"
    workbench = await open_project(load_project(tmp_path), undeclared_packages="off", python=python)

    assert await workbench.answer() == 1
    await workbench.engine.dependencies.settle()
    assert told(workbench) == []


@ONE_LEVEL
async def test_a_missing_requirement_is_told_once_for_each_change(
    open_project: Open, tmp_path: Path
) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "code" / "app.py").write_text(IMPORTS)
    requirements = tmp_path / "code" / "requirements.txt"
    requirements.write_text("")
    python = Path(sys.prefix) / "bin" / "python"
    workbench = await open_project(load_project(tmp_path), watch=True, python=python)
    await workbench.until_watched()
    await workbench.until(lambda: len(told(workbench)) == 1)
    assert told(workbench)[0].startswith(
        "code/app.py:1: Hello imports pytest, which requirements.txt"
    )

    app = tmp_path / "code" / "app.py"
    save(app, "\n" + IMPORTS.replace("pytest", "hypothesis"))

    await workbench.until(lambda: len(told(workbench)) == 2)
    assert told(workbench)[1].startswith("code/app.py:2: Hello imports hypothesis,")

    save(requirements, "hypothesis\n")
    save(app, IMPORTS)

    # Nothing is told twice, and what is told is over by then.
    await workbench.until(lambda: len(told(workbench)) == 3)
    assert told(workbench)[2] == told(workbench)[0]


@ONE_LEVEL
async def test_the_requirements_of_the_project_are_watched(
    open_project: Open, tmp_path: Path
) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "code" / "app.py").write_text(IMPORTS)
    (tmp_path / "requirements.txt").write_text("pytest\n")
    python = Path(sys.prefix) / "bin" / "python"
    workbench = await open_project(load_project(tmp_path), watch=True, python=python)
    await workbench.until_watched()
    await workbench.engine.dependencies.settle()
    assert told(workbench) == []

    save(tmp_path / "requirements.txt", "textual\n")

    await workbench.until(lambda: len(told(workbench)) == 1)
