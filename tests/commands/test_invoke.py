"""The output and the exit status of ``lambda-tui invoke`` when all goes well."""

from __future__ import annotations

import base64
import json
import re
import sys
from pathlib import Path

import pytest

from support.command_line import run, set_up, write_project
from support.files import PROJECTS, write_program

pytestmark = pytest.mark.usefixtures("nothing_is_left")

GREETS = """
import time
print("importing")
def handler(event, context):
    print("greeting", event)
    time.sleep(event.get("seconds", 0))
    if event.get("fails"):
        raise ValueError("no name")
    return {"greeting": f"Hello {event.get('name', 'you')}"}
"""
FAILS = "def handler(event, context):\n    raise ValueError('never')\n"
KEEPS = "def handler(event, context):\n    print('kept')\n    return len(event)\n"
REQUEST_ID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    functions = {"Greet": GREETS, "Greeting": GREETS, "Fail": FAILS}
    return write_project(tmp_path / "project", functions, Greeting="Timeout: 1")


def test_the_response_goes_to_standard_output_and_the_log_to_standard_error(project: Path) -> None:
    done = run("invoke", "Greet", "--project", project, "--payload", '{"name": "Ä"}')

    assert done.status == 0
    assert json.loads(done.output) == {"greeting": "Hello Ä"}
    assert done.output.count("\n") == 1
    lines = done.errors.splitlines()
    assert re.fullmatch(r"INIT_START Runtime Version: python:3\.\d+\.v\d+\t.*", lines[0])
    assert lines[1] == "importing"
    assert re.fullmatch(rf"START RequestId: {REQUEST_ID} Version: \$LATEST", lines[2])
    assert lines[3] == "greeting {'name': 'Ä'}"
    assert re.fullmatch(rf"END RequestId: {REQUEST_ID}", lines[4])
    assert lines[5].startswith("REPORT RequestId: ")
    assert all(line.startswith("lambda-tui: ") for line in lines[6:]), "notes on the machine"


