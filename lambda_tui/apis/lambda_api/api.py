"""The Lambda API as an application: it finds the operation that a request calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache, partial
from urllib.parse import parse_qsl, unquote

from lambda_tui.apis.http import DEFAULT_HOST, Answer, Guard, Request, Response, Server
from lambda_tui.apis.lambda_api.errors import LambdaApiError
from lambda_tui.apis.lambda_api.function_names import Target, find_target
from lambda_tui.apis.lambda_api.functions import FunctionDescriptions
from lambda_tui.apis.lambda_api.invoke import (
    invoke,
    invoke_async,
    invoke_with_response_stream,
    too_large,
)
from lambda_tui.engine.engine import Engine

Operation = Callable[[Request, Answer], None]
_INVOKE_ASYNC = "/2014-11-13/"
_CACHED_PATH = 1024
"""Characters of a path whose parts are remembered: the next request is often for the same."""
_LEAST_CONNECTIONS = 256
"""Connections at a time that a small account has all the same: clients keep idle ones."""


def lambda_server(engine: Engine, host: str = DEFAULT_HOST) -> Server:
    """Return a server of the Lambda API, to be started.

    It has room for every invocation that the account's concurrency admits, and for as many callers
    again that are told that theirs is throttled.
    """
    most_connections = 2 * engine.settings.account_concurrency
    return Server(LambdaApi(engine, host), max(most_connections, _LEAST_CONNECTIONS), host)


class LambdaApi:
    """Answers requests for the functions of an engine."""

    head_limit = 65_536

    def __init__(self, engine: Engine, host: str) -> None:
        self._engine = engine
        self._guard = Guard(host)
        self._descriptions = FunctionDescriptions()
        self._readings: set[asyncio.Task[None]] = set()
        """Tasks that answer when they have read files; the loop itself would forget them."""

    def refusal(self, request: Request, size: int) -> Response | None:
        """Refuse a web page's request, and a body that is too large."""
        reason = self._guard.refusal(request)
        if reason is not None:
            return LambdaApiError(403, "AccessDeniedException", reason).response()
        is_event = request.path.startswith(_INVOKE_ASYNC)
        error = too_large(request, size, is_event=is_event)
        return error.response() if error is not None else None

    def accept(self, request: Request, size: int) -> None:
        """Do nothing: every operation needs its complete body."""

    def handle(self, request: Request, answer: Answer) -> None:
        """Answer at once, when files have been read, or when an invocation is over."""
        try:
            self._operation(request)(request, answer)
        except LambdaApiError as error:
            answer(error.response())

    def malformed(self) -> Response:
        """Return the response to bytes that are not HTTP, or to a head that is too long."""
        message = "The request is not valid HTTP."
        return LambdaApiError(400, "MalformedHttpRequestException", message).response()

    def failed(self, error: Exception) -> Response:
        """Report a defect to the loop's exception handler, and return the response to the call."""
        asyncio.get_running_loop().call_exception_handler(
            {"message": "A request of the Lambda API failed.", "exception": error}
        )
        message = "The request failed inside lambda-tui."
        return LambdaApiError(500, "ServiceException", message).response()

    def _operation(self, request: Request) -> Operation:
        path = request.path
        methods = self._methods(_parts(path) if len(path) <= _CACHED_PATH else _split(path))
        if not methods:
            raise _unknown(404, f"There is no operation at {request.path} here.")
        if request.method not in methods:
            allowed = " and ".join(methods)
            raise _unknown(405, f"{request.path} takes {allowed}, not {request.method}.")
        return methods[request.method]

    def _methods(self, parts: Sequence[str]) -> dict[str, Operation]:
        """Return what a path offers, by HTTP method."""
        match parts:
            case ["2015-03-31", "functions"]:
                return {"GET": self._list_functions}
            case ["2015-03-31", "functions", name]:
                return {"GET": partial(self._get, self._descriptions.get_function, name)}
            case ["2015-03-31", "functions", name, "configuration"]:
                return {"GET": partial(self._get, self._descriptions.get_configuration, name)}
            case ["2015-03-31", "functions", name, "versions"]:
                return {"GET": partial(self._get, self._descriptions.list_versions, name)}
            case ["2015-03-31", "functions", name, "aliases"]:
                return {"GET": partial(self._get, self._descriptions.list_aliases, name)}
            case ["2015-03-31", "functions", name, "aliases", alias]:
                get_alias = partial(self._descriptions.get_alias, alias)
                return {"GET": partial(self._get, get_alias, name)}
            case ["2015-03-31", "functions", name, "invocations"]:
                return {"POST": partial(self._invoke, invoke, name)}
            case ["2021-11-15", "functions", name, "response-streaming-invocations"]:
                return {"POST": partial(self._invoke, invoke_with_response_stream, name)}
            case ["2014-11-13", "functions", name, "invoke-async"]:
                return {"POST": partial(self._invoke, invoke_async, name)}
        return {}

    def _list_functions(self, request: Request, answer: Answer) -> None:
        listing = self._descriptions.list_functions(self._engine.pools, _query(request))
        self._answer_later(listing, answer)

    def _get(
        self,
        get: Callable[[Target, Mapping[str, str]], Awaitable[Response]],
        name: str,
        request: Request,
        answer: Answer,
    ) -> None:
        target = self._target(name, request, latest_is_implied=False)
        self._answer_later(get(target, _query(request)), answer)

    def _answer_later(self, response: Awaitable[Response], answer: Answer) -> None:
        """Answer when files have been read, which ends by itself if the client leaves."""

        async def wait() -> None:
            try:
                answer(await response)
            except LambdaApiError as error:
                answer(error.response())
            except Exception as error:
                answer(self.failed(error))

        reading = asyncio.get_running_loop().create_task(wait())
        self._readings.add(reading)
        reading.add_done_callback(self._readings.discard)

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
        return find_target(self._engine.pools, name, qualifier, latest_is_implied=latest_is_implied)


@lru_cache(maxsize=256)
def _parts(path: str) -> tuple[str, ...]:
    return _split(path)


def _split(path: str) -> tuple[str, ...]:
    return tuple(unquote(part) for part in path.strip("/").split("/"))


def _query(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.query, keep_blank_values=True))


def _unknown(status: int, message: str) -> LambdaApiError:
    return LambdaApiError(status, "UnknownOperationException", message)
