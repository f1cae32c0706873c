"""How long it takes to read a template of many functions, of which each has references."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from lambda_tui.project.kinds.template import read_template

from .rows import Effort, Row, median_row

FUNCTIONS = 500
LIMIT_MS = 600.0
_HEAD = """\
Transform: AWS::Serverless-2016-10-31
Parameters: {Stage: {Type: String, Default: dev}}
Globals:
  Function:
    Runtime: python3.13
    Environment: {Variables: {STAGE: !Ref Stage}}
Resources:
  Table: {Type: AWS::Serverless::SimpleTable}
  Queue: {Type: AWS::SQS::Queue}
"""
_FUNCTION = """\
  Function{number}:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub "${{Stage}}-function-{number}"
      CodeUri: src
      Handler: app.handler
      Environment:
        Variables:
          TABLE: !Ref Table
          QUEUE: !GetAtt Queue.Arn
          NEXT: !Sub "${{Function{next_number}.Arn}}:live"
      Events:
        Get: {{Type: Api, Properties: {{Path: /{number}, Method: get}}}}
        Jobs: {{Type: SQS, Properties: {{Queue: !GetAtt Queue.Arn}}}}
"""


def measure(effort: Effort) -> list[Row]:
    """Return the time that the processor spends on one template, after a first reading."""
    functions = (
        _FUNCTION.format(number=number, next_number=(number + 1) % FUNCTIONS)
        for number in range(FUNCTIONS)
    )
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "src")
        source.mkdir()
        (source / "app.py").write_text("def handler(event, context): ...\n")
        file = Path(folder, "template.yaml")
        file.write_text(_HEAD + "".join(functions))
        times = [_milliseconds(file) for _ in range(1 + effort.repetitions)]
    title = f"a template of {FUNCTIONS} functions is read, processor time"
    return [median_row(title, times[1:], "ms", LIMIT_MS)]


def _milliseconds(file: Path) -> float:
    begun = time.process_time()
    functions, problems, _files = read_template(file)
    spent = time.process_time() - begun
    assert (len(functions), problems) == (FUNCTIONS, ())
    return 1000 * spent
