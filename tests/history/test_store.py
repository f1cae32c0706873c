"""The history: what it keeps, for whom, how much, and through which mishaps."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_tui.history import Contents, contents, database, store
from lambda_tui.history.database import Database, clear, database_file
from support import SECONDS
from support.files import ROOT
from support.records import SESSION, OpenHistory, add, record
from support.terminal import until

LATER = "2026-12-01T09:00:00.000000+00:00"
EVERY_FIELD = record(
    7,
    caller="destination of Résumé",
    attempt=2,
    attempts=3,
    event_bytes=12,
    qualifier="live",
    version="3",
    tenant_id="null",
    environment_id="abc",
    is_cold=True,
    cold_because="env 1 was busy with #6",
    status="timeout",
    error_type="Sandbox.Timedout",
    error_message="Task timed out",
    error_place="app.py:11",
    response_bytes=70,
    init_ms=157.25,
    restore_ms=12.5,
    cost=2.125e-7,
    tmp_added=1,
    tmp_changed=2,
    tmp_removed=3,
)


async def test_an_invocation_comes_back_as_it_was_in_a_later_session(
    open_history: OpenHistory,
) -> None:
    async with open_history() as history:
        history.add(EVERY_FIELD, b'{"a": 1}', b"null", "one\ntwo\n", {"tmp": b"[]"})

    async with open_history() as history:
        assert await history.rows() == [EVERY_FIELD]
        assert await history.open_one(SESSION, "Greet", 7) == Contents.of(
            b'{"a": 1}', b"null", "one\ntwo\n", {"tmp": b"[]"}
        )
        assert await history.open_one(LATER, "Greet", 7) is None


async def test_what_was_just_added_is_there(open_history: OpenHistory) -> None:
    async with open_history() as history:
        add(history, record(1))

        assert await history.rows() == [record(1)]


async def test_a_record_is_kept_as_it_was_when_it_was_added(open_history: OpenHistory) -> None:
    async with open_history() as history:
        live = record(1, status="running", answer="")
        add(history, live)
        live.status = "success"

        assert [one.status for one in await history.rows()] == ["running"]


async def test_what_is_added_again_takes_the_place_of_what_was_known(
    open_history: OpenHistory,
) -> None:
    async with open_history() as history:
        add(history, record(1, status="running"), record(2))
        add(history, record(1, status="error"), event=b"[1]")

        assert [one.status for one in await history.rows()] == ["success", "error"]
        found = await history.open_one(SESSION, "Greet", 1)
        assert found is not None
        assert found.event.content == b"[1]"


async def test_a_later_record_leaves_event_and_response_as_they_are(
    open_history: OpenHistory,
) -> None:
    async with open_history() as history:
        add(history, record(1), event=b"[1]")
        history.update(record(1, tmp_added=3))
        history.update(record(2))

        assert await history.rows() == [record(1, tmp_added=3)]
        found = await history.open_one(SESSION, "Greet", 1)
        assert found is not None
        assert found.event.content == b"[1]"


async def test_extras_that_become_known_later_are_kept_beside_the_others(
    open_history: OpenHistory,
) -> None:
    async with open_history() as history:
        history.add(record(1), b"[1]", None, "", {"init": b"[]"})
        history.update(record(1), {"tmp": b"{}", "large": bytes(contents.MOST_OF_EACH + 1)})
        history.update(record(2), {"tmp": b"{}"})
        found = await history.open_one(SESSION, "Greet", 1)

        assert found is not None
        assert found.event.content == b"[1]"
        assert (found.extras, found.left_out) == ({"init": b"[]", "tmp": b"{}"}, ("large",))


async def test_rows_come_newest_first_and_page_by_page(open_history: OpenHistory) -> None:
    # At one moment there may be several.
    records = [record(number, started=1.0 + number // 3) for number in range(1, 20)]
    async with open_history() as history:
        add(history, *records)
        pages, last = [], None
        while page := await history.rows(limit=4, before=last):
            pages += page
            last = page[-1]

        assert pages == records[::-1]


async def test_rows_of_one_function_and_of_other_sessions_are_found(
    open_history: OpenHistory,
) -> None:
    earlier, other, later = record(1), record(2, "Other"), record(3, session=LATER)
    async with open_history() as history:
        add(history, earlier, other, later)

        assert await history.rows("Greet") == [later, earlier]
        assert await history.rows(besides=LATER) == [other, earlier]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("customer-17", [1]),
        ("CUSTOMER-17", [1]),
        ("keyerror", [2]),
        ("busy with", [3]),
        ("100%", [4]),
        ("_", []),
        ("hello", [4, 3, 2, 1]),
        ("Nobody", []),
    ],
)
async def test_a_search_looks_into_records_events_and_responses(
    open_history: OpenHistory, text: str, numbers: list[int]
) -> None:
    async with open_history() as history:
        add(history, record(1), event=b'{"id": "customer-17"}')
        add(history, record(2, error_type="KeyError"))
        add(history, record(3, cold_because="env 1 was busy with #2"))
        add(history, record(4), event=b'"100%"')
        add(history, record(5, "Other", answer="none"), event=b"1")

        assert [one.number for one in await history.search(text, "Greet")] == numbers


@pytest.mark.parametrize("text", ["\udcff.json", "null\0byte", "\U0001f980"])
async def test_any_text_can_be_kept_and_searched(open_history: OpenHistory, text: str) -> None:
    async with open_history() as history:
        add(history, record(1, event_name=text))
        (found,) = await history.rows()

        assert found.event_name == text.encode("utf-8", "backslashreplace").decode()
        assert await history.search("e") == [found]
        await history.search(text)


# Bounds


async def test_of_large_contents_a_part_is_kept_and_marked(open_history: OpenHistory) -> None:
    size = contents.MOST_OF_EACH
    log = "".join(f"line {number:,}\n" for number in range(size // 8))
    async with open_history() as history:
        event = bytearray(b"e" * (size + 1))
        history.add(record(1), event, b"r" * size, log, {"a": b"1", "b": b"x" * (size + 1)})
        found = await history.open_one(SESSION, "Greet", 1)

    assert found is not None
    assert found.response is not None
    assert (found.event.content, found.event.size) == (b"e" * size, size + 1)
    assert found.event.is_cut
    assert not found.response.is_cut
    assert found.log.size == len(log)
    assert len(found.log.content) <= size
    assert found.log.content.startswith(b"line ")
    assert log.endswith(found.log.content.decode())
    assert (found.extras, found.left_out) == ({"a": b"1"}, ("b",))


@given(st.text(alphabet="a\né\udc80🦀", max_size=60))
def test_a_cut_log_is_whole_lines_of_valid_text(log: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contents, "MOST_OF_EACH", 20)
        kept = Contents.of(b"", None, log, {}).log

    encoded = log.encode("utf-8", "backslashreplace")
    assert kept.size == len(encoded)
    assert encoded.endswith(kept.content)
    assert len(kept.content) <= 20
    if kept.is_cut and b"\n" in encoded[-20:-1]:
        kept.content.decode()


async def test_the_oldest_go_when_there_are_too_many(
    open_history: OpenHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "MOST_INVOCATIONS", 10)
    async with open_history() as history:
        add(history, *(record(number) for number in range(1, 26)))
        found = await history.rows()

        assert [one.number for one in found] == [*range(25, 15, -1)]
        assert await history.open_one(SESSION, "Greet", 15) is None


async def test_the_oldest_go_and_the_file_shrinks_when_it_is_too_large(
    open_history: OpenHistory, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_history() as history:
        add(history, *(record(number) for number in range(1, 101)), event=b"e" * 100_000)
    assert database_file(project).stat().st_size > 10_000_000

    monkeypatch.setattr(database, "MOST_BYTES", 3_000_000)
    async with open_history() as history:
        add(history, record(101))
        found = await history.rows()

    assert [one.number for one in found] == [*range(101, 101 - len(found), -1)]
    assert 10 < len(found) < 40
    assert database_file(project).stat().st_size < 4_500_000


async def test_what_the_disk_is_too_slow_for_is_counted_and_told_once(
    open_history: OpenHistory, project: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_WAITING", 5)
    async with open_history() as history:
        await history.rows()
        other = sqlite3.connect(database_file(project), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        add(history, record(1))
        # It waits for the lock from now on, and what follows waits for it.
        await asyncio.to_thread(until, lambda: not history._waiting, "a batch that waits")
        add(history, *(record(number) for number in range(2, 12)))
        other.execute("ROLLBACK")
        other.close()
        found = await history.rows()

    # Had an addition waited for the lock, it would have been given up for.
    assert [one.number for one in found] == [6, 5, 4, 3, 2, 1]
    assert history.dropped == 5
    assert len(said) == 1
    assert "too slow" in said[0]


async def test_too_many_bytes_wait_for_the_disk_no_more_than_too_many_invocations(
    open_history: OpenHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_BYTES_WAITING", 1_000)
    async with open_history() as history:
        add(history, record(1), event=b"e" * 2_000)

        assert await history.rows() == []
    assert history.dropped == 1


# Whose it is


async def test_the_history_can_be_read_by_the_user_alone(
    open_history: OpenHistory, state: Path
) -> None:
    old = os.umask(0)
    try:
        async with open_history() as history:
            add(history, record(1))
            await history.rows()
            folder = state / "lambda-tui" / "history"
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    finally:
        os.umask(old)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    # The database, its log and the memory that processes share.
    assert len(modes) == 3
    assert set(modes.values()) == {0o600}


async def test_a_history_that_others_could_read_is_closed_to_them(
    open_history: OpenHistory, project: Path
) -> None:
    async with open_history() as history:
        add(history, record(1))
    database_file(project).chmod(0o644)
    database_file(project).parent.chmod(0o755)

    async with open_history() as history:
        await history.rows()

    assert stat.S_IMODE(database_file(project).stat().st_mode) == 0o600
    assert stat.S_IMODE(database_file(project).parent.stat().st_mode) == 0o700


async def test_projects_of_one_name_have_histories_of_their_own(
    tmp_path: Path, open_history: OpenHistory, project: Path
) -> None:
    other = tmp_path / "elsewhere" / project.name
    other.mkdir(parents=True)
    (tmp_path / "link").symlink_to(project)

    assert database_file(other) != database_file(project)
    assert database_file(tmp_path / "link") == database_file(project)


async def test_a_history_that_is_switched_off_is_of_this_session_and_leaves_no_file(
    open_history: OpenHistory, state: Path, said: list[str]
) -> None:
    async with open_history(is_kept=False) as history:
        add(history, record(1))
        assert await history.rows() == [record(1)]

    async with open_history(is_kept=False) as history:
        assert await history.rows() == []
    assert "state" not in os.listdir(state.parent)
    assert said == []


# Mishaps


async def test_sessions_of_one_project_write_side_by_side(open_history: OpenHistory) -> None:
    async with open_history() as one, open_history() as other:
        for number in range(1, 101):
            add(one, record(number))
            add(other, record(number, session=LATER))
            if number % 10 == 0:
                await asyncio.gather(one.rows(limit=1), other.rows(limit=1))
        found = await one.rows(limit=1_000)

        assert found == await other.rows(limit=1_000)
    assert len(found) == 200


async def test_many_begin_at_once(open_history: OpenHistory, said: list[str]) -> None:
    histories = [open_history() for _ in range(8)]
    opened = [await one.__aenter__() for one in histories]
    for number, history in enumerate(opened):
        add(history, record(number))
    for one in histories:
        await one.__aexit__(None, None, None)

    async with open_history() as history:
        assert len(await history.rows()) == 8
    assert said == []


@pytest.mark.parametrize("damage", ["text", "torn", "other version", "other tables"])
async def test_a_damaged_file_is_set_aside_with_a_sentence(
    open_history: OpenHistory, project: Path, said: list[str], damage: str
) -> None:
    async with open_history() as history:
        add(history, *(record(number) for number in range(1, 200)), event=b"e" * 5_000)
    file = database_file(project)
    if damage == "text":
        file.write_text("no database at all, and long enough to have a header of its own" * 100)
    elif damage == "torn":
        content = bytearray(file.read_bytes())
        content[4096 : len(content) // 2] = os.urandom(len(content) // 2 - 4096)
        file.write_bytes(content)
    else:
        other = sqlite3.connect(file)
        if damage == "other version":
            other.execute("PRAGMA user_version = 99")
        else:
            other.execute("DROP TABLE contents")
            other.execute("CREATE TABLE contents (id INTEGER PRIMARY KEY, something)")
        other.commit()
        other.close()

    async with open_history() as history:
        add(history, record(1))
        assert await history.rows() == [record(1)]

    assert len(said) == 1
    assert "damaged" in said[0]
    (aside,) = file.parent.glob(f"{file.name}.damaged-*")
    assert aside.name in said[0]
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600


async def test_a_history_of_a_version_with_other_fields_is_read_as_far_as_it_is_known(
    open_history: OpenHistory, project: Path
) -> None:
    async with open_history() as history:
        add(history, EVERY_FIELD)
    other = sqlite3.connect(database_file(project))
    other.execute("ALTER TABLE invocation DROP COLUMN tmp_removed")
    other.execute("ALTER TABLE invocation ADD COLUMN mood")
    other.execute(
        "INSERT INTO invocation (session, function, number, status) VALUES ('s', 'f', 1, 'eaten')"
    )
    other.commit()
    other.close()

    async with open_history() as history:
        (found,) = await history.rows()

    assert found.tmp_removed == 0
    assert found.tmp_changed == EVERY_FIELD.tmp_changed


async def test_without_a_writable_folder_it_goes_on_in_memory_with_one_sentence(
    open_history: OpenHistory, something_in_the_way: None, said: list[str]
) -> None:
    async with open_history() as history:
        add(history, record(1))
        assert await history.rows() == [record(1)]
        add(history, record(2))
        assert await history.rows() == [record(2), record(1)]

    assert len(said) == 1
    assert "in memory" in said[0]


FULL_DISK = """
import asyncio, resource, sys
sys.path.insert(0, "tests")
from pathlib import Path
from lambda_tui.history import History
from lambda_tui.project.settings import Settings
from support.records import add, record

