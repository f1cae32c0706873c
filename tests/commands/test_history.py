"""``lambda-tui history``: what it lists, what it shows, and what it removes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.history.contents import Contents, Entry
from lambda_tui.history.database import Database, database_file
from support.command_line import Outcome, run
from support.records import record

CONTENTS = Contents.of(
    b'{"name": "Ada"}', b'{"hello": "Ada"}', "START\n\x1b[2Jgreeting\nEND\n", {"init": b"[12]"}
)
FAILED = record(
    2, status="error", answer="KeyError", error_message="'customer_id'", error_place="app.py:11",
    is_cold=True, cold_because="env 1 was busy with #1", init_ms=157.3, cost=2.125e-7,
)  # fmt: skip


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's state directory, with the histories of two projects."""
    state = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    for name in ("orders", "other"):
        (tmp_path / name).mkdir()
        database = Database(database_file(tmp_path / name))
        records = (record(1), FAILED, record(3, "Other\x1b[2J"), record(4, status="throttled"))
        database.add([Entry(one, CONTENTS) for one in records])
        database.close()
    return state


@pytest.fixture
def history(state: Path, tmp_path: Path) -> Any:
    """A function that runs the command in the first of the projects."""

    def history(*arguments: str) -> Outcome:
        return run("history", *arguments, cwd=tmp_path / "orders", XDG_STATE_HOME=str(state))

    return history


def test_it_lists_invocations_newest_first(history: Any) -> None:
    listed = history()
    head, *lines = listed.output.splitlines()

    assert (listed.status, listed.errors) == (0, "")
    assert head.split()[:4] == ["ID", "STARTED", "FUNCTION", "#"]
    assert [line.split()[0] for line in lines] == ["4", "3", "2", "1"]
    assert "cold" in lines[2]
    assert "157.30 ms" in lines[2]
    assert "$0.000000213" in lines[2]
    assert lines[2].endswith("error KeyError")
    assert "\x1b" not in listed.output


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        (("--failed",), [4, 2]),
        (("--function", "Greet"), [4, 2, 1]),
        (("--limit", "1"), [4]),
        (("--function", "Nobody"), []),
    ],
)
def test_it_lists_what_is_asked_for_as_json(
    history: Any, arguments: tuple[str, ...], ids: list[int]
) -> None:
    lines = history(*arguments, "--output", "json").lines

    assert [line["id"] for line in lines] == ids


@pytest.mark.parametrize("which", ["2", "Greet-2"])
def test_it_shows_an_invocation_by_its_id_and_by_its_request_id(history: Any, which: str) -> None:
    shown = history("show", which)

    assert shown.status == 0
    assert "#2 of Greet" in shown.output
    assert "cold: env 1 was busy with #1" in shown.output
    assert "'customer_id' app.py:11" in shown.output
    for part in ('{"name": "Ada"}', '{"hello": "Ada"}', "greeting\nEND", "[12]"):
        assert part in shown.output


def test_it_shows_an_invocation_as_json(history: Any) -> None:
    (shown,) = history("show", "2", "--output", "json").lines

    assert (shown["number"], shown["answer"], shown["is_cold"]) == (2, "KeyError", True)
    assert json.loads(shown["event"]) == {"name": "Ada"}
    assert shown["is_event_cut"] is False
    assert shown["extras"] == {"init": "[12]"}


@pytest.mark.parametrize("which", ["99", "nobody", "9" * 40])
def test_an_invocation_that_is_not_kept_is_told(history: Any, which: str) -> None:
    shown = history("show", which)

    assert shown.status == 2
    assert "is kept; `lambda-tui history` lists them" in shown.complaint


@pytest.mark.parametrize("arguments", [("show",), ("list",), ("--limit", "0")])
def test_other_arguments_are_refused(history: Any, arguments: tuple[str, ...]) -> None:
    assert history(*arguments).status == 2


def test_a_project_without_a_history_has_nothing_to_list(history: Any, tmp_path: Path) -> None:
    listed = history("--project", str(tmp_path))

    assert (listed.status, listed.output) == (0, "")
    assert "no invocation of this project is kept" in listed.complaint
    assert not database_file(tmp_path).exists()


def test_a_damaged_history_is_told_with_the_remedy(history: Any, tmp_path: Path) -> None:
    database_file(tmp_path / "orders").write_bytes(b"no database" * 1000)
    listed = history()

    assert listed.status == 2
    assert "`lambda-tui history --clear` removes it" in listed.complaint
    assert history("--clear").status == 0


def test_it_removes_the_history_of_one_project(history: Any, tmp_path: Path) -> None:
    cleared = history("--clear", "--project", ".")

    assert cleared.complaint == "lambda-tui: removed the history of this project: 4 invocations."
    assert not database_file(tmp_path / "orders").exists()
    assert database_file(tmp_path / "other").exists()


def test_it_removes_the_history_of_all_projects(history: Any, state: Path) -> None:
    events = state / "lambda-tui" / "events"
    events.mkdir()
    (events / "1.json").write_text("{}")
    cleared = history("--clear")

    assert cleared.complaint == "lambda-tui: removed the history of 2 projects: 8 invocations."
    assert [path for path in state.rglob("*") if path.is_file()] == []