def test_the_function_may_be_left_out_where_there_is_only_one(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", {"Greet": GREETS})

    assert run("invoke", cwd=project).output == '{"greeting": "Hello you"}\n'


def test_an_event_comes_from_a_file_or_standard_input_or_is_empty(
    project: Path, tmp_path: Path
) -> None:
    event = b'{"name":\n "file"}'
    (tmp_path / "event.json").write_bytes(event)

    invoke = ("invoke", "Greet", "--project", project)
    assert "Hello file" in run(*invoke, "--event", "event.json", cwd=tmp_path).output
    assert "Hello file" in run(*invoke, "--event", "-", standard_input=event).output
    assert "Hello you" in run(*invoke).output


def test_json_is_one_object_a_line_with_everything_about_the_invocation(project: Path) -> None:
    done = run("invoke", "Greet", "--project", project, "--count", 2, "--output", "json")

    first, second = done.lines
    assert set(first) == {
        "request_id",
        "function",
        "environment_id",
        "status",
        "function_error",
        "payload",
        "cold_start",
        "init_duration_ms",
        "duration_ms",
        "billed_duration_ms",
        "memory_size_mb",
        "max_memory_used_mb",
        "log",
    }
    assert (first["status"], first["function_error"]) == ("success", None)
    assert first["payload"] == {"greeting": "Hello you"}
    assert (first["cold_start"], second["cold_start"]) == (True, False)
    assert first["environment_id"] == second["environment_id"]
    assert re.fullmatch("[0-9a-f]{32}", first["environment_id"])
    assert first["init_duration_ms"] > 0
    assert second["init_duration_ms"] is None
    assert 0 < second["duration_ms"] < second["billed_duration_ms"] + 0.001
    assert first["memory_size_mb"] == 128
    assert 1 < first["max_memory_used_mb"] <= 128
    assert first["log"].startswith("INIT_START ")
    assert "\nimporting\n" in first["log"]
    assert second["log"].startswith(f"START RequestId: {second['request_id']} Version: $LATEST\n")
    assert second["log"].splitlines()[-1].startswith(f"REPORT RequestId: {second['request_id']}\t")


@pytest.mark.parametrize(
    ("function", "payload", "status", "error_type"),
    [
        ("Greet", {"fails": True}, "error", "ValueError"),
        ("Greeting", {"seconds": 60}, "timeout", "Sandbox.Timedout"),
    ],
)
def test_a_function_error_is_told_in_json_and_by_the_exit_status(
    project: Path, function: str, payload: object, status: str, error_type: str
) -> None:
    given = ("--payload", json.dumps(payload), "--output", "json")
    done = run("invoke", function, "--project", project, *given)

    (line,) = done.lines
    assert done.status == 1
    assert (line["status"], line["function_error"]) == (status, "Unhandled")
    assert line["payload"]["errorType"] == error_type


def test_a_throttled_invocation_is_a_failure_without_an_environment(tmp_path: Path) -> None:
    project = write_project(
        tmp_path / "project", {"Greet": GREETS}, Greet="ReservedConcurrentExecutions: 0"
    )
    done = run("invoke", "--project", project, "--count", 300, "--output", "json")

    assert done.status == 1
    assert len(done.lines) == 300
    assert {line["status"] for line in done.lines} == {"throttled"}
    assert {line["environment_id"] for line in done.lines} == {None}
    assert done.lines[0]["payload"]["Reason"].startswith("ReservedFunctionConcurrent")
    assert "300 throttled" in done.errors


def test_the_event_stream_is_written_as_it_happens(project: Path) -> None:
    done = run("invoke", "Greet", "--project", project, "--output", "events")

    types = [event["type"] for event in done.lines]
    assert [one for one in types if one.startswith(("platform.", "function"))] == [
        "platform.initStart",
        "function",
        "platform.initRuntimeDone",
        "platform.initReport",
        "platform.start",
        "function",
        "platform.runtimeDone",
        "platform.report",
    ]
    accepted, created, *_, removed = done.lines
    assert accepted["type"] == "invocation.accepted"
    assert accepted["record"]["caller"] == "command"
    assert (created["type"], removed["type"]) == ("environment.state", "environment.state")
    assert created["record"] == {"state": "creating", "previous": None, "reason": "invocation"}
    assert (removed["record"]["state"], removed["record"]["reason"]) == ("ended", "exit")
    assert {event["function"] for event in done.lines} == {"Greet"}
    assert len({event["environmentId"] for event in done.lines[1:]}) == 1
    report = next(event for event in done.lines if event["type"] == "platform.report")
    assert report["record"]["metrics"]["memorySizeMB"] == 128
    written = [event for event in done.lines if event["type"] == "function"]
    assert [event["requestId"] for event in written] == [None, report["record"]["requestId"]]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]+\.\d{3}Z", e["time"]) for e in done.lines)


def test_many_at_a_time_share_as_many_environments(project: Path) -> None:
    given = ("--count", 40, "--concurrency", 4, "--payload", '{"seconds": 0.01}')
    done = run("invoke", "Greet", "--project", project, "--output", "json", *given)

    assert done.status == 0
    assert len({line["request_id"] for line in done.lines}) == 40
    assert len({line["environment_id"] for line in done.lines}) == 4
    logs = [line["log"] for line in done.lines]
    for line, log in zip(done.lines, logs, strict=True):
        assert set(re.findall(rf"RequestId: ({REQUEST_ID[:-1]})", log)) <= {line["request_id"]}
        assert log.count("greeting {'seconds': 0.01}") == 1
    assert "40 of 40 invocations of Greet" in done.complaint
    assert done.complaint.endswith(": 40 success.")


