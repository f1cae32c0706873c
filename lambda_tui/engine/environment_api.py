"""What an environment offers to the HTTP interface that its own processes call, and needs of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lambda_tui.engine.environment_events import EnvironmentEvents
    from lambda_tui.engine.extensions import Extensions
    from lambda_tui.engine.runtime_api_state import RuntimeApiState
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


OpenApi = Callable[[ApiHost], EnvironmentApi]
"""Opens the API of an environment; raises ``OSError`` when it cannot."""
