"""boto3, unmodified, drives every call."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from support.lambda_api import ARN, SOURCE, TEMPLATE, VERSION, Api

SYNC_LIMIT = 6 * 1024 * 1024


@pytest.fixture(scope="module")
def client(api: Api) -> Any:
    return api.client()


def payload_of(answer: Any) -> Any:
    return json.loads(answer["Payload"].read())


def test_a_result_comes_back_with_status_version_request_id_and_trace(client: Any) -> None:
    answer = client.invoke(FunctionName="context", Payload=b"{}")
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    seen = payload_of(answer)

    assert answer["StatusCode"] == 200
    assert answer["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in answer
    assert "LogResult" not in answer
    assert headers["content-type"] == "application/json"
    assert seen["request_id"] == headers["x-amzn-requestid"]
    root = re.fullmatch(r"(Root=1-[0-9a-f]{8}-[0-9a-f]{24});Sampled=0", headers["x-amzn-trace-id"])
    assert root is not None
    assert seen["trace"].startswith(root[1])


@pytest.mark.parametrize("event", [b'{"\xc3\xa4": [1, null]}', b'"text"', b"[]", b"1.50", b"null"])
def test_any_json_reaches_the_function(client: Any, event: bytes) -> None:
    answer = client.invoke(FunctionName="echo", Payload=event)

    assert payload_of(answer) == json.loads(event)


def test_nothing_at_all_is_an_empty_object(client: Any) -> None:
    assert payload_of(client.invoke(FunctionName="echo")) == {}


@pytest.mark.rule("6.1.2")
def test_a_failing_function_is_a_success_with_a_function_error(client: Any) -> None:
    answer = client.invoke(FunctionName="fails", Payload=b"{}")

    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    error = payload_of(answer)
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "no such luck")


def test_the_log_tail_is_this_invocation_s_from_start_to_report(client: Any) -> None:
    for _ in range(2):
        answer = client.invoke(FunctionName="waits", Payload=b'{"seconds": 0}', LogType="Tail")
        request_id = answer["ResponseMetadata"]["RequestId"]
        lines = base64.b64decode(answer["LogResult"]).decode().splitlines()

        assert lines[0] == f"START RequestId: {request_id} Version: $LATEST"
        assert lines[1] == "waiting"
        assert lines[2] == f"END RequestId: {request_id}"
        assert lines[3].startswith(f"REPORT RequestId: {request_id}\tDuration: ")
        assert len(lines) == 4


def test_a_long_log_is_cut_to_its_last_4096_bytes(client: Any) -> None:
    answer = client.invoke(FunctionName="chatty", LogType="Tail")
    tail = base64.b64decode(answer["LogResult"])

    assert len(tail) == 4096
    assert b"line 299 of 300" in tail
    assert b"REPORT RequestId" in tail
    assert b"START" not in tail


def test_a_client_context_reaches_the_function(client: Any) -> None:
    context = base64.b64encode(json.dumps({"custom": {"k": "v"}}).encode()).decode()

    answer = client.invoke(FunctionName="context", ClientContext=context)
    assert payload_of(answer)["custom"] == {"k": "v"}


@pytest.mark.parametrize(
    "context",
    ["***", base64.b64encode(b"[]").decode(), "e30", base64.b64encode(b"[" * 2600).decode()],
    ids=lambda context: context[:8],
)
def test_a_client_context_that_is_no_object_in_base64_is_refused(client: Any, context: str) -> None:
    with pytest.raises(client.exceptions.InvalidRequestContentException, match="Client context"):
        client.invoke(FunctionName="echo", ClientContext=context)


def test_a_client_context_over_3583_bytes_is_refused(client: Any) -> None:
    context = base64.b64encode(json.dumps({"custom": {"k": "v" * 2700}}).encode()).decode()

    with pytest.raises(client.exceptions.InvalidRequestContentException, match="3583"):
        client.invoke(FunctionName="echo", ClientContext=context)


@pytest.mark.parametrize(
    ("name", "qualifier", "arn"),
    [
        ("context", None, f"{ARN}:context"),
        ("context:$LATEST", None, f"{ARN}:context:$LATEST"),
        ("context", "$LATEST", f"{ARN}:context:$LATEST"),
        ("context:$LATEST", "$LATEST", f"{ARN}:context:$LATEST"),
        ("function:context", None, f"{ARN}:context"),
        ("123456789012:function:context", None, f"{ARN}:context"),
        ("123456789012:function:context:$LATEST", None, f"{ARN}:context:$LATEST"),
        ("us-east-1:123456789012:function:context", None, f"{ARN}:context"),
        (f"{ARN}:context", None, f"{ARN}:context"),
        (f"{ARN}:context:$LATEST", None, f"{ARN}:context:$LATEST"),
    ],
)
def test_every_form_of_the_name_finds_the_function(
    client: Any, name: str, qualifier: str | None, arn: str
) -> None:
    options = {} if qualifier is None else {"Qualifier": qualifier}
    answer = client.invoke(FunctionName=name, **options)

    assert payload_of(answer)["arn"] == arn


def test_an_event_is_accepted_and_runs_under_the_request_id_of_the_answer(
    client: Any, serving: Any
) -> None:
    answer = client.invoke(FunctionName="echo", Payload=b"{}", InvocationType="Event")

    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    assert "ExecutedVersion" not in answer
    serving.wait_for(f"REPORT RequestId: {answer['ResponseMetadata']['RequestId']}")


def test_a_dry_run_checks_and_runs_nothing(client: Any, serving: Any) -> None:
    answer = client.invoke(FunctionName="fails", Payload=b"{}", InvocationType="DryRun")

    assert (answer["StatusCode"], answer["Payload"].read()) == (204, b"")
    assert answer["ResponseMetadata"]["RequestId"] not in serving.text
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke(FunctionName="nobody", InvocationType="DryRun")


def test_invoke_async_takes_an_event(client: Any) -> None:
    assert client.invoke_async(FunctionName="echo", InvokeArgs=b"{}")["Status"] == 202


def test_a_response_stream_has_the_result_and_its_end(client: Any) -> None:
    answer = client.invoke_with_response_stream(
        FunctionName="echo", Payload=b'{"a": 1}', LogType="Tail"
    )
    chunk, end = list(answer["EventStream"])

    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert json.loads(chunk["PayloadChunk"]["Payload"]) == {"a": 1}
    assert "ErrorCode" not in end["InvokeComplete"]
    assert b"REPORT" in base64.b64decode(end["InvokeComplete"]["LogResult"])


def test_a_response_stream_of_a_failure_ends_with_the_error(client: Any) -> None:
    (end,) = client.invoke_with_response_stream(FunctionName="fails")["EventStream"]

    assert end["InvokeComplete"]["ErrorCode"] == "Unhandled"
    assert json.loads(end["InvokeComplete"]["ErrorDetails"])["errorType"] == "ValueError"


def test_a_throttled_invocation_says_why_and_when_to_come_back(client: Any) -> None:
    with pytest.raises(client.exceptions.TooManyRequestsException) as refused:
        client.invoke(FunctionName="blocked")
    answer = refused.value.response

    assert answer["Error"] == {"Code": "TooManyRequestsException", "Message": "Rate Exceeded."}
    assert answer["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert answer["Type"] == "User"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert int(answer["retryAfterSeconds"]) >= 1


def test_the_largest_event_passes_and_one_byte_more_does_not(client: Any) -> None:
    largest = b'"' + b"x" * (SYNC_LIMIT - 2) + b'"'
    assert payload_of(client.invoke(FunctionName="size", Payload=largest)) == SYNC_LIMIT - 2

    with pytest.raises(client.exceptions.RequestTooLargeException) as refused:
        client.invoke(FunctionName="size", Payload=largest + b" ")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert refused.value.response["Error"]["Message"] == (
        "Request must be smaller than 6291456 bytes for the InvokeFunction operation"
    )


@pytest.mark.rule("9.7")
def test_an_asynchronous_event_may_have_1_mb(client: Any) -> None:
    largest = b'"' + b"x" * (1024 * 1024 - 2) + b'"'
    options = {"FunctionName": "size", "InvocationType": "Event"}
    assert client.invoke(Payload=largest, **options)["StatusCode"] == 202

    with pytest.raises(client.exceptions.SerializedRequestEntityTooLargeException):
        client.invoke(Payload=largest + b" ", **options)


def test_a_large_result_comes_back_whole(client: Any) -> None:
    event = json.dumps(["\u00e4" * 100_000, "x" * 5_000_000], ensure_ascii=False).encode()

    assert payload_of(client.invoke(FunctionName="echo", Payload=event)) == json.loads(event)


def test_all_functions_are_listed_page_by_page(client: Any) -> None:
    names = ["echo", "size", "context", "fails", "waits", "chatty", "blocked"]
    whole = client.list_functions()
    assert [one["FunctionName"] for one in whole["Functions"]] == names
    assert "NextMarker" not in whole

    pages = client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 3})
    assert [[one["FunctionName"] for one in page["Functions"]] for page in pages] == [
        names[:3],
        names[3:6],
        names[6:],
    ]


def test_a_function_is_described_as_aws_does(client: Any) -> None:
    answer = client.get_function(FunctionName="echo")
    configuration = answer["Configuration"]

    assert configuration == {
        "FunctionName": "echo",
        "FunctionArn": f"{ARN}:echo",
        "Runtime": VERSION,
        "Role": "arn:aws:iam::123456789012:role/lambda-tui",
        "Handler": "app.echo",
        "CodeSize": configuration["CodeSize"],
        "CodeSha256": configuration["CodeSha256"],
        "Description": "says it again",
        "Timeout": 20,
        "MemorySize": 128,
        "LastModified": configuration["LastModified"],
        "Version": "$LATEST",
        "Environment": {"Variables": {"COLOUR": "green"}},
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": configuration["RevisionId"],
        "PackageType": "Zip",
        "Architectures": configuration["Architectures"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/echo"},
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "RuntimeVersionConfig": configuration["RuntimeVersionConfig"],
    }
    assert configuration["CodeSize"] >= len(SOURCE) + len(TEMPLATE)
    assert len(base64.b64decode(configuration["CodeSha256"], validate=True)) == 32
    arn = configuration["RuntimeVersionConfig"]["RuntimeVersionArn"]
    assert re.fullmatch(r"arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}", arn)
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", configuration["LastModified"]
    )
    assert answer["Code"]["Location"].startswith("file:///")
    alone = client.get_function_configuration(FunctionName="echo", Qualifier="$LATEST")
    assert alone["FunctionArn"] == f"{ARN}:echo:$LATEST"
    blocked = client.get_function(FunctionName="blocked")
    assert blocked["Concurrency"] == {"ReservedConcurrentExecutions": 0}


def test_a_function_waiter_is_satisfied(client: Any) -> None:
    client.get_waiter("function_active_v2").wait(
        FunctionName="echo", WaiterConfig={"Delay": 1, "MaxAttempts": 1}
    )


def test_what_is_not_served_is_an_unknown_operation(client: Any) -> None:
    with pytest.raises(ClientError, match="UnknownOperationException"):
        client.delete_function(FunctionName="echo")