def test_the_text_of_many_at_a_time_is_not_mixed(project: Path) -> None:
    given = ("--count", 12, "--concurrency", 4, "--payload", '{"seconds": 0.02}')
    done = run("invoke", "Greet", "--project", project, *given)

    assert done.output == '{"greeting": "Hello you"}\n' * 12
    for part in done.errors.split("START RequestId: ")[1:]:
        kinds = [line.split()[0] for line in part.splitlines()[1:4]]
        assert kinds == ["greeting", "END", "REPORT"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["greet"], "there is no function greet; did you mean Greet or Greeting?"),
        (["Fial"], "there is no function Fial; did you mean Fail?"),
        (["Order"], "there is no function Order; there are Greet, Greeting, Fail."),
        ([], "name a function: Greet, Greeting, Fail."),
        (
            ["Greet", "--payload", '{"a":}'],
            "--payload: the event is not JSON: line 1, column 6: expected a value.",
        ),
        (
            ["Greet", "--event", "none.json"],
            "none.json: the file does not exist, or is not a file.",
        ),
        (["Greet", "--event", "-"], "standard input: the event is empty: write JSON, such as {}."),
        (["Greet", "--project", "/nowhere/at/all"], "/nowhere/at/all does not exist; name a"),
    ],
)
def test_what_the_user_has_to_put_right_is_one_line(
    project: Path, arguments: list[str], sentence: str
) -> None:
    refused = run("invoke", *arguments, cwd=project)

    assert (refused.status, refused.output) == (2, "")
    assert refused.complaint.startswith(f"lambda-tui: {sentence}")


def test_an_event_that_is_too_large_is_refused(project: Path) -> None:
    invoke = ("invoke", "Greet", "--project", project, "--event", "-")
    largest = json.dumps("x" * (6 * 1024 * 1024)).encode()
    refused = run(*invoke, standard_input=largest)
    assert refused.status == 2
    assert "the event has 6.0 MB, but Lambda takes 6 MB" in refused.complaint

    refused = run(*invoke, "--async", standard_input=largest[:1_200_000] + b'"')
    assert refused.status == 2
    assert "the event has 1.1 MB, but Lambda takes 1 MB with --async." in refused.complaint


def test_a_function_that_was_refused_is_told_with_the_reason(tmp_path: Path) -> None:
    project = write_project(
        tmp_path / "project", {"Greet": GREETS, "Wrong": GREETS}, Wrong="Timeout: 0"
    )
    refused = run("invoke", "Wrong", "--project", project)

    assert refused.status == 2
    assert "template.yaml:" in refused.complaint
    assert "Wrong: Timeout is 0, but Lambda takes 1 to 900 seconds." in refused.complaint


@pytest.mark.parametrize("manner", [[], ["--async"], ["--concurrency", "8"]])
def test_an_interpreter_that_does_not_run_is_a_project_error(
    project: Path, manner: list[str]
) -> None:
    (project / "python").write_text("#!/bin/sh\necho 'I am no Python' >&2; exit 1\n")
    (project / "python").chmod(0o755)
    (project / "lambda-tui.toml").write_text('python = "python"\n')

    given = ("--project", project, "--count", 100, "--output", "json", *manner)
    refused = run("invoke", "Greet", *given)

    assert (refused.status, refused.output) == (2, "")
    assert refused.complaint.startswith("lambda-tui: Greet cannot run: The interpreter ")
    assert "I am no Python" in refused.complaint


def test_other_functions_are_not_initialised_ahead(tmp_path: Path) -> None:
    ahead = (
        "AutoPublishAlias: live\nProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 2}"
    )
    project = write_project(
        tmp_path / "project", {"Greet": GREETS, "Other": GREETS}, Greet=ahead, Other=ahead
    )
    done = run("invoke", "Greet:live", "--project", project, "--output", "events")

    changes = [event for event in done.lines if event["type"] == "environment.state"]
    created = [event for event in changes if event["record"]["state"] == "creating"]
    assert [event["function"] for event in created] == ["Greet", "Greet"]
    assert {event["record"]["reason"] for event in created} == {"provisioned"}


def test_what_is_not_as_on_lambda_is_said_once_and_before_the_log(project: Path) -> None:
    template = project / "template.yaml"
    other = "python3.14" if sys.version_info[:2] != (3, 14) else "python3.13"
    template.write_text(re.sub(r"Runtime: \S+", f"Runtime: {other}", template.read_text()))
    options = ("--count", "2", "--output", "json", "--sandbox", "processes")
    done = run("invoke", "Greet", "--project", project, *options, PATH="/nowhere")

    assert done.status == 0
    version, level, *others = (
        line for line in done.errors.splitlines() if line.startswith("lambda-tui: ")
    )
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert version == f"lambda-tui: Greet runs on Python {ours}, but Runtime names {other}."
    assert level.startswith("lambda-tui: No isolation (forced by a setting): /var/task, /opt and")
    assert not any("runs on" in line or "isolation" in line for line in others)
    log = run("invoke", "Greet", "--project", project, "--sandbox", "processes").errors
    assert log.index("No isolation") < log.index("START RequestId")


