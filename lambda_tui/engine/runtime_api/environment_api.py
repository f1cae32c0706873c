"""What an environment offers to the HTTP interface that its own processes call, and needs of it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lambda_tui.engine.runtime_api.environment_events import EnvironmentEvents
    from lambda_tui.engine.runtime_api.extensions import Extensions
    from lambda_tui.engine.runtime_api.runtime import RuntimeApiState
    from lambda_tui.engine.wire import Streams
    from lambda_tui.project.function import Function


class EnvironmentApi(Protocol):
    """Serves one environment's processes the Runtime, Extensions, Telemetry and Logs APIs."""

    @property
    def address(self) -> str:
        """``host:port``, for ``AWS_LAMBDA_RUNTIME_API``."""

    def close(self) -> None:
        """Serves no more."""


class ApiHost(Protocol):
    """The environment, as its API sees it. All but the function is new after each reset."""

    @property
    def function(self) -> Function:
        """What runs in it."""

    @property
    def runtime_api(self) -> RuntimeApiState:
        """The runtime's state."""

    @property
    def extensions(self) -> Extensions:
        """The extensions' states."""

    @property
    def telemetry(self) -> EnvironmentEvents:
        """The environment's events."""

    async def connect_inside(self, port: int) -> Streams:
        """Connects to a port on the environment's loopback; raises ``OSError``."""


class OpenApi(Protocol):
    """Opens the API of an environment."""

    def __call__(self, host: ApiHost, inside: socket.socket | None = None) -> EnvironmentApi:
        """On a free loopback port, or in the environment's own network by a socket of that.

        There it has AWS's address, and the socket is closed with it. Raises ``OSError``.
        """
