"""The screen alone answers the questions of docs/screen.md, by the keys that stand there."""

from __future__ import annotations

import re
import shutil
import sys
from functools import cache
from pathlib import Path

import pytest

from support.app_driver import Driver, OpenApp
from support.files import ROOT

SIZES = ((80, 24), (120, 40))
PAGE = ROOT / "docs" / "screen.md"
_NAMES = {"/": "slash"}


@cache
def sequences() -> dict[str, list[str]]:
    """Return what is to be pressed and typed, by the first words of the page's questions."""
    answers = PAGE.read_text(encoding="utf-8").split("## Answers within a minute\n", 1)[1]
    table = [line.strip("|").split("|") for line in answers.splitlines() if line.startswith("| ")]
    found = {cells[0].strip(): re.findall(r"`([^`]+)`", cells[1]) for cells in table[2:]}
    # The sentence above the table.
    found["the function"] = re.findall(r"`([^`]+)`", answers.split("takes the one")[0])
    return found


async def press(driver: Driver, keys: list[str]) -> None:
    """Press keys; type what is no name of a key."""
    for key in keys:
        is_typed = len(key) > 1 and key != "enter"
        await driver.press(*(key if is_typed else [_NAMES.get(key, key)]))


async def ask(driver: Driver, question: str) -> None:
    """Press the keys of the page's question that begins so."""
    (keys,) = (keys for asked, keys in sequences().items() if asked.startswith(question))
    await press(driver, keys)
    await driver.until_painted()


async def choose(driver: Driver, function: str) -> None:
    """Choose a function by the keys of the page."""
    await press(
        driver, [function if key == "resizer" else key for key in sequences()["the function"]]
    )
    assert driver.screen.function == function


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The project of the pictures, for the interpreter that runs the tests."""
    folder = shutil.copytree(ROOT / "screenshots" / "shop", tmp_path / "shop")
    template = folder / "template.yaml"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    template.write_text(template.read_text().replace("python3.11", version))
    return folder


sizes = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@sizes
async def test_it_is_found_which_invocation_was_cold_and_why(
    open_app: OpenApp, shop: Path, size: tuple[int, int]
) -> None:
    async with open_app(shop, size) as driver:
        await choose(driver, "NightlyReport")
        await driver.invoke("NightlyReport")
        await driver.invoke("NightlyReport")
        await ask(driver, "Which invocation was cold")

        assert line_with(driver, "└").strip("│ ").startswith("└ #1 cold because it is the first")
        assert "COLD" in line_with(driver, " #1 ")
        assert driver.summary.endswith("cold · env 1")


@sizes
async def test_it_is_found_why_the_last_one_failed_and_where(
    open_app: OpenApp, shop: Path, size: tuple[int, int]
) -> None:
    async with open_app(shop, size) as driver:
        await choose(driver, "OrdersConsumer")
        await driver.invoke("OrdersConsumer")
        await ask(driver, "Why did the last one fail")

        assert "└ #1 app.py:17: 'customer_id'" in driver.text()
        await driver.until_seen("KeyError", "in handler")
        assert driver.screen.panes.focused_pane == "response"


@sizes
async def test_it_is_found_what_the_last_one_changed_in_tmp(
    open_app: OpenApp, shop: Path, size: tuple[int, int]
) -> None:
    async with open_app(shop, size) as driver:
        await choose(driver, "ImageResizer")
        await driver.invoke("ImageResizer")
        await driver.invoke("ImageResizer")
        await ask(driver, "What did it change")

        await driver.until_seen("7 /tmp +3 ~1", "#2: 3 added 1 changed", "~   index.json")
        if size != SIZES[0]:
            assert re.search(r"\+ +upload-2.png", driver.text())


@sizes
async def test_it_is_found_what_its_event_was(
    open_app: OpenApp, shop: Path, size: tuple[int, int]
) -> None:
    async with open_app(shop, size) as driver:
        await choose(driver, "ApiFunction")
        await driver.until(lambda: "/orders/42" in driver.screen.panes.event.text, "the event")
        await driver.invoke("ApiFunction")
        # Another one is sent next.
        driver.screen.panes.event.load_text('{"another": true}')
        await ask(driver, "What was its event")

        await driver.until_seen("sent to #1")
        assert '"rawPath": "/orders/42"' in driver.screen.panes.event.text
        assert "another" not in driver.text()


@sizes
async def test_it_is_found_which_environment_and_which_code_served_it(
    open_app: OpenApp, shop: Path, size: tuple[int, int]
) -> None:
    async with open_app(shop, size) as driver:
        await choose(driver, "ApiFunction")
        await driver.invoke("ApiFunction")
        await ask(driver, "Which environment")

        await driver.until_seen("Invocation #1")
        assert re.search(r"environment +env 1", driver.text())
        code = line_with(driver, "code  ")
        assert str(shop / "api")[:30] in code
        if size != SIZES[0]:
            assert "app.handler" in code


@sizes
async def test_it_is_found_what_it_cost(
    open_app: OpenApp, shop: Path, size: tuple[int, int]
) -> None:
    async with open_app(shop, size) as driver:
        await choose(driver, "NightlyReport")
        await driver.invoke("NightlyReport")
        await ask(driver, "What did it cost")

        assert re.search(r"└ #1 .* [\d,]+ ms billed · \$0\.\d+ ", driver.text())


@sizes
async def test_it_is_found_what_init_spent_its_time_on(
    open_app: OpenApp, shop: Path, size: tuple[int, int]
) -> None:
    async with open_app(shop, size) as driver:
        await choose(driver, "ApiFunction")
        await driver.invoke("ApiFunction")
        await ask(driver, "What did Init")

        row = driver.screen.panes.init.highlighted
        assert row is not None
        largest = line_with(driver, row.node.label, "●")
        assert re.search(r"●[\d,.]+", largest)
        assert row.node.is_largest
        # The prices sleep while they are imported.
        await driver.until_seen("prices", "app.py:7")


def test_every_question_of_the_page_is_asked_here() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    asked = re.findall(r'await ask\(driver, "([^"]+)"\)', source)
    questions = [question for question in sequences() if question != "the function"]

    assert len(questions) == 7
    assert [one for one in questions if not any(map(one.startswith, asked))] == []


def line_with(driver: Driver, *texts: str) -> str:
    """Return the first line of the right part of the screen that has all of the texts."""
    lines = driver.text().splitlines()
    return next(line.split("││", 1)[-1] for line in lines if all(each in line for each in texts))