def test_a_problem_in_the_settings_is_said_and_the_rest_holds(project: Path) -> None:
    set_up(project, "colour = 1")
    done = run("invoke", "Greet", "--project", project)

    assert done.status == 0
    assert "lambda-tui: lambda-tui.toml:2: there is no setting colour; " in done.errors


def test_of_a_log_without_end_the_end_is_kept(tmp_path: Path) -> None:
    talks = "def handler(event, context):\n    for n in range(3000): print(n, 'x' * 1000)\n"
    project = write_project(tmp_path / "project", {"Talk": talks}, Talk="Timeout: 60")
    done = run("invoke", "--project", project, "--output", "json")

    (line,) = done.lines
    first, *lines = line["log"].splitlines()
    assert first == "… the lines before are left out"
    assert len(line["log"]) < 1 << 21
    assert lines[-1].startswith("REPORT ")
    assert lines[-3].startswith("2999 x")


def test_an_empty_response_and_null_differ(tmp_path: Path) -> None:
    empty = (
        "#!/bin/sh\n"
        "api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation\n"
        "while id=$(curl -s -o /dev/null -D - $api/next |\n"
        "  sed -n 's/lambda-runtime-aws-request-id: *\\([^\\r]*\\).*/\\1/Ip' | tr -d '\\r')\n"
        "do curl -s -d '' $api/$id/response; done\n"
    )
    null = "def handler(event, context): return None\n"
    project = write_project(tmp_path / "project", {"Nothing": null, "Empty": ""})
    write_program(project / "Empty" / "bootstrap", empty)
    template = project / "template.yaml"
    before, after = template.read_text().split("  Empty:")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    template.write_text(f"{before}  Empty:{after.replace(version, 'provided.al2023')}")

    for name, payload, text in (("Nothing", None, "null\n"), ("Empty", "", "\n")):
        assert run("invoke", name, "--project", project).output == text
        (line,) = run("invoke", name, "--project", project, "--output", "json").lines
        assert (line["status"], line["payload"]) == ("success", payload)


def test_a_client_context_is_given_as_json_or_in_base64(project: Path, tmp_path: Path) -> None:
    shows = "def handler(event, context): return context.client_context.custom\n"
    project = write_project(tmp_path / "shows", {"Show": shows})
    context = '{"custom": {"colour": "grün"}}'

    for given in (context, base64.b64encode(context.encode()).decode()):
        done = run("invoke", "--project", project, "--client-context", given)
        assert json.loads(done.output) == {"colour": "grün"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["[1]"], "--client-context needs a JSON object, as it is or in base64, such as "),
        (["{"], "--client-context needs a JSON object"),
        (["e30"], "--client-context needs a JSON object"),
        ([json.dumps({"custom": "x" * 3000})], "--client-context has 4,020 bytes in base64, but"),
        (["{}", "--async"], "--client-context: Lambda passes none on with an asynchronous"),
    ],
)
def test_a_client_context_that_lambda_refuses_is_refused(
    project: Path, given: list[str], sentence: str
) -> None:
    refused = run("invoke", "Greet", "--project", project, "--client-context", *given)

    assert refused.status == 2
    assert refused.complaint.startswith(f"lambda-tui: {sentence}")


def test_an_event_of_other_bytes_than_utf_8_is_refused(project: Path) -> None:
    refused = run("invoke", "Greet", "--project", project, "--payload", '"\udcff"')

    assert refused.status == 2
    assert refused.complaint == "lambda-tui: --payload: the event is not UTF-8."


