"""A project of Terraform's runs, and follows its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.project.load import load_project
from support.files import PROJECTS
from support.workbench import Open

ONE_LEVEL = pytest.mark.parametrize("level", ["namespaces"])
CONFIGURATION = """
data "archive_file" "code" {
  source_dir  = "${path.module}/src"
  output_path = "build/code.zip"
}
resource "aws_lambda_function" "look" {
  function_name = "look"
  handler       = "app.handler"
  runtime       = "python3.13"
  filename      = data.archive_file.code.output_path
  environment {
    variables = local.variables
  }
}
locals {
  variables = { SHELF = "first" }
}
"""
CODE = """
import os
def handler(event, context): return os.environ["SHELF"]
"""


@ONE_LEVEL
async def test_code_of_an_archive_of_a_layer_and_of_several_folders_runs(
    open_project: Open,
) -> None:
    workbench = await open_project(load_project(PROJECTS / "terraform"))
    pools = workbench.engine.pools
    assert await workbench.answer(pool=pools["shop-dev-hello"]) == ["red", "green"]
    assert await workbench.answer(pool=pools["shop-dev-worker-1"]) == "worked"
    assert await workbench.answer(pool=pools["shop-dev-report"]) == ["a", "b"]


@ONE_LEVEL
async def test_a_changed_and_a_new_file_of_the_configuration_apply(
    open_project: Open, tmp_path: Path
) -> None:
    directory = tmp_path / "project"
    (directory / "src").mkdir(parents=True)
    (directory / "main.tf").write_text(CONFIGURATION)
    (directory / "src" / "app.py").write_text(CODE)
    workbench = await open_project(load_project(directory), watch=True)
    await workbench.until_watched()
    assert await workbench.answer() == "first"
    workbench.write(CONFIGURATION.replace('"first"', '"second"'), "main.tf")
    await workbench.until(lambda: workbench.pool.function.environment == {"SHELF": "second"})
    assert await workbench.answer() == "second"
    override = 'locals {\n  more = "third"\n}\nresource "aws_lambda_function" "look" {\n'
    override += "  environment {\n    variables = { SHELF = local.more }\n  }\n}\n"
    workbench.write(override, "more_override.tf")
    await workbench.until(lambda: workbench.pool.function.environment == {"SHELF": "third"})
    assert await workbench.answer() == "third"
