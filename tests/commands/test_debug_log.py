"""The debug log: off by default, and without anything that is the user's alone."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from lambda_tui import debug_log
from lambda_tui.engine.events import Event, EventStream, FunctionLog, Notice, ProblemFound
from lambda_tui.project.settings import Settings
from lambda_tui.ui import make_app
from support.command_line import run, write_project

SECRET = "s3cr3t"
SOURCE = """\
import json
import os


def handler(event, context):
    print("the log has " + event["password"], os.environ["PASSWORD"])
    print(json.dumps({"LAMBDA_TUI_LOG": os.environ.get("LAMBDA_TUI_LOG")}))
    if event.get("fails"):
        raise ValueError(event["password"])
    return event
"""
VARIABLES = f"Environment: {{Variables: {{PASSWORD: {SECRET}}}}}"
DEAD_LETTER = "DeadLetterQueue: {Type: SQS, TargetArn: 'arn:aws:sqs:eu-west-1:123456789012:dead'}"
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z DEBUG lambda_tui(?:\.\w+)* (\S+).*")
EVENT = Event(record=Notice("warning", "mind the gap"), function="Order")


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """The logger, which is put back to what it was."""
    logger = logging.getLogger("lambda_tui")
    yield logger
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        with suppress(OSError):
            handler.close()
    logger.setLevel(logging.NOTSET)
    logger.propagate = True


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "shop", {"Order": SOURCE}, Order=f"{VARIABLES}\n{DEAD_LETTER}")


def words(log: Path) -> list[str]:
    """The first word of each line, every one of which has the form of the log."""
    matches = [LINE.fullmatch(line) for line in log.read_text().splitlines()]
    assert all(matches)
    return [match[1] for match in matches if match is not None]


def test_by_default_nothing_is_written(project: Path) -> None:
    before = sorted(project.iterdir())
    ended = run("invoke", "--payload", '{"password": "x"}', cwd=project)

    assert ended.status == 0
    assert sorted(project.iterdir()) == before
    assert "DEBUG" not in ended.output + ended.errors


def test_by_default_nobody_listens_to_the_events() -> None:
    stream = EventStream()
    debug_log.log_events(stream)

    assert stream._listeners == ()


@pytest.mark.parametrize("by_variable", [False, True], ids=["option", "variable"])
def test_the_life_cycle_of_an_invocation_is_written(
    project: Path, tmp_path: Path, by_variable: bool
) -> None:
    log = tmp_path / "log"
    arguments = ["invoke", "--project", project, "--payload", '{"password": "x"}']
    if by_variable:
        ended = run(*arguments, LAMBDA_TUI_LOG=str(log))
    else:
        ended = run(*arguments, "--log-file", log, LAMBDA_TUI_LOG="/nowhere/log")

    assert ended.status == 0, ended.errors
    assert "DEBUG" not in ended.output + ended.errors
    assert '{"LAMBDA_TUI_LOG": null}' in ended.errors
    told = [word for word in words(log) if word != "lambda-tui"]
    life_cycle = [
        *("platform.initStart", "platform.initRuntimeDone", "platform.initReport"),
        *("platform.start", "function", "function", "platform.runtimeDone", "platform.report"),
    ]
    assert [word for word in told if word in life_cycle] == life_cycle
    states = re.findall(r" environment\.state .* state='([a-z ]+)'", log.read_text())
    assert states[:4] == ["creating", "initialising", "invoking", "idle"]
    assert states[-2:] == ["shutting down", "ended"]


@pytest.mark.parametrize("way", [[], ["--async"]], ids=["synchronous", "asynchronous"])
@pytest.mark.parametrize("payload", [f'{{"password": "{SECRET}"}}'])
def test_no_payload_and_no_secret_is_written(
    project: Path, tmp_path: Path, way: list[str], payload: str
) -> None:
    log = tmp_path / "log"
    with (project / "lambda-tui.toml").open("a") as settings:
        settings.write("retry_delays = [0.01, 0.01]\n")
    for event in (payload, payload.replace("{", '{"fails": true, ')):
        ended = run(
            *("invoke", "--project", project, "--payload", event, "--log-file", log, *way),
            AWS_SECRET_ACCESS_KEY=SECRET,
        )
        assert ended.status in (0, 1), ended.errors

    text = log.read_text()
    assert SECRET not in text
    assert "password" not in text
    assert f"message=<length {len(f'the log has {SECRET} {SECRET}')}>" in text
    assert ("asynchronous.delivered" in words(log)) == bool(way)


@pytest.mark.parametrize(
    "command", [[], ["list"], ["invoke"], ["serve"], ["doctor"], ["demo"]], ids=" ".join
)
def test_a_file_that_cannot_be_written_is_told_in_one_sentence(
    tmp_path: Path, command: list[str]
) -> None:
    refused = run(*command, "--log-file", tmp_path, cwd=tmp_path)

    assert (refused.status, refused.output) == (2, "")
    assert refused.complaint == (
        f"lambda-tui: the debug log {tmp_path} cannot be written: is a directory."
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="stands for a full disk")
def test_a_full_disk_harms_nobody(
    logger: logging.Logger, capfd: pytest.CaptureFixture[str]
) -> None:
    debug_log.start(Path("/dev/full"), "test")
    logger.debug("nowhere to be seen")

    assert capfd.readouterr() == ("", "")


def test_each_event_is_one_short_line(logger: logging.Logger, tmp_path: Path) -> None:
    stream = EventStream()
    debug_log.start(tmp_path / "log", "test")
    debug_log.log_events(stream)
    stream.emit(EVENT)
    stream.emit(Event(record=Notice("error", "two\nlines " + "x" * 10_000), function="a\nb"))
    stream.emit(Event(record=FunctionLog("never\nto be seen"), function="Order"))
    stream.emit(Event(record=ProblemFound("it has no Handler"), function="Order"))

    kinds = ["lambda-tui", "notice", "notice", "function", "project.problemFound"]
    assert words(tmp_path / "log") == kinds
    text = (tmp_path / "log").read_text()
    assert "it has no Handler" in text
    assert "mind the gap" in text
    assert "never" not in text
    assert max(map(len, text.splitlines())) < 400


async def test_the_screen_writes_its_events_too(
    logger: logging.Logger, project: Path, tmp_path: Path
) -> None:
    debug_log.start(tmp_path / "log", "test")
    make_app(project, Settings(watch=False)).engine.events.emit(EVENT)

    assert words(tmp_path / "log") == ["lambda-tui", "notice"]
