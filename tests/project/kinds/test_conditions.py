"""Conditions of templates: what is not created is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.sam_template import SERVERLESS, read

CONDITIONS = """\
Parameters:
  Stage: {Type: String, Default: dev}
  Region: {Type: String}
Conditions:
  Never: !Equals [!Ref Stage, prod]
  Always: !Not [!Condition Never]
  Unknown: !Equals [!Ref Region, eu-west-1]
  Circle: !Not [!Condition Circle]
"""


def conditional(condition: str, resource: str = "Hello", properties: str = "") -> str:
    """A function that is created under a condition."""
    return (
        SERVERLESS.partition("\n")[2].replace("Hello", resource)
        + properties
        + (f"    Condition: {condition}\n")
    )


@pytest.mark.parametrize("condition", ["Always", "Unknown", "Circle"])
def test_a_function_stays_whose_condition_is_true_or_not_known_here(
    tmp_path: Path, condition: str
) -> None:
    functions, problems = read(
        tmp_path, template=f"{CONDITIONS}Resources:\n{conditional(condition)}"
    )
    assert [function.name for function in functions] == ["Hello"]
    assert problems == ()


@pytest.mark.parametrize("condition", ["Missing", "[Never]", "null"])
def test_a_function_stays_whose_condition_is_none_of_the_templates(
    tmp_path: Path, condition: str
) -> None:
    functions, (problem,) = read(
        tmp_path, template=f"{CONDITIONS}Resources:\n{conditional(condition)}"
    )
    assert [function.name for function in functions] == ["Hello"]
    assert "which Conditions does not declare; add it there." in problem.message


def test_what_has_a_false_condition_is_not_there(tmp_path: Path) -> None:
    named = "      FunctionName: hello\n"
    text = (
        f"{CONDITIONS}Resources:\n"
        + conditional("Never", "Hers", named + "      Timeout: 3\n")
        + conditional("Always", "His", named + "      Timeout: 4\n")
        + "  Config:\n    Type: AWS::Lambda::EventInvokeConfig\n    Condition: Never\n"
        "    Properties: {FunctionName: hello, Qualifier: $LATEST, MaximumRetryAttempts: 1}\n"
    )
    (function,), problems = read(tmp_path, template=text)
    assert problems == ()
    assert (function.name, function.timeout) == ("hello", 4)
    assert function.asynchronous.maximum_retry_attempts == 2


def test_a_template_of_which_no_function_is_created_says_so(tmp_path: Path) -> None:
    text = f"{CONDITIONS}Resources:\n{conditional('Never')}"
    _functions, (problem,) = read(tmp_path, template=text)
    assert problem.message == (
        "the template has functions, but the Condition of each is false; "
        "give its parameters other Defaults."
    )
