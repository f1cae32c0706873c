"""Invocations are told what they have changed in ``/tmp``, on real execution environments."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import msgspec
import pytest

from lambda_tui.engine.environment import Replacement
from lambda_tui.engine.lifecycle import State
from lambda_tui.history import InvocationRecord
from lambda_tui.ui.model.tmp import TmpChange, TmpChanges, TmpFiles, changes
from support.workbench import Open, Workbench

FUNCTION = """
import os, shutil, tempfile, time
FOLDER = tempfile.gettempdir()

with open(os.path.join(FOLDER, "from-init"), "w") as file:
    file.write("init")

def lambda_handler(event, context):
    for command, name in event:
        path = os.path.join(FOLDER, name)
        if command == "write":
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "a") as file:
                file.write("line")
        elif command == "remove":
            shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
        elif command == "exit":
            os._exit(1)
"""


class Watch:
    """The changes that were told, in order."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.told: list[TmpChange] = []
        self.changes = TmpChanges(workbench.engine, "now", self.told.append)

    def of(self, number: int, session: str = "now") -> TmpChange | None:
        """Return what is known of an invocation."""
        name = self.workbench.pool.function.name
        record = InvocationRecord(
            session=session, function=name, number=number, request_id="", started=0.0
        )
        return self.changes.of(record)

    async def invoke(self, *commands: tuple[str, str]) -> TmpChange:
        """Invoke, and return what is told of that invocation."""
        number = (await self.workbench.invoke(list(commands))).number
        await self.workbench.until(lambda: self.of(number))
        found = self.of(number)
        assert found is not None
        return found


@pytest.fixture
def closing() -> Iterator[list[Watch]]:
    """Close what a test has opened."""
    opened: list[Watch] = []
    yield opened
    for watch in opened:
        watch.changes.close()


async def test_an_invocation_is_told_what_it_added_changed_and_removed(
    open_project: Open, closing: list[Watch]
) -> None:
    watch = Watch(await open_project(FUNCTION))
    closing.append(watch)

    first = await watch.invoke(("write", "cache/a"), ("write", "b"))
    assert first.added == ("b", "cache", "cache/a", "from-init")
    assert first.counts == "+4"
    assert first.covers == "init and #1"

    second = await watch.invoke(("write", "b"), ("remove", "cache"), ("write", "new"))
    assert (second.added, second.changed) == (("new",), ("b",))
    assert second.removed == ("cache", "cache/a")
    assert second.counts == "+1 ~1 −2"
    assert second.covers == "#2"

    third = await watch.invoke()
    assert third.counts == ""
    assert [one.invocations for one in watch.told] == [(1,), (2,), (3,)]


async def test_a_crash_is_told_too_and_the_next_one_begins_from_there(
    open_project: Open, closing: list[Watch]
) -> None:
    watch = Watch(await open_project(FUNCTION))
    closing.append(watch)
    await watch.invoke(("write", "a"))
    crash = await watch.invoke(("write", "b"), ("exit", ""))
    assert crash.added == ("b",)
    after = await watch.invoke(("write", "c"))
    assert after.added == ("c",)
    assert after.changed == ("from-init",)
    assert after.with_init


async def test_one_that_follows_before_the_reading_is_covered_together(
    open_project: Open, closing: list[Watch], monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench = await open_project(FUNCTION)
    watch = Watch(workbench)
    closing.append(watch)
    await watch.invoke()
    readings = 0
    real = TmpFiles.states

    def states(files: TmpFiles) -> object:
        nonlocal readings
        found = real(files)
        readings += 1
        if readings == 1:
            # The next invocation begins while the reading is under way.
            asyncio.run_coroutine_threadsafe(workbench.invoke([["write", "b"]]), loop).result(60)
        return found

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(TmpFiles, "states", states)
    change = await watch.invoke(("write", "a"))
    assert change.invocations == (2, 3)
    assert change.added == ("a", "b")
    assert change.covers == "#2 to #3 together"


async def test_an_environment_that_ends_at_once_leaves_a_sentence(
    open_project: Open, closing: list[Watch]
) -> None:
    workbench = await open_project(FUNCTION)
    watch = Watch(workbench)
    closing.append(watch)
    invocation = workbench.call(b"[]")
    await workbench.until(lambda: workbench.environment.state is State.INVOKING)
    workbench.environment.replace(Replacement("request"))
    await asyncio.wait_for(invocation.wait(), 60)
    await workbench.until(lambda: watch.told)
    assert "ended before" in watch.told[0].problem or watch.told[0].added == ("from-init",)


async def test_what_the_user_deletes_was_removed_by_no_invocation(
    open_project: Open, closing: list[Watch]
) -> None:
    workbench = await open_project(FUNCTION)
    watch = Watch(workbench)
    closing.append(watch)
    await watch.invoke(("write", "cache/a"))
    environment = await workbench.until_frozen()
    assert environment.tmp_directory is not None
    TmpFiles(environment.tmp_directory).delete(("cache",))
    watch.changes.forget(environment.id, ("cache",))
    assert (await watch.invoke()).counts == ""


async def test_of_too_many_entries_no_change_is_claimed(
    open_project: Open, closing: list[Watch], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(await open_project(FUNCTION))
    closing.append(watch)
    await watch.invoke()
    monkeypatch.setattr("lambda_tui.ui.model.tmp.files.COMPARED", 1)
    change = await watch.invoke(("write", "b"))
    assert "more than" in change.problem
    assert change.counts == ""


async def test_the_memory_of_changes_is_bounded(
    open_project: Open, closing: list[Watch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "_KEPT_PATHS", 4)
    watch = Watch(await open_project(FUNCTION))
    closing.append(watch)
    await watch.invoke(("write", "a"), ("write", "b"))
    await watch.invoke(("write", "c"), ("write", "d"))
    assert watch.of(1) is None
    assert watch.of(2) is not None
    assert watch.of(2, session="before") is None


def test_a_change_can_be_kept_as_json() -> None:
    change = TmpChange(function="F", environment=2, invocations=(7, 9), added=("a",), added_count=1)
    assert msgspec.json.decode(msgspec.json.encode(change), type=TmpChange) == change
