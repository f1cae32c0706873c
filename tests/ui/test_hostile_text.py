"""Names and messages that would break a row, move a cell or command the terminal."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from lambda_tui.engine.events import Event, ExtensionLog, Notice
from lambda_tui.project.settings import Settings
from lambda_tui.terminal_text import UNSAFE_CHARACTER, of_certain_width, one_line
from lambda_tui.ui import make_app
from lambda_tui.ui.terminal_text import fitted
from lambda_tui.ui.textual_private import rendered_lines
from support.app_driver import Driver, OpenApp

HOSTILE = (
    "a\nb",
    "a\tb\rc",
    "\x1b]0;PWNED\x07\x1b[2J\x9b31m",
    "\u202eevil\u2066\u200f\u2028",
    "e" + "\u0301" * 90,
    "漢字テスト👩\u200d💻✔\ufe0f",
    "\u200bzero\u2060\u00ad\U000e0041",
    "[bold]not[red] [@click=app.quit]here[] [\\\\",
    "long" * 60,
    "\udcff\udc80",
)
"""Each may be the name of a file."""
MARKUP = "[/] [/bold] [bold"
"""No name of a file, as it has a slash."""
DOUBTFUL = re.compile("[\u200b-\u200d\u2060\u00ad\ufe0f\U000e0041\n\t]|\u0301{5}")


def assert_is_whole(driver: Driver) -> None:
    """Expect every line of the screen to have its width, and nothing that a terminal obeys."""
    width = driver.app.size.width
    for strip in rendered_lines(driver.app.screen):
        assert not UNSAFE_CHARACTER.search(strip.text), ascii(strip.text)
        assert not DOUBTFUL.search(strip.text), ascii(strip.text)
        assert cell_len(strip.text) == width, ascii(strip.text)


def writer(names: tuple[str, ...]) -> str:
    """Return the code of a function that gives all these names to files and says them."""
    return (
        f"names = {names!a}\n\n\n"
        "def greet(event, context):\n"
        "    for name in names:\n"
        "        open('/tmp/' + name, 'w').close()\n"
        "        print(name.encode('utf-8', 'replace').decode())\n"
        "    return names\n\n\n"
        "def fail(event, context):\n"
        "    raise type(ascii(names[3]), (Exception,), {})('\\n'.join(names))\n"
    )


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_all_panes_are_whole_with_hostile_names(
    open_app: OpenApp, project: Path, size: tuple[int, int]
) -> None:
    folder = make_hostile(project)
    settings = Settings(watch=False, theme=HOSTILE[2], keys={"zoom": "\x1b[31m"})
    async with open_app(folder, size=size, settings=settings) as driver:
        await walk(driver)


def in_editor(name: str) -> str:
    """Return what the editor has to show: it leaves the user's own text as wide as it is."""
    return of_certain_width(name).encode("utf-8", "ignore").decode()


def make_hostile(project: Path) -> Path:
    """Give everything in the project a hostile name; return its new folder."""
    (project / "code" / "app.py").write_text(writer(HOSTILE))
    for number, name in enumerate(HOSTILE):
        (project / "events" / f"greet-{number}{name[:100]}.json").write_text(
            json.dumps({"name": in_editor(name)}, ensure_ascii=False)
        )
    folder = project.parent / f"{HOSTILE[2]}{HOSTILE[3]}{HOSTILE[5]}\n[bold]"
    project.rename(folder)
    return folder


async def walk(driver: Driver) -> None:
    """Show every pane and dialog."""
    assert_is_whole(driver)
    await driver.invoke()
    engine = driver.app.engine
    for name in (*HOSTILE, MARKUP):
        engine.events.emit(Event(record=Notice("warning", name), function="Greet"))
        engine.events.emit(Event(record=ExtensionLog(name), function="Greet"))
        engine.events.emit(Event(record=Notice("warning", name), function=name))
        driver.screen.say(name)
    await driver.until_painted()
    for keys in ("1", "2", "3", "4", "5", "e", "t", "a", "w", "z", "z", "3"):
        await driver.press(keys)
        assert_is_whole(driver)
    await driver.press("t", "g")
    for _ in HOSTILE:
        await driver.press("j")
        assert_is_whole(driver)
    for key in ("E", "p", "?", "b"):
        await driver.press("1", key)
        assert_is_whole(driver)
        await driver.press("escape")
    for number in range(len(HOSTILE)):
        await driver.press("1", "E", *("down",) * number, "enter")
        assert_is_whole(driver)
        await driver.press("escape")
    await driver.press("1", "j", "i")
    await driver.until(lambda: "✗" in driver.summary)
    assert_is_whole(driver)


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_folder_without_a_function_is_named_on_one_line(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name[:200]
    folder.mkdir()
    app = make_app(folder, Settings(watch=False))
    async with app.run_test(size=(100, 30)) as pilot:
        driver = Driver(app, pilot)
        await driver.until(driver.text, "a painted screen")
        assert_is_whole(driver)


async def test_a_newline_in_a_file_name_stays_in_its_row(open_app: OpenApp, project: Path) -> None:
    (project / "code" / "app.py").write_text(writer(("first\nsecond", "third")))
    async with open_app(size=(160, 50)) as driver:
        await driver.invoke()
        await driver.press("t")
        await driver.until_seen("first␊second", "third")


@given(st.text(max_size=60), st.integers(0, 30))
def test_any_text_becomes_one_line_of_any_width(text: str, cells: int) -> None:
    line = one_line(text)
    assert not UNSAFE_CHARACTER.search(line)
    assert "\n" not in line
    assert "\t" not in line
    assert cell_len(fitted(line, cells)) == cells
    assert one_line(line) == line


def test_a_huge_text_costs_no_more_than_its_beginning() -> None:
    assert one_line("x" * 10_000_000, 20) == "x" * 20 + "…"
