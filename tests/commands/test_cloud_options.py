"""The options for credentials, region and endpoints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--profile", "prod"], "there is no profile prod; there are"),
        (["--credentials", "shell"], "the shell has neither AWS_ACCESS_KEY_ID and"),
        (["--credentials", "mine"], "--credentials is mine, but it takes placeholder, shell or"),
        (["--region", "here"], "--region is here, but it takes a region"),
        (["--endpoint-url", "dynamodb=x"], "--endpoint-url.dynamodb is x, but it takes an address"),
        (["--endpoint-url", "a.b=http://x"], "--endpoint-url has a.b, which is no service"),
        (["--profile", "dev", "--credentials", "shell"], "not allowed with argument"),
    ],
)
def test_what_cannot_be_had_ends_the_command(
    project: Path, options: list[str], sentence: str
) -> None:
    ended = run("invoke", "--project", project, *options)

    assert ended.status == 2
    assert ended.output == ""
    assert ended.errors.count(sentence) == 1
