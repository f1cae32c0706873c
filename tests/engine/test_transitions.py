"""The one table of transitions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_tui.engine.lifecycle import (
    TRANSITIONS,
    IllegalTransitionError,
    Phase,
    State,
    check_transition,
)

choices = st.lists(st.integers(min_value=0), max_size=40)


@given(choices)
def test_a_walk_through_the_table_is_never_illegal_and_can_always_end(choices: list[int]) -> None:
    state = State.CREATING
    for choice in choices:
        following = sorted(TRANSITIONS[state])
        if not following:
            break
        chosen = following[choice % len(following)]
        check_transition(state, chosen)
        assert state is not State.ENDED
        assert state is not State.SHUTTING_DOWN or chosen is State.ENDED
        state = chosen
    assert state is State.ENDED or State.ENDED in TRANSITIONS[state]


@pytest.mark.rule("1.1.2")
@given(st.sampled_from(State), st.sampled_from(State))
def test_every_step_that_the_table_lacks_is_illegal(old: State, new: State) -> None:
    if new in TRANSITIONS[old]:
        check_transition(old, new)
        return
    with pytest.raises(IllegalTransitionError, match=f"{old}.*{new}"):
        check_transition(old, new)


def test_every_state_can_be_reached_from_the_first() -> None:
    reached, waiting = {State.CREATING}, [State.CREATING]
    while waiting:
        following = TRANSITIONS[waiting.pop()] - reached
        reached |= following
        waiting += following
    assert reached == set(State) == set(TRANSITIONS)


def test_no_transition_leads_to_itself_or_back_to_the_beginning() -> None:
    for state, following in TRANSITIONS.items():
        assert state not in following
        assert State.CREATING not in following


def test_only_what_is_initialised_is_warm_and_only_invoking_is_the_invoke_phase() -> None:
    assert {state for state in State if state.is_warm} == {
        State.IDLE,
        State.INVOKING,
        State.FROZEN,
    }
    assert [state for state in State if state.phase is Phase.INVOKE] == [State.INVOKING]
    assert State.FROZEN.phase is None
