from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.project.event_files import DEFAULT_EVENT, find_events
from lambda_tui.project.function import Function, Project, Trigger
from lambda_tui.sample_events import BUILDERS, first_event

NAMED = {builder.name: builder for builder in BUILDERS}
QUEUE = Trigger("sqs", "Events", {"queue": "arn:aws:sqs:us-east-1:123456789012:orders"})


def project_of(tmp_path: Path, *functions: Function, **files: object) -> Project:
    """Return a project with event files, whose contents are JSON or the name of a builder."""
    (tmp_path / "events").mkdir(exist_ok=True)
    for name, content in files.items():
        event: Any = NAMED[content].build() if isinstance(content, str) else content
        (tmp_path / "events" / f"{name}.json").write_text(json.dumps(event))
    return Project(tmp_path, functions)


def function_of(tmp_path: Path, name: str, *triggers: Trigger, handler: str = "app.f") -> Function:
    return Function(name, handler, tmp_path, triggers=triggers)


def test_a_queue_s_consumer_never_gets_an_event_of_an_api(tmp_path: Path) -> None:
    function = function_of(tmp_path, "OrdersConsumer", QUEUE)
    project = project_of(tmp_path, function, api="apigateway", http="httpapi", other="s3")
    event = first_event(project, function)

    assert event.origin == "sqs (built)"
    (record,) = json.loads(event.text)["Records"]
    assert record["eventSourceARN"] == "arn:aws:sqs:us-east-1:123456789012:orders"


def test_the_file_that_is_named_after_the_function_is_first(tmp_path: Path) -> None:
    function = function_of(tmp_path, "OrdersConsumer", QUEUE)
    project = project_of(tmp_path, function, a="sqs", orders_consumer={"mine": 1})

    assert first_event(project, function).origin == "orders_consumer.json"


def test_a_file_of_a_trigger_s_shape_is_before_a_built_event(tmp_path: Path) -> None:
    function = function_of(tmp_path, "Orders", QUEUE)
    project = project_of(tmp_path, function, a={"name": 1}, b="apigateway", c="sqs")

    assert first_event(project, function).origin == "c.json"


def test_a_file_of_any_trigger_s_shape_is_taken(tmp_path: Path) -> None:
    function = function_of(tmp_path, "Orders", QUEUE, Trigger("s3", "Pictures"))
    project = project_of(tmp_path, function, pictures="s3")

    assert first_event(project, function).origin == "pictures.json"


def test_the_built_event_is_of_the_first_trigger_that_has_a_builder(tmp_path: Path) -> None:
    function = function_of(
        tmp_path,
        "Orders",
        Trigger("msk", "Kafka"),
        Trigger("httpapi", "Get", {"route": "/orders/{id}", "method": "DELETE"}),
    )
    event = first_event(project_of(tmp_path, function), function)

    assert event.origin == "httpapi (built)"
    assert json.loads(event.text)["routeKey"] == "DELETE /orders/{id}"


@pytest.mark.parametrize("service", ["apigateway", "httpapi"])
@pytest.mark.parametrize(("method", "has_body"), [("POST", True), ("PATCH", True), ("GET", False)])
def test_a_request_that_is_sent_with_a_body_has_one(
    tmp_path: Path, service: str, method: str, *, has_body: bool
) -> None:
    function = function_of(tmp_path, "Orders", Trigger(service, "Api", {"method": method}))
    event = json.loads(first_event(project_of(tmp_path, function), function).text)

    assert event.get("body") == ('{"name": "world"}' if has_body else None)
    assert ("content-type" in map(str.lower, event["headers"])) == has_body


def test_without_a_builder_only_a_file_of_no_service_is_taken(tmp_path: Path) -> None:
    function = function_of(tmp_path, "ApiConsumer", Trigger("msk", "Kafka"))
    project = project_of(tmp_path, function, api="apigateway")
    assert first_event(project, function).text == DEFAULT_EVENT

    project_of(tmp_path, function, batch={"records": {}})
    assert first_event(project, function).origin == "batch.json"


@pytest.mark.parametrize(
    ("name", "handler", "origin"),
    [
        ("Hello", "app.handler", "default"),
        ("OrdersApi", "app.handler", "api.json"),
        ("Hello", "api.handler", "api.json"),
        ("OrdersConsumer", "app.handler", "queue.json"),
        ("NightlyReport", "app.handler", "default"),
        # Words, and not letters within others.
        ("Output", "catalog.handler", "default"),
    ],
)
def test_without_triggers_a_service_s_file_is_taken_only_for_a_name_that_speaks_for_it(
    tmp_path: Path, name: str, handler: str, origin: str
) -> None:
    function = function_of(tmp_path, name, handler=handler)
    project = project_of(tmp_path, function, api="apigateway", queue="sqs")

    assert first_event(project, function).origin == origin


def test_without_triggers_a_file_of_no_service_is_taken(tmp_path: Path) -> None:
    function = function_of(tmp_path, "Hello")
    project = project_of(tmp_path, function, a="apigateway", any={"name": "Ada"})

    assert first_event(project, function).origin == "any.json"


def test_a_file_that_is_named_after_another_function_is_left_to_that(tmp_path: Path) -> None:
    order, consumer = function_of(tmp_path, "Order"), function_of(tmp_path, "OrderConsumer")
    project = project_of(tmp_path, order, consumer, order_consumer={"a": 1}, orders={"b": 1})

    assert first_event(project, consumer).origin == "order_consumer.json"
    # The name of the first is the beginning of the other's.
    assert first_event(project, order).origin == "orders.json"
    assert [event.name for event in find_events(project, order)] == ["orders", "order_consumer"]


@pytest.mark.parametrize(
    "file", ["hello", "hello-empty", "Hello.2", "HelloFunction", "hello_function-b", "helloEmpty"]
)
def test_names_with_and_without_suffix_are_a_function_s_own(tmp_path: Path, file: str) -> None:
    function = Function("shop-hello", "app.f", tmp_path, logical_id="HelloFunction")
    project = project_of(tmp_path, function, **{file: {"a": 1}, "aaa": {"b": 1}})

    assert first_event(project, function).origin == f"{file}.json"


def test_a_word_that_only_begins_like_the_function_is_not_its_own(tmp_path: Path) -> None:
    function = function_of(tmp_path, "Hell")
    project = project_of(tmp_path, function, hello={"a": 1})

    assert find_events(project, function)[0].owner == ""


def test_files_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    function = function_of(tmp_path, "Hello", QUEUE)
    project = project_of(tmp_path, function)
    (tmp_path / "events" / "a.json").write_bytes(b"\xff")
    (tmp_path / "events" / "hello.json").write_bytes(b" " * (6 * 1024 * 1024 + 1))
    (tmp_path / "events" / "b.json").write_text("[" * 200_000)
    os.mkfifo(tmp_path / "events" / "c.json")

    assert first_event(project, function).origin == "sqs (built)"


def test_what_the_template_says_wrongly_does_not_keep_an_event_from_being_built(
    tmp_path: Path,
) -> None:
    function = function_of(tmp_path, "Hello", Trigger("schedule", "E", {"input": "{broken"}))
    event = first_event(project_of(tmp_path, function), function)

    assert json.loads(event.text)["detail-type"] == "Scheduled Event"


def test_a_folder_of_very_many_files_is_looked_at_in_part(tmp_path: Path) -> None:
    function = function_of(tmp_path, "Hello")
    project = project_of(tmp_path, function)
    for number in range(6_000):
        (tmp_path / "events" / f"{number}.json").touch()

    assert len(find_events(project, function)) == 500
