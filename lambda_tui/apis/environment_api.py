"""The API that an environment's own processes call: one listener, one router.

Each API is a module with one function ``operations(parts)``: what a path offers, by HTTP method;
an empty mapping where it knows no such path. The parts are the path's, unquoted.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from urllib.parse import unquote

from lambda_tui.apis import extensions_api, runtime_api, telemetry_api
from lambda_tui.apis.connection import Answer
from lambda_tui.apis.guard import Guard
from lambda_tui.apis.message import Request, Response
from lambda_tui.apis.operation import Operation, failed, not_found, refused
from lambda_tui.apis.result_posting import ResultPosting
from lambda_tui.apis.server import DEFAULT_HOST, Server, listen, listen_by
from lambda_tui.engine.runtime_api import ApiError, ApiServer, ApiState

MAXIMUM_BODY = 1 << 20
"""Bytes of a request's body; the results of a runtime have a limit of their own."""
OWN_NETWORK_HOST = "169.254.100.1"
OWN_NETWORK_PORT = 9001
"""Where AWS has the API, and an environment with a network of its own."""
_GUARD = Guard("sandbox.localdomain", OWN_NETWORK_HOST)
_APIS = (runtime_api.operations, extensions_api.operations, telemetry_api.operations)


def open_environment_api(host: ApiState, inside: socket.socket | None = None) -> ApiServer:
    """Listens for one environment. Raises ``OSError`` when it cannot.

    On a free loopback port, or by a socket of the environment's own network, where it has AWS's
    address.
    """
    if inside is None:
        listener = listen(DEFAULT_HOST, 0)
    else:
        listener = inside
        listen_by(inside, (OWN_NETWORK_HOST, OWN_NETWORK_PORT))
    address = "{}:{}".format(*listener.getsockname())
    server = Server(_Application(host))
    starting = asyncio.get_running_loop().create_task(server.serve(listener))

    def close() -> None:
        starting.cancel()
        server.abort()
        listener.close()

    return ApiServer(address, close)


class _Application:
    """Answers the processes of one environment."""

    # What Lambda takes, and what a runtime needs to tell X-Ray of an error's cause.
    head_limit = 1 << 20

    def __init__(self, host: ApiState) -> None:
        self._host = host

    def refusal(self, request: Request, size: int) -> Response | None:
        """A web page's request, or a body too large."""
        # Whatever has no Host was not sent by a browser.
        if request.headers.get("host") is not None:
            refused_page = _GUARD.refusal(request)
            if refused_page is not None:
                return refused_page
        if size > MAXIMUM_BODY and not runtime_api.is_result(request):
            return refused(_too_large())
        return None

    def reception(self, request: Request, size: int) -> ResultPosting | None:
        """A runtime's result counts as begun from here on."""
        return runtime_api.receive(self._host, request, size)

    def handle(self, request: Request, answer: Answer) -> Callable[[], object] | None:
        """Answers at once, or when an event has come; then the way to give the waiting up."""
        offers = runtime_api.RESULTS if request.reception is not None else _offers(request.path)
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
                waiting = self._answer(response, answer)
                return asyncio.get_running_loop().create_task(waiting).cancel
        except ApiError as refusal:
            answer(refused(refusal))
        return None

    def malformed(self) -> Response:
        """Not HTTP, or too much of it."""
        return Response(400, b"400 Bad Request", {"Content-Type": "text/plain; charset=utf-8"})

    def failed(self, error: Exception) -> Response:
        """A fault of ours, for the caller and for whoever watches the loop."""
        asyncio.get_running_loop().call_exception_handler(
            {"message": "A request of an environment's API failed.", "exception": error}
        )
        return failed()

    async def _answer(self, response: Awaitable[Response], answer: Answer) -> None:
        try:
            answer(await response)
        except ApiError as refusal:
            answer(refused(refusal))
        except asyncio.CancelledError:
            # For nobody, when the client has hung up; else its environment was reset.
            answer(failed())
            raise
        except Exception as error:
            answer(self.failed(error))


@lru_cache(maxsize=32)
def _offers(path: str) -> Mapping[str, Operation]:
    """What a path offers, by HTTP method."""
    parts = [unquote(part) for part in path.split("/")[1:]]
    return next(filter(None, (operations(parts) for operations in _APIS)), {})


def _too_large() -> ApiError:
    message = f"Exceeded maximum allowed payload size ({MAXIMUM_BODY} bytes)."
    return ApiError(413, "RequestEntityTooLarge", message)
