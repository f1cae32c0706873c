"""The Lambda API as an application: which request is which operation."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache, partial
from urllib.parse import parse_qsl, unquote

from lambda_tui.apis.connection import Answer
from lambda_tui.apis.errors import ApiError
from lambda_tui.apis.functions import FunctionDescriptions
from lambda_tui.apis.guard import Guard
from lambda_tui.apis.invoke import (
    invoke,
    invoke_async,
    invoke_with_response_stream,
    too_large,
)
from lambda_tui.apis.message import Request, Response
from lambda_tui.apis.names import Target, find
from lambda_tui.apis.server import DEFAULT_HOST, Server
from lambda_tui.engine.engine import Engine

GiveUp = Callable[[], object]
"""Called when the client has left before its answer."""
Operation = Callable[[Request, Answer], GiveUp | None]
_INVOKE_ASYNC = "/2014-11-13/"


def lambda_server(engine: Engine, host: str = DEFAULT_HOST) -> Server:
    """A server of the Lambda API, to be started."""
    return Server(LambdaApi(engine, host), host)


class LambdaApi:
    """Answers for the functions of an engine, to whom the guard lets in."""

    head_limit = 65_536

    def __init__(self, engine: Engine, host: str) -> None:
        self._engine = engine
        self._guard = Guard(host)
        self._descriptions = FunctionDescriptions()

    def refusal(self, request: Request, size: int) -> Response | None:
        """A stranger, or a body too large."""
        refused = self._guard.refusal(request)
        if refused is not None:
            return refused
        is_event = request.path.startswith(_INVOKE_ASYNC)
        error = too_large(request, size, is_event=is_event)
        return error.response() if error is not None else None

    def reception(self, request: Request, size: int) -> None:
        """Nobody asks before the event is whole."""

    def handle(self, request: Request, answer: Answer) -> GiveUp | None:
        """Answers at once, when files are read, or when the invocation is over."""
        try:
            return self._operation(request)(request, answer)
        except ApiError as error:
            answer(error.response())
            return None

    def malformed(self) -> Response:
        """Not HTTP, or too much of it."""
        return ApiError(
            400, "MalformedHttpRequestException", "The request is not valid HTTP."
        ).response()

    def failed(self, error: Exception) -> Response:
        """A fault of ours, for the caller and for whoever watches the loop."""
        asyncio.get_running_loop().call_exception_handler(
            {"message": "A request of the Lambda API failed.", "exception": error}
        )
        return ApiError(500, "ServiceException", "The request failed inside lambda-tui.").response()

    def _operation(self, request: Request) -> Operation:
        methods = self._methods(_parts(request.path))
        if not methods:
            raise _unknown(404, f"There is no operation at {request.path} here.")
        if request.method not in methods:
            allowed = " and ".join(methods)
            raise _unknown(405, f"{request.path} takes {allowed}, not {request.method}.")
        return methods[request.method]

    def _methods(self, parts: Sequence[str]) -> dict[str, Operation]:
        """What a path offers, by HTTP method."""
        match parts:
            case ["2015-03-31", "functions"]:
                return {"GET": self._list_functions}
            case ["2015-03-31", "functions", name]:
                return {"GET": partial(self._get, self._descriptions.get_function, name)}
            case ["2015-03-31", "functions", name, "configuration"]:
                return {"GET": partial(self._get, self._descriptions.get_configuration, name)}
            case ["2015-03-31", "functions", name, "invocations"]:
                return {"POST": partial(self._invoke, invoke, name)}
            case ["2021-11-15", "functions", name, "response-streaming-invocations"]:
                return {"POST": partial(self._invoke, invoke_with_response_stream, name)}
            case ["2014-11-13", "functions", name, "invoke-async"]:
                return {"POST": partial(self._invoke, invoke_async, name)}
        return {}

    def _list_functions(self, request: Request, answer: Answer) -> GiveUp:
        listing = self._descriptions.list_functions(self._engine.pools, _query(request))
        return self._answer_later(listing, answer)

    def _get(
        self,
        get: Callable[[Target], Awaitable[Response]],
        name: str,
        request: Request,
        answer: Answer,
    ) -> GiveUp:
        target = self._target(name, request, latest_is_implied=False)
        return self._answer_later(get(target), answer)

    def _answer_later(self, response: Awaitable[Response], answer: Answer) -> GiveUp:
        async def wait() -> None:
            try:
                answer(await response)
            except ApiError as error:
                answer(error.response())
            except Exception as error:
                answer(self.failed(error))

        return asyncio.get_running_loop().create_task(wait()).cancel

    def _invoke(
        self,
        start: Callable[[Engine, Target, Request, Answer], None],
        name: str,
        request: Request,
        answer: Answer,
    ) -> None:
        start(self._engine, self._target(name, request, latest_is_implied=True), request, answer)

    def _target(self, name: str, request: Request, *, latest_is_implied: bool) -> Target:
        qualifier = _query(request).get("Qualifier") if request.query else None
        return find(self._engine.pools, name, qualifier, latest_is_implied=latest_is_implied)


@lru_cache(maxsize=256)
def _parts(path: str) -> tuple[str, ...]:
    return tuple(unquote(part) for part in path.strip("/").split("/"))


def _query(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.query, keep_blank_values=True, max_num_fields=100))


def _unknown(status: int, message: str) -> ApiError:
    return ApiError(status, "UnknownOperationException", message)
