"""The Runtime API over HTTP, in the place of the engine's channel.

A wrapper may change ``AWS_LAMBDA_RUNTIME_API`` to the address of a proxy, which then sees and may
change every event and answer. It is told what AWS's own runtime would tell it. Nothing but sockets
is used: the modules that are loaded here are the function's too.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import IO, NamedTuple, cast

from ..frames import Frame, Message

_ROOT = "/2018-06-01/runtime"
_DEFAULT_PORT = 80
_CONNECTING_SECONDS = 1.0
_ACCEPTED = 202
_OK = (200, 299)
_TOO_LATE = 410
"""Status for the answer to an invocation that has timed out, which AWS's client ignores."""
_FIRST_FINAL_STATUS = 200
_NO_CONTENT = 204
_ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
_ERROR_CAUSE = "Lambda-Runtime-Function-XRay-Error-Cause"
_LONGEST_CAUSE = 1 << 20
_INVOCATION_ID = "Lambda-Runtime-Invocation-Id"
_JSON, _UNKNOWN = "application/json", "application/unknown"
_EVENT_HEADERS = {
    "request_id": "lambda-runtime-aws-request-id",
    "function_arn": "lambda-runtime-invoked-function-arn",
    "trace_id": "lambda-runtime-trace-id",
    "client_context": "lambda-runtime-client-context",
    "cognito_identity": "lambda-runtime-cognito-identity",
    "tenant_id": "lambda-runtime-aws-tenant-id",
    "content_type": "content-type",
}
"""Headers of an event, by their names in the message of a frame."""
_TRACE_LINE = re.compile(r'  File "(.*)", line (\d+), in (.*)')


class _Response(NamedTuple):
    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes


