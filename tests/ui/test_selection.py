"""The one selection that everything on the screen belongs to."""

from __future__ import annotations

from lambda_tui.history import InvocationRecord
from lambda_tui.ui.model import Selection, Tab


def records(*environments: int) -> list[InvocationRecord]:
    """Return invocations in these environments, numbered from 1, oldest first."""
    return [
        InvocationRecord(
            session="now",
            function="Greet",
            number=number,
            request_id="",
            started=float(number),
            environment=environment,
        )
        for number, environment in enumerate(environments, 1)
    ]


def numbers(listed: list[InvocationRecord]) -> list[int]:
    return [record.number for record in listed]


def test_without_a_choice_the_newest_of_all_is_selected() -> None:
    selection = Selection("Greet")
    listed = selection.listed(records(1, 2, 1))
    assert numbers(listed) == [3, 2, 1]
    found = selection.find(listed)
    assert found is not None
    assert found.number == 3
    assert selection.find(selection.listed(records(1, 2, 1, 2))) is not None


def test_a_chosen_invocation_stays_when_others_come() -> None:
    selection = Selection("Greet")
    selection.choose_invocation(("now", 2))
    for more in ((1, 2, 1), (1, 2, 1, 1, 1)):
        found = selection.find(selection.listed(records(*more)))
        assert found is not None
        assert found.number == 2


def test_an_environment_narrows_the_list_to_its_own() -> None:
    selection = Selection("Greet")
    selection.choose_invocation(("now", 1))
    selection.choose_environment(2)
    listed = selection.listed(records(1, 2, 1, 2))
    assert numbers(listed) == [4, 2]
    found = selection.find(listed)
    assert found is not None
    assert found.number == 4
    selection.choose_environment(None)
    assert numbers(selection.listed(records(1, 2))) == [2, 1]


def test_an_environment_has_no_invocation_of_an_earlier_session() -> None:
    own, earlier = records(1, 2), records(1, 2)
    for record in earlier:
        record.session = "before"
    selection = Selection("Greet", session="now")
    assert len(selection.listed([*earlier, *own])) == 4
    selection.choose_environment(2)
    assert selection.listed([*earlier, *own]) == [own[1]]


def test_another_function_begins_with_everything_of_it() -> None:
    selection = Selection("Greet", environment=2, invocation=("now", 1), tab=Tab.TMP)
    selection.choose_function("Greet")
    assert selection.environment == 2, "it is chosen already"
    selection.choose_function("Other")
    assert selection.environment is None
    assert selection.invocation is None
    assert selection.tab is Tab.TMP, "the tab is what the user wants to see of any function"


def test_a_forgotten_invocation_gives_way_to_the_newest() -> None:
    selection = Selection("Greet", invocation=("before", 7))
    found = selection.find(selection.listed(records(1)))
    assert found is not None
    assert found.number == 1
    assert selection.find([]) is None


def test_two_tabs_side_by_side_are_never_the_same() -> None:
    selection = Selection("Greet")
    for tab in (*Tab, *reversed(Tab)):
        selection.choose_tab(tab)
        assert selection.tab is tab
        assert selection.beside is not tab
