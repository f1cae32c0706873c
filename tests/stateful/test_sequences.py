"""Whatever happens to environments, in whatever order: no invocation is lost, nothing is left.

``STATEFUL_SEQUENCES=500`` runs as many sequences as it says, each time others.
"""

from __future__ import annotations

import itertools
import json
import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lambda_tui.engine import events
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.lifecycle import TRANSITIONS, State
from stateful.sequence import DOINGS, MAY_SUCCEED, TOP_LEVELS, Sequence

SEQUENCES = os.environ.get("STATEFUL_SEQUENCES")
NORMAL_SEQUENCES = 25
STEPS = 18

ONE = st.integers(min_value=0, max_value=3)
MOMENTS = st.sampled_from([0.0, 0.003, 0.01, 0.03, 0.1])
FINISHING = [doing for doing in DOINGS if doing != "no end"]


@pytest.mark.rule("1.1.1", "1.1.2", "1.7.3")
@pytest.mark.timeout(300 if SEQUENCES is None else 12 * int(SEQUENCES))
def test_a_random_sequence_loses_no_invocation_and_leaves_nothing(adopt_orphans: None) -> None:
    run_state_machine_as_test(
        Environments,
        settings=settings(
            max_examples=int(SEQUENCES or NORMAL_SEQUENCES),
            stateful_step_count=STEPS,
            # The same ones in each ordinary run: a change that breaks one is seen where it is made.
            derandomize=SEQUENCES is None,
            database=None,
            deadline=None,
            # Processes keep their own time: a sequence that failed may not fail again.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


class Environments(RuleBasedStateMachine):
    """Does everything that may happen to the environments of one function."""

    sequence: Sequence

    @initialize(
        sandbox=st.sampled_from(["namespaces", "processes"]),
        provisioned=st.integers(min_value=0, max_value=2),
        reserved=st.sampled_from([None, None, None, 2]),
        idle_timeout=st.sampled_from([600.0, 0.02]),
    )
    def open(
        self, sandbox: str, provisioned: int, reserved: int | None, idle_timeout: float
    ) -> None:
        self.sequence = Sequence(
            sandbox,
            idle_timeout,
            provisioned_concurrency=provisioned,
            reserved_concurrency=reserved,
        )

    @rule(
        doing=st.sampled_from([*DOINGS]),
        count=st.integers(min_value=1, max_value=3),
        seconds=MOMENTS,
    )
    def invoke(self, doing: str, count: int, seconds: float) -> None:
        self.sequence.invoke(doing, count)
        self.sequence.pass_time(seconds)

    @rule(doing=st.sampled_from(FINISHING))
    def invoke_and_wait(self, doing: str) -> None:
        self.sequence.invoke(doing, 1)
        self.sequence.wait()

    @rule(number=ONE, action=st.sampled_from(["freeze", "thaw", "kill", "reinitialise"]))
    def do_by_hand(self, number: int, action: str) -> None:
        self.sequence.act(action, number)

    @rule(number=ONE, action=st.sampled_from(["shut down", "end the init process"]))
    def end_one(self, number: int, action: str) -> None:
        self.sequence.act(action, number)

    @rule()
    def reinitialise_all(self) -> None:
        self.sequence.reinitialise_all()

    @rule(top_level=st.sampled_from(["good", *TOP_LEVELS]))
    def save(self, top_level: str) -> None:
        self.sequence.save(top_level)

    @rule(seconds=MOMENTS)
    def let_time_pass(self, seconds: float) -> None:
        self.sequence.pass_time(seconds)

    def _is_open(self) -> bool:
        return hasattr(self, "sequence")

    @precondition(_is_open)
    @invariant()
    def each_environment_serves_one_and_nothing_illegal_was_tried(self) -> None:
        assert self.sequence.raised == []
        served = [
            invocation.environment_id
            for invocation, _doing in self.sequence.asked
            if not invocation.is_over and invocation.environment_id is not None
        ]
        assert len(served) == len(set(served))

    @precondition(_is_open)
    @invariant()
    def what_is_frozen_or_reset_does_nothing(self) -> None:
        for environment in self.sequence.pool.environments:
            if environment.state in (State.FROZEN, State.RESET):
                assert self.sequence.still_running(environment) == []

    def teardown(self) -> None:
        if not self._is_open():
            return
        try:
            self.sequence.wait()
        finally:
            left = self.sequence.close()
        assert left == []
        assert self.sequence.raised == []
        for invocation, doing in self.sequence.asked:
            check_outcome(invocation, doing)
        check_transitions(self.sequence)
        check_order(self.sequence)
        check_log(self.sequence)


def check_outcome(invocation: Invocation, doing: str) -> None:
    """Check that an invocation has an outcome, and that it is its own."""
    assert invocation.status in ("success", "error", "timeout", "throttled")
    assert invocation.response is not None
    response = json.loads(invocation.response)
    if invocation.status == "success":
        assert doing in MAY_SUCCEED
        assert response == json.loads(invocation.payload)["number"]
    elif invocation.status == "throttled":
        assert set(response) == {"Reason", "Type", "message"}
    else:
        assert invocation.function_error == "Unhandled"
        assert {"errorType", "errorMessage"} <= set(response)
    if doing == "no end":
        assert invocation.status != "success"


def check_transitions(sequence: Sequence) -> None:
    """Check that each environment went through the table's states only, and ended."""
    for environment in sequence.ever.values():
        assert environment.state is State.ENDED
        seen = [
            state
            for event, state in sequence.events
            if event.environment == environment.id and state is not None
        ]
        for before, after in itertools.pairwise(seen):
            assert after in reachable(before), (before, after)


def reachable(state: State) -> set[State]:
    """Return a state, and all states that the table leads to from it."""
    found, waiting = {state}, [state]
    while waiting:
        further = TRANSITIONS[waiting.pop()] - found
        found |= further
        waiting += further
    return found


def check_order(sequence: Sequence) -> None:
    """Check that START and END come once and in order, with the request's lines between."""
    serving: dict[str, str] = {}
    started: list[str] = []
    reported: list[str] = []
    for event, _state in sequence.events:
        record = event.record
        if isinstance(record, events.Start):
            assert event.environment not in serving
            serving[event.environment] = record.request_id
            started.append(record.request_id)
        elif isinstance(record, events.Report):
            assert serving.pop(event.environment) == record.request_id
            reported.append(record.request_id)
        elif isinstance(record, events.StateChange) and record.state is State.ENDED:
            serving.pop(event.environment, None)
        elif isinstance(record, events.FunctionLog) and record.request_id is not None:
            assert serving.get(event.environment) == record.request_id
    assert serving == {}
    assert len(started) == len(set(started))
    assert len(reported) == len(set(reported))
    served = {one.request_id for one, _doing in sequence.asked if one.status == "success"}
    assert served <= set(reported)


def check_log(sequence: Sequence) -> None:
    """Check that the lines of each successful invocation are in the log as its own."""
    printed: dict[str | None, list[str]] = {}
    for event, _state in sequence.events:
        if isinstance(event.record, events.FunctionLog):
            printed.setdefault(event.record.request_id, []).append(event.record.message)
    for invocation, doing in sequence.asked:
        if invocation.status == "success":
            lines = printed[invocation.request_id]
            assert lines[0] == f"serving {json.loads(invocation.response or b'')}"
            assert lines.count("line") == (2000 if doing == "much text" else 0)