class RuntimeApi:
    """Receives events and sends answers as frames, like a channel, by calls of the Runtime API."""

    def __init__(self, address: str) -> None:
        """``address`` is ``host:port``. The first call connects to it."""
        self._address = address
        self._stream: IO[bytes] | None = None
        self._invocation_id = ""

    def receive(self) -> Frame:
        """Ask for the next event, and wait for it; raise ``RuntimeError`` when there is none."""
        path = f"{_ROOT}/invocation/next"
        response = self._call("GET", path)
        if response is None or not _is_success(response):
            reason = (
                f'No Response from endpoint "{self._address}{path}"'
                if response is None
                else f"Http Response code: {response.status}"
            )
            _log(f"Failed to get next invocation. {reason}")
            raise RuntimeError("Failed to get next")
        headers = response.headers
        self._invocation_id = headers.get(_INVOCATION_ID.lower(), "")
        message: Message = {
            key: headers[name] for key, name in _EVENT_HEADERS.items() if headers.get(name)
        }
        if "request_id" not in message:
            _log("Failed to find header lambda-runtime-aws-request-id in response")
            raise RuntimeError("Failed to get next")
        deadline = headers.get("lambda-runtime-deadline-ms", "")
        message["deadline_ms"] = int(deadline) if deadline.isdecimal() else 0
        return Frame(message, response.body, [])

    def send(self, message: Message, payload: bytes = b"") -> None:
        """Send what a frame says; raise ``RuntimeError`` where it is not accepted.

        That the function is initialised is told by the first call for an event.
        """
        kind = message["kind"]
        if kind == "init_error":
            self._post_init_error(message["error_type"], payload)
        elif kind in ("response", "error"):
            self._post_result(kind, message, payload)

    def _post_init_error(self, error_type: str, payload: bytes) -> None:
        path = f"{_ROOT}/init/error"
        headers = {"Content-Type": _JSON, _ERROR_TYPE: error_type}
        response = self._call("POST", path, payload, headers)
        if response is None:
            raise ConnectionRefusedError(f"Nothing answers at {self._address}")
        if response.status != _ACCEPTED:
            raise RuntimeError(
                f"Request to Lambda Runtime '{path}' endpoint failed. "
                f"Reason: '{response.status}'. Response body: '{response.body!r}'"
            )

    def _post_result(self, kind: str, message: Message, payload: bytes) -> None:
        headers = {"Content-Type": _UNKNOWN if message.get("is_binary") else _JSON}
        if kind == "error":
            cause = _error_cause(payload)
            if len(cause) < _LONGEST_CAUSE:
                headers[_ERROR_CAUSE] = cause
        if self._invocation_id:
            headers[_INVOCATION_ID] = self._invocation_id
        path = f"{_ROOT}/invocation/{message['request_id']}/{kind}"
        response = self._call("POST", path, payload, headers)
        if response is None:
            raise RuntimeError(f"Failed to post invocation {kind}")
        if not _is_success(response) and response.status != _TOO_LATE:
            _log(f"Failed to post handler success response. Http response code: {response.status}.")
            raise RuntimeError(f"Failed to post invocation {kind}")

    # HTTP ----------------------------------------------------------------------------------------

    def _call(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> _Response | None:
        """Send a request and return its response; None where nobody answers."""
        request = _head(method, path, self._address, body, headers or {}) + body
        # The other end may have closed a connection that was kept, which shows only here.
        for is_kept in (True, False) if self._stream is not None else (False,):
            try:
                if not is_kept:
                    self._connect()
                assert self._stream is not None
                self._stream.write(request)
                self._stream.flush()
                response = _read_response(self._stream)
            except (OSError, ValueError):
                self._close()
            else:
                if response.headers.get("connection", "").lower() == "close":
                    self._close()
                return response
        return None

    def _connect(self) -> None:
        host, _, port = self._address.rpartition(":")
        address = (host.strip("[]"), int(port)) if host else (port, _DEFAULT_PORT)
        end = socket.create_connection(address, _CONNECTING_SECONDS)
        # An event is waited for without a limit.
        end.settimeout(None)
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = cast("IO[bytes]", end.makefile("rwb"))
        # The stream holds the connection now.
        end.close()

    def _close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            with suppress(OSError):
                stream.close()


def _head(method: str, path: str, host: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    version = ".".join(str(part) for part in sys.version_info[:3])
    lines = {"Host": host, "User-Agent": f"aws-lambda-python/{version}", "Accept": "*/*", **headers}
    if method == "POST":
        lines["Content-Length"] = str(len(body))
    text = "".join(f"{name}: {_in_one_line(value)}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{text}\r\n".encode("utf-8", "replace")


def _read_response(stream: IO[bytes]) -> _Response:
    """Return a response; raise ``ValueError`` for what is none, or is cut off."""
    status = 0
    while status < _FIRST_FINAL_STATUS:
        status = int(_read_line(stream).split(b" ", 2)[1])
        headers = dict(_read_headers(stream))
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return _Response(status, headers, b"".join(_read_chunks(stream)))
    if "content-length" in headers:
        return _Response(status, headers, _read_exactly(stream, int(headers["content-length"])))
    if status == _NO_CONTENT:
        return _Response(status, headers, b"")
    return _Response(status, {**headers, "connection": "close"}, stream.read())


def _read_headers(stream: IO[bytes]) -> Iterator[tuple[str, str]]:
    while line := _read_line(stream):
        name, _, value = line.partition(b":")
        yield name.decode("latin-1").lower(), value.strip().decode("utf-8", "replace")


def _read_chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while size := int(_read_line(stream).split(b";")[0], 16):
        yield _read_exactly(stream, size)
        _read_line(stream)
    # Trailers.
    while _read_line(stream):
        pass


def _read_line(stream: IO[bytes]) -> bytes:
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise ValueError("the connection was closed in the middle of a response")
    return line.rstrip(b"\r\n")


def _read_exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise ValueError("the connection was closed in the middle of a response")
    return data


def _is_success(response: _Response) -> bool:
    first, last = _OK
    return first <= response.status <= last


def _in_one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")


def _error_cause(payload: bytes) -> str:
    """Return the description of an error that AWS's runtime sends for X-Ray."""
    error = json.loads(payload)
    found = [_TRACE_LINE.match(entry) for entry in error["stackTrace"]]
    stack = [
        {"label": match[3], "path": match[1], "line": int(match[2])} for match in found if match
    ]
    exception = {"message": error["errorMessage"], "type": error["errorType"], "stack": stack}
    cause = {
        "working_directory": os.getcwd(),
        "exceptions": [exception],
        "paths": list(dict.fromkeys(entry["path"] for entry in stack)),
    }
    return json.dumps(cause)


def _log(sentence: str) -> None:
    sys.stderr.write(f"[ERROR] [{time.time_ns() // 1_000_000}] LAMBDA_RUNTIME {sentence}\n")
