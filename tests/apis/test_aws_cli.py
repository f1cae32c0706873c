"""The AWS CLI, unmodified, with nothing but the address in its environment."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.lambda_api import ARN, Api


class Cli:
    def __init__(self, api: Api, folder: Path) -> None:
        self._output = folder / "output"
        self._environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "AWS_ACCESS_KEY_ID": "anyone",
            "AWS_SECRET_ACCESS_KEY": "anything",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL_LAMBDA": api.url,
            "AWS_MAX_ATTEMPTS": "1",
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "ignore", "-m", "awscli", "lambda", *arguments]
        return subprocess.run(
            command, env=self._environment, capture_output=True, text=True, timeout=120
        )

    def answer(self, *arguments: str) -> Any:
        finished = self.run(*arguments)
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout) if finished.stdout else None

    def invoke(self, name: str, *options: str) -> tuple[Any, str]:
        """Return its output, and the content of the output file."""
        answer = self.answer("invoke", "--function-name", name, *options, str(self._output))
        return answer, self._output.read_text()


@pytest.fixture
def cli(api: Api, tmp_path: Path) -> Cli:
    return Cli(api, tmp_path)


def test_it_invokes(cli: Cli) -> None:
    answer, output = cli.invoke("echo", "--payload", '{"a": 1}', "--log-type", "Tail")

    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert "REPORT RequestId" in base64.b64decode(answer["LogResult"]).decode()
    assert json.loads(output) == {"a": 1}


def test_it_sees_a_function_error(cli: Cli) -> None:
    answer, output = cli.invoke(f"{ARN}:fails", "--qualifier", "$LATEST")

    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(output)["errorType"] == "ValueError"


@pytest.mark.parametrize(("kind", "status"), [("Event", 202), ("DryRun", 204)])
def test_it_sends_events_and_dry_runs(cli: Cli, kind: str, status: int) -> None:
    assert cli.invoke("echo", "--invocation-type", kind) == ({"StatusCode": status}, "")


def test_it_sends_to_the_old_asynchronous_call(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text("{}")
    arguments = ("--function-name", "echo", "--invoke-args", str(tmp_path / "event.json"))

    assert cli.answer("invoke-async", *arguments) == {"Status": 202}


def test_it_lists_and_describes_functions(cli: Cli) -> None:
    listed = cli.answer("list-functions", "--query", "Functions[].FunctionName")
    assert listed[:2] == ["echo", "size"]
    assert cli.answer("get-function", "--function-name", "echo")["Configuration"]["Timeout"] == 20
    described = cli.answer("get-function-configuration", "--function-name", "echo")
    assert described["FunctionArn"] == f"{ARN}:echo"


def test_it_tells_aws_s_error(cli: Cli, tmp_path: Path) -> None:
    finished = cli.run("invoke", "--function-name", "nobody", str(tmp_path / "output"))

    assert finished.returncode != 0
    assert (
        "An error occurred (ResourceNotFoundException) when calling the Invoke operation: "
        f"Function not found: {ARN}:nobody:$LATEST"
    ) in finished.stderr