# Asynchronous invocations --------------------------------------------------------------------


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    """A function that sends its successes to another and its failures to a queue."""
    config = (
        "EventInvokeConfig:\n"
        "  MaximumRetryAttempts: 1\n"
        "  DestinationConfig:\n"
        "    OnSuccess: {Type: Lambda, Destination: !GetAtt Keep.Arn}\n"
        "    OnFailure: {Type: SQS}\n"
        "DeadLetterQueue:\n"
        "  Type: SNS\n"
        "  TargetArn: arn:aws:sns:us-east-1:123456789012:dead\n"
    )
    project = write_project(tmp_path / "chain", {"Send": GREETS, "Keep": KEEPS}, Send=config)
    set_up(project, "retry_delays = [0.1, 0.1]")
    return project


def test_an_event_is_seen_through_to_the_function_that_gets_its_record(chain: Path) -> None:
    done = run("invoke", "Send", "--project", chain, "--async")

    assert done.status == 0
    sent, kept = done.lines
    assert sent["requestContext"]["condition"] == "Success"
    assert sent["requestContext"]["functionArn"].endswith(":function:Send:$LATEST")
    assert sent["responsePayload"] == {"greeting": "Hello you"}
    assert kept["requestPayload"] == sent
    assert kept["responsePayload"] == len(sent)
    assert "\nkept\n" in done.errors
    assert (
        "lambda-tui: Send: the record, Success, goes to "
        "arn:aws:lambda:us-east-1:123456789012:function:Keep.\n"
    ) in done.errors
    assert "Keep: the record, Success, goes to nobody: it has no destination.\n" in done.errors


def test_a_failure_is_tried_again_and_then_delivered_with_its_dead_letter(chain: Path) -> None:
    given = ("--payload", '{"fails": 1}', "--output", "json")
    done = run("invoke", "Send", "--project", chain, "--async", *given)

    assert done.status == 1
    (line,) = done.lines
    assert (line["status"], line["condition"]) == ("error", "RetriesExhausted")
    assert line["log"].count(f"START RequestId: {line['request_id']}") == 2
    record, letter = line["deliveries"]
    assert record["target"].endswith(":SendEventInvokeConfigOnFailureQueue")
    assert record["payload"]["requestContext"]["approximateInvokeCount"] == 2
    assert not record["is_dead_letter"]
    assert record["attributes"] is None
    assert letter.pop("attributes") == {
        "RequestID": line["request_id"],
        "ErrorCode": "200",
        "ErrorMessage": "no name",
    }
    assert letter == {
        "target": "arn:aws:sns:us-east-1:123456789012:dead",
        "is_dead_letter": True,
        "payload": {"fails": 1},
    }
    assert (
        f"lambda-tui: Send: event {line['request_id']} failed at try 1; "
        "the next try is in 0.1 s (the setting retry_delays)."
    ) in done.errors


def test_a_circle_of_destinations_is_broken_and_said(tmp_path: Path) -> None:
    config = (
        "EventInvokeConfig:\n"
        "  DestinationConfig:\n"
        "    OnSuccess: {Type: Lambda, Destination: !GetAtt Again.Arn}\n"
    )
    again = "def handler(event, context): ...\n"
    project = write_project(tmp_path / "project", {"Again": again}, Again=config)
    done = run("invoke", "--project", project, "--async", "--output", "json")

    assert done.status == 0
    assert len(done.lines) == 16
    assert "lambda-tui: Again was its own destination 16 times: the loop was broken.\n" in (
        done.errors
    )


def test_many_events_are_delivered_each(chain: Path) -> None:
    given = ("--count", 20, "--concurrency", 5, "--output", "json")
    done = run("invoke", "Send", "--project", chain, "--async", *given)

    assert done.status == 0
    assert len(done.lines) == 40, "and the records to the other function"
    assert {line["condition"] for line in done.lines} == {"Success"}
    assert len({line["request_id"] for line in done.lines}) == 40
    assert all(line["log"].count("START RequestId: ") == 1 for line in done.lines)


def test_deliveries_are_in_the_event_stream(chain: Path) -> None:
    given = ("--payload", '{"fails": 1}', "--output", "events")
    done = run("invoke", "Send", "--project", chain, "--async", *given)

    retried = [event for event in done.lines if event["type"] == "asynchronous.retried"]
    assert [event["record"]["delaySeconds"] for event in retried] == [0.1]
    delivered = [event for event in done.lines if event["type"] == "asynchronous.delivered"]
    assert delivered[0]["record"]["deadLetterAttributes"] is None
    assert delivered[1]["record"]["deadLetterAttributes"]["ErrorMessage"] == "no name"
    assert delivered[1]["record"]["payload"] == '{"fails": 1}'


