"""Which environment of a pool serves the next invocation."""

from __future__ import annotations

from collections.abc import Sequence

from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.lifecycle import State

_RANKS = {State.IDLE: 3, State.FROZEN: 3, State.INITIALISING: 2, State.CREATING: 1, State.RESET: 0}


class FreeEnvironments:
    """Those that can take an invocation, the warm one that was used last before all others."""

    def __init__(self, environments: Sequence[ExecutionEnvironment]) -> None:
        """``environments`` are all of the pool, free or not."""
        self._environments = environments
        self._warm: dict[ExecutionEnvironment, None] = {}
        """In the order of their last use; some may have work again, or be gone."""

    def add(self, environment: ExecutionEnvironment) -> None:
        """It has initialised, or answered: none was used later."""
        self._warm.pop(environment, None)
        self._warm[environment] = None

    def discard(self, environment: ExecutionEnvironment) -> None:
        """It is gone."""
        self._warm.pop(environment, None)

    def take(self) -> ExecutionEnvironment | None:
        """The best one, which is given work now: else one that initialises, or was reset."""
        while self._warm:
            environment, _ = self._warm.popitem()
            if environment.is_free and environment.state.is_warm:
                return environment
        free = [environment for environment in self._environments if environment.is_free]
        return max(free, key=_preference, default=None)


def _preference(environment: ExecutionEnvironment) -> tuple[int, float]:
    return _RANKS[environment.state], environment.state_since
