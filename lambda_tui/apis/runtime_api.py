"""The Runtime API, 2018-06-01: what a runtime calls to be given events and to post results."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from lambda_tui.apis.message import Request, Response
from lambda_tui.apis.operation import Operation, answer_json, not_found
from lambda_tui.apis.result_posting import ERROR_TYPE_HEADER, ResultPosting
from lambda_tui.engine.environment_api import ApiHost
from lambda_tui.engine.runtime_api_state import ApiEvent

VERSION = "2018-06-01"
_RESULT = re.compile(f"/{VERSION}/runtime/invocation/([^/]*)/(response|error)")


def operations(parts: Sequence[str]) -> Mapping[str, Operation]:
    """What a path offers, by HTTP method."""
    if len(parts) < 2 or parts[0] != VERSION:
        return {}
    match parts[1:]:
        case ["runtime", "invocation", "next"]:
            return {"GET": _next}
        case ["runtime", "invocation", _, "response" | "error"]:
            return {"POST": _post_result}
        case ["runtime", "init", "error"]:
            return {"POST": _init_error}
        case ["runtime", "restore", "next"]:
            return {"GET": _restore_next}
        case ["runtime", "restore", "error"]:
            return {"POST": _restore_error}
        case ["ping"]:
            return {"GET": _ping}
    return {}


def is_result(request: Request) -> bool:
    """Whether a request posts an invocation's result, which has a limit of its own."""
    return request.method == "POST" and _RESULT.fullmatch(request.path) is not None


def receive(host: ApiHost, request: Request, size: int) -> ResultPosting:
    """Who takes such a result."""
    found = _RESULT.fullmatch(request.path)
    assert found is not None
    return ResultPosting(host.runtime_api, unquote(found[1]), request, size, found[2])


def _ping(host: ApiHost, request: Request) -> Response:
    return Response(200, b"pong", {"Content-Type": "text/plain; charset=utf-8"})


async def _next(host: ApiHost, request: Request) -> Response:
    return _event(await host.runtime_api.next())


def _post_result(host: ApiHost, request: Request) -> Response:
    assert isinstance(request.reception, ResultPosting)
    request.reception.finish()
    return _accepted()


def _init_error(host: ApiHost, request: Request) -> Response:
    host.runtime_api.init_error(bytes(request.body), request.header(ERROR_TYPE_HEADER) or "")
    return _accepted()


async def _restore_next(host: ApiHost, request: Request) -> Response:
    if not host.runtime_api.is_snap_started:
        return not_found()
    await host.runtime_api.restore_next()
    return Response(200)


def _restore_error(host: ApiHost, request: Request) -> Response:
    if not host.runtime_api.is_snap_started:
        return not_found()
    host.runtime_api.restore_error(bytes(request.body), request.header(ERROR_TYPE_HEADER) or "")
    return _accepted()


def _accepted() -> Response:
    return answer_json(202, {"status": "OK"})


def _event(event: ApiEvent) -> Response:
    """The event, and in its headers all else that there is to know; what is empty is left out."""
    message = event.message
    headers = {
        "Content-Type": message.get("content_type") or "application/json",
        "Lambda-Runtime-Aws-Request-Id": message["request_id"],
        "Lambda-Runtime-Deadline-Ms": message["deadline_ms"],
        "Lambda-Runtime-Invoked-Function-Arn": message["function_arn"],
        "Lambda-Runtime-Trace-Id": message.get("trace_id"),
        "Lambda-Runtime-Client-Context": message.get("client_context"),
        "Lambda-Runtime-Cognito-Identity": message.get("cognito_identity"),
        "Lambda-Runtime-Aws-Tenant-Id": message.get("tenant_id"),
        "Lambda-Runtime-Invocation-Id": event.invocation_id,
    }
    return Response(
        200, event.payload, {name: _line(value) for name, value in headers.items() if value}
    )


def _line(value: object) -> str:
    """A header's value: in one line, and in UTF-8, which headers carry as if it were Latin-1."""
    text = str(value).replace("\r", " ").replace("\n", " ")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("latin-1")
