"""The functions of several files stand below these, and the cursor passes over the files."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.ui.panes.functions import FunctionList
from lambda_tui.ui.widgets.row_list import Group, _Lines
from support.app_driver import Driver, OpenApp

FUNCTION = "  {}: {{Type: AWS::Serverless::Function, Properties: {{Handler: app.handler}}}}\n"
GLOBALS = "Globals: {Function: {Runtime: python3.12}}\nResources:\n"


@pytest.mark.parametrize(
    ("items", "groups", "lines"),
    [
        (3, [], ["0", "1", "2"]),
        (3, [0], ["g", "0", "1", "2"]),
        (3, [0, 2, 3], ["g", "0", "1", "g", "2", "g"]),
        (0, [0, 0], ["g", "g"]),
        (2, [1, 1], ["0", "g", "g", "1"]),
    ],
)
def test_groups_stand_before_their_first_items(
    items: int, groups: list[int], lines: list[str]
) -> None:
    found = _Lines(items, [Group(first, "g") for first in groups])

    assert len(found) == len(lines)
    at = [found.item_at(line) for line in range(len(lines) + 1)]
    assert at[-1] is None
    assert ["g" if index is None else str(index) for index in at[:-1]] == lines
    assert set(found.groups) == {line for line, text in enumerate(lines) if text == "g"}
    assert [found.of_item(index) for index in range(items)] == [
        line for line, text in enumerate(lines) if text != "g"
    ]


def write_project(folder: Path) -> Path:
    """Write a folder with a template, settings that declare functions, and what is not read."""
    (folder / "app.py").write_text("def handler(event, context): return event\n")
    names = ("One", "Two")
    (folder / "template.yaml").write_text(GLOBALS + "".join(map(FUNCTION.format, names)))
    (folder / "other.yaml").write_text(GLOBALS + "".join(map(FUNCTION.format, names)))
    (folder / "serverless.yml").write_text(
        "service: shop\nprovider: {name: aws, runtime: python3.12}\n"
        "functions: {three: {handler: app.handler, name: three}}\n"
    )
    return folder


def lines(driver: Driver) -> list[str]:
    """Return the lines of the list of functions, as far as they have text."""
    rows = driver.screen.query_one(FunctionList)
    texts = [rows.render_line(y).text.strip() for y in range(rows.size.height)]
    return [text for text in texts if text]


async def test_functions_stand_below_the_files_that_declare_them(
    open_app: OpenApp, tmp_path: Path
) -> None:
    async with open_app(write_project(tmp_path), size=(200, 60)) as driver:
        shown = lines(driver)
        assert [text.split(":")[0] for text in shown] == [
            "template.yaml",
            "· One",
            "· Two",
            "serverless.yml",
            "· three",
            "other.yaml",
        ]
        rows = driver.screen.query_one(FunctionList)
        names = []
        for _ in range(4):
            names.append(driver.screen.selection.function)
            await driver.press("down")
            await driver.settle()
        assert names == ["One", "Two", "three", "three"]
        # A click on a file chooses nothing, and one below it its function.
        await driver.pilot.click("#function-list", offset=(3, 3))
        await driver.settle()
        assert driver.screen.selection.function == "three"
        await driver.pilot.click("#function-list", offset=(3, 1))
        await driver.settle()
        assert driver.screen.selection.function == "One"
        assert rows.highlighted_key == "One"

        await driver.press("1", "/", *"thr")
        await driver.until_painted()
        assert [text.split(":")[0] for text in lines(driver)] == ["serverless.yml", "· three"]
