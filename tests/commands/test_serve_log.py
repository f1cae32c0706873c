"""The log of ``serve``: files, functions, environments and asynchronous events."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.command_line import outcome, set_up, start, write_project
from support.lambda_api import Api, Serving

HANDLER = "def handler(event, context):\n    print('at work')\n    return event['must']\n"
STAMP = r"(?m)^\d\d:\d\d:\d\d\.\d{3}  "
MISSING = "Layers: [arn:aws:lambda:us-east-1:123456789012:layer:tools:1]"
EVENT = {"X-Amz-Invocation-Type": "Event"}
QUEUES = """
EventInvokeConfig: {MaximumRetryAttempts: 1, DestinationConfig: {OnFailure: {Type: SQS}}}
DeadLetterQueue: {Type: SNS, TargetArn: "arn:aws:sns:us-east-1:123456789012:dead"}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = write_project(tmp_path / "shop", {"Order": HANDLER}, Order=QUEUES)
    set_up(project, "retry_delays = [0.1, 0.1]")
    return project


@pytest.fixture
def serve(project: Path, nothing_is_left: None) -> Iterator[Callable[..., Serving]]:
    begun: list[Serving] = []

    def serve(*options: str) -> Serving:
        begun.append(Serving(project, "--port", "0", *options))
        return begun[-1]

    yield serve
    for serving in begun:
        if serving.process.poll() is None:
            serving.process.kill()
            serving.process.wait()


def save(project: Path, change: Callable[[str], str]) -> None:
    """Save the template as an editor does: no reader sees half of it."""
    template = project / "template.yaml"
    unfinished = project / "template.tmp"
    unfinished.write_text(change(template.read_text()))
    os.replace(unfinished, template)


def json_lines(serving: Serving) -> list[dict[str, Any]]:
    return [json.loads(line) for line in serving.output.read_text().splitlines()]


def test_problems_and_functions_that_come_and_go_are_said(
    serve: Callable[..., Serving], project: Path
) -> None:
    serving = serve()
    serving.api()

    save(project, lambda text: text.replace("CodeUri: Order", f"CodeUri: Order\n      {MISSING}"))
    problem = r"template\.yaml:\d+: Layers names \S+:layer:tools:1, which is not on this machine"
    serving.wait_for(rf"{STAMP}Order  ── {problem}")
    (project / "Refund").mkdir()
    (project / "Refund" / "app.py").write_text(HANDLER)
    before = (project / "template.yaml").read_text()
    order = before[before.index("  Order:") : before.index("Globals:")]
    refund = order.replace("Order", "Refund").replace(MISSING, "MemorySize: 256")
    save(project, lambda text: text.replace("Globals:", f"{refund}Globals:"))
    serving.wait_for(rf"{STAMP}Refund  ── is here now")
    save(project, lambda _: before.replace(f"      {MISSING}\n", ""))
    serving.wait_for(rf"{STAMP}Order  ── solved: {problem}")
    serving.wait_for(rf"{STAMP}Refund  ── is no more")
    serving.signal()

    assert serving.end() == 0


def test_a_problem_that_only_moves_to_another_line_is_not_said_again(
    serve: Callable[..., Serving], project: Path
) -> None:
    save(project, lambda text: text.replace("CodeUri: Order", f"CodeUri: Order\n      {MISSING}"))
    serving = serve()
    serving.api()
    save(project, lambda text: f"# A comment.\n{text}".replace("Timeout: 60", "Timeout: 0"))
    serving.wait_for("Timeout is 0, but Lambda takes")
    serving.signal()

    assert serving.end() == 0
    assert serving.text.count("layer:tools:1, which is not on this machine") == 1


def test_problems_of_functions_are_not_said_to_be_solved_by_a_broken_template(
    serve: Callable[..., Serving], project: Path
) -> None:
    save(project, lambda text: text.replace("CodeUri: Order", f"CodeUri: Order\n      {MISSING}"))
    serving = serve()
    serving.api()

    save(project, lambda text: f"{text}  bad: [")
    serving.wait_for("the template is not valid YAML")
    save(project, lambda text: text.removesuffix("  bad: ["))
    serving.wait_for("solved: template.yaml:.* the template is not valid YAML")
    save(project, lambda text: text.replace(MISSING, "MemorySize: 256"))
    serving.wait_for("solved: .*layer:tools:1")
    serving.signal()

    assert serving.end() == 0
    assert serving.text.count("layer:tools:1, which is not on this machine") == 2


def test_a_folder_that_is_moved_away_takes_its_function_along(
    serve: Callable[..., Serving], tmp_path: Path, project: Path
) -> None:
    (project / "template.yaml").unlink()
    (project / "lambda-tui.toml").unlink()
    (project / "Refund").mkdir()
    (project / "Refund" / "app.py").write_text(HANDLER)
    serving = serve()
    serving.api()

    (project / "Refund").rename(tmp_path / "elsewhere")

    serving.wait_for(rf"{STAMP}Refund  ── is no more")
    serving.signal()
    assert serving.end() == 0


