"""A project and the real application on it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from textual.widgets import Input, TextArea

from lambda_tui.project.settings import Settings
from lambda_tui.ui import make_app
from lambda_tui.ui.model.hints import HINTS
from lambda_tui.ui.model.tmp import TmpFiles
from lambda_tui.ui.remembered import KnownHints, hints_file
from support.app_driver import Driver, OpenApp
from support.scripted_driver import OpenWorld, ScriptedDriver
from support.scripted_world import ScriptedClock, ScriptedWorld, stop_engines

TEMPLATE = """\
Resources:
  Greet:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code, Handler: app.greet, Runtime: PYTHON, Timeout: 60}
  Fail:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code, Handler: app.fail, Runtime: PYTHON, Timeout: 60}
  Slow:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code, Handler: app.slow, Runtime: PYTHON, Timeout: 60}
"""
CODE = """\
import time

count = 0


def greet(event, context):
    global count
    count += 1
    print("\\x1b[32mgreeting\\x1b[0m", event.get("name"), "number", count)
    print("\\x1b]0;PWNED\\x07\\x1b[2J\\u202eevil")
    with open("/tmp/visits.txt", "a") as file:
        file.write(f"visit {count}\\n")
    with open("/tmp/binary.dat", "wb") as file:
        file.write(bytes(range(256)))
    return {"hello": event.get("name"), "count": count}


def fail(event, context):
    return event["nowhere"]


def slow(event, context):
    print("at work")
    time.sleep(50)
"""


@pytest.fixture(autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a screen that remembers nothing, of a user who needs no hints."""
    state = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    hints_file().parent.mkdir()
    hints_file().write_bytes(msgspec.json.encode(KnownHints(ids=[*HINTS])))
    return state


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of three functions: one answers, one fails, one takes long."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    folder = tmp_path / "orders"
    (folder / "code").mkdir(parents=True)
    (folder / "events").mkdir()
    (folder / "template.yaml").write_text(TEMPLATE.replace("PYTHON", version))
    (folder / "code" / "app.py").write_text(CODE)
    (folder / "events" / "greet.json").write_text('{"name": "Ada"}\n')
    (folder / "events" / "greet-other.json").write_text('{"name": "Grace"}\n')
    return folder


@pytest.fixture
def open_app(project: Path) -> OpenApp:
    """A function that opens the application on a folder, by default the project's."""

    @asynccontextmanager
    async def open_it(
        folder: Path = project,
        size: tuple[int, int] = (120, 40),
        settings: Settings = Settings(watch=False),  # noqa: B008
    ) -> AsyncIterator[Driver]:
        app = make_app(folder, settings)
        async with app.run_test(size=size, notifications=True) as pilot:
            driver = Driver(app, pilot)
            await driver.until(driver.text, "a painted screen")
            yield driver

    return open_it


@pytest.fixture
def open_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> OpenWorld:
    """A function that opens the application on a scripted world, once its script has happened."""
    stop_engines(monkeypatch)
    # It counts blocks, which differ from file system to file system.
    monkeypatch.setattr(TmpFiles, "used", lambda _, is_file_system: 12_288)
    # A cursor that blinks is there or not, as it happens.
    for editor in (Input, TextArea):
        monkeypatch.setattr(editor, "cursor_blink", False)
    runs = iter(range(1_000))

    @asynccontextmanager
    async def open_it(
        make: Callable[[ScriptedClock], ScriptedWorld],
        script: Callable[[ScriptedWorld, Path], None],
        size: tuple[int, int] = (120, 40),
    ) -> AsyncIterator[ScriptedDriver]:
        folder = tmp_path / str(next(runs))
        state = folder / "state"
        (state / "lambda-tui").mkdir(parents=True)
        with pytest.MonkeyPatch.context() as own:
            own.setenv("XDG_STATE_HOME", str(state))
            own.chdir(folder)
            hints_file().write_bytes(msgspec.json.encode(KnownHints(ids=[*HINTS])))
            world = make(ScriptedClock(monkeypatch))
            async with world.app.run_test(size=size, notifications=True) as pilot:
                driver = ScriptedDriver(world, pilot)
                await driver.until(lambda: driver.screen._past is not None, "the history")
                script(world, folder)
                await driver.until_painted()
                # Toasts go when their time is over, which depends on the machine.
                while driver.screen.announcements.toasts.current is not None:
                    driver.screen.announcements.toasts.dismiss()
                driver.screen._show_toasts()
                await driver.settle()
                yield driver

    return open_it
