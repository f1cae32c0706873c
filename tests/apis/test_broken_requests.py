"""Wrong, strange and hostile requests get an error or a closed connection; others get theirs."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from support import SECONDS
from support.lambda_api import Api, invocations, read_answer

SYNC_LIMIT = 6 * 1024 * 1024


@pytest.fixture(autouse=True)
def others_are_served_meanwhile(api: Api) -> Iterator[None]:
    """Proves that a caller who was there before is answered after."""
    with api.connect() as other:
        other.sendall(whole(api))
        assert read_answer(other).status == 200
        yield
        other.sendall(whole(api))
        assert read_answer(other).status == 200


def head(api: Api, *lines: str, path: str = invocations("echo"), method: str = "POST") -> bytes:
    first = (f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{api.port}")
    return "\r\n".join([*first, *lines, "", ""]).encode()


def whole(api: Api, event: bytes = b'{"a": 1}', *lines: str) -> bytes:
    return head(api, f"Content-Length: {len(event)}", *lines) + event


def is_closed(end: socket.socket) -> bool:
    end.settimeout(SECONDS)
    try:
        return end.recv(1) == b""
    except ConnectionResetError:
        return True


def test_bad_json_is_refused_and_reaches_no_function(api: Api) -> None:
    answer = api.invoke("echo", b'{"a": ')

    assert answer.status == 400
    assert answer.headers["x-amzn-ErrorType"] == "InvalidRequestContentException"
    assert answer.json["Type"] == "User"
    assert answer.json["message"].startswith("Could not parse request body into json: ")


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(api: Api) -> None:
    with api.connect() as end:
        end.sendall(head(api, f"Content-Length: {SYNC_LIMIT + 1}"))
        answer = read_answer(end)

    assert answer.error[:2] == (413, "RequestTooLargeException")
    assert answer.headers["Connection"] == "close"


def test_a_client_that_sends_such_a_body_all_the_same_reads_the_refusal(api: Api) -> None:
    answer = api.invoke("echo", b"x" * (2 * SYNC_LIMIT))

    assert answer.error[:2] == (413, "RequestTooLargeException")


def test_a_chunked_body_is_put_together(api: Api) -> None:
    parts = [b'{"a":', b" [1, 2", b"]}"]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    with api.connect() as end:
        end.sendall(head(api, "Transfer-Encoding: chunked") + chunks + b"0\r\n\r\n")
        assert read_answer(end).json == {"a": [1, 2]}
        end.sendall(whole(api))
        assert read_answer(end).json == {"a": 1}


def test_a_chunked_body_that_grows_too_large_is_refused(api: Api) -> None:
    chunk = b"%x\r\n%s\r\n" % (1 << 20, b"x" * (1 << 20))
    with api.connect() as end:
        end.sendall(head(api, "Transfer-Encoding: chunked") + chunk * 6 + b"1\r\nx\r\n")
        assert read_answer(end).error[:2] == (413, "RequestTooLargeException")


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 2", "Transfer-Encoding: chunked"),
        ("Content-Length: 2", "Content-Length: 3"),
        ("Content-Length: -1",),
        ("Content-Length: 99999999999999999999999",),
        ("no header at all",),
        ("Transfer-Encoding: chunked, gzip",),
    ],
)
def test_what_is_no_http_is_refused_and_the_connection_closed(
    api: Api, lines: tuple[str, ...]
) -> None:
    with api.connect() as end:
        end.sendall(head(api, *lines) + b"{}")
        assert read_answer(end).status == 400
        assert is_closed(end)


@pytest.mark.parametrize(
    "noise", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"\r\n\r\nGARBAGE\r\n\r\n"]
)
def test_noise_is_answered_and_the_connection_closed(api: Api, noise: bytes) -> None:
    with api.connect() as end:
        end.sendall(noise)
        assert read_answer(end).status == 400
        assert is_closed(end)


def test_an_endless_head_is_refused(api: Api) -> None:
    with api.connect() as end:
        end.sendall(head(api)[:-2] + b"X-Long: " + b"x" * 200_000)
        assert read_answer(end).status == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/2015-03-31/", 404),
        ("POST", "/2015-03-31/functions/echo/nothing", 404),
        ("POST", "*", 404),
        ("GET", invocations("echo"), 405),
        ("PUT", invocations("echo"), 405),
        ("DELETE", "/2015-03-31/functions/echo", 405),
        ("POST", "/2015-03-31/functions/", 405),
        ("OPTIONS", invocations("echo"), 405),
    ],
)
def test_unknown_operations_are_told(api: Api, method: str, path: str, status: int) -> None:
    answer = api.request(method, path)

    assert answer.error[:2] == (status, "UnknownOperationException")


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:3001", "127.0.0.1.evil.example", "10.0.0.1", "", "a@localhost"],
)
def test_a_foreign_host_is_kept_out(api: Api, host: str) -> None:
    answer = api.invoke("echo", headers={"Host": host})

    assert answer.error[:2] == (403, "AccessDeniedException")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:9", "[::1]:3001", "[::1]"])
def test_a_local_host_is_let_in(api: Api, host: str) -> None:
    assert api.invoke("echo", headers={"Host": host}).status == 200


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://localhost.evil.example", "file://", "http://[::1"],
)
def test_a_foreign_origin_is_kept_out(api: Api, origin: str) -> None:
    answer = api.invoke("echo", headers={"Origin": origin})

    assert answer.error[:2] == (403, "AccessDeniedException")


def test_a_local_origin_is_let_in(api: Api) -> None:
    assert api.invoke("echo", headers={"Origin": "http://localhost:8080"}).status == 200


def test_a_request_without_or_with_two_hosts_is_kept_out(api: Api) -> None:
    for hosts in (b"", b"Host: localhost\r\nHost: evil.example\r\n"):
        with api.connect() as end:
            end.sendall(b"GET /2015-03-31/functions/ HTTP/1.1\r\n" + hosts + b"\r\n")
            assert read_answer(end).status == 403


@pytest.mark.parametrize(
    ("headers", "member"),
    [
        ({"X-Amz-Invocation-Type": "Sometimes"}, "invocationType"),
        ({"X-Amz-Log-Type": "All"}, "logType"),
    ],
)
def test_a_value_that_is_not_allowed_is_told(
    api: Api, headers: dict[str, str], member: str
) -> None:
    status, name, message = api.invoke("echo", headers=headers).error

    assert (status, name) == (400, "ValidationException")
    (value,) = headers.values()
    reason = f"Value '{value}' at '{member}' failed to satisfy constraint: Member must satisfy enum"
    assert message.startswith(f"1 validation error detected: {reason}")


def test_a_request_id_that_is_no_uuid_is_refused(api: Api) -> None:
    answer = api.invoke("echo", headers={"x-amzn-RequestId": "mine"})

    assert answer.error[:2] == (400, "InvalidRequestContentException")


def test_a_trace_of_the_caller_is_carried_on(api: Api) -> None:
    root = "Root=1-5759e988-bd862e3fe1be46a994272793"
    headers = {"X-Amzn-Trace-Id": f"{root};Parent=53995c3f42cd8ad8;Sampled=1"}
    answer = api.invoke("context", headers=headers)

    assert answer.headers["X-Amzn-Trace-Id"] == f"{root};Sampled=1"
    assert answer.json["trace"].startswith(f"{root};Parent=")
    assert "53995c3f42cd8ad8" not in answer.json["trace"]


@pytest.mark.rule("8.4.5")
def test_a_tenant_is_refused_by_a_function_without_tenants(api: Api) -> None:
    answer = api.invoke("echo", headers={"X-Amz-Tenant-Id": "blue"})

    assert answer.error[:2] == (400, "InvalidParameterValueException")


def test_requests_in_a_row_are_answered_in_their_order(api: Api) -> None:
    count = 300
    with api.connect() as end:
        end.sendall(b"".join(whole(api, b"%d" % number) for number in range(count)))
        assert [read_answer(end).json for _ in range(count)] == list(range(count))


def test_a_refusal_behind_a_request_does_not_overtake_it(api: Api) -> None:
    with api.connect() as end:
        end.sendall(whole(api, b"1") + b"\x00\x01garbage\r\n\r\n")
        assert read_answer(end).json == 1
        assert end.recv(1 << 16)[:12] in (b"", b"HTTP/1.1 400")


def test_a_client_that_has_said_all_still_gets_its_answer(api: Api) -> None:
    with api.connect() as end:
        end.sendall(whole(api))
        end.shutdown(socket.SHUT_WR)
        assert read_answer(end).json == {"a": 1}
        assert is_closed(end)


def test_a_client_that_asks_before_it_sends_is_told_to_go_on(api: Api) -> None:
    event = json.dumps("x" * 1_000_000).encode()
    with api.connect() as end:
        end.sendall(head(api, f"Content-Length: {len(event)}", "Expect: 100-continue"))
        assert end.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        end.sendall(event)
        assert read_answer(end).body == event


@pytest.mark.parametrize("event", [b"", b'{"a": 1}'])
def test_an_upgrade_is_not_taken_up(api: Api, event: bytes) -> None:
    lines = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")
    with api.connect() as end:
        end.sendall(whole(api, event, *lines))
        assert read_answer(end).json == json.loads(event or b"{}")


def test_an_old_client_gets_its_answer_and_the_end_of_the_connection(api: Api) -> None:
    with api.connect() as end:
        request = whole(api).replace(b"HTTP/1.1", b"HTTP/1.0", 1)
        end.sendall(request)
        assert read_answer(end).json == {"a": 1}
        assert is_closed(end)


@pytest.mark.parametrize("size", [1, 60, 200, 400])
def test_a_client_that_hangs_up_in_the_middle_of_its_request_is_forgotten(
    api: Api, size: int
) -> None:
    with api.connect() as end:
        end.sendall(whole(api, b'"' + b"x" * 500 + b'"')[:size])


def test_a_byte_at_a_time_is_a_request_too(api: Api) -> None:
    with api.connect() as end:
        for number in whole(api):
            end.sendall(bytes([number]))
        assert read_answer(end).json == {"a": 1}