def test_a_blocked_function_has_its_events_delivered_unserved(tmp_path: Path) -> None:
    project = write_project(
        tmp_path / "project", {"Greet": GREETS}, Greet="ReservedConcurrentExecutions: 0"
    )
    done = run("invoke", "--project", project, "--async", "--output", "json")

    (line,) = done.lines
    assert done.status == 1
    assert (line["status"], line["condition"]) == ("throttled", "ZeroReservedConcurrency")
    assert line["environment_id"] is None


def test_a_version_or_an_alias_is_invoked_by_its_name(tmp_path: Path) -> None:
    project = write_project(
        tmp_path / "project",
        {"Which": "def handler(event, context):\n    return context.invoked_function_arn\n"},
        Which="AutoPublishAlias: live",
    )

    for name, end in (("Which", "Which"), ("Which:live", "Which:live"), ("Which:1", "Which:1")):
        done = run("invoke", name, "--project", project)
        assert json.loads(done.output) == f"arn:aws:lambda:us-east-1:123456789012:function:{end}"
        qualifier = name.partition(":")[2] or "$LATEST"
        optional = run("invoke", "Which", "--qualifier", qualifier, "--project", project)
        assert json.loads(optional.output).rpartition(":")[2] in (end.rpartition(":")[2], "$LATEST")
    refused = run("invoke", "Which:1", "--qualifier", "live", "--project", project)
    assert refused.status == 2
    assert "Which:1 and --qualifier live name two versions or aliases" in refused.complaint
    refused = run("invoke", "Which:dead", "--project", project)
    assert refused.status == 2
    assert refused.complaint == (
        "lambda-tui: Which has no version or alias dead; there are $LATEST, 1, live."
    )


def test_a_function_that_isolates_tenants_is_told_whom_it_serves(tmp_path: Path) -> None:
    whom = "def handler(event, context):\n    return context.tenant_id\n"
    project = write_project(
        tmp_path / "project",
        {"Whom": whom, "All": whom},
        Whom="TenancyConfig: {TenantIsolationMode: PER_TENANT}",
    )

    for way in ((), ("--async",)):
        done = run("invoke", "Whom", "--tenant-id", "blue", "--project", project, *way)
        answer = json.loads(done.output)
        assert (answer["responsePayload"] if way else answer) == "blue"
    for arguments, complaint in (
        (("Whom",), "Whom isolates tenants; name one with --tenant-id."),
        (("Whom", "--tenant-id", "?"), "--tenant-id is ?, but Lambda takes 1 to 256 letters"),
        (("All", "--tenant-id", "blue"), "All does not isolate tenants; leave out --tenant-id"),
    ):
        refused = run("invoke", *arguments, "--project", project)
        assert refused.status == 2
        assert complaint in refused.complaint


def test_a_package_that_lambda_would_miss_is_told_beside_the_answer(tmp_path: Path) -> None:
    imports = "import pytest\ndef handler(event, context):\n    return 1\n"
    project = write_project(tmp_path / "project", {"Greet": imports, "Other": imports})
    for name in ("Greet", "Other"):
        (project / name / "requirements.txt").touch()

    done = run("invoke", "Greet", "--project", project)

    assert done.output == "1\n"
    assert "app.py:1: Greet imports pytest, which requirements.txt does not" in done.errors
    assert "Other imports" not in done.errors


def test_a_function_of_a_serverless_file_goes_by_its_name_in_the_file() -> None:
    project = PROJECTS / "serverless"

    done = run("invoke", "take-order", "--project", project, "--payload", "{}")

    # Its handler imports the layer of the other function.
    assert done.status == 1
    assert "No module named 'colours'" in done.output
    done = run("invoke", "hello", "--project", project, "--payload", "{}")
    assert done.status == 0
    assert json.loads(done.output)["name"] == "shop-dev-hello"
