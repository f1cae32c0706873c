"""Reads what an extension subscribes to from the body of its request, and checks it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from lambda_tui import limits
from lambda_tui.engine.runtime_api import ApiError

Api = Literal["telemetry", "logs"]

TELEMETRY_SCHEMAS = ("2022-07-01", "2022-12-13", "2025-01-29")
LOGS_SCHEMAS = ("2020-08-15", "2021-03-18")
STREAMS = ("platform", "function", "extension")
_HOSTS = ("sandbox.localdomain", "sandbox")
_METHODS = ("POST", "PUT")
_RESERVED_PORT = 9001
_PORTS = (1, 65_535)


@dataclass(frozen=True, slots=True)
class Buffering:
    """The size at which a batch is sent, and the time after its first event."""

    maximum_items: int = 10_000
    maximum_bytes: int = 262_144
    timeout_ms: int = 1_000


@dataclass(frozen=True, slots=True)
class Destination:
    """The place inside the environment that batches are sent to."""

    protocol: Literal["HTTP", "TCP"]
    port: int
    host: str = ""
    """The name that the subscriber wrote; one of those of the environment itself."""
    path: str = "/"
    """The path, with the query if there is one."""
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A valid subscription; one that equals another is the same."""

    api: Api
    schema: str
    types: tuple[str, ...]
    """Streams: ``platform``, ``function``, ``extension``."""
    buffering: Buffering
    destination: Destination


def read_subscription(api: Api, body: bytes | bytearray) -> Subscription:
    """Return the subscription in a request's body.

    Raises ``ApiError`` with status 400 and everything that is wrong with it, as AWS does.
    """
    reading = _Reading(api)
    subscription = reading.subscription(_fields(api, body))
    if subscription is None or reading.failures:
        raise validation_error(api, "; ".join(reading.failures))
    return subscription


def validation_error(api: Api, message: str) -> ApiError:
    """Return the error of a request that is not a valid subscription."""
    error_type = "ValidationError" if api == "telemetry" else "Logs.ValidationError"
    return ApiError(400, error_type, message)


def _fields(api: Api, body: bytes | bytearray) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise validation_error(api, "The request body is not valid JSON") from None
    if not isinstance(fields, dict):
        raise validation_error(api, "The request body should be a JSON object")
    return fields


class _Reading:
    """Reads one request, and collects what is wrong with it."""

    def __init__(self, api: Api) -> None:
        self.failures: list[str] = []
        self._api = api

    def subscription(self, fields: dict[str, Any]) -> Subscription | None:
        """Return the subscription; None when its destination cannot be read."""
        schema = self._schema(fields)
        destination = self._destination(fields.get("destination"))
        types = self._types(fields.get("types"))
        buffering = self._buffering(fields.get("buffering", {}))
        if destination is None:
            return None
        return Subscription(self._api, schema, types, buffering, destination)

    def _schema(self, fields: dict[str, Any]) -> str:
        """Return the schema's version, which only the Logs API has a default for."""
        if self._api == "logs":
            return self._one_of("schemaVersion", fields, LOGS_SCHEMAS, default=LOGS_SCHEMAS[0])
        return self._one_of("schemaVersion", fields, TELEMETRY_SCHEMAS)

    def _types(self, types: object) -> tuple[str, ...]:
        if not isinstance(types, list) or not types:
            self.failures.append("types should not be empty")
            return ()
        if not all(isinstance(one, str) and one in STREAMS for one in types):
            self.failures.append(f"types should be among {', '.join(STREAMS)}")
            return ()
        return tuple(dict.fromkeys(types))

    def _buffering(self, buffering: object) -> Buffering:
        if not isinstance(buffering, dict):
            self.failures.append("buffering should be an object")
            return Buffering()
        return Buffering(
            self._number("buffering.maxItems", buffering, limits.BATCH_ITEMS, 10_000),
            self._number("buffering.maxBytes", buffering, limits.BATCH_BYTES, 262_144),
            self._number("buffering.timeoutMs", buffering, limits.BATCH_MILLISECONDS, 1_000),
        )

    def _destination(self, destination: object) -> Destination | None:
        if not isinstance(destination, dict):
            self.failures.append("destination should be an object")
            return None
        protocol = self._one_of("destination.protocol", destination, ("HTTP", "TCP"))
        if protocol == "TCP":
            port = self._number("destination.port", destination, _PORTS)
            self._check_port(port)
            return Destination("TCP", port)
        if protocol != "HTTP":
            return None
        method = "POST"
        if self._api == "logs":
            method = self._one_of("destination.method", destination, _METHODS, default=method)
            self._one_of("destination.encoding", destination, ("JSON",), default="JSON")
        return self._http_destination(destination.get("URI"), method)

    def _http_destination(self, uri: object, method: str) -> Destination | None:
        if not isinstance(uri, str) or not uri.isascii() or not uri.isprintable() or " " in uri:
            self.failures.append("URI should be an HTTP URI")
            return None
        try:
            parts = urlsplit(uri)
            host, port = parts.hostname, parts.port
        except ValueError:
            self.failures.append("URI should be an HTTP URI")
            return None
        if parts.scheme != "http":
            self.failures.append("URI should begin with http://")
        if host not in _HOSTS:
            self.failures.append(f"URI host should be {_HOSTS[0]}")
        if not port:
            self.failures.append("URI port is not provided")
        if host is None or not port:
            return None
        self._check_port(port)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Destination("HTTP", port, host, path, method)

    def _check_port(self, port: int) -> None:
        if port == _RESERVED_PORT:
            self.failures.append(f"port {_RESERVED_PORT} is reserved")

    def _one_of(
        self, name: str, fields: dict[str, Any], allowed: Sequence[str], default: str = ""
    ) -> str:
        value = fields.get(name.rpartition(".")[2], default)
        if isinstance(value, str) and value in allowed:
            return value
        missing = "is not provided" if not value else f"should be {' or '.join(allowed)}"
        self.failures.append(f"{name} {missing}")
        return ""

    def _number(
        self,
        name: str,
        fields: dict[str, Any],
        allowed: tuple[int, int],
        default: int | None = None,
    ) -> int:
        least, most = allowed
        value = fields.get(name.rpartition(".")[2], default)
        if type(value) is int and least <= value <= most:
            return value
        problem = "is not provided" if value is None else f"should be from {least} to {most}"
        self.failures.append(f"{name} {problem}")
        return least
