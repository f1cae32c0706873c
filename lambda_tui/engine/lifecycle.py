"""The states of an execution environment and the one table of transitions between them."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """AWS's phases of an execution environment."""

    INIT = "Init"
    RESTORE = "Restore"
    """Takes the place of Init where a snapshot is restored."""
    INVOKE = "Invoke"
    SHUTDOWN = "Shutdown"


class State(StrEnum):
    """The state of an execution environment. The values are the words on the screen."""

    CREATING = "creating"
    """The sandbox is being built."""
    INITIALISING = "initialising"
    """The runtime starts and imports the function."""
    IDLE = "idle"
    """Initialised, running and without work: about to be frozen, or thawed by hand."""
    INVOKING = "invoking"
    FROZEN = "frozen"
    RESETTING = "resetting"
    """Extensions receive SHUTDOWN and their time, before every process is killed."""
    RESET = "reset"
    """Every process is gone, ``/tmp`` is kept; the next invocation repeats Init."""
    SHUTTING_DOWN = "shutting down"
    ENDED = "ended"

    @property
    def phase(self) -> Phase | None:
        """The AWS phase that the state belongs to; None between phases."""
        return _PHASES.get(self)

    @property
    def is_warm(self) -> bool:
        """Whether the function is initialised, so that an invocation needs no Init."""
        return self in WARM


_PHASES = {
    State.CREATING: Phase.INIT,
    State.INITIALISING: Phase.INIT,
    State.INVOKING: Phase.INVOKE,
    State.RESETTING: Phase.SHUTDOWN,
    State.SHUTTING_DOWN: Phase.SHUTDOWN,
}

WARM = frozenset({State.IDLE, State.INVOKING, State.FROZEN})
"""States in which the function is initialised."""

_FAILED = (State.RESETTING, State.RESET, State.SHUTTING_DOWN, State.ENDED)
"""States that follow when the processes of a running environment fail or are ended."""

TRANSITIONS: dict[State, frozenset[State]] = {
    State.CREATING: frozenset({State.INITIALISING, State.SHUTTING_DOWN, State.ENDED}),
    State.INITIALISING: frozenset({State.IDLE, State.INVOKING, *_FAILED}),
    State.IDLE: frozenset({State.INVOKING, State.FROZEN, *_FAILED}),
    State.INVOKING: frozenset({State.IDLE, *_FAILED}),
    State.FROZEN: frozenset({State.IDLE, State.INVOKING, *_FAILED}),
    State.RESETTING: frozenset({State.RESET, State.SHUTTING_DOWN, State.ENDED}),
    State.RESET: frozenset({State.INITIALISING, State.SHUTTING_DOWN, State.ENDED}),
    State.SHUTTING_DOWN: frozenset({State.ENDED}),
    State.ENDED: frozenset(),
}
"""Every transition that may happen. Any other is a defect of the engine."""


class IllegalTransitionError(Exception):
    """The engine attempted a transition that the table does not have."""


def check_transition(old: State, new: State) -> None:
    """Raise ``IllegalTransitionError`` unless the table has the transition."""
    if new not in TRANSITIONS[old]:
        raise IllegalTransitionError(f"{old} → {new}")
