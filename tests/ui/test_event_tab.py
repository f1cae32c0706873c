"""The event tab and its dialogs, by keys, on the real engine."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from textual.events import Key
from textual.widgets import Input, OptionList

from lambda_tui.project.event_files import SampleEvent
from lambda_tui.sample_events import SavedEvents
from lambda_tui.ui.event.build_event import BuildEvent
from lambda_tui.ui.event.choose_event import ChooseEvent
from lambda_tui.ui.event.invocation_options import AskInvocationOptions
from lambda_tui.ui.event.pane import LARGEST_EDITED, EventPane
from lambda_tui.ui.event.save_event import SaveEvent
from support.app_driver import Driver, OpenApp


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is saved away from the user's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path))


def event_of(driver: Driver) -> EventPane:
    return driver.screen.panes.event


async def invoke(driver: Driver) -> None:
    pool = driver.app.engine.pools["Greet"]
    before = len(pool.invocations)
    await driver.press("i")
    await driver.until(lambda: len(pool.invocations) > before, "an invocation")
    await driver.until(lambda: pool.invocations[-1].is_over, "an answer")


async def until_event(driver: Driver, text: str) -> None:
    await driver.until(lambda: text in event_of(driver).text, text)


async def test_the_event_that_is_sent_is_the_function_s_however_quickly_one_moves(
    open_app: OpenApp, project: Path
) -> None:
    for name in ("fail", "slow"):
        (project / "events" / f"{name}.json").write_text(json.dumps({"for": name}))
    async with open_app() as driver:
        await until_event(driver, "Ada")
        pools = driver.app.engine.pools
        # Passed over, left and sent without a pause.
        for key in ("j", "j", "k", "i"):
            driver.app.post_message(Key(key, key))
        await driver.until(lambda: len(pools["Fail"].invocations) == 1, "the invocation")
        assert json.loads(pools["Fail"].invocations[0].payload) == {"for": "fail"}
        await driver.press("j")
        await until_event(driver, '"slow"')
        await driver.press("k", "k")
        await until_event(driver, "Ada")
        assert not pools["Slow"].invocations


async def test_a_chosen_event_is_shown_without_the_focus_so_that_i_invokes(
    open_app: OpenApp,
) -> None:
    async with open_app() as driver:
        await until_event(driver, "Ada")
        await driver.press("E", "down", "enter")
        await until_event(driver, "Grace")
        assert driver.screen.panes.focused_pane == "functions"
        await invoke(driver)
        (invocation,) = driver.app.engine.pools["Greet"].invocations
        assert json.loads(invocation.payload) == {"name": "Grace"}


async def test_a_queue_s_consumer_begins_with_a_queue_s_event(
    open_app: OpenApp, project: Path
) -> None:
    template = project / "template.yaml"
    text = template.read_text().replace(
        "Handler: app.fail, ",
        "Handler: app.fail, Events: {E: {Type: SQS, Properties: "
        "{Queue: 'arn:aws:sqs:us-east-1:123456789012:orders'}}}, ",
    )
    template.write_text(text)
    (project / "events" / "api.json").write_text('{"httpMethod": "GET", "requestContext": {}}')
    async with open_app() as driver:
        await driver.press("j")
        await until_event(driver, "arn:aws:sqs:us-east-1:123456789012:orders")
        assert "sqs (built)" in driver.subtitle("event")


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_what_is_wrong_is_said_whole_and_marked_at_its_place(
    open_app: OpenApp, size: tuple[int, int]
) -> None:
    async with open_app(size=size) as driver:
        await until_event(driver, "Ada")
        await driver.press("e")
        event = event_of(driver)
        event.load_text('{\n  "a": 1,\n  "b" 2\n}\n')
        await driver.until_seen("✗ line 3, column 7: expected ':'")
        spans = [(span.start, span.end) for span in event.get_line(2).spans]
        assert (6, 7) in spans
        assert event.has_class("-error")
        event.load_text('{"a": 1}')
        await driver.until_seen("✓ JSON")


async def test_the_last_newline_is_no_line(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await until_event(driver, "Ada")
        assert driver.subtitle("event") == "✓ JSON · greet.json · 1 line"
        event_of(driver).load_text('{\n"a": 1}\n')
        await driver.until(lambda: "2 lines" in driver.subtitle("event"))
        assert "greet.json*" in driver.subtitle("event")


async def test_keys_texts_and_numbers_have_colours_of_their_own(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await until_event(driver, "Ada")
        event = event_of(driver)
        event.load_text('{"a\\"b": "c", "n": -1.5e3, "t": [true, null]}')
        line = event.get_line(0)
        colours = {line.plain[span.start : span.end]: str(span.style) for span in line.spans}
        assert colours.keys() == {'"a\\"b"', '"c"', '"n"', "-1.5e3", '"t"', "true", "null"}
        assert len({colours[text] for text in ('"n"', '"c"', "-1.5e3", "true")}) == 4


async def test_an_event_is_laid_out_as_it_is_and_undone(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await until_event(driver, "Ada")
        event = event_of(driver)
        await driver.press("e")
        text = '{"b":1.10,"a":[1E400,"\\u00e4"],"b":{}}'
        event.load_text(text)
        await driver.press("ctrl+l")
        await driver.until(lambda: event.document.line_count > 5, "lines")
        assert [line.strip() for line in event.text.splitlines()] == [
            "{",
            '"b": 1.10,',
            '"a": [',
            "1E400,",
            '"\\u00e4"',
            "],",
            '"b": {}',
            "}",
        ]
        event.undo()
        await driver.settle()
        assert event.text == text
        assert driver.screen.drafts.of("Greet").text == text


async def test_an_event_is_saved_by_a_name_and_chosen_again(
    open_app: OpenApp, project: Path
) -> None:
    async with open_app() as driver:
        await until_event(driver, "Ada")
        event = event_of(driver)
        event.load_text('{"name": "Mine"}')
        await driver.settle()
        await driver.press("ctrl+s")
        assert isinstance(driver.app.screen, SaveEvent)
        await driver.press(*"mine", "enter")
        await driver.until(lambda: "saved: mine" in driver.subtitle("event"), "the name")
        saved = SavedEvents.of_project(project)
        assert json.loads(saved.read("mine")) == {"name": "Mine"}
        file = saved.folder / "mine.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

        event.load_text('{"name": "Other"}')
        await driver.settle()
        await driver.press("ctrl+s", *"mine", "enter")
        assert isinstance(driver.app.screen, SaveEvent), "nothing is replaced without a word"
        await driver.press("escape", "E", *"saved mine", "enter")
        await until_event(driver, "Mine")

        await driver.press("E", *"saved mine", "f8")
        assert saved.names() == ("mine",), "one press deletes nothing"
        await driver.press("f8")
        assert saved.names() == ()
        await driver.press("escape")


async def test_an_event_for_everybody_is_a_file_of_the_project(
    open_app: OpenApp, project: Path
) -> None:
    async with open_app() as driver:
        await until_event(driver, "Ada")
        await driver.press("ctrl+s", *"shared")
        await driver.press("tab", "down", "enter")
        await driver.until(lambda: "shared.json" in driver.subtitle("event"), "the name")
        assert (project / "events" / "shared.json").read_text() == '{"name": "Ada"}\n'


async def test_a_new_event_is_built_from_parameters(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await until_event(driver, "Ada")
        await driver.press("E", *"service s3", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, BuildEvent), "the parameters")
        fields = {field.name: field for field in driver.app.screen.query(Input)}
        assert fields["bucket"].value == "example-bucket"
        fields["size"].value = "many"
        fields["bucket"].value = "pictures"
        await driver.press("enter")
        assert "size is many, but takes a whole number" in driver.text()
        fields["size"].value = "7"
        await driver.press("enter")
        await until_event(driver, '"pictures"')
        assert "s3 (built)" in driver.subtitle("event")
        assert driver.screen.panes.focused_pane == "functions"


async def test_typing_filters_the_events_and_nothing_is_said_plainly(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await until_event(driver, "Ada")
        await driver.press("E", *"cognito sms")
        assert isinstance(driver.app.screen, ChooseEvent)
        options = driver.app.screen.query_one(OptionList)
        assert options.option_count == 1
        await driver.press(*" nothing", "enter")
        assert options.option_count == 0
        assert "No event has these words." in driver.text()
        await driver.press("escape")


async def test_type_and_client_context_are_set_and_shown(open_app: OpenApp) -> None:
    async with open_app(size=(200, 60)) as driver:
        await until_event(driver, "Ada")
        pool = driver.app.engine.pools["Greet"]
        await driver.press("ctrl+g")
        dialog = driver.app.screen
        assert isinstance(dialog, AskInvocationOptions)
        dialog.query_one(Input).value = "[1]"
        await driver.press("enter")
        assert "The client context is a JSON object" in driver.text()
        dialog.query_one(Input).value = '{"custom": {"a": 1}}'
        await driver.press("enter")
        await driver.until(lambda: "client context" in driver.subtitle("event"))
        await invoke(driver)
        assert pool.invocations[0].client_context == '{"custom": {"a": 1}}'

        await driver.press("ctrl+g", "down", "enter")
        assert "passes no client context on" in driver.text()
        driver.app.screen.query_one(Input).value = ""
        await driver.press("enter")
        await driver.until(lambda: "· Event ·" in driver.subtitle("event"))
        await driver.press("i")
        await driver.until(lambda: len(pool.invocations) == 2, "an asynchronous invocation")
        assert pool.invocations[1].caller.name == "asynchronous"

        await driver.press("ctrl+g", "down", "enter")
        await driver.until(lambda: "DryRun" in driver.subtitle("event"))
        await driver.press("i")
        assert len(pool.invocations) == 2
        assert any("DryRun runs nothing" in notice for notice in driver.notices)


async def test_of_a_very_large_event_the_beginning_is_shown_and_all_is_sent(
    open_app: OpenApp, project: Path
) -> None:
    text = json.dumps({"name": "Large", "rest": ["x"] * LARGEST_EDITED}, indent=1)
    (project / "events" / "greet.json").write_text(text)
    async with open_app() as driver:
        await until_event(driver, "Large")
        event = event_of(driver)
        assert event.document.line_count < 5_000
        assert event.read_only
        assert "✓ JSON · beginning of 2." in driver.subtitle("event")
        assert event.whole_text == text
        await invoke(driver)
        (invocation,) = driver.app.engine.pools["Greet"].invocations
        assert bytes(invocation.payload).decode() == text


async def test_an_edit_is_the_function_s_own(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await until_event(driver, "Ada")
        await driver.press("e", "ctrl+end")
        event_of(driver).select_all()
        await driver.press(*'{"n":1}', "escape", "j", "k")
        assert event_of(driver).text == '{"n":1}'
        assert "greet.json*" in driver.subtitle("event")


async def test_an_earlier_invocation_s_event_is_shown_sent_and_edited(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await until_event(driver, "Ada")
        await invoke(driver)
        event_of(driver).load_text('{"name": "Second"}')
        await driver.settle()
        await invoke(driver)
        pool = driver.app.engine.pools["Greet"]

        await driver.press("5", "escape", "[")
        await until_event(driver, "Ada")
        assert "sent to #1" in driver.subtitle("event")
        assert event_of(driver).read_only
        await invoke(driver)
        assert json.loads(pool.invocations[2].payload) == {"name": "Ada"}
        # Back to the newest: the draft is as it was.
        assert event_of(driver).text == '{"name": "Second"}'
        assert not event_of(driver).read_only

        await driver.press("[", "[", "u")
        await until_event(driver, "Ada")
        assert driver.subtitle("event").startswith("✓ JSON · #1")
        assert not event_of(driver).read_only


async def test_an_event_that_was_sent_before_can_be_chosen(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await until_event(driver, "Ada")
        await invoke(driver)
        event_of(driver).load_text("{}")
        await driver.settle()
        await driver.press("E", *"sent #1", "enter")
        await until_event(driver, "Ada")
        assert "#1" in driver.subtitle("event")


async def test_what_is_typed_stays_with_its_function_when_another_is_chosen_at_once(
    open_app: OpenApp,
) -> None:
    async with open_app() as driver:
        await until_event(driver, "Ada")
        drafts = driver.screen.drafts
        # Without waiting for the message of the edit.
        event_of(driver).insert(" ")
        event_of(driver).show_function("Fail")
        assert drafts.of("Greet").text.startswith(" ")
        assert not drafts.of("Fail").text.startswith(" ")


async def test_ctrl_z_in_the_editor_takes_an_edit_back(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await until_event(driver, "Ada")
        before = event_of(driver).text
        await driver.press("e", "x", "y")
        assert event_of(driver).text.startswith("xy")
        await driver.press("ctrl+z")
        assert event_of(driver).text == before
        assert not any("shell" in notice for notice in driver.notices)


async def test_a_click_takes_an_event(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await until_event(driver, "Ada")
        await driver.press("E")
        await driver.pilot.click(OptionList, offset=(12, 1))
        await until_event(driver, "Grace")
        assert not isinstance(driver.app.screen, ChooseEvent)


async def test_an_event_that_is_too_large_for_the_queue_is_not_queued(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await until_event(driver, "Ada")
        event = SampleEvent(json.dumps({"name": "x" * 1_200_000}), "large.json")
        driver.screen.drafts.take("Greet", event)
        await driver.press("I")
        assert any("Lambda takes 1.0 MB asynchronously" in notice for notice in driver.notices)
        assert not driver.app.engine.pools["Greet"].invocations
