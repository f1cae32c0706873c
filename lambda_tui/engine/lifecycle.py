"""The states of an execution environment and the one table of transitions between them."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """AWS's phases of an execution environment."""

    INIT = "Init"
    RESTORE = "Restore"
    """In the place of Init where a snapshot is restored."""
    INVOKE = "Invoke"
    SHUTDOWN = "Shutdown"


class State(StrEnum):
    """What an execution environment is doing. The values are the words on the screen."""

    CREATING = "creating"
    """The sandbox is being built."""
    INITIALISING = "initialising"
    """The runtime starts and imports the function."""
    IDLE = "idle"
    """Initialised and running with nothing to do: about to be frozen, or thawed by hand."""
    INVOKING = "invoking"
    FROZEN = "frozen"
    RESETTING = "resetting"
    """Extensions are told of the reset and given their time, before every process is killed."""
    RESET = "reset"
    """No runtime is left, ``/tmp`` is; the next invocation initialises again."""
    SHUTTING_DOWN = "shutting down"
    ENDED = "ended"

    @property
    def phase(self) -> Phase | None:
        """The AWS phase that the state belongs to; None between phases."""
        return _PHASES.get(self)

    @property
    def is_warm(self) -> bool:
        """Whether the function is initialised, so that an invocation needs no Init."""
        return self in (State.IDLE, State.INVOKING, State.FROZEN)


_PHASES = {
    State.CREATING: Phase.INIT,
    State.INITIALISING: Phase.INIT,
    State.INVOKING: Phase.INVOKE,
    State.RESETTING: Phase.SHUTDOWN,
    State.SHUTTING_DOWN: Phase.SHUTDOWN,
}

_LOST = (State.RESETTING, State.RESET, State.SHUTTING_DOWN, State.ENDED)
"""Where any running environment may go."""

TRANSITIONS: dict[State, frozenset[State]] = {
    State.CREATING: frozenset({State.INITIALISING, State.SHUTTING_DOWN, State.ENDED}),
    State.INITIALISING: frozenset({State.IDLE, *_LOST}),
    State.IDLE: frozenset({State.INVOKING, State.FROZEN, *_LOST}),
    State.INVOKING: frozenset({State.IDLE, *_LOST}),
    State.FROZEN: frozenset({State.IDLE, *_LOST}),
    State.RESETTING: frozenset({State.RESET, State.SHUTTING_DOWN, State.ENDED}),
    State.RESET: frozenset({State.INITIALISING, State.SHUTTING_DOWN, State.ENDED}),
    State.SHUTTING_DOWN: frozenset({State.ENDED}),
    State.ENDED: frozenset(),
}
"""Every transition that may happen; all others are defects."""


class IllegalTransition(Exception):
    """The engine tried a transition that the table does not have."""


def check_transition(old: State, new: State) -> None:
    """Raises ``IllegalTransition`` unless the table has the step."""
    if new not in TRANSITIONS[old]:
        raise IllegalTransition(f"{old} → {new}")
