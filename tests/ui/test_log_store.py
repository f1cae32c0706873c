"""The log in files behind memory: read back by scope, searched, bounded, and gone at the end."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambda_tui.ui.log import spool
from lambda_tui.ui.log.query import Query
from lambda_tui.ui.log.records import Fold, Kind, LogRecord, Scope
from lambda_tui.ui.log.store import RECORDS, LogStore

SCOPES = (
    Scope(),
    Scope("a"),
    Scope("b"),
    Scope("a", environment=2),
    Scope("a", invocation=1),
    Scope("nowhere"),
)
MESSAGES = st.one_of(
    st.sampled_from(["one", "two\nlines", "Größe 3", "\x1b[31mred\x1b[0m one", "", "\udc80 one"]),
    st.text(max_size=30),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = LogStore(tmp_path)
    yield store
    store.close()


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "SEGMENT_RECORDS", 7)
    monkeypatch.setattr(spool, "BLOCK_BYTES", 40)
    monkeypatch.setattr(spool, "_ENTRIES", 5)


def record(
    message: str, function: str = "a", environment: int | None = 1, invocation: int | None = None
) -> LogRecord:
    return LogRecord(function, environment, 1.5, Kind.FUNCTION, message, invocation)


def fields(records: list[LogRecord]) -> list[tuple[object, ...]]:
    return [
        (one.index, one.function, one.environment, one.invocation, one.time, one.kind, one.message,
         one.fold, one.summary)
        for one in records
    ]  # fmt: skip


async def found_by(store: LogStore, scope: Scope, query: Query) -> list[int]:
    return [at async for block in store.search(scope, query, store.end) for at in block]


RECORD = st.builds(
    LogRecord,
    st.sampled_from(["a", "b", ""]),
    st.sampled_from([None, 1, 2]),
    st.floats(0, 2e9),
    st.sampled_from(Kind),
    MESSAGES,
    st.sampled_from([None, 1, 70_000]),
    st.sampled_from(Fold),
    st.sampled_from(["", "REPORT 3 ms · 3 €"]),
)


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(RECORD, max_size=40), st.data())
def test_what_is_read_and_found_is_what_was_added(
    small_segments: None, tmp_path: Path, records: list[LogRecord], data: st.DataObject
) -> None:
    async def read_all() -> None:
        store = LogStore(tmp_path)
        for one in records:
            store.add(one)
        at = data.draw(st.integers(0, len(records)))
        count = data.draw(st.integers(1, 10))
        text = data.draw(st.sampled_from(["one", "^one$", "e\\s*t", ".", "red", "ö", "3", "Ü?"]))
        for scope in SCOPES:
            inside = [one for one in records if scope.has(one)]
            older, is_first = await store.older(scope, at, count)
            expected = [one for one in inside if one.index < at]
            assert fields(older) == fields(expected[-count:])
            assert is_first or len(older) == count
            newer, is_last = await store.newer(scope, at, count)
            assert fields(newer) == fields([one for one in inside if one.index >= at][:count])
            assert is_last or len(newer) == count
            query = Query(text)
            found = [
                index async for block in store.search(scope, query, store.end) for index in block
            ]
            looked_at = [one.index for one in inside if query.is_in(one.searched_text)]
            assert sorted(found) == looked_at
        indices = data.draw(st.lists(st.integers(0, max(0, len(records) - 1)), max_size=5))
        assert fields(await store.at(indices)) == fields([records[i] for i in indices if records])
        store.close()

    asyncio.run(read_all())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("e\\s+t", [3]),
        ("31m", []),
        ("red one", [2]),
        ("REPORT 3", [4]),
        ("ß.*ö", [5]),
        ("^two$", [1]),
    ],
)
async def test_a_place_lies_in_the_visible_text_of_one_record(
    store: LogStore, text: str, expected: list[int]
) -> None:
    for message in ("one", "two", "\x1b[31mred\x1b[0m one", "one two"):
        store.add(record(message))
    store.add(LogRecord("a", 1, 0.0, Kind.REPORT, "raw", 1, Fold.SUMMARY, "REPORT 3 ms"))
    store.add(record("Größe schön"))
    assert await found_by(store, Scope(), Query(text)) == expected


async def test_memory_holds_the_newest_and_files_the_rest(store: LogStore) -> None:
    for number in range(RECORDS + 2_000):
        store.add(record(f"line {number}", "a" if number % 2 else "b"))
    assert len(store.records) == RECORDS
    assert len(store.recent(Scope("a"))) == RECORDS // 2
    page = await store.older(Scope("a"), store.records[0].index, 5)
    assert [one.message for one in page.records] == [f"line {n}" for n in range(1991, 2000, 2)]
    assert not store.is_cut(Scope("a"))


async def test_the_oldest_segments_are_dropped_and_said_to_be_gone(
    store: LogStore, small_segments: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "SEGMENTS", 3)
    for number in range(100):
        store.add(record(f"line {number}", "a" if number < 50 else "b", invocation=number))
    page = await store.older(Scope(), store.end, 1_000)
    assert page.is_last
    assert 3 * 7 - 10 < len(page.records) <= 3 * 10
    assert page.records[-1].message == "line 99"
    assert store.is_cut(Scope("a"))
    assert store.is_cut(Scope())
    assert store.is_cut(Scope("b")), "some of its lines are gone too"
    assert not store.is_cut(Scope("b", invocation=99))
    assert not store.has_older(Scope("b"), page.records[0].index)


async def test_what_is_cleared_is_not_shown_in_a_narrower_scope_and_still_in_a_wider_one(
    store: LogStore,
) -> None:
    store.add(record("before", "a", invocation=1))
    store.clear(Scope("a"))
    store.add(record("after", "a", invocation=1))
    for scope in (Scope("a"), Scope("a", invocation=1), Scope("a", environment=1)):
        assert [one.message for one in store.recent(scope)] == ["after"]
        assert [one.message for one in (await store.older(scope, store.end, 9)).records] == [
            "after"
        ]
        assert not store.has_older(scope, 1)
        assert not store.is_cut(scope)
    assert [one.message for one in store.recent(Scope())] == ["before", "after"]


async def test_the_text_of_an_invocation_is_found_for_the_history(store: LogStore) -> None:
    for number in range(20):
        store.add(record(f"\x1b[1mline\x1b[0m {number}", "a", 1, number % 2))
        store.add(record("other", "b", 1, 1))
    text = await store.invocation_text("a", 1, 1_000)
    assert text == "\n".join(f"line {number}" for number in range(1, 20, 2))
    assert await store.invocation_text("a", 1, 7) == text[-7:]
    assert await store.invocation_text("a", 999, 7) == ""


async def test_no_file_of_the_log_has_a_name(store: LogStore, tmp_path: Path) -> None:
    store.add(record("secret"))
    assert (await store.older(Scope(), 1, 1)).records[0].message == "secret"
    assert os.listdir(tmp_path) == []


async def test_whoever_reads_at_the_end_gets_nothing(tmp_path: Path) -> None:
    store = LogStore(tmp_path)
    for number in range(1_000):
        store.add(record(f"line {number}"))
    search = store.search(Scope(), Query("line"), store.end)
    assert len(await anext(search)) == 1_000
    store.close()
    store.add(record("late"))
    assert await store.older(Scope(), store.end, 5) == ([], True)
    assert await store.at([3]) == []
    assert [block async for block in search] == []


def test_nothing_is_left_of_a_process_that_was_killed(tmp_path: Path) -> None:
    program = (
        "import asyncio, os, pathlib, sys\n"
        "from lambda_tui.ui.log.records import Kind, LogRecord, Scope\n"
        "from lambda_tui.ui.log.store import LogStore\n"
        "async def main():\n"
        "    store = LogStore(pathlib.Path(sys.argv[1]))\n"
        "    for number in range(5000):\n"
        "        store.add(LogRecord('a', 1, 0.0, Kind.FUNCTION, 'line'))\n"
        "    await store.older(Scope(), 10, 1)\n"
        "    print('written', flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        process.send_signal(signal.SIGKILL)
    assert list(tmp_path.iterdir()) == []


async def test_where_nothing_can_be_written_the_newest_lines_stay(tmp_path: Path) -> None:
    (tmp_path / "no-folder").write_text("")
    store = LogStore(tmp_path / "no-folder")
    for number in range(RECORDS + 10):
        store.add(record(f"line {number}"))
    assert (await store.older(Scope(), 5, 5)).records == []
    assert store.is_cut(Scope("a"))
    assert not store.has_older(Scope("a"), store.records[0].index)
    assert store.recent(Scope("a"))[-1].message == f"line {RECORDS + 9}"
    assert await found_by(store, Scope("a"), Query("line 777$")) == [777]
    assert [one.message for one in await store.at([777])] == ["line 777"]
    store.close()


async def test_a_slow_disk_does_not_fill_the_memory(
    store: LogStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambda_tui.ui.log.store._WAITING", 1_000)
    release = asyncio.Event()
    loop = asyncio.get_running_loop()
    held = store._thread.submit(
        lambda: asyncio.run_coroutine_threadsafe(release.wait(), loop).result(30)
    )
    for number in range(5_000):
        store.add(record(f"line {number}"))
    release.set()
    await asyncio.wrap_future(held)
    assert store.is_cut(Scope())
    newest = await store.older(Scope(), store.end, 10)
    assert len((await store.older(Scope(), store.end, 9_999)).records) < 5_000
    store.add(record("late"))
    assert (await store.older(Scope(), store.end, 1)).records[0].message == "late"
    assert newest.records


async def test_gaps_do_not_push_out_what_there_is_room_for(store: LogStore) -> None:
    files = spool.Spool(store._directory or Path())
    for number in range(30):
        one = record(f"line {number}")
        one.index = number * 10
        files.append([one])
    page = files.older(Scope(), 0, 1_000, 100)
    assert [one.index for one in page.records] == list(range(0, 300, 10))
    assert [one.index for one in files.newer(Scope(), 95, 3).records] == [100, 110, 120]
    assert [one.index for one in files.at([5, 100, 295])] == [100]
    files.close()


@pytest.mark.parametrize(
    ("text", "problem"),
    [("(", "missing"), ("a{2,1}", "min"), ("[", "unterminated"), ("x" * 1_001, "longer")],
)
def test_a_wrong_expression_says_what_is_wrong_and_finds_nothing(text: str, problem: str) -> None:
    query = Query(text)
    assert problem in query.problem
    assert not query.is_in("(a")
    assert list(query.spans("(a")) == []


def test_case_counts_once_there_is_an_upper_case_letter() -> None:
    assert Query("fish").is_in("one FISH")
    assert not Query("Fish").is_in("one FISH")
    assert Query("\\Sish").is_in("one FISH"), "an escape is no letter"


def test_an_expression_that_never_ends_is_given_up() -> None:
    query = Query("(a|aa)+$")
    assert not query.is_in("a" * 60 + "b")
    assert "too long" in query.problem
    assert not query.is_in("a"), "it is not tried again"


async def test_an_expression_that_never_ends_does_not_hold_the_search_up(store: LogStore) -> None:
    for _ in range(5_000):
        store.add(record("a" * 60 + "b"))
    query = Query("(a|aa)+$")
    assert [block async for block in store.search(Scope(), query, store.end) if block] == []
    assert "too long" in query.problem


@given(st.text("ab.*+?()[]{}|^$\\123-,", max_size=12), st.text("ab1\n", max_size=20))
def test_no_expression_fails_and_places_lie_in_the_text(expression: str, text: str) -> None:
    query = Query(expression)
    spans = list(query.spans(text))
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)
    if not query.problem and not re.search(r"[{\\]", expression):
        try:
            pattern = re.compile(expression, re.MULTILINE | re.IGNORECASE)
        except re.error:
            return
        assert query.is_in(text) == (bool(expression) and pattern.search(text) is not None)
