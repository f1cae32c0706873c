"""The state that an environment shares with the HTTP server of its own processes."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lambda_tui.engine.events import Record
from lambda_tui.engine.runtime_api.extensions import Extension, Extensions
from lambda_tui.engine.runtime_api.runtime import RuntimeApi, RuntimeState
from lambda_tui.engine.runtime_api.subscriptions import Subscriptions
from lambda_tui.engine.wire import OwnNetwork, RuntimeFrame, Streams, connect_to_loopback
from lambda_tui.project.function import Function


class ApiState:
    """The Runtime, Extensions and Telemetry APIs of one environment, new after each reset."""

    def __init__(
        self,
        function: Function,
        emit: Callable[[Record], None],
        on_frame: Callable[[RuntimeFrame], None],
        on_change: Callable[[], None],
        on_failure: Callable[[Extension, str, str], None],
    ) -> None:
        """``on_frame`` receives the runtime's calls as frames.

        ``on_change`` is called when an extension has registered or waits for an event,
        ``on_failure`` with the fatal error type and a message when one reports an error.
        """
        self.function = function
        self.network: OwnNetwork | None = None
        """The environment's own network; None where it shares the machine's."""
        self._emit = emit
        self._on_frame = on_frame
        self._on_change = on_change
        self._on_failure = on_failure
        self.renew((), RuntimeState.STARTED)

    def renew(self, external_extensions: Iterable[str], runtime: RuntimeState) -> None:
        """Begin anew for processes that are about to be started."""
        self.runtime = RuntimeApi(self._on_frame, runtime)
        self.extensions = Extensions(external_extensions, self._on_change, self._on_failure)
        self.telemetry = Subscriptions(self._emit)

    def close(self) -> None:
        """Dismiss every waiting call and subscriber: the processes are gone."""
        self.runtime.close()
        self.extensions.close()
        self.telemetry.close()
        # Nobody may find the extensions of processes that are gone.
        self.extensions = Extensions((), self._on_change, self._on_failure)

    async def connect_inside(self, port: int) -> Streams:
        """Connect to a port on the environment's loopback. Raise ``OSError``."""
        return await connect_to_loopback(self.network, port)


@dataclass(frozen=True, slots=True)
class ApiServer:
    """The HTTP server of one environment's APIs."""

    address: str
    """``host:port``, for ``AWS_LAMBDA_RUNTIME_API``."""
    close: Callable[[], None]
    """Stop serving."""


OpenApi = Callable[[ApiState, socket.socket | None], ApiServer]
"""Start the HTTP server of an environment: on a free loopback port, or with a socket of the
environment's own network at AWS's address there. Raise ``OSError`` when it cannot listen."""
