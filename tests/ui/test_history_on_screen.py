"""Invocations of this session and of earlier ones on the screen."""

from __future__ import annotations

import re
import shlex
from functools import partial
from pathlib import Path

import pytest

from lambda_tui.history import contents
from lambda_tui.history.database import Database, database_file
from lambda_tui.project.settings import Settings
from lambda_tui.ui.screens.comparison import Comparison
from lambda_tui.ui.screens.statistics import Statistics
from support.app_driver import Driver, OpenApp


async def invoke(driver: Driver, count: int = 1, function: str = "Greet") -> None:
    """Invoke the function and wait until the list shows that."""
    pool = driver.app.engine.pools[function]

    def are_over(number: int) -> bool:
        return len(pool.invocations) >= number and pool.invocations[-1].is_over

    begin = len(pool.invocations)
    for number in range(begin + 1, begin + count + 1):
        await driver.press("i")
        await driver.until(partial(are_over, number), "an answer")
    await driver.until_painted()


def rows(driver: Driver) -> list[str]:
    """Return the rows of the list of invocations as they are shown."""
    shown = driver.screen.panes.invocations.list
    return [str(shown.row(item, shown.size.width)) for item in shown.items]


async def test_invocations_of_an_earlier_session_are_listed(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await invoke(driver, 2)
    async with open_app() as driver:
        await driver.until(lambda: len(rows(driver)) == 2, "those of the session before")
        await invoke(driver)

        numbers = [item.number for item in driver.screen.panes.invocations.list.items]
        assert numbers == [1, 2, 1]
        assert [row[0] for row in rows(driver)] == [" ", "‹", "‹"]
        assert driver.screen.environment is driver.app.engine.pools["Greet"].environments[0]


async def test_what_is_kept_has_log_event_response_and_cost(
    open_app: OpenApp, project: Path
) -> None:
    async with open_app() as driver:
        await invoke(driver, 2)
    database = Database(database_file(project))
    (second, first) = (database.one(number) for number, _ in database.rows())
    database.close()

    assert first is not None
    assert second is not None
    record, kept = first
    assert (record.is_cold, record.event_name, record.caller) == (True, "greet.json", "key")
    assert record.cost is not None
    assert record.cost > 2e-7
    assert b'"Ada"' in kept.event.content
    assert kept.response is not None
    assert b'"count": 1' in kept.response.content
    lines = kept.log.content.decode().splitlines()
    assert lines[0].startswith("INIT_START")
    assert lines[1].startswith("START RequestId")
    assert "greeting" in kept.log.content.decode()
    assert lines[-1].startswith("REPORT RequestId")
    assert second[1].log.content.startswith(b"START RequestId")


async def test_with_the_setting_nothing_is_kept(open_app: OpenApp, project: Path) -> None:
    async with open_app(settings=Settings(watch=False, history=False)) as driver:
        await invoke(driver)

    assert not database_file(project).exists()


async def test_a_history_that_cannot_be_written_is_told_and_this_session_is_listed(
    open_app: OpenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").write_text("in the way")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    async with open_app() as driver:
        await invoke(driver)
        start = "The history cannot be kept in "
        await driver.until(lambda: any(one.startswith(start) for one in driver.notices), "it")

        assert sum(one.startswith(start) for one in driver.notices) == 1
        assert len(rows(driver)) == 1


async def choose_earlier(driver: Driver) -> None:
    """Choose the invocation of the session before behind one of this session."""
    await driver.until(lambda: len(rows(driver)) == 1, "that of the session before")
    await invoke(driver)
    await driver.press("3", "down")


@pytest.fixture
async def with_a_past(open_app: OpenApp, project: Path) -> None:
    """Have an earlier session in which an event was sent that is in no file any more."""
    event = project / "events" / "greet.json"
    event.write_text('{"name": "Before"}')
    async with open_app() as driver:
        await invoke(driver)
    event.write_text('{"name": "Ada"}')


@pytest.mark.usefixtures("with_a_past")
async def test_the_response_of_an_earlier_session_is_shown(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await choose_earlier(driver)
        await driver.press("6")
        await driver.until_seen('hello: "Before"')


async def test_log_init_and_changes_in_tmp_of_an_earlier_session_are_shown(
    open_app: OpenApp,
) -> None:
    async with open_app() as driver:
        await driver.invoke()
        await driver.until(lambda: "+2" in driver.screen.panes.tmp.title, "what it has written")
        await invoke(driver)
    async with open_app() as driver:
        await driver.until(lambda: len(rows(driver)) == 2, "those of the session before")
        await driver.press("3", "down")
        await driver.until_seen("INIT_START", "greeting Ada number 1", "REPORT RequestId")
        assert driver.subtitle("log") == "Greet #1 of an earlier session"
        assert "number 2" not in driver.text()
        await driver.press("4", "/", *"number", "enter")
        await driver.until_seen("found 1")
        await driver.press("escape", "8")
        await driver.until_seen("Cold start", "function init")
        await driver.press("7")
        await driver.until_seen("binary.dat was added by #1", "visits.txt")
        # The log goes on with the function's own.
        await driver.press("3", "g", "escape")
        await invoke(driver)
        await driver.press("4")
        await driver.until_seen("greeting Ada number 1", "REPORT ")
        assert "an earlier session" not in driver.subtitle("log")


@pytest.mark.usefixtures("with_a_past")
async def test_an_invocation_of_an_earlier_session_is_sent_again(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await choose_earlier(driver)
        await invoke(driver)

        last = driver.app.engine.pools["Greet"].invocations[-1]
        assert bytes(last.payload).strip() == b'{"name": "Before"}'


@pytest.mark.usefixtures("with_a_past")
async def test_the_event_of_an_earlier_session_is_edited(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await choose_earlier(driver)
        await driver.press("u")
        await driver.until(lambda: "Before" in driver.screen.panes.event.text, "its event")


async def test_an_event_that_is_not_kept_whole_is_not_sent(
    open_app: OpenApp, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "MOST_OF_EACH", 10)
    async with open_app() as driver:
        await invoke(driver)
    async with open_app() as driver:
        await choose_earlier(driver)
        await driver.press("i")
        await driver.until(lambda: driver.notices, "a sentence")

        assert driver.notices == ["The event of #1 is too large to be kept whole."]
        assert len(driver.app.engine.pools["Greet"].invocations) == 1


async def test_a_marked_invocation_is_compared_with_another(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await invoke(driver, 2)
        await driver.press("3", "=")
        await driver.until(lambda: rows(driver)[0].startswith("="), "a mark")
        await driver.press("=")
        await driver.until(lambda: not rows(driver)[0].startswith("="), "no mark")
        await driver.press("=", "down", "=")
        await driver.until(lambda: isinstance(driver.app.screen, Comparison), "the comparison")
        await driver.until_seen("- Greet #2", "+ Greet #1", "Figures")
        await driver.until_seen('"count": 2')
        await driver.press("escape")

        assert not any(row.startswith("=") for row in rows(driver))


async def test_latencies_are_plotted_by_a_key(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await invoke(driver, 2)
        await driver.press("P")
        await driver.until(lambda: isinstance(driver.app.screen, Statistics), "the plot")
        await driver.until_seen("Latency of Greet · 2 invocations", "Memory of env 1")


@pytest.mark.parametrize(("key", "program"), [("C", "aws lambda invoke"), ("L", "lambda-tui")])
async def test_an_invocation_is_copied_as_a_command(
    open_app: OpenApp, project: Path, key: str, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    async with open_app() as driver:
        await invoke(driver)
        # The last resort where there is no program for the clipboard.
        monkeypatch.setenv("PATH", "")
        monkeypatch.setattr(driver.app, "copy_to_clipboard", copied.append)
        await driver.press("3", key)
        await driver.until(lambda: copied, "a copy")

    assert program in copied[0]
    words = shlex.split(copied[0])
    assert "Greet" in words
    assert any('"Ada"' in word for word in words)


async def test_the_filter_finds_what_stands_in_events_and_responses(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await invoke(driver, 3)
        await driver.press("3", "/", *'count": 2')
        await driver.until(lambda: len(rows(driver)) == 1, "one that matches")

        assert driver.screen.panes.invocations.list.items[0].number == 2
        await driver.press("escape")
        assert len(rows(driver)) == 3


async def test_the_frame_has_percentiles_and_the_row_has_the_cost(open_app: OpenApp) -> None:
    async with open_app(size=(200, 60)) as driver:
        await invoke(driver, 3)
        await driver.until(lambda: "p99" in driver.subtitle("invocations"), "percentiles")

        assert re.search(r"p50 .* ms · p99 .* m?s [▁-█]{3}", driver.subtitle("invocations"))
        assert re.search(r"\$0\.00000\d{4,}", rows(driver)[0])
