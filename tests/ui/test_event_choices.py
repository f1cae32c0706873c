"""The list of events that a user chooses from."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.project.function import Function, Project, Trigger
from lambda_tui.sample_events import BUILDERS, SavedEvents
from lambda_tui.ui.model import SentEvent, event_choices
from lambda_tui.ui.model.event_choices import trigger_words


def test_what_fits_best_comes_first(tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    for name in ("other", "orders", "payments"):
        (tmp_path / "events" / f"{name}.json").write_text("{}")
    trigger = Trigger("sqs", "E", {"queue": "arn:aws:sqs:us-east-1:123456789012:orders"})
    unknown = Trigger("msk", "K")
    function = Function("Orders", "app.f", tmp_path, triggers=(unknown, trigger))
    project = Project(tmp_path, (function, Function("Payments", "app.f", tmp_path)))
    saved = SavedEvents.beside(tmp_path / "saved")
    (tmp_path / "saved").mkdir()
    saved.save("mine", '{"mine": 1}')

    choices = event_choices(project, function, saved, [SentEvent("#3", "by hand", b'{"n": 3}')])

    found = [(choice.group, choice.name, choice.detail) for choice in choices]
    assert found[:6] == [
        ("trigger", "sqs", "orders"),
        ("file", "orders.json", ""),
        ("file", "other.json", ""),
        ("file", "payments.json", "of Payments"),
        ("saved", "mine", ""),
        ("sent", "#3", "by hand"),
    ]
    assert [name for _, name, _ in found[6:]] == [builder.name for builder in BUILDERS]
    read = {choice.name: choice.read() for choice in choices if choice.read is not None}
    assert (read["mine"].text, read["mine"].origin) == ('{"mine": 1}', "saved: mine")
    assert (read["#3"].text, read["#3"].origin) == ('{"n": 3}', "#3")
    assert choices[0].given == trigger.details


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({"route": "/orders/{id}", "method": "POST"}, "POST /orders/{id}"),
        ({"resource": "/orders"}, "/orders"),
        ({"rule": "FE", "schedule": "rate(1 hour)"}, "rate(1 hour)"),
        ({"bucket": "pictures", "key": "in/example.png"}, "pictures"),
        ({"topic": "arn:aws:sns:us-east-1:123456789012:news"}, "news"),
        ({}, ""),
    ],
)
def test_a_trigger_is_told_in_few_words(details: dict[str, str], words: str) -> None:
    assert trigger_words(details) == words
