"""The Runtime API's endpoints: what they take, what they answer, what the environment hears."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator

import pytest

from support.environment_host import (
    ARN,
    EVENT,
    INIT_ERROR,
    NEXT,
    REQUEST_ID,
    TRACE,
    Answer,
    Host,
    chunks,
    environment_host,
    error_path,
    head,
    response_path,
)

LIMIT = 6_291_556
ERROR = {"errorMessage": "Error parsing event data.", "errorType": "InvalidEventDataException"}
ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
MODE = "Lambda-Runtime-Function-Response-Mode"
WITH_CAUSE = "application/vnd.aws.lambda.error.cause+json"


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    async with environment_host() as host:
        yield host


def is_accepted(answer: Answer) -> bool:
    is_json = answer.headers["content-type"] == "application/json"
    return (answer.status, answer.json, is_json) == (202, {"status": "OK"}, True)


@pytest.mark.rule("2.1.1")
async def test_ping_is_answered_with_pong(host: Host) -> None:
    answer = await host.call("GET", "/2018-06-01/ping")

    assert (answer.status, answer.body) == (200, b"pong")


@pytest.mark.rule("2.1.2", "2.2.1")
async def test_next_gives_the_event_and_what_belongs_to_it(host: Host) -> None:
    answer = await host.begin()

    assert (answer.status, answer.body) == (200, EVENT)
    headers = {name: value for name, value in answer.headers.items() if "lambda" in name}
    assert uuid.UUID(headers.pop("lambda-runtime-invocation-id"))
    assert headers == {
        "lambda-runtime-aws-request-id": REQUEST_ID,
        "lambda-runtime-deadline-ms": "1542409706888",
        "lambda-runtime-invoked-function-arn": ARN,
        "lambda-runtime-trace-id": TRACE,
    }
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["connection"] == "keep-alive"


@pytest.mark.rule("2.2.2")
async def test_next_passes_on_what_the_caller_sent_beside_the_event(host: Host) -> None:
    answer = await host.begin(
        client_context='{"custom": {"name": "Zoë"},\r\n "env": {}}',
        cognito_identity='{"cognitoIdentityId":"a","cognitoIdentityPoolId":"b"}',
        tenant_id="blue",
        content_type="text/plain",
    )

    context = answer.headers["lambda-runtime-client-context"].encode("latin-1").decode()
    assert context == '{"custom": {"name": "Zoë"},   "env": {}}'
    assert json.loads(answer.headers["lambda-runtime-cognito-identity"]) == {
        "cognitoIdentityId": "a",
        "cognitoIdentityPoolId": "b",
    }
    assert answer.headers["lambda-runtime-aws-tenant-id"] == "blue"
    assert answer.headers["content-type"] == "text/plain"


@pytest.mark.rule("2.1.2")
@pytest.mark.parametrize("size", [0, 1, 200_000, 6 * 1024 * 1024])
async def test_next_gives_an_event_of_any_size(host: Host, size: int) -> None:
    event = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    answer = await host.begin(payload=event)

    assert answer.body == event


@pytest.mark.rule("2.1.4", "2.3.1")
async def test_a_response_is_passed_on_as_it_is(host: Host) -> None:
    await host.begin()
    body = bytes(range(256))

    answer = await host.call("POST", response_path(), body, {"Content-Type": "image/png"})

    assert is_accepted(answer)
    frame = await host.hears("response")
    assert (frame.payload, frame.content_type) == (body, "image/png")
    assert frame.request_id == REQUEST_ID


@pytest.mark.rule("2.1.4")
async def test_a_chunked_response_is_put_together(host: Host) -> None:
    await host.begin()
    posting = await host.connect()
    posting.send(head("POST", response_path(), {"Transfer-Encoding": "chunked"}))
    for part in (b"[1,", b" 2", b"]"):
        posting.send(b"%x\r\n%s\r\n" % (len(part), part))
        assert (await host.call("GET", "/2018-06-01/ping")).status == 200
    posting.send(b"0\r\n\r\n")

    assert is_accepted(await posting.answer())
    assert (await host.hears("response")).payload == b"[1, 2]"


@pytest.mark.rule("2.1.11")
async def test_one_connection_serves_a_runtimes_whole_life(host: Host) -> None:
    runtime = await host.connect()
    for number in range(20):
        host.invoke(request_id=f"id-{number}")
        runtime.request("GET", NEXT)
        assert (await runtime.answer()).headers["lambda-runtime-aws-request-id"] == f"id-{number}"
        runtime.request("POST", response_path(f"id-{number}"), b"%d" % number)
        assert is_accepted(await runtime.answer())
        # A refused answer leaves the connection as it was.
        runtime.request("POST", response_path(f"id-{number}"), b"again")
        assert (await runtime.answer()).error[:2] == (403, "InvalidStateTransition")

    responses = [frame.payload for frame in host.frames if frame.kind == "response"]
    assert responses == [b"%d" % number for number in range(20)]


@pytest.mark.rule("2.1.5")
async def test_an_error_is_passed_on_with_its_type(host: Host) -> None:
    await host.begin()
    body = json.dumps(ERROR).encode()

    answer = await host.call("POST", error_path(), body, {ERROR_TYPE: "Function.BadEvent"})

    assert is_accepted(answer)
    frame = await host.hears("error")
    assert (frame.payload, frame.error_type) == (body, "Function.BadEvent")


@pytest.mark.rule("2.4.1")
async def test_an_error_needs_no_type_and_no_json(host: Host) -> None:
    await host.begin()

    assert is_accepted(await host.call("POST", error_path(), b"oh no"))
    frame = await host.hears("error")
    assert (frame.payload, frame.error_type) == (b"oh no", "")


@pytest.mark.rule("2.4.4")
@pytest.mark.parametrize("headers", [{}, {"Transfer-Encoding": "chunked"}])
async def test_the_cause_of_an_error_stays_here(host: Host, headers: dict[str, str]) -> None:
    await host.begin()
    error = {**ERROR, "stackTrace": ["here", "there"]}
    cause = {"working_directory": "/var/task", "exceptions": [], "paths": []}
    body = json.dumps({"errorCause": cause, **error, "more": 1}).encode()
    posting = await host.connect()
    if headers:
        posting.send(head("POST", error_path(), {**headers, "Content-Type": WITH_CAUSE}))
        posting.send(chunks(body[:10], body[10:]))
    else:
        posting.request("POST", error_path(), body, {"Content-Type": WITH_CAUSE})

    assert is_accepted(await posting.answer())
    assert json.loads((await host.hears("error")).payload) == error


@pytest.mark.rule("2.4.4")
@pytest.mark.parametrize(
    "body",
    [
        *(
            b"{",
            b"[]",
            b"1",
            b'{"errorMessage": 1}',
            b'{"stackTrace": "x"}',
            b'{"stackTrace": [1]}',
        ),
        b"[" * 100_000,
    ],
    ids=lambda body: body[:20].decode(),
)
async def test_a_cause_of_no_error_is_an_invalid_error_body(host: Host, body: bytes) -> None:
    await host.begin()

    assert is_accepted(await host.call("POST", error_path(), body, {"Content-Type": WITH_CAUSE}))
    assert (await host.hears("error")).payload == b'"Invalid error body"'


@pytest.mark.rule("2.4.3")
async def test_a_cause_for_xray_may_come_in_a_header_of_any_size_that_lambda_takes(
    host: Host,
) -> None:
    await host.begin()
    cause = {"Lambda-Runtime-Function-XRay-Error-Cause": '{"message": "%s"}' % ("x" * 1_000_000)}

    assert is_accepted(await host.call("POST", error_path(), b"{}", cause))


@pytest.mark.rule("2.4.3")
async def test_a_head_beyond_lambdas_limit_is_refused(host: Host) -> None:
    connection = await host.connect()
    connection.send(head("GET", NEXT, {"X-Long": "x" * 1_200_000}))

    assert (await connection.answer()).status == 400
    assert host.kinds == []


@pytest.mark.rule("2.1.6")
async def test_an_init_error_is_passed_on_with_its_type(host: Host) -> None:
    body = json.dumps(ERROR).encode()

    answer = await host.call("POST", INIT_ERROR, body, {ERROR_TYPE: "Runtime.UnknownReason"})

    assert is_accepted(answer)
    frame = await host.hears("init_error")
    assert (frame.payload, frame.error_type) == (body, "Runtime.UnknownReason")


@pytest.mark.rule("2.3.4")
async def test_the_invocation_id_may_be_left_out_and_must_be_the_attempts_own(host: Host) -> None:
    name = "Lambda-Runtime-Invocation-Id"
    invocation_id = (await host.begin()).headers[name.lower()]

    late = await host.call("POST", response_path(), b"late", {name: str(uuid.uuid4())})
    assert late.error == (410, "InvokeTimeout", "Invoke timeout")
    assert is_accepted(await host.call("POST", response_path(), b"1", {name: invocation_id}))
    assert [frame.payload for frame in host.frames if frame.kind == "response"] == [b"1"]


@pytest.mark.rule("2.2.3")
async def test_each_attempt_has_an_invocation_id_of_its_own(host: Host) -> None:
    ids = set()
    for _ in range(3):
        ids.add((await host.begin()).headers["lambda-runtime-invocation-id"])
        assert is_accepted(await host.call("POST", response_path(), b"1"))
    assert len(ids) == 3


@pytest.mark.rule("2.3.2")
@pytest.mark.parametrize("path", [response_path, error_path])
async def test_a_result_of_six_megabytes_and_a_hundred_bytes_is_the_largest(
    host: Host, path: object
) -> None:
    assert callable(path)
    await host.begin()
    assert is_accepted(await host.call("POST", path(), b"x" * LIMIT))
    frame = await host.hears("response" if path is response_path else "error")
    assert len(frame.payload) == LIMIT


@pytest.mark.rule("2.3.2", "2.5.3")
@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("path", [response_path(), error_path()])
async def test_a_larger_result_ends_the_invocation_and_leaves_the_runtime_its_connection(
    host: Host, path: str, is_chunked: bool
) -> None:
    await host.begin()
    body = b"x" * (LIMIT + 1)
    runtime = await host.connect()
    if is_chunked:
        parts = [body[:LIMIT], body[LIMIT:], b"more"]
        runtime.send(head("POST", path, {"Transfer-Encoding": "chunked"}) + chunks(*parts))
    else:
        runtime.request("POST", path, body)

    message = f"Exceeded maximum allowed payload size ({LIMIT} bytes)."
    assert (await runtime.answer()).error == (413, "RequestEntityTooLarge", message)
    frame = await host.hears("response")
    assert (frame.payload, frame.response_size) == (b"", LIMIT + 1)
    runtime.request("GET", NEXT)
    await host.hears("next")
    assert host.kinds == ["ready", "response", "next"]


@pytest.mark.rule("2.3.2")
async def test_a_result_that_is_too_large_is_known_by_its_head(host: Host) -> None:
    await host.begin()
    runtime = await host.connect()
    runtime.send(head("POST", response_path(), {"Content-Length": "99999999999"}))

    assert (await host.hears("response")).response_size == 99999999999


@pytest.mark.rule("2.5.5")
@pytest.mark.parametrize("path", [response_path(), error_path()])
@pytest.mark.parametrize(
    "start",
    [
        head("POST", "{}", {"Content-Length": "1000"}) + b"half",
        head("POST", "{}", {"Transfer-Encoding": "chunked"}) + b"4\r\nhalf\r\n",
        head("POST", "{}", {"Transfer-Encoding": "chunked"}) + b"4\r\nhalf\r\nno size\r\n",
    ],
)
async def test_a_result_that_breaks_off_is_a_truncated_response(
    host: Host, path: str, start: bytes
) -> None:
    await host.begin()
    runtime = await host.connect()
    runtime.send(start.replace(b"{}", path.encode()))
    if not start.endswith(b"no size\r\n"):
        assert (await host.call("GET", "/2018-06-01/ping")).status == 200
        runtime.hang_up()

    frame = await host.hears("fault")
    assert frame.error_type == "Runtime.TruncatedResponse"
    assert json.loads(frame.payload) == {
        "errorType": "Runtime.TruncatedResponse",
        "errorMessage": f"RequestId: {REQUEST_ID} Error: The runtime's response was truncated",
    }
    await host.wait()
    assert host.kinds == ["ready", "fault", "next"]


@pytest.mark.rule("2.5.4", "2.7.5")
async def test_an_unknown_response_mode_ends_the_invocation(host: Host) -> None:
    await host.begin()

    answer = await host.call("POST", response_path(), b"1", {MODE: "chatty"})

    reason = "Invalid function response mode"
    assert answer.error == (400, "InvalidFunctionResponseMode", reason)
    frame = await host.hears("fault")
    assert frame.error_type == "Runtime.InvalidResponseModeHeader"
    await host.wait()
    assert host.kinds == ["ready", "fault", "next"]


@pytest.mark.rule("2.1.10")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/2018-06-01", 404),
        ("GET", "/2018-06-01/", 404),
        ("GET", "/2018-06-01/runtime/invocation/next/", 404),
        ("GET", "//2018-06-01/runtime/invocation/next", 404),
        ("GET", "/2018-06-02/runtime/invocation/next", 404),
        ("POST", "/2018-06-01/runtime/invocation/response", 404),
        ("POST", f"/2018-06-01/runtime/invocation/{REQUEST_ID}/answer", 404),
        ("POST", f"/2018-06-01/runtime/invocation/{REQUEST_ID}/response/", 404),
        ("GET", "*", 404),
        ("POST", NEXT, 405),
        ("HEAD", NEXT, 405),
        ("POST", "/2018-06-01/ping", 405),
        ("GET", response_path(), 405),
        ("PUT", response_path(), 405),
        ("GET", error_path(), 405),
        ("GET", INIT_ERROR, 405),
        ("OPTIONS", INIT_ERROR, 405),
    ],
)
async def test_an_unknown_path_is_404_and_a_wrong_method_405(
    host: Host, method: str, path: str, status: int
) -> None:
    await host.begin()

    answer = await host.call(method, path)

    assert answer.status == status
    assert ("allow" in answer.headers) == (status == 405)
    assert host.kinds == ["ready"]
