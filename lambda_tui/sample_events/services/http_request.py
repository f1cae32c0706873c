"""Reads the parameters of an HTTP request, which several services pass on in their own shapes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from lambda_tui.sample_events.builder import Parameter, Values

SOURCE_IP = "203.0.113.17"
"""An address that is set aside for examples."""
USER_AGENT = "curl/8.7.1"

METHOD = Parameter("method", "GET", "the HTTP method")
PATH = Parameter("path", "/", "the path of the request")
QUERY = Parameter("query", "", "the query, as name=value,name=value or a JSON object")
HEADERS = Parameter("headers", "", "headers, as name=value,name=value or a JSON object")
BODY = Parameter("body", "", "the body, a text; JSON is sent as it is written")
CLAIMS = Parameter("claims", "", "claims of a JWT authorizer, as name=value or a JSON object")

REQUEST_PARAMETERS = (METHOD, PATH, QUERY, HEADERS, BODY)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """An HTTP request as a client sends it."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """With lower-case names."""
    body: str | None

    @property
    def query_string(self) -> str:
        """The query, encoded, without a question mark."""
        return urlencode(self.query)


def read_request(values: Values, host: str, *, port: int = 443) -> HttpRequest:
    """Return the request that the parameters describe, with a usual client's headers."""
    body = values["body"] or None
    headers = {
        "accept": "*/*",
        "host": host,
        "user-agent": USER_AGENT,
        "x-forwarded-for": SOURCE_IP,
        "x-forwarded-port": str(port),
        "x-forwarded-proto": "https" if port == 443 else "http",
    }
    if body is not None:
        headers["content-type"] = "application/json" if _is_json(body) else "text/plain"
        headers["content-length"] = str(len(body.encode()))
    headers |= {name.lower(): value for name, value in values.texts("headers").items()}
    path = values["path"]
    method = values["method"].upper()
    # Triggers say ANY where a request has one method.
    method = "GET" if method in ("ANY", "*", "") else method
    path = path if path.startswith("/") else f"/{path}"
    return HttpRequest(method, path, values.texts("query"), headers, body)


def path_parameters(resource: str, path: str) -> dict[str, str]:
    """Return the values that a path has for the ``{names}`` of a resource, such as ``/o/{id}``."""
    parameters = {}
    parts = path.strip("/").split("/")
    for number, part in enumerate(resource.strip("/").split("/")):
        if part.startswith("{") and part.endswith("+}"):
            parameters[part[1:-2]] = "/".join(parts[number:])
        elif part.startswith("{") and part.endswith("}") and number < len(parts):
            parameters[part[1:-1]] = parts[number]
    return parameters


def example_path(resource: str) -> str:
    """Return a path for a resource: ``/orders/{id}`` becomes ``/orders/id``."""
    if resource in ("$default", ""):
        return "/"
    return resource.replace("+}", "}").replace("{", "").replace("}", "")


def title_case(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers with the names as HTTP 1 clients write them: ``User-Agent``."""
    return {"-".join(map(str.capitalize, name.split("-"))): one for name, one in headers.items()}


def many(values: Mapping[str, Any]) -> dict[str, list[Any]] | None:
    """Return each value in a list, as in multi-value headers; None when there are none."""
    return {name: [value] for name, value in values.items()} or None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
