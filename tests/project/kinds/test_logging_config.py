from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambda_tui.project.function import LoggingConfig
from support import sam_template
from support.sam_template import LINE, PLAIN, SERVERLESS

if TYPE_CHECKING:
    from pathlib import Path

    from lambda_tui.project.function import Function, Problem

TEMPLATES = pytest.mark.parametrize("template", [SERVERLESS, PLAIN], ids=["serverless", "plain"])


def read(
    folder: Path, config: str | None = None, template: str = SERVERLESS
) -> tuple[tuple[Function, ...], tuple[Problem, ...]]:
    lines = () if config is None else (f"LoggingConfig: {config}",)
    return sam_template.read(folder, *lines, template=template)


@TEMPLATES
@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (None, LoggingConfig("Text", None, "INFO", None)),
        ("{}", LoggingConfig()),
        ("!Ref AWS::NoValue", LoggingConfig()),
        ("{LogFormat: Text}", LoggingConfig("Text")),
        ("{LogFormat: JSON}", LoggingConfig("JSON", None, "INFO")),
        ("{LogFormat: JSON, SystemLogLevel: WARN}", LoggingConfig("JSON", None, "WARN")),
        (
            "{LogFormat: JSON, ApplicationLogLevel: TRACE, SystemLogLevel: DEBUG}",
            LoggingConfig("JSON", "TRACE", "DEBUG"),
        ),
        ("{LogGroup: /shared/logs_a.b-c#1}", LoggingConfig(group="/shared/logs_a.b-c#1")),
    ],
)
def test_a_logging_config_is_read_with_lambdas_defaults(
    tmp_path: Path, template: str, config: str | None, expected: LoggingConfig
) -> None:
    (function,), problems = read(tmp_path, config, template)

    assert problems == ()
    assert function.logging == expected


@pytest.mark.parametrize("level", ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"])
def test_every_application_level_is_taken(tmp_path: Path, level: str) -> None:
    (function,), _ = read(tmp_path, f"{{LogFormat: JSON, ApplicationLogLevel: {level}}}")

    assert function.logging.application_level == level


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARN"])
def test_every_system_level_is_taken(tmp_path: Path, level: str) -> None:
    (function,), _ = read(tmp_path, f"{{LogFormat: JSON, SystemLogLevel: {level}}}")

    assert function.logging.system_level == level


@TEMPLATES
@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ("JSON", "LoggingConfig needs a mapping, such as LoggingConfig: {LogFormat: JSON}."),
        ("{LogFormat: json}", "LoggingConfig.LogFormat is json, but Lambda takes Text or JSON."),
        (
            "{LogFormat: [JSON]}",
            "LoggingConfig.LogFormat is a list, but Lambda takes Text or JSON.",
        ),
        (
            "{LogFormat: JSON, ApplicationLogLevel: WARNING}",
            "LoggingConfig.ApplicationLogLevel is WARNING, but Lambda takes "
            "TRACE, DEBUG, INFO, WARN, ERROR or FATAL.",
        ),
        (
            "{LogFormat: JSON, SystemLogLevel: ERROR}",
            "LoggingConfig.SystemLogLevel is ERROR, but Lambda takes DEBUG, INFO or WARN.",
        ),
        (
            "{ApplicationLogLevel: INFO}",
            "LoggingConfig.ApplicationLogLevel is INFO, but Lambda takes a level with "
            "LogFormat: JSON only.",
        ),
        (
            "{LogFormat: Text, SystemLogLevel: INFO}",
            "LoggingConfig.SystemLogLevel is INFO, but Lambda takes a level with "
            "LogFormat: JSON only.",
        ),
        (
            "{LogGroup: my logs}",
            "LoggingConfig.LogGroup is my logs, but Lambda takes 1 to 512 letters, digits, "
            "and any of . - _ / #.",
        ),
        (
            "{LogGroup: ''}",
            'LoggingConfig.LogGroup is "", but Lambda takes 1 to 512 letters, digits, '
            "and any of . - _ / #.",
        ),
        ("{LogGroup: [a]}", "LoggingConfig.LogGroup is a list, where a text is needed."),
    ],
)
def test_a_logging_config_that_aws_refuses_is_one_sentence_at_its_line(
    tmp_path: Path, template: str, config: str, sentence: str
) -> None:
    functions, (problem,) = read(tmp_path, config, template)

    assert functions == ()
    assert str(problem) == f"template.yaml:{LINE}: Hello: {sentence}"


def test_a_log_group_has_up_to_512_characters(tmp_path: Path) -> None:
    (function,), problems = read(tmp_path, f"{{LogGroup: {'x' * 512}}}")
    assert problems == ()
    assert function.log_group == "x" * 512

    functions, problems = read(tmp_path, f"{{LogGroup: {'x' * 513}}}")
    assert functions == ()
    assert "but Lambda takes 1 to 512 letters" in problems[0].message


def test_a_log_group_may_be_a_resource_of_the_template(tmp_path: Path) -> None:
    group = (
        "  Logs:\n"
        "    Type: AWS::Logs::LogGroup\n"
        "    Properties: {LogGroupName: !Sub '/shared/${AWS::StackName}'}\n"
    )
    template = SERVERLESS.replace("Resources:\n", f"Resources:\n{group}")
    (function,), problems = read(tmp_path, "{LogGroup: !Ref Logs}", template)

    assert problems == ()
    assert function.log_group == "/shared/local"


def test_a_log_group_that_only_a_deployment_knows_is_the_functions_own(tmp_path: Path) -> None:
    (function,), (problem,) = read(tmp_path, "{LogGroup: !ImportValue logs}")

    assert function.log_group == "/aws/lambda/Hello"
    assert "LoggingConfig.LogGroup is not known here, so the function's own" in problem.message


def test_a_level_beside_a_format_that_only_a_deployment_knows_is_not_refused(
    tmp_path: Path,
) -> None:
    config = "{LogFormat: !ImportValue format, ApplicationLogLevel: DEBUG}"
    (function,), (problem,) = read(tmp_path, config)

    assert function.logging == LoggingConfig()
    assert "LoggingConfig.LogFormat is not known here, so Text holds" in problem.message


def test_a_wrong_format_is_named_once_whatever_the_levels(tmp_path: Path) -> None:
    _, problems = read(tmp_path, "{LogFormat: Xml, ApplicationLogLevel: DEBUG}")

    assert len(problems) == 1
    assert "LoggingConfig.LogFormat is Xml" in problems[0].message


def test_a_logging_config_in_globals_is_merged_with_the_functions_own(tmp_path: Path) -> None:
    common = (
        "Globals:\n"
        "  Function:\n"
        "    LoggingConfig:\n"
        "      LogFormat: JSON\n"
        "      ApplicationLogLevel: DEBUG\n"
    )
    (function,), problems = read(tmp_path, "{SystemLogLevel: WARN}", common + SERVERLESS)
    assert problems == ()
    assert function.logging == LoggingConfig("JSON", "DEBUG", "WARN")

    functions, (problem,) = read(tmp_path, "{LogFormat: Text}", common + SERVERLESS)
    assert functions == ()
    assert problem.line == 5, "the level's line in Globals"

    (function,), problems = read(tmp_path, template=common + PLAIN)
    assert problems == ()
    assert function.logging == LoggingConfig()
