"""``invoke --warm``: a script uses the environments of a screen or of ``serve``."""

from __future__ import annotations

import json
import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_tui.apis.lambda_api import Registration, find_running
from lambda_tui.commands.arguments import invoke_parser
from lambda_tui.commands.errors import CommandError
from lambda_tui.commands.invoke import warm
from lambda_tui.commands.invoke.calls import Plan
from lambda_tui.project.function import Function, Project
from support.command_line import run
from support.lambda_api import Serving, write_project

SENTENCE = "lambda-tui: no screen and no `lambda-tui serve` of this project is running; start one,"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def shop(folder: Path) -> Path:
    (folder / "shop").mkdir()
    return write_project(folder / "shop")


@pytest.fixture
def served(tmp_path: Path, state: Path) -> Iterator[Serving]:
    serving = Serving(shop(tmp_path), "--port", "0")
    serving.api()
    yield serving
    if serving.process.poll() is None:
        serving.process.kill()
        serving.process.wait()


def files(state: Path) -> list[Path]:
    return [*(state / "lambda-tui" / "running").iterdir()]


def test_a_script_sees_warm_starts(served: Serving, tmp_path: Path, state: Path) -> None:
    def invoke(*arguments: object) -> tuple[int, str, str]:
        given = ("invoke", *arguments, "--project", tmp_path / "shop", "--warm")
        ended = run(*given, XDG_STATE_HOME=str(state))
        return ended.status, ended.output, ended.errors

    status, output, errors = invoke("echo", "--payload", '{"a": 1}')
    assert status == 0, errors
    assert json.loads(output) == {"a": 1}
    assert "Init Duration: " in errors
    status, output, errors = invoke("echo", "--payload", "2", "--count", "3", "--output", "json")
    results = [json.loads(line) for line in output.splitlines()]
    assert [(one["status"], one["payload"], one["cold_start"]) for one in results] == [
        ("success", 2, False)
    ] * 3
    assert all(one["duration_ms"] > 0 and one["memory_size_mb"] == 128 for one in results)
    assert "REPORT RequestId" in results[0]["log"]
    assert "3 of 3 invocations of echo in " in errors
    status, output, errors = invoke("fails")
    assert status == 1
    assert "errorMessage" in output
    status, _, errors = invoke("echo", "--async")
    assert status == 0
    assert " is queued; " in errors

    (file,) = files(state)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    served.signal()
    assert served.end() == 0
    assert files(state) == []
    status, _, errors = invoke("echo")
    assert status == 2
    assert errors.startswith(SENTENCE)


def test_a_server_that_was_killed_is_none(served: Serving, tmp_path: Path, state: Path) -> None:
    assert find_running(tmp_path / "shop") is not None
    os.kill(served.process.pid, signal.SIGKILL)
    served.process.wait()

    assert find_running(tmp_path / "shop") is None
    assert files(state) == []


def test_the_newest_of_the_project_is_taken(tmp_path: Path, state: Path) -> None:
    given = [(tmp_path, 1), (tmp_path, 2), (tmp_path / "other", 3)]
    registrations = [Registration(folder, f"http://127.0.0.1:{port}") for folder, port in given]

    found = find_running(tmp_path)
    assert found is not None
    assert found.address == "http://127.0.0.1:2"
    registrations[1].remove()
    found = find_running(tmp_path)
    assert found is not None
    assert found.address == "http://127.0.0.1:1"
    for registration in registrations:
        registration.remove()
    assert find_running(tmp_path) is None


@pytest.mark.parametrize("address", [None, "http://192.168.0.7:3001", "http://example.org:1", "x"])
def test_only_loopback_is_told_of(tmp_path: Path, state: Path, address: str | None) -> None:
    registration = Registration(tmp_path, address)

    assert not (state / "lambda-tui").exists()
    registration.remove()


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"project": 1}', b"\xff"])
def test_a_damaged_file_is_no_server(tmp_path: Path, state: Path, content: bytes) -> None:
    registration = Registration(tmp_path, "http://127.0.0.1:1")
    (file,) = files(state)
    file.write_bytes(content)

    assert find_running(tmp_path) is None
    registration.remove()


@pytest.mark.parametrize(
    "options", [["--sync"], ["--sandbox", "processes"], ["--profile", "x"], ["--output", "events"]]
)
def test_options_of_new_environments_are_refused(tmp_path: Path, options: list[str]) -> None:
    given = invoke_parser().parse_args(["echo", "--warm", *options])
    function, plan = Function("echo", "app.handler", tmp_path), Plan(b"{}", 1, 1, False)

    with pytest.raises(CommandError, match="leave out that or --warm"):
        warm.run(Project(tmp_path, (function,)), function, plan, given)
