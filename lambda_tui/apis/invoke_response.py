"""What every answer to an invocation has in common."""

from __future__ import annotations

from lambda_tui.apis.message import Response
from lambda_tui.apis.names import LATEST
from lambda_tui.apis.response_parts import ResponseParts
from lambda_tui.engine.invocation import Invocation


def invoke_response(
    status: int,
    request_id: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    parts: ResponseParts | None = None,
) -> Response:
    """An answer, whole or in parts."""
    own = {"Content-Type": "application/json", "x-amzn-RequestId": request_id}
    return Response(status, body, own | headers if headers else own, parts)


def result_headers(invocation: Invocation) -> dict[str, str]:
    """Which version ran, and in what trace."""
    root, _parent, sampled = invocation.trace_id.split(";")
    return {"X-Amz-Executed-Version": LATEST, "X-Amzn-Trace-Id": f"{root};{sampled}"}
