"""A SAM template of one function."""

from __future__ import annotations

from pathlib import Path

from lambda_tui.project.function import Function, Problem
from lambda_tui.project.kinds.template import read_template

SERVERLESS = """\
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Handler: app.handler
      Runtime: python3.12
"""
PLAIN = SERVERLESS.replace("Serverless", "Lambda").replace("CodeUri", "Code")
LINE = SERVERLESS.count("\n") + 1
"""The number of the first line that a test adds."""


def read(
    folder: Path, *lines: str, template: str = SERVERLESS, resources: str = ""
) -> tuple[tuple[Function, ...], tuple[Problem, ...]]:
    """Read the template with further properties: the functions, and the problems found."""
    (folder / "app.py").write_text("def handler(event, context): ...\n")
    file = folder / "template.yaml"
    file.write_text(template + "".join(f"      {line}\n" for line in lines) + resources)
    return read_template(file)[:2]
