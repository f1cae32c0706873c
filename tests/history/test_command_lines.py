"""Commands to paste: run by a real shell, against a real API, with the AWS CLI and lambda-tui."""

from __future__ import annotations

import json
import shlex
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_tui.history import command_lines
from lambda_tui.history.command_lines import Call, aws_line, event_file, lambda_tui_line
from support import SECONDS
from support.command_line import write_project
from support.files import ROOT
from support.lambda_api import Api, serving_project

ECHO = """
def handler(event, context):
    client = context.client_context
    return {
        "event": event,
        "version": context.function_version,
        "arn": context.invoked_function_arn.rpartition("function:")[2],
        "custom": client.custom if client else None,
        "tenant": getattr(context, "tenant_id", None),
    }
"""
ODD = {"it's": 'a "quoted" $HOME `id` \\ !! \n\t%s', "é🦀": "\x7f\x9b\u2028\u202e", "n": 1.50}
ODD_EVENT = json.dumps(ODD, indent="\t", ensure_ascii=False).replace("\n", "\r\n").encode()
LARGE_EVENT = json.dumps(["x" * 100] * 100).encode()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose folder has an odd name."""
    return write_project(
        tmp_path_factory.mktemp("it's a project") / "$HOME",
        {"Echo": ECHO, "Tenants": ECHO},
        Echo="AutoPublishAlias: live",
        Tenants="TenancyConfig: {TenantIsolationMode: PER_TENANT}",
    )


@pytest.fixture(scope="module")
def api(project: Path) -> Iterator[Api]:
    """The project's served API."""
    with serving_project(project) as serving:
        yield serving.api()


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """A function that has ``sh`` run a line, and returns the first JSON of its output."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, module in (("aws", "awscli"), ("lambda-tui", "lambda_tui")):
        program = programs / name
        program.write_text(
            f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -W ignore -m {module} "$@"\n'
        )
        program.chmod(0o755)

    def run(line: str) -> Any:
        ended = subprocess.run(
            ["sh", "-c", line],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=2 * SECONDS,
            env={
                "PATH": f"{programs}:/usr/bin:/bin",
                "HOME": str(tmp_path),
                "PYTHONPATH": str(ROOT),
                "LANG": "C.UTF-8",
            },
        )
        assert ended.returncode == 0, ended.stderr
        return json.JSONDecoder().raw_decode(ended.stdout)[0] if ended.stdout else None

    return run


CALLS: dict[str, tuple[Call, dict[str, Any]]] = {
    "odd": (Call(function="Echo", event=ODD_EVENT), {"event": ODD, "version": "$LATEST"}),
    "large": (Call(function="Echo", event=LARGE_EVENT), {"event": ["x" * 100] * 100}),
    "negative": (Call(function="Echo", event=b"-5e3"), {"event": -5000.0}),
    "qualified": (
        Call(
            function="Echo",
            event=b"[]",
            qualifier="live",
            client_context=json.dumps({"custom": {"é": "it's"}}),
        ),
        {"event": [], "version": "1", "arn": "Echo:live", "custom": {"é": "it's"}},
    ),
    "tenant": (Call(function="Tenants", event=b"1", tenant_id="blue @ 1"), {"tenant": "blue @ 1"}),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_line_of_the_aws_cli_invokes_as_it_was(api: Api, run: Any, name: str) -> None:
    call, expected = CALLS[name]
    line = aws_line(call, api.url, "us-east-1")

    assert "\n" not in line
    answer = run(line)
    assert {key: answer[key] for key in expected} == expected


@pytest.mark.parametrize("name", CALLS)
def test_a_line_of_lambda_tui_invokes_as_it_was(project: Path, run: Any, name: str) -> None:
    call, expected = CALLS[name]
    line = lambda_tui_line(call, project)

    assert "\n" not in line
    answer = run(line)
    assert {key: answer[key] for key in expected} == expected


def test_asynchronous_invocations_stay_asynchronous(api: Api, project: Path, run: Any) -> None:
    call = Call(function="Echo", event=b'"later"', is_asynchronous=True)

    assert run(aws_line(call, api.url, "us-east-1")) == {"StatusCode": 202}
    assert run(lambda_tui_line(call, project))["requestPayload"] == "later"


def test_without_an_api_the_line_is_for_aws_itself() -> None:
    line = aws_line(Call(function="Echo", event=b"{}"), None, "us-east-1")

    assert line == (
        "printf %s '{}' | aws lambda invoke --function-name Echo --payload fileb:///dev/stdin"
        " /dev/stdout"
    )


def test_a_function_may_be_named_like_an_option(project: Path) -> None:
    call = Call(function="-x", event=b"{}")

    assert "--function-name=-x" in aws_line(call, None, "us-east-1")
    assert lambda_tui_line(call, project).endswith(" -- -x")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    max_leaves=8,
)


@given(JSON, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_an_event_in_a_line_has_its_value_and_nothing_that_a_terminal_acts_upon(
    value: object, indent: int | str | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only).replace("\n", "\r\n")
    line = lambda_tui_line(Call(function="F", event=text.encode()), Path("/project"))
    words = shlex.split(line)
    payload = next(
        word.removeprefix("--payload=") if word != "--payload" else words[index + 1]
        for index, word in enumerate(words)
        if word.startswith("--payload")
    )

    assert json.loads(payload) == value
    assert all(character.isprintable() or ord(character) > 0x9F for character in line)


def test_a_large_event_lies_in_a_file_of_the_users_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_lines, "MOST_EVENT_FILES", 3)
    files = [event_file(LARGE_EVENT + b" " * number) for number in range(5)]

    assert files[-1].read_bytes() == LARGE_EVENT + b"    "
    assert stat.S_IMODE(files[-1].stat().st_mode) == 0o600
    assert stat.S_IMODE(files[-1].parent.stat().st_mode) == 0o700
    assert [path.exists() for path in files] == [False, False, True, True, True]
    assert event_file(LARGE_EVENT + b"    ") == files[-1]
