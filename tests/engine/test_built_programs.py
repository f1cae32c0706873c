"""A function runs what a build makes of it, as soon as that is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.project.load import load_project
from support.files import write_program
from support.workbench import Open

TEMPLATE = """
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: hello, Handler: bootstrap, Runtime: provided.al2023}
"""


@pytest.mark.parametrize("level", ["namespaces"])
async def test_a_function_runs_what_a_build_has_made_of_it(
    open_project: Open, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    (project / "hello").mkdir(parents=True)
    (project / "template.yaml").write_text(TEMPLATE)
    workbench = await open_project(load_project(project), watch=True)
    await workbench.until_watched()
    assert workbench.pool.function.code_directory == project / "hello"

    built = project / "hello" / "target" / "lambda" / "hello"
    program = write_program(tmp_path / "bootstrap", "#!/bin/sh\n")
    built.mkdir(parents=True)
    program.rename(built / "bootstrap")
    await workbench.until(lambda: workbench.pool.function.code_directory == built)
    assert workbench.engine.project.problems == ()
