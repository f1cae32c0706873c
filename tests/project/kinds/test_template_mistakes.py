"""A template with mistakes: each of them is told in one pass, with its line and a suggestion."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.project.kinds.template import read_template
from support.sam_template import SERVERLESS

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Parameter: {}
Parameters:
  Stage: {Type: String, Default: tst, AllowedValues: [dev, prod]}
  Size: {Type: Nmber, Default: 3}
Conditions:
  IsProd: !Equals [!Ref Stge, prod]
  IsBoth: !And [!Condition IsPrd, !Condition IsProd]
Globals:
  Function: {Runtim: python3.12}
Resources:
  A:
    Type: AWS::Serverless::Fnction
  B:
    Type: AWS::Serverless::Function
    Condition: IsPrd
    Properties:
      CodeUri: srcc
      Handler: app.handler
      Runtime: pyton3.12
      Timeout: 1000
      Environment:
        Variables:
          AWS_REGION: x
          TABLE: !Ref Tabl
      Events:
        Get: {Type: Htpapi}
  Table: {Type: AWS::Serverless::SimpleTable}
"""


def test_every_mistake_of_a_template_is_told_in_one_pass(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE)
    functions, problems, _ = read_template(file)

    assert functions == ()
    assert {(one.line, one.message.rpartition("; ")[2]) for one in problems} == {
        (2, "did you mean Parameters?"),
        (4, "Parameters.Stage is tst, but AllowedValues has dev, prod only."),
        (5, "did you mean Number?"),
        (7, "did you mean Stage?"),
        (8, "did you mean IsProd?"),
        (10, "did you mean Runtime?"),
        (13, "did you mean AWS::Serverless::Function?"),
        (16, "did you mean IsProd?"),
        (18, "did you mean src?"),
        (20, "did you mean python3.12?"),
        (21, "B: Timeout is 1000, but Lambda takes 1 to 900 seconds."),
        (24, "take it out."),
        (25, "did you mean Table?"),
        (26, "did you mean HttpApi?"),
    }


@pytest.mark.parametrize(
    ("parameter", "told"),
    [
        ("{Type: Number, Default: x}", "is x, and is no number."),
        ("{Type: List<Number>, Default: '1, y'}", "is y, and is no number."),
        ("{Type: String, Default: ab, MinLength: 3}", "is ab, where MinLength is 3."),
        ("{Type: String, Default: abcd, MaxLength: '3'}", "is abcd, where MaxLength is 3."),
        ("{Type: Number, Default: 5, MaxValue: 4}", "is 5, where MaxValue is 4."),
        ("{Type: Number, Default: 5, MinValue: 6.5}", "is 5, where MinValue is 6.5."),
        ("{Type: String, Default: A1, AllowedPattern: '[a-z]*'}", "is A1, which AllowedPattern, "),
        (
            "{Type: String, Default: hunter2, NoEcho: true, AllowedValues: [a]}",
            "is a secret, but AllowedValues has a only.",
        ),
        ("{Type: Number, Default: 5, AllowedValues: [5, 6]}", None),
        ("{Type: String, Default: true, AllowedValues: [true, false]}", None),
        ("{Type: 'AWS::EC2::VPC::Id', Default: vpc-1}", None),
        ("{Type: String, AllowedValues: [a]}", None),
        ("{Type: String, Default: x, AllowedPattern: '(?P<'}", None),
        ("{Type: String, Default: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab, AllowedPattern: '(a+)+'}", None),
    ],
)
def test_a_value_that_a_parameter_does_not_take_is_told(
    tmp_path: Path, parameter: str, told: str | None
) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context): ...\n")
    file = tmp_path / "template.yaml"
    file.write_text(f"Parameters:\n  Word: {parameter}\n{SERVERLESS}")
    functions, problems, _ = read_template(file)

    assert len(functions) == 1
    if told is None:
        assert problems == ()
    else:
        (problem,) = problems
        assert problem.message.startswith(f"Parameters.Word {told}")
        assert problem.line == 2
