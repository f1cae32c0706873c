"""The server of the APIs that an environment's own processes call.

Each of these APIs is a module with a function ``operations``: given the parts of a path, unquoted,
it returns what the path offers, by HTTP method; an empty mapping for a path that it does not have.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from functools import lru_cache, partial
from urllib.parse import unquote

from lambda_tui.apis import extensions_api, runtime_api, telemetry
from lambda_tui.apis.http import (
    DEFAULT_HOST,
    Answer,
    Cancel,
    Guard,
    Request,
    Response,
    Server,
    bind,
    listen,
)
from lambda_tui.apis.operation import Operation, error_response, internal_error, not_found
from lambda_tui.engine.runtime_api import ApiError, ApiServer, ApiState

MAXIMUM_BODY = 1 << 20
"""Bytes of a request's body; the results of a runtime have a limit of their own."""
MAXIMUM_CONNECTIONS = 256
"""Connections of one environment at a time: a function cannot use up what all of them share."""
_LONGEST_PATH = 1024
"""Characters of a path at which there is something, but for the results of a runtime."""
OWN_NETWORK_HOST = "169.254.100.1"
OWN_NETWORK_PORT = 9001
"""Where AWS has the API, and where an environment with a network of its own has it."""
_GUARD = Guard("sandbox.localdomain", "sandbox", OWN_NETWORK_HOST)
_APIS = (runtime_api.operations, extensions_api.operations, telemetry.operations)


def open_environment_api(host: ApiState, inside: socket.socket | None = None) -> ApiServer:
    """Serve one environment. Raises ``OSError`` when it cannot listen.

    It listens on a free loopback port, or with a socket ``inside`` the environment's own network,
    at AWS's address.
    """
    if inside is None:
        listener = listen(DEFAULT_HOST, 0)
    else:
        listener = inside
        bind(inside, (OWN_NETWORK_HOST, OWN_NETWORK_PORT))
    address = "{}:{}".format(*listener.getsockname())
    server = Server(_Application(host), MAXIMUM_CONNECTIONS)
    server.serve(listener)
    return ApiServer(address, server.abort)


class _Application:
    """Answers the processes of one environment."""

    # Lambda accepts as much, and a runtime needs it to report an error's cause to X-Ray.
    head_limit = 1 << 20

    def __init__(self, host: ApiState) -> None:
        self._host = host

    def refusal(self, request: Request, size: int) -> Response | None:
        """Refuse a web page's request, and a body that is too large."""
        # A browser always sends a Host header; a few lines of shell may not.
        if request.headers.get("host") is not None:
            reason = _GUARD.refusal(request)
            if reason is not None:
                return error_response(ApiError(403, "AccessDeniedException", reason))
        if size > MAXIMUM_BODY and not runtime_api.is_result(request):
            return error_response(_too_large())
        return None

    def accept(self, request: Request, size: int) -> None:
        """Let a runtime's result count as begun from here on."""
        runtime_api.begin_result(self._host, request, size)

    def handle(self, request: Request, answer: Answer) -> Cancel | None:
        """Answer at once, or when an event has come; return what gives up waiting for that."""
        if request.state is not None:
            offers = runtime_api.RESULTS
        else:
            offers = _offers(request.path) if len(request.path) <= _LONGEST_PATH else {}
        operation = offers.get(request.method)
        if operation is None:
            answer(Response(405, headers={"Allow": ", ".join(offers)}) if offers else not_found())
            return None
        try:
            response = operation(self._host, request)
            if isinstance(response, Response):
                answer(response)
            elif callable(response):
                return response(answer)
            else:
                waiting = asyncio.ensure_future(response)
                waiting.add_done_callback(partial(self._answer_result, answer))
                return waiting.cancel
        except ApiError as error:
            answer(error_response(error))
        return None

    def malformed(self) -> Response:
        """Return AWS's response to bytes that are not HTTP, or to a head that is too long."""
        return Response(400, b"400 Bad Request", {"Content-Type": "text/plain; charset=utf-8"})

    def failed(self, error: Exception) -> Response:
        """Report a defect to the loop's exception handler, and return the response to the call."""
        asyncio.get_running_loop().call_exception_handler(
            {"message": "A request of an environment's API failed.", "exception": error}
        )
        return internal_error()

    def _answer_result(self, answer: Answer, waiting: asyncio.Future[Response]) -> None:
        if waiting.cancelled():
            # Nobody reads it if the client has hung up; somebody does if the environment was reset.
            answer(internal_error())
            return
        error = waiting.exception()
        if error is None:
            answer(waiting.result())
        elif isinstance(error, ApiError):
            answer(error_response(error))
        else:
            assert isinstance(error, Exception)
            answer(self.failed(error))


@lru_cache(maxsize=32)
def _offers(path: str) -> Mapping[str, Operation]:
    """Return what a path offers, by HTTP method."""
    parts = [unquote(part) for part in path.split("/")[1:]]
    return next(filter(None, (operations(parts) for operations in _APIS)), {})


def _too_large() -> ApiError:
    message = f"Exceeded maximum allowed payload size ({MAXIMUM_BODY} bytes)."
    return ApiError(413, "RequestEntityTooLarge", message)
