"""Wrong, strange and hostile requests get an error or a closed connection; others get theirs."""

from __future__ import annotations

import json
import socket
import threading
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


def read_head(end: socket.socket) -> bytes:
    """The next head, and no byte beyond it."""
    text = b""
    while not text.endswith(b"\r\n\r\n"):
        byte = end.recv(1)
        assert byte, text
        text += byte
    return text


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
        ("Transfer-Encoding: gzip, chunked",),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: identity", "Content-Length: 2"),
        ("Content-Length : 2",),
        ("Content-Length: 2", "Content-Length: 2"),
        ("Content-Length: 0x2",),
        ("X-Folded: 1", " 2", "Content-Length: 2"),
        ("X-Nothing: \0", "Content-Length: 2"),
        ("X-Return: a\rb", "Content-Length: 2"),
        ("Content-Length: 2\n",),
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


@pytest.mark.parametrize("version", ["HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "RTSP/2.0"])
def test_another_protocol_is_refused(api: Api, version: str) -> None:
    with api.connect() as end:
        end.sendall(whole(api).replace(b"HTTP/1.1", version.encode(), 1))
        assert read_answer(end).status == 400
        assert is_closed(end)


@pytest.mark.parametrize(
    "chunk", [b"zz\r\n", b"-1\r\n", b"f" * 17 + b"\r\n", b"2 \r\n{}", b"2\n{}"]
)
def test_a_chunk_of_no_size_is_refused(api: Api, chunk: bytes) -> None:
    with api.connect() as end:
        end.sendall(head(api, "Transfer-Encoding: chunked") + chunk)
        assert read_answer(end).status == 400
        assert is_closed(end)


def test_what_is_said_beside_chunks_and_behind_them_does_not_matter(api: Api) -> None:
    body = b'2;name=value;other="quoted"\r\n{}\r\n0\r\nX-Other: 7\r\nHost: evil\r\n\r\n'
    with api.connect() as end:
        end.sendall(head(api, "Transfer-Encoding: CHUNKED") + body + whole(api))
        assert read_answer(end).json == {}
        assert read_answer(end).json == {"a": 1}


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


def test_the_answer_to_head_has_no_body(api: Api) -> None:
    with api.connect() as end:
        end.sendall(head(api, method="HEAD") + whole(api))
        refused = read_head(end)
        assert refused.startswith(b"HTTP/1.1 405 ")
        assert b"\r\nContent-Length: " in refused
        assert read_answer(end).json == {"a": 1}
        end.sendall(head(api, method="HEAD").replace(b"127.0.0.1", b"evil.example"))
        assert read_head(end).startswith(b"HTTP/1.1 403 ")
        assert is_closed(end)


@pytest.mark.parametrize("path", ["", "?Qualifier=$LATEST"])
def test_a_target_as_a_proxy_gets_it_is_understood(api: Api, path: str) -> None:
    target = f"http://127.0.0.1:{api.port}{invocations('echo')}{path}"
    with api.connect() as end:
        end.sendall(head(api, "Content-Length: 1", path=target) + b"1")
        assert read_answer(end).json == 1


@pytest.mark.parametrize("target", ["http://evil.example", "http://localhost,evil.example"])
def test_a_target_elsewhere_is_kept_out_whatever_the_host(api: Api, target: str) -> None:
    with api.connect() as end:
        end.sendall(head(api, "Content-Length: 1", path=target + invocations("echo")) + b"1")
        assert read_answer(end).error[:2] == (403, "AccessDeniedException")


def test_a_foreign_host_is_kept_out_whatever_the_target(api: Api) -> None:
    target = f"http://localhost:{api.port}{invocations('echo')}"
    with api.connect() as end:
        end.sendall(head(api, path=target).replace(b"127.0.0.1", b"evil.example"))
        assert read_answer(end).error[:2] == (403, "AccessDeniedException")


def test_a_name_may_be_percent_encoded(api: Api) -> None:
    assert api.invoke("%65cho", b"1").json == 1
    assert api.invoke("ech%00o").status == 400
    assert api.invoke("echo%2F..%2Fecho").status == 400


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


@pytest.mark.parametrize("expected", ["100-continue", "100-Continue"])
def test_a_client_that_asks_before_it_sends_is_told_to_go_on(api: Api, expected: str) -> None:
    event = json.dumps("x" * 1_000_000).encode()
    with api.connect() as end:
        end.sendall(head(api, f"Content-Length: {len(event)}", f"Expect: {expected}"))
        assert end.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        end.sendall(event)
        assert read_answer(end).body == event


def test_a_client_that_asks_is_told_after_the_answer_that_it_waits_for(api: Api) -> None:
    path = invocations("waits")
    first = head(api, "Content-Length: 16", path=path) + b'{"seconds": 0.2}'
    with api.connect() as end:
        end.sendall(first + head(api, "Content-Length: 1", "Expect: 100-continue"))
        assert read_answer(end).json == 0.2
        assert read_head(end) == b"HTTP/1.1 100 Continue\r\n\r\n"
        end.sendall(b"1")
        assert read_answer(end).json == 1


def test_an_old_client_is_not_told_to_go_on(api: Api) -> None:
    with api.connect() as end:
        end.sendall(whole(api, b"1", "Expect: 100-continue").replace(b"HTTP/1.1", b"HTTP/1.0", 1))
        assert read_answer(end).json == 1


def test_a_client_that_has_said_all_gets_what_has_to_be_read_from_files_first(api: Api) -> None:
    with api.connect() as end:
        end.sendall(head(api, path="/2015-03-31/functions/echo", method="GET"))
        end.shutdown(socket.SHUT_WR)
        assert read_answer(end).json["Configuration"]["FunctionName"] == "echo"


def test_many_upgrades_in_one_piece_are_answered(api: Api) -> None:
    request = b"GET / HTTP/1.1\r\nHost:[::1]\r\nConnection:Upgrade\r\nUpgrade:x\r\n\r\n"
    count = 5000
    with api.connect() as end:
        sending = threading.Thread(target=end.sendall, args=(request * count,))
        sending.start()
        assert {read_answer(end).status for _ in range(count)} == {404}
        sending.join()


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
