"""The Runtime API, 2018-06-01: what a runtime calls to be given events and to post results."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import unquote

from lambda_tui.apis.connection import Answer
from lambda_tui.apis.message import Request, Response
from lambda_tui.apis.operation import Operation, Wait, answer_json, failed
from lambda_tui.apis.result_posting import ERROR_TYPE_HEADER, ResultPosting
from lambda_tui.engine.runtime_api import ApiEvent, ApiState

VERSION = "2018-06-01"
_ACCEPTED = answer_json(202, {"status": "OK"})
_FROM_THE_CALLER = {
    "content_type": "Content-Type",
    "client_context": "Lambda-Runtime-Client-Context",
    "cognito_identity": "Lambda-Runtime-Cognito-Identity",
    "tenant_id": "Lambda-Runtime-Aws-Tenant-Id",
}
_RESULT = re.compile(f"/{VERSION}/runtime/invocation/([^/]*)/(response|error)")


def _post_result(host: ApiState, request: Request) -> Response:
    assert isinstance(request.reception, ResultPosting)
    request.reception.finish()
    return _ACCEPTED


RESULTS: Mapping[str, Operation] = {"POST": _post_result}
"""What the path of a result offers, by HTTP method."""


def operations(parts: Sequence[str]) -> Mapping[str, Operation]:
    """What a path offers, by HTTP method."""
    if len(parts) < 2 or parts[0] != VERSION:
        return {}
    match parts[1:]:
        case ["runtime", "invocation", "next"]:
            return {"GET": _next}
        case ["runtime", "invocation", _, "response" | "error"]:
            return RESULTS
        case ["runtime", "init", "error"]:
            return {"POST": _init_error}
        case ["ping"]:
            return {"GET": _ping}
    return {}


def is_result(request: Request) -> bool:
    """Whether a request posts an invocation's result, which has a limit of its own."""
    return request.method == "POST" and _RESULT.fullmatch(request.path) is not None


def receive(host: ApiState, request: Request, size: int) -> ResultPosting | None:
    """Who takes such a result; None for any other request."""
    found = _RESULT.fullmatch(request.path) if request.method == "POST" else None
    if found is None:
        return None
    return ResultPosting(host.runtime, unquote(found[1]), request, size, found[2])


def _ping(host: ApiState, request: Request) -> Response:
    return Response(200, b"pong", {"Content-Type": "text/plain; charset=utf-8"})


def _next(host: ApiState, request: Request) -> Wait:
    def wait(answer: Answer) -> Callable[[], object] | None:
        return host.runtime.next(lambda event: answer(_event(event) if event else failed()))

    return wait


def _init_error(host: ApiState, request: Request) -> Response:
    host.runtime.init_error(bytes(request.body), request.headers.get(ERROR_TYPE_HEADER, ""))
    return _ACCEPTED


def _event(event: ApiEvent) -> Response:
    """The event, and in its headers all else that there is to know; what is empty is left out."""
    message = event.message
    headers = {
        "Content-Type": "application/json",
        "Lambda-Runtime-Aws-Request-Id": message["request_id"],
        "Lambda-Runtime-Deadline-Ms": message["deadline_ms"],
        "Lambda-Runtime-Invoked-Function-Arn": message["function_arn"],
        "Lambda-Runtime-Trace-Id": message["trace_id"],
        "Lambda-Runtime-Invocation-Id": event.invocation_id,
    }
    for key, name in _FROM_THE_CALLER.items():
        value = message.get(key)
        if value:
            headers[name] = _line(value)
    return Response(200, event.payload, headers)


def _line(text: str) -> str:
    """A header's value: in one line, and in UTF-8, which headers carry as if it were Latin-1."""
    text = text.replace("\r", " ").replace("\n", " ")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("latin-1")