async def main():
    said = []
    history = History.open(Path(sys.argv[1]), Settings(), said.append)
    add(history, record(1))
    await history.rows()
    # No file may grow beyond this, as on a disk that is full.
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    add(history, *(record(number) for number in range(2, 8)), event=b"e" * 200_000)
    found = [one.number for one in await history.rows()]
    await history.close()
    print(found, len(said), "in memory" in said[0])

asyncio.run(main())
"""


def test_on_a_full_disk_it_goes_on_in_memory_and_keeps_what_was_there(project: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(project)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )

    assert ended.stdout.strip() == "[7, 6, 5, 4, 3, 2] 1 True", ended.stderr
    kept = Database(database_file(project))
    assert [one.number for _, one in kept.rows()] == [1]
    kept.close()


WRITES_FOR_EVER = """
import sys
sys.path.insert(0, "tests")
from pathlib import Path
from lambda_tui.history.contents import Contents, Entry
from lambda_tui.history.database import Database, database_file
from support.records import record

database = Database(database_file(Path(sys.argv[1])))
contents = Contents.of(b"e" * 20_000, b"r", "log", {})
for number in range(1, 1_000_000):
    database.add([Entry(record(number * 10 + one), contents) for one in range(10)])
    print(number, flush=True)
"""


def test_a_process_that_is_killed_while_it_writes_leaves_whole_batches(project: Path) -> None:
    for _ in range(3):
        writing = subprocess.Popen(
            [sys.executable, "-c", WRITES_FOR_EVER, str(project)], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert writing.stdout is not None
        for _ in range(20):
            assert writing.stdout.readline()
        writing.send_signal(signal.SIGKILL)
        writing.stdout.close()
        writing.wait(SECONDS)

        kept = Database(database_file(project))
        assert kept.count() >= 200
        assert kept.count() % 10 == 0
        assert all(kept.one(number) is not None for number, _ in kept.rows(limit=10_000))
        check = kept._connection.execute("PRAGMA integrity_check").fetchall()
        kept.close()
        assert check == [("ok",)]


@pytest.mark.parametrize("is_replaced", [False, True])
async def test_a_file_that_was_removed_meanwhile_is_made_again(
    open_history: OpenHistory, project: Path, said: list[str], is_replaced: bool
) -> None:
    async with open_history() as history:
        add(history, record(1))
        await history.rows()
        for path in database_file(project).parent.iterdir():
            path.unlink()
        if is_replaced:
            Database(database_file(project)).close()
        add(history, record(2))

        assert await history.rows() == [record(2)]
    async with open_history() as history:
        assert await history.rows() == [record(2)]
    assert said == []


async def test_a_history_in_use_is_emptied_and_written_on(
    open_history: OpenHistory, project: Path
) -> None:
    async with open_history() as history:
        add(history, record(1), event=b'{"password": "swordfish"}' * 10_000)
        await history.rows()
        before = database_file(project).stat()

        assert await asyncio.to_thread(clear, database_file(project)) == 1
        after = database_file(project).stat()
        files = [*database_file(project).parent.iterdir()]
        assert (after.st_ino, after.st_size < 100_000) == (before.st_ino, True)
        assert [path for path in files if b"swordfish" in path.read_bytes()] == []
        assert await history.rows() == []
        add(history, record(2))
        assert await history.rows() == [record(2)]


async def test_a_history_that_nobody_uses_is_removed_with_all_its_files(
    open_history: OpenHistory, project: Path
) -> None:
    async with open_history() as history:
        add(history, record(1), record(2))
    file = database_file(project)
    file.with_name(f"{file.name}.damaged-20260101-000000").write_bytes(b"")

    assert clear(file) == 2
    assert [*file.parent.iterdir()] == []


def test_a_damaged_history_is_removed_too(project: Path) -> None:
    file = database_file(project)
    file.parent.mkdir(parents=True)
    file.write_bytes(os.urandom(10_000))

    assert clear(file) == 0
    assert [*file.parent.iterdir()] == []


async def test_the_end_does_not_wait_for_a_disk_that_does_not_answer(
    open_history: OpenHistory, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "CLOSING_SECONDS", 0.05)
    async with open_history() as history:
        await history.rows()
        other = sqlite3.connect(database_file(project), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        add(history, record(1))
    assert not history._closed.done()

    other.close()
    await asyncio.wait_for(asyncio.wrap_future(history._closed), SECONDS)


async def test_a_question_after_the_end_has_an_answer(open_history: OpenHistory) -> None:
    async with open_history() as history:
        add(history, record(1))

    assert await history.rows() == []
    assert await history.open_one(SESSION, "Greet", 1) is None
    add(history, record(2))
    assert history.dropped == 1


async def test_without_sqlite_nothing_is_kept_and_a_sentence_says_so(
    open_history: OpenHistory, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("lambda_tui.history.database", "lambda_tui.history.keeper"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, "sqlite3", None)
    async with open_history() as history:
        add(history, record(1))
        assert await history.rows() == []

    assert len(said) == 1
    assert "sqlite3" in said[0]


def test_the_first_paint_does_not_wait_for_sqlite() -> None:
    code = "import sys, lambda_tui.history; print('sqlite3' in sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=SECONDS, check=True
    )

    assert printed.stdout.strip() == "False"
