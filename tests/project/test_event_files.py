from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_tui import limits
from lambda_tui.project.event_files import (
    DEFAULT_EVENT,
    EventFile,
    check_event,
    find_events,
    read_event,
)
from lambda_tui.project.files import UnreadableFileError
from lambda_tui.project.function import Function, Project
from lambda_tui.project.load import load_project

PROJECTS = Path(__file__).resolve().parent.parent / "projects"


def test_events_named_after_the_function_come_first() -> None:
    project = load_project(PROJECTS / "sam")
    hello, orders = project.functions
    names = [event.name for event in find_events(project, hello)]
    assert names == ["hello_function", "hello_function-nobody", "any"]
    assert find_events(project, orders)[0].name == "any"


def test_events_of_the_project_and_of_the_code_folder_are_found(tmp_path: Path) -> None:
    code = tmp_path / "src"
    for folder in (tmp_path / "events", code / "events"):
        folder.mkdir(parents=True)
    (tmp_path / "events" / "b.json").write_text("{}")
    (tmp_path / "events" / "notes.txt").write_text("")
    (tmp_path / "events" / "folder.json").mkdir()
    (code / "events" / "a.json").write_text("{}")
    function = Function("hello", "app.handler", code)
    events = find_events(Project(tmp_path, (function,)), function)
    assert events == (
        EventFile("a", code / "events" / "a.json"),
        EventFile("b", tmp_path / "events" / "b.json"),
    )


def test_a_project_without_events_has_none(tmp_path: Path) -> None:
    function = Function("hello", "app.handler", tmp_path)
    assert find_events(Project(tmp_path, (function,)), function) == ()


def test_the_default_event_is_an_event_with_something_in_it() -> None:
    assert check_event(DEFAULT_EVENT) is None
    assert json.loads(DEFAULT_EVENT)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '{\n  "a": 1\n  "b": 2\n}',
            "the event is not JSON: line 3, column 3: expected ','",
        ),
        ('{"a" 1}', "the event is not JSON: line 1, column 6: expected ':'"),
        ("{a: 1}", "the event is not JSON: line 1, column 2: expected a name in double quotes"),
        ('{"a": }', "the event is not JSON: line 1, column 7: expected a value"),
        (
            '{"a": "b',
            "the event is not JSON: line 1, column 7: the text that starts here is not closed",
        ),
        (
            "{} {}",
            "the event is not JSON: line 1, column 4: something follows the end of the event",
        ),
        ("[NaN]", "the event is not JSON: NaN is not a JSON value"),
        ("  \n", "the event is empty: write JSON, such as {}"),
        ("[" * 100_000, "the event is nested too deeply"),
    ],
)
def test_a_text_that_is_no_event_is_one_sentence_with_its_place(text: str, sentence: str) -> None:
    assert check_event(text) == sentence


def test_a_number_of_very_many_digits_is_one_sentence() -> None:
    sentence = check_event("1" * 5000)
    assert sentence is not None
    assert sentence.startswith("the event is not JSON: ")


def test_an_event_beyond_lambdas_limit_is_refused() -> None:
    assert check_event(json.dumps("x" * (limits.EVENT_BYTES - 2))) is None
    assert check_event(json.dumps("x" * limits.EVENT_BYTES)) == (
        "the event has 6.0 MB, but Lambda takes 6 MB"
    )


@given(st.text())
def test_check_event_agrees_with_the_json_module(text: str) -> None:
    try:
        json.loads(text, parse_constant=lambda constant: 1 / 0)
        is_json = True
    except (ValueError, ZeroDivisionError, RecursionError):
        is_json = False
    assert (check_event(text) is None) == is_json


def test_reading_an_event_drops_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_bytes(b"\xef\xbb\xbf{}")
    assert read_event(file) == "{}"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{\n"a": "\xff"}', "not UTF-8 text: line 2 holds the byte 0xff"),
        (b" " * (limits.EVENT_BYTES + 1), "is larger than 6 MB"),
    ],
)
def test_a_file_that_is_no_text_of_that_size_is_one_sentence(
    tmp_path: Path, content: bytes, words: str
) -> None:
    file = tmp_path / "event.json"
    file.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=words):
        read_event(file)


def test_an_event_file_that_is_gone_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="the file does not exist"):
        read_event(tmp_path / "event.json")
