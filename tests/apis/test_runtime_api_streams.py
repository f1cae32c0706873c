"""Responses that a runtime streams: for callers who take them so, and for those who wait."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator

import pytest

from lambda_tui.engine.runtime_api import ApiError, PostedResult, RuntimeApi
from lambda_tui.engine.wire import RuntimeFrame
from support.environment_host import (
    NEXT,
    REQUEST_ID,
    Host,
    chunks,
    environment_host,
    error_path,
    head,
    response_path,
)

LIMIT = 6_291_556
ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
ERROR_BODY = "Lambda-Runtime-Function-Error-Body"
STREAMED = {
    "Lambda-Runtime-Function-Response-Mode": "streaming",
    "Transfer-Encoding": "chunked",
    "Trailer": f"{ERROR_TYPE}, {ERROR_BODY}",
    "Content-Type": "text/plain",
}
ERROR = json.dumps({"errorMessage": "half-way", "errorType": "Broken"}).encode()
TRAILERS = {ERROR_TYPE: "Broken", ERROR_BODY: base64.b64encode(ERROR).decode()}


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    async with environment_host() as host:
        yield host


@pytest.mark.rule("2.7.1")
async def test_a_part_is_passed_on_when_it_comes(host: Host) -> None:
    await host.begin(is_streamed=True)
    runtime = await host.connect()
    runtime.send(head("POST", response_path(), STREAMED))
    for number, part in enumerate((b"one", b"two", b"three"), start=1):
        runtime.send(b"%x\r\n%s\r\n" % (len(part), part))
        frame = await host.hears("chunk", number)
        assert (frame.payload, frame.content_type) == (part, "text/plain")
        assert frame.request_id == REQUEST_ID
    assert "response" not in host.kinds
    runtime.send(b"0\r\n\r\n")

    assert (await runtime.answer()).status == 202
    assert (await host.hears("response")).payload == b""


@pytest.mark.rule("2.7.2")
async def test_who_waits_for_all_of_it_gets_it_at_the_end(host: Host) -> None:
    await host.begin()
    runtime = await host.connect()
    runtime.send(head("POST", response_path(), STREAMED) + chunks(b"one", b"two"))

    assert (await runtime.answer()).status == 202
    frame = await host.hears("response")
    assert (frame.payload, frame.content_type) == (b"onetwo", "text/plain")
    assert host.kinds == ["ready", "response"]


@pytest.mark.rule("2.7.8")
async def test_the_metadata_of_an_http_response_is_part_of_the_body(host: Host) -> None:
    await host.begin()
    kind = "application/vnd.awslambda.http-integration-response"
    runtime = await host.connect()
    runtime.send(head("POST", response_path(), {**STREAMED, "Content-Type": kind}))
    runtime.send(chunks(b'{"statusCode": 201}' + bytes(8), b"created"))

    assert (await runtime.answer()).status == 202
    frame = await host.hears("response")
    assert frame.content_type == kind
    assert frame.payload == b'{"statusCode": 201}' + bytes(8) + b"created"


@pytest.mark.rule("2.7.3")
@pytest.mark.parametrize("is_streamed", [False, True])
async def test_an_error_in_the_middle_comes_in_the_trailers(host: Host, is_streamed: bool) -> None:
    await host.begin(is_streamed=is_streamed)
    runtime = await host.connect()
    body = chunks(b"half", trailers=TRAILERS)
    runtime.send(head("POST", response_path(), STREAMED) + body)

    assert (await runtime.answer()).status == 202
    frame = await host.hears("error")
    assert (frame.payload, frame.error_type) == (ERROR, "Broken")
    assert "response" not in host.kinds


@pytest.mark.rule("2.7.3")
async def test_an_error_body_that_is_not_encoded_is_passed_on_as_it_is(host: Host) -> None:
    await host.begin()
    runtime = await host.connect()
    body = chunks(b"half", trailers={ERROR_TYPE: "Broken", ERROR_BODY: "{oops}"})
    runtime.send(head("POST", response_path(), STREAMED) + body)

    assert (await runtime.answer()).status == 202
    assert (await host.hears("error")).payload == b"{oops}"


@pytest.mark.rule("2.7.3")
async def test_trailers_are_no_headers(host: Host) -> None:
    await host.begin()
    runtime = await host.connect()
    body = chunks(b"{}", trailers={"Lambda-Runtime-Invocation-Id": "x", "Content-Type": "a/b"})
    runtime.send(head("POST", response_path(), STREAMED) + body)

    assert (await runtime.answer()).status == 202
    assert (await host.hears("response")).content_type == "text/plain"


async def test_endless_trailers_are_refused(host: Host) -> None:
    await host.begin()
    runtime = await host.connect()
    runtime.send(head("POST", response_path(), STREAMED) + b"1\r\nx\r\n0\r\n")
    runtime.send(b"X-Long: " + b"x" * 1_200_000)

    assert (await host.hears("fault")).error_type == "Runtime.TruncatedResponse"


@pytest.mark.rule("2.7.4")
async def test_an_error_may_be_posted_in_place_of_a_stream(host: Host) -> None:
    await host.begin(is_streamed=True)
    runtime = await host.connect()
    runtime.send(head("POST", error_path(), {"Transfer-Encoding": "chunked"}))
    runtime.send(chunks(ERROR[:5], ERROR[5:]))

    assert (await runtime.answer()).status == 202
    assert (await host.hears("error")).payload == ERROR
    assert "chunk" not in host.kinds


@pytest.mark.rule("2.6.3", "2.7.4")
async def test_an_error_is_refused_once_the_stream_has_begun(host: Host) -> None:
    await host.begin(is_streamed=True)
    runtime = await host.connect()
    runtime.send(head("POST", response_path(), STREAMED) + b"4\r\nhalf\r\n")
    await host.hears("chunk")

    assert (await host.call("POST", error_path(), ERROR)).error[:2] == (
        403,
        "InvalidStateTransition",
    )
    assert (await host.call("GET", NEXT)).error[:2] == (403, "InvalidStateTransition")
    runtime.send(b"0\r\n\r\n")
    assert (await runtime.answer()).status == 202


@pytest.mark.rule("2.7.6")
async def test_who_takes_a_stream_may_get_more_than_six_megabytes(host: Host) -> None:
    await host.begin(is_streamed=True)
    runtime = await host.connect()
    runtime.send(head("POST", response_path(), STREAMED) + chunks(*[b"x" * 1_000_000] * 8))

    assert (await runtime.answer()).status == 202
    parts = [frame.payload for frame in host.frames if frame.kind == "chunk"]
    assert b"".join(parts) == b"x" * 8_000_000


@pytest.mark.rule("2.7.6")
async def test_who_waits_for_all_of_it_may_not(host: Host) -> None:
    await host.begin()
    runtime = await host.connect()
    runtime.send(head("POST", response_path(), STREAMED) + chunks(*[b"x" * 1_000_000] * 8))

    assert (await runtime.answer()).error[:2] == (413, "RequestEntityTooLarge")
    assert (await host.hears("response")).response_size > LIMIT
    assert host.kinds == ["ready", "response"]


@pytest.mark.rule("2.5.5")
async def test_a_stream_that_breaks_off_is_a_truncated_response(host: Host) -> None:
    await host.begin(is_streamed=True)
    runtime = await host.connect()
    runtime.send(head("POST", response_path(), STREAMED) + b"4\r\nhalf\r\n")
    await host.hears("chunk")
    runtime.hang_up()

    assert (await host.hears("fault")).error_type == "Runtime.TruncatedResponse"
    assert host.kinds == ["ready", "chunk", "fault"]


async def test_a_chunked_response_with_an_upgrade_is_refused(host: Host) -> None:
    await host.begin()
    runtime = await host.connect()
    upgrade = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", **STREAMED}
    runtime.send(head("POST", response_path(), upgrade) + chunks(b"{}"))

    assert (await runtime.answer()).status == 400
    assert host.kinds == ["ready"]


class Listener:
    """Counts the bytes of frames and keeps none of them but the last."""

    def __init__(self) -> None:
        self.size = 0
        self.last: RuntimeFrame | None = None

    def hear(self, frame: RuntimeFrame) -> None:
        self.size += len(frame.payload)
        self.last = frame


@pytest.mark.rule("2.7.6")
def test_a_stream_has_two_hundred_megabytes_at_most() -> None:
    listener = Listener()
    result = PostedResult(RuntimeApi(listener.hear), REQUEST_ID, is_streamed=True)
    part = b"x" * (1 << 20)
    for _ in range(200):
        result.write(part, "")

    with pytest.raises(ApiError) as refusal:
        result.write(b"x", "")

    assert refusal.value.status == 413
    assert listener.size == 209_715_200
    assert listener.last is not None
    assert (listener.last.kind, listener.last.response_size) == ("response", 209_715_201)
