"""The options for credentials, region and endpoints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lambda_tui.commands.arguments import invoke_parser
from lambda_tui.commands.errors import CommandError
from lambda_tui.commands.opened_project import read_settings
from support.aws_profiles import KEY_ID, SECRET, write_profiles
from support.command_line import run, write_project

SOURCE = """\
import os


def handler(event, context):
    names = ("AWS_ACCESS_KEY_ID", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB")
    return [os.environ.get(name) for name in names]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_profiles(tmp_path / "home", monkeypatch)
    return write_project(tmp_path / "shop", {"Order": SOURCE})


def test_a_function_gets_what_the_options_say(project: Path) -> None:
    ended = run(
        *("invoke", "--project", project, "--profile", "dev", "--region", "eu-north-1"),
        *("--endpoint-url", "http://localhost:4566/?a=b"),
        *("--endpoint-url", "dynamodb=http://localhost:8000"),
    )

    assert ended.status == 0, ended.errors
    addresses = ["http://localhost:4566/?a=b", "http://localhost:8000"]
    assert json.loads(ended.output) == [KEY_ID, "eu-north-1", *addresses]
    assert "functions get the credentials of profile dev, 111122223333." in ended.errors
    assert SECRET not in ended.errors


def test_credentials_that_cannot_be_had_end_the_command(project: Path) -> None:
    ended = run("invoke", "--project", project, "--profile", "prod")

    assert ended.status == 2
    assert ended.output == ""
    assert ended.errors.count("there is no profile prod; there are") == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--credentials", "mine"], "--credentials is mine, but it takes placeholder, shell or"),
        (["--region", "here"], "--region is here, but it takes a region"),
        (["--endpoint-url", "dynamodb=x"], "--endpoint-url.dynamodb is x, but it takes an address"),
        (["--endpoint-url", "a.b=http://x"], "--endpoint-url has a.b, which is no service"),
    ],
)
def test_an_option_that_cannot_be_used_is_said(
    tmp_path: Path, options: list[str], sentence: str
) -> None:
    given = invoke_parser().parse_args(["--project", str(tmp_path), *options])
    with pytest.raises(CommandError) as raised:
        read_settings(given)

    assert sentence in str(raised.value)


def test_the_command_line_chooses_before_the_settings(tmp_path: Path) -> None:
    (tmp_path / "lambda-tui.toml").write_text(
        'credentials = "shell"\nregion = "eu-west-1"\n'
        'endpoint_url = {default = "http://a", s3 = "http://b"}\n'
    )
    options = (
        "--credentials",
        "placeholder",
        "--region",
        "eu-west-2",
        "--endpoint-url",
        "s3=http://c",
    )
    settings, problems = read_settings(
        invoke_parser().parse_args(["--project", str(tmp_path), *options])
    )

    assert problems == ()
    assert (settings.credentials, settings.region) == ("placeholder", "eu-west-2")
    assert settings.endpoint_url == {"default": "http://a", "s3": "http://c"}
