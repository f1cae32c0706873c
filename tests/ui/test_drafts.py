"""The model of the events, without a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lambda_tui import limits
from lambda_tui.project.event_files import DEFAULT_EVENT, SampleEvent
from lambda_tui.project.function import Function, Project, Trigger
from lambda_tui.ui.model import Drafts, client_context_problem

NAMES = [f"Function{number}" for number in range(20)]


class Opened:
    """A project with an event file for each function, and the drafts of its functions."""

    def __init__(self, tmp_path: Path) -> None:
        self.events = tmp_path / "events"
        self.events.mkdir()
        for name in NAMES:
            (self.events / f"{name}.json").write_text(json.dumps({"for": name}))
        functions = tuple(Function(name, "app.f", tmp_path) for name in NAMES)
        self.project = Project(tmp_path, functions)
        self.changed: list[str] = []
        self.drafts = Drafts(lambda: self.project, self.changed.append)


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    return Opened(tmp_path)


async def test_each_function_has_its_own_event_however_quickly_one_moves_on(
    opened: Opened,
) -> None:
    for name in NAMES:
        assert opened.drafts.of(name).text == DEFAULT_EVENT
    # The last one is read first, and those that were passed over are not forgotten.
    assert json.loads((await opened.drafts.ready(NAMES[-1])).text) == {"for": NAMES[-1]}
    for name in NAMES:
        draft = await opened.drafts.ready(name)
        assert json.loads(draft.text) == {"for": name}
        assert draft.name == f"{name}.json"
    assert sorted(opened.changed) == sorted(NAMES)


async def test_what_the_user_has_done_meanwhile_is_not_replaced(opened: Opened) -> None:
    opened.drafts.of("Function1")
    opened.drafts.edit("Function1", "{}")
    opened.drafts.take("Function2", SampleEvent('{"my": "choice"}', "mine.json"))

    assert (await opened.drafts.ready("Function1")).text == "{}"
    assert (await opened.drafts.ready("Function2")).name == "mine.json"


async def test_an_edited_event_has_a_sign_until_it_is_as_it_was(opened: Opened) -> None:
    draft = await opened.drafts.ready("Function1")
    original = draft.text

    opened.drafts.edit("Function1", "{}")
    assert draft.name == "Function1.json*"
    opened.drafts.edit("Function1", original)
    assert draft.name == "Function1.json"


async def test_a_changed_project_is_asked_again_for_what_nobody_has_chosen(
    opened: Opened, tmp_path: Path
) -> None:
    first, second = [await opened.drafts.ready(name) for name in NAMES[:2]]
    opened.drafts.edit(NAMES[1], '{"mine": 1}')
    opened.changed.clear()
    for name in NAMES[:2]:
        (opened.events / f"{name}.json").unlink()
    trigger = Trigger("sqs", "E")
    functions = tuple(Function(name, "app.f", tmp_path, triggers=(trigger,)) for name in NAMES[:2])
    opened.project = Project(tmp_path, functions)

    opened.drafts.review()
    await opened.drafts.ready(NAMES[0])
    await opened.drafts.ready(NAMES[1])
    assert first.origin == "sqs (built)"
    assert opened.changed == [NAMES[0]]
    assert second.text == '{"mine": 1}'
    # A built event stays as it is shown.
    before = first.text
    opened.drafts.review()
    assert (await opened.drafts.ready(NAMES[0])).text == before


async def test_a_function_that_is_gone_keeps_the_default_event(opened: Opened) -> None:
    assert (await opened.drafts.ready("Gone")).text == DEFAULT_EVENT


async def test_a_client_context_is_a_json_object_of_the_size_that_lambda_takes() -> None:
    assert client_context_problem("", limits.CLIENT_CONTEXT_BYTES) is None
    assert client_context_problem('{"custom": {}}', limits.CLIENT_CONTEXT_BYTES) is None
    for text in ("[]", "{", "1", "[" * 100_000):
        assert "is a JSON object" in (client_context_problem(text, 3583) or "")
    assert "has 4,012 bytes in base64, but Lambda takes 3,583." in (
        client_context_problem(json.dumps({"a": "x" * 3000}), 3583) or ""
    )