def test_the_missing_code_of_a_template_is_said_until_it_is_back(
    serve: Callable[..., Serving], tmp_path: Path, project: Path
) -> None:
    serving = serve()
    serving.api()

    (project / "Order").rename(tmp_path / "elsewhere")
    missing = r"template\.yaml:\d+: Order: CodeUri names Order, which does not exist"
    serving.wait_for(rf"{STAMP}Order  ── {missing}")
    (tmp_path / "elsewhere").rename(project / "Order")
    serving.wait_for(rf"{STAMP}Order  ── solved: {missing}")
    serving.signal()
    assert serving.end() == 0


def test_a_reload_is_said_with_the_file_and_the_environments(
    serve: Callable[..., Serving], project: Path
) -> None:
    serving = serve()
    serving.api().invoke("Order", b'{"must": 1}')
    serving.wait_for(rf"{STAMP}Order #1  at work")

    (project / "Order" / "app.py").write_text(f"{HANDLER}# Saved.\n")

    serving.wait_for(rf"{STAMP}Order #1  ── app\.py changed, so the environment is replaced")
    serving.wait_for(rf"{STAMP}Order #2  ── initialised again in \d+ ms, after app\.py changed")
    serving.signal()
    assert serving.end() == 0


def test_tries_waits_and_deliveries_of_an_event_are_said(serve: Callable[..., Serving]) -> None:
    serving = serve()
    answer = serving.api().invoke("Order", b'{"a": 1}', EVENT)
    request_id = answer.headers["x-amzn-RequestId"]

    serving.wait_for(
        rf"{STAMP}Order  ── event {request_id} failed at try 1; the next try is in 0\.1 s"
    )
    record = r"the record, RetriesExhausted, goes to arn:aws:sqs:\S+Queue"
    serving.wait_for(rf"{STAMP}Order  ── event {request_id}: {record}: {{\"version\":\"1\.0\",")
    letter = r"the dead letter goes to arn:aws:sns:us-east-1:123456789012:dead"
    serving.wait_for(rf"{STAMP}Order  ── event {request_id}: {letter}: {{\"a\": 1}}")
    serving.signal()

    assert serving.end() == 0
    assert serving.text.count(f"START RequestId: {request_id}") == 2


def test_json_is_an_object_a_line_on_standard_output(serve: Callable[..., Serving]) -> None:
    serving = serve("--output", "json")
    address = serving.wait_for_output(r'"address": "([^"]+)"')[1]
    api = Api(int(address.rpartition(":")[2]))
    assert api.invoke("Order", b'{"must": "\xc3\x84"}').json == "Ä"
    serving.wait_for_output("platform.report")
    serving.signal()

    assert serving.end() == 0
    assert serving.text == ""
    lines = json_lines(serving)
    common = {"time", "type", "record", "function", "environmentId", "environmentNumber"}
    assert all(common | {"level", "message"} <= set(line) for line in lines)
    (served,) = (line for line in lines if line["type"] == "api.served")
    assert served["record"]["clientVariables"].startswith("export AWS_ENDPOINT_URL_LAMBDA=http")
    (work,) = (line for line in lines if line["type"] == "function")
    assert (work["function"], work["environmentNumber"]) == ("Order", 1)
    assert (work["level"], work["message"]) == ("info", "at work")
    assert not any(line["type"] == "environment.state" for line in lines)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(
    ("options", "has", "lacks"),
    [
        (["--log-level", "debug"], ["── frozen", "at work", "ERROR"], []),
        (["--log-level", "info"], ["at work", "ERROR"], ["── frozen"]),
        (["--quiet"], [r"\[ERROR\] KeyError: 'must'"], ["── frozen", "at work", "Ctrl"]),
        (["--log-level", "error"], [r"\[ERROR\] KeyError: 'must'"], ["at work", "Ctrl"]),
    ],
)
def test_what_matters_less_than_the_log_level_is_left_out(
    serve: Callable[..., Serving], options: list[str], has: list[str], lacks: list[str]
) -> None:
    api = Api(free_port())
    serving = serve("--port", str(api.port), *options)
    api.wait_until_served()
    assert b"KeyError" in api.invoke("Order", b"{}").body
    for pattern in has:
        serving.wait_for(pattern)
    serving.signal()

    assert serving.end() == 0
    assert all(text not in serving.text for text in lacks)


def test_a_reader_of_the_json_that_leaves_ends_the_command(project: Path) -> None:
    serving = start("serve", "--project", project, "--port", 0, "--output", "json")
    assert serving.stdout is not None
    assert json.loads(serving.stdout.readline())["type"]
    serving.stdout.close()
    serving.stdout = None
    (project / "template.yaml").write_text("Resources: {}\n")

    assert outcome(serving).status == 128 + signal.SIGPIPE
