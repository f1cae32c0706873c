"""The HTTP server that every API is served by: connections, messages, and who is let in."""

from __future__ import annotations

from lambda_tui.apis.http.connection import Answer, Application, Cancel, Connection
from lambda_tui.apis.http.guard import Guard
from lambda_tui.apis.http.message import ChunkedBody, Request, Response, header_value
from lambda_tui.apis.http.server import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    Server,
    ServerError,
    bind,
    listen,
)

__all__ = [
    "DEFAULT_HOST",
    "DEFAULT_PORT",
    "Answer",
    "Application",
    "Cancel",
    "ChunkedBody",
    "Connection",
    "Guard",
    "Request",
    "Response",
    "Server",
    "ServerError",
    "bind",
    "header_value",
    "listen",
]
