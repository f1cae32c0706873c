from __future__ import annotations

import json
from pathlib import Path

import pytest

from lambda_tui.sample_events import BUILDERS
from support.command_line import run, write_project

QUEUE = "Events: {E: {Type: SQS, Properties: {Queue: 'arn:aws:sqs:us-east-1:1:orders'}}}"
HANDLER = "def handler(event, context): return event['Records'][0]['body']\n"


def test_without_a_service_all_are_listed_with_their_parameters(tmp_path: Path) -> None:
    listed = run("event", cwd=tmp_path)

    assert (listed.status, listed.errors) == (0, "")
    lines = listed.output.splitlines()
    for builder in BUILDERS:
        start = lines.index(f"{builder.name}  {builder.title}") + 1
        for parameter in builder.parameters:
            assert any(line.startswith(f"  {parameter.name} ") for line in lines[start:])
    assert max(map(len, lines)) <= 100


def test_the_list_is_json_for_scripts(tmp_path: Path) -> None:
    services = json.loads(run("event", "--output", "json", cwd=tmp_path).output)

    assert [service["service"] for service in services] == [one.name for one in BUILDERS]
    assert {"name", "default", "help"} == services[0]["parameters"][0].keys()


def test_an_event_is_printed_with_the_values_that_are_given(tmp_path: Path) -> None:
    options = ("--set", "records=2", "--set", "body=a=b {n}")
    printed = run("event", "sqs", *options, cwd=tmp_path)

    assert (printed.status, printed.errors) == (0, "")
    assert printed.output.startswith('{\n  "Records"')
    assert [one["body"] for one in json.loads(printed.output)["Records"]] == ["a=b 1", "a=b 2"]
    line = run("event", "s3", "--output", "json", cwd=tmp_path).output
    assert line.count("\n") == 1
    assert json.loads(line)["Records"]


def test_an_event_goes_by_a_pipe_into_invoke(tmp_path: Path) -> None:
    project = write_project(tmp_path, {"Order": HANDLER})
    event = run("event", "sqs", "--set", "body=hello", cwd=tmp_path).output
    invoked = run("invoke", "Order", "-e", "-", "--project", project, standard_input=event.encode())

    assert (invoked.status, invoked.output) == (0, '"hello"\n')


def test_a_function_s_trigger_gives_service_and_values(tmp_path: Path) -> None:
    project = write_project(tmp_path, {"Order": HANDLER, "Other": HANDLER}, Order=QUEUE)
    printed = run("event", "--function", "Order", "--project", project)

    (record,) = json.loads(printed.output)["Records"]
    assert record["eventSourceARN"] == "arn:aws:sqs:us-east-1:1:orders"
    # A value that is given comes before the template's.
    options = ("--function", "Order", "--set", "queue=mine", "--project", project)
    (record,) = json.loads(run("event", "sqs", *options).output)["Records"]
    assert record["eventSourceARN"].endswith(":mine")
    (listed, _) = json.loads(run("list", project, "--json").output)
    assert listed["triggers"] == [
        {"service": "sqs", "name": "E", "queue": "arn:aws:sqs:us-east-1:1:orders"}
    ]

    refused = run("event", "--function", "Other", "--project", project)
    assert refused.status == 2
    assert refused.complaint.startswith(
        "lambda-tui: the template names no service that invokes Other"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sqss"], "there are no events of sqss; did you mean sqs?"),
        (
            ["frobnicate"],
            "there are no events of frobnicate; `lambda-tui event` lists what there is.",
        ),
        (["sqs", "--set", "record=2"], "sqs has no record; did you mean records?"),
        (["sqs", "--set", "records"], "--set takes KEY=VALUE, not records."),
        (
            ["sqs", "--set", "records=x"],
            "sqs: records is x, but takes a whole number from 1 to 10,000.",
        ),
        (["--set", "records=2"], "--set needs a service, such as `lambda-tui event sqs`."),
    ],
)
def test_a_mistake_is_one_sentence(arguments: list[str], sentence: str, tmp_path: Path) -> None:
    refused = run("event", *arguments, cwd=tmp_path)

    assert (refused.status, refused.output) == (2, "")
    assert refused.complaint == f"lambda-tui: {sentence}"
