"""The pane of an environment's ``/tmp``, on real execution environments."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from lambda_tui.history import InvocationRecord
from lambda_tui.ui.model import TmpChange
from lambda_tui.ui.model.tmp import TmpFiles
from lambda_tui.ui.panes.tmp import TmpPane
from support.app_driver import Driver, OpenApp

CODE = """\
import json, os, shutil, time

def greet(event, context):
    for command, name, *content in event:
        path = os.path.join("/tmp", name)
        if command == "write":
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "ab") as file:
                file.write(content[0].encode("latin-1"))
        elif command == "many":
            os.makedirs(path)
            for number in range(content[0]):
                open(f"{path}/{number:06}", "w").close()
        elif command == "remove":
            shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
        elif command == "link":
            os.symlink(content[0], path)
        elif command == "wait":
            while not os.path.exists(path):
                time.sleep(0.01)
"""


@pytest.fixture
def writing(project: Path) -> Path:
    """A project whose function changes ``/tmp`` as its event says."""
    (project / "code" / "app.py").write_text(CODE)
    for file in (project / "events").iterdir():
        file.unlink()
    return project


async def send(driver: Driver, *commands: list[object], wait: bool = True) -> None:
    """Invoke with these commands, and wait until the screen says what was changed."""
    import json

    pool = driver.app.engine.pools["Greet"]
    invocation = pool.invoke(json.dumps(commands).encode())
    if wait:
        await driver.until(lambda: invocation.is_over)
        await driver.until(lambda: f"#{invocation.number}:" in driver.text(), "its changes")


def tmp_pane(driver: Driver) -> TmpPane:
    """Return the pane."""
    return driver.screen.query_one(TmpPane)


def listed(driver: Driver) -> list[str]:
    """Return the rows of the tree, without their times."""
    rows = tmp_pane(driver).rows
    return [rows.row(item, 36).plain.rstrip() for item in rows.items]


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_t_shows_tmp_and_the_content_of_its_files(
    open_app: OpenApp, writing: Path, size: tuple[int, int]
) -> None:
    async with open_app(size=size) as driver:
        await driver.press("t")
        content = bytes(range(256)).decode("latin-1")
        await send(driver, ["write", "binary", content], ["write", "visits.txt", "visit 1"])
        await driver.until(lambda: "visits.txt" in driver.text())
        await driver.press("g")
        await driver.until(lambda: "000000  00 01 02 03" in driver.text(), "a hex view")
        await driver.press("j")
        await driver.until(lambda: "visit 1" in driver.text(), "the text")


async def test_what_the_invocation_changed_is_marked_and_its_folders_are_open(
    open_app: OpenApp, writing: Path
) -> None:
    async with open_app(size=(120, 40)) as driver:
        await driver.press("t")
        await send(driver, ["write", "a/b/old", "1"], ["write", "same", "1"], ["write", "log", "1"])
        await driver.until_seen("init and #1: 5 added")
        await send(driver, ["write", "a/b/new", "1"], ["write", "log", "2"], ["remove", "a/b/old"])
        await driver.until_seen("#2: 1 added 1 changed 1 removed", "/tmp +1 ~1 −1")
        expected = [
            ["~", "▾", "a"],
            ["~", "▾", "b"],
            ["+", "new", "1", "B"],
            ["−", "old", "removed"],
            ["~", "log", "2", "B"],
            ["same", "1", "B"],
        ]
        await driver.until(lambda: [row.split() for row in listed(driver)] == expected)


async def test_it_is_live_while_the_function_runs(open_app: OpenApp, writing: Path) -> None:
    async with open_app(size=(120, 40)) as driver:
        await driver.press("t")
        await send(driver, ["write", "first", "1"])
        await send(
            driver, ["write", "second", "12"], ["wait", "go"], ["write", "third", "1"], wait=False
        )
        await driver.until(lambda: any("+   second" in row for row in listed(driver)))
        (environment,) = driver.app.engine.pools["Greet"].environments
        assert environment.tmp_directory is not None
        (environment.tmp_directory / "go").touch()
        await driver.until_seen("#2: 3 added")


async def test_folders_fold_by_keys_and_by_mouse(open_app: OpenApp, writing: Path) -> None:
    async with open_app(size=(120, 40)) as driver:
        await driver.press("t")
        await send(driver, ["write", "folder/file", "1"])
        await driver.until(lambda: len(listed(driver)) == 2)
        await driver.press("g", "left")
        await driver.until(lambda: len(listed(driver)) == 1)
        assert driver.screen.panes.focused_pane == "tmp"
        await driver.press("right")
        await driver.until(lambda: len(listed(driver)) == 2)
        await driver.press("right")
        assert tmp_pane(driver).item_text == "/tmp/folder/file"
        await driver.press("left")
        assert tmp_pane(driver).item_text == "/tmp/folder"
        await driver.press("enter")
        await driver.until(lambda: len(listed(driver)) == 1)
        await driver.pilot.click(tmp_pane(driver).rows, offset=(5, 0))
        await driver.until(lambda: len(listed(driver)) == 2)
        # Where there is nothing to fold, the key goes to the pane before, as everywhere.
        await driver.press("left", "left", "left")
        await driver.until(lambda: driver.screen.panes.focused_pane != "tmp")


async def test_of_a_hundred_thousand_entries_the_first_are_listed(
    open_app: OpenApp, writing: Path
) -> None:
    async with open_app(size=(120, 40)) as driver:
        await driver.press("t")
        pool = driver.app.engine.pools["Greet"]
        pool.invoke(b'[["many", "cache", 100000]]')
        await driver.until(lambda: pool.invocations[-1].is_over)
        await driver.until_seen("#1: Not known: /tmp has more than")
        await driver.press("g", "right")
        await driver.until(lambda: listed(driver)[-1] == "      … 99,000 more")
        assert len(listed(driver)) == 1002
        await driver.press("G", "enter")
        await driver.until(lambda: listed(driver)[-1] == "      … 98,000 more")


async def test_a_change_beyond_the_entries_that_are_listed_is_shown(
    open_app: OpenApp, writing: Path
) -> None:
    async with open_app(size=(120, 40)) as driver:
        await driver.press("t")
        await send(driver, ["many", "cache", 3000])
        await send(driver, ["write", "cache/zzz", "1"])
        await driver.until(lambda: any(row.startswith("+     zzz") for row in listed(driver)))


async def test_s_copies_a_file_out_and_asks_before_it_replaces_one(
    open_app: OpenApp, writing: Path, tmp_path: Path
) -> None:
    target = tmp_path / "mine.txt"
    async with open_app(size=(120, 40)) as driver:
        await driver.press("t")
        await send(driver, ["write", "report", "numbers"])
        await driver.until(lambda: listed(driver))
        for is_first in (True, False):
            await driver.press("s")
            driver.app.screen.query_one("Input").value = str(target)  # type: ignore[attr-defined]
            await driver.press("enter")
            if is_first:
                await driver.until(target.exists)
                target.write_text("precious")
            else:
                await driver.until_seen("Enter again replaces it")
                assert target.read_text() == "precious"
                await driver.press("enter")
                await driver.until(lambda: target.read_text() == "numbers")
        await driver.until(lambda: any("Copied 7 B" in notice for notice in driver.notices))


async def test_d_deletes_after_a_question(open_app: OpenApp, writing: Path) -> None:
    async with open_app(size=(120, 40)) as driver:
        await driver.press("t")
        await send(driver, ["write", "a/file", "1"], ["write", "b", "1"])
        await driver.until(lambda: len(listed(driver)) == 3)
        await driver.press("g", "d")
        await driver.until_seen("/tmp/a, and everything in it, is deleted from env 1.")
        await driver.press("n")
        assert len(listed(driver)) == 3
        await driver.press("d", "y")
        # It was added by the invocation, and an invocation has not removed it.
        await driver.until(lambda: any("gone since" in row for row in listed(driver)))
        await send(driver, ["write", "c", "1"])
        await driver.until_seen("#2: 1 added")
        assert not any("removed" in row for row in listed(driver))


async def test_links_out_and_pipes_are_named_and_not_followed(
    open_app: OpenApp, writing: Path
) -> None:
    async with open_app(size=(120, 40)) as driver:
        await driver.press("t")
        await send(driver, ["link", "passwd", "/etc/passwd"], ["link", "loop", "/tmp"])
        (environment,) = driver.app.engine.pools["Greet"].environments
        assert environment.tmp_directory is not None
        os.mkfifo(environment.tmp_directory / "pipe")
        await send(driver, ["write", "x", "1"])
        await driver.until_seen("passwd → /etc/pa", "loop → /tmp")
        await driver.press("g", "j")
        await driver.until_seen("/tmp/passwd is a link to /etc/passwd")
        assert "root:" not in driver.text()
        await driver.press("j")
        await driver.until_seen("/tmp/pipe is a pipe, socket or device")
        await driver.press("s")
        assert any("Only files" in notice for notice in driver.notices)


async def test_nothing_is_read_while_it_is_hidden_or_frozen(
    open_app: OpenApp, writing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = 0
    real = TmpFiles.folder

    def folder(files: TmpFiles, *args: object) -> object:
        nonlocal readings
        readings += 1
        return real(files, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(TmpFiles, "folder", folder)
    async with open_app(size=(80, 24)) as driver:
        await send(driver, ["write", "a", "1"], wait=False)
        await driver.until(lambda: driver.screen.record and driver.screen.record.tmp_added)
        assert readings == 0
        await driver.press("t")
        await driver.until(lambda: readings)
        assert tmp_pane(driver).rows.is_on_screen
        await driver.press("6")
        before = readings
        await send(driver, ["write", "b", "1"], ["write", "c", "1"], wait=False)
        await driver.until(lambda: driver.screen.record and driver.screen.record.tmp_added == 2)
        assert readings == before


async def test_of_an_earlier_session_the_changes_are_shown_and_no_other_environment(
    open_app: OpenApp, writing: Path
) -> None:
    async with open_app(size=(120, 40)) as driver:
        await driver.press("t")
        await send(driver, ["write", "today", "1"])
        await driver.until_seen("today")
        record = InvocationRecord(
            session="before",
            function="Greet",
            number=1,
            request_id="",
            started=0.0,
            environment=1,
            status="success",
            tmp_removed=2,
        )
        pane = tmp_pane(driver)
        pane.show_stored(record, None)
        await driver.until(lambda: "Only their number is known" in driver.text())
        assert "env 1 of that session · gone · #1: 2 removed" in driver.text()
        change = TmpChange.counted(record)
        pane.show_stored(record, replace(change, removed=("cache/a", "cache/b")))
        await driver.until(lambda: any("cache/b" in row for row in listed(driver)))
        assert "today" not in driver.text()
