"""Which environments of a pool may exist beside one another, given their network."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.launch import Network, NetworkRefusedError, network_for
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.wire import Sandbox
from lambda_tui.project.function import Function
from lambda_tui.project.settings import Settings


class NetworkPolicy:
    """Decides on the network of each environment, and tells once what is lacking."""

    def __init__(
        self,
        settings: Settings,
        get_sandbox: Callable[[], Sandbox | None],
        warn: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._get_sandbox = get_sandbox
        self._warn = warn
        self._told: set[str] = set()

    def beside(self, older: Iterable[ExecutionEnvironment], function: Function) -> Network:
        """Return the network of an environment of the function beside older ones.

        Raise ``NetworkRefusedError``.
        """
        network = self._of(function)
        if network.refusal and any(one.state is not State.SHUTTING_DOWN for one in older):
            raise NetworkRefusedError(network.refusal)
        return network

    def allows_another(
        self, environments: Iterable[ExecutionEnvironment], function: Function
    ) -> bool:
        """Return whether one more may be made; tell what it lacks, or why not."""
        try:
            sentence, is_allowed = self.beside(environments, function).shortcoming, True
        except NetworkRefusedError as refusal:
            sentence, is_allowed = str(refusal), False
        if sentence and sentence not in self._told:
            self._told.add(sentence)
            self._warn(sentence)
        return is_allowed

    def must_wait(
        self, environments: Iterable[ExecutionEnvironment], environment: ExecutionEnvironment
    ) -> bool:
        """Return whether those that are ending must have gone before it can start."""
        is_ending = any(one.state is State.SHUTTING_DOWN for one in environments)
        return is_ending and bool(self._of(environment.function).refusal)

    def forget(self) -> None:
        """Tell again what was told before: something has changed."""
        self._told.clear()

    def _of(self, function: Function) -> Network:
        choice = self._settings.network_of(function.name)
        return network_for(function, choice, has_namespaces=self._has_namespaces)

    @property
    def _has_namespaces(self) -> bool:
        """Whether the machine has namespaces or, until that is known, may have them."""
        sandbox = self._get_sandbox()
        if sandbox is not None:
            return sandbox.level == "namespaces"
        return self._settings.sandbox != "processes" and sys.platform.startswith("linux")
