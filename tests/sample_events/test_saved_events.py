from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from lambda_tui.sample_events import SavedEventError, SavedEvents


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SavedEvents:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return SavedEvents.of_project(tmp_path / "shop")


def test_an_event_is_read_as_it_was_saved(saved: SavedEvents) -> None:
    saved.save("large order", '{"ü": 1}\n')
    saved.save("Empty", "{}")

    assert saved.names() == ("Empty", "large order")
    assert saved.read("large order") == '{"ü": 1}\n'
    saved.save("Empty", "[]")
    assert saved.read("Empty") == "[]"
    saved.delete("Empty")
    assert saved.names() == ("large order",)


def test_only_the_user_can_read_them(saved: SavedEvents) -> None:
    mask = os.umask(0)
    try:
        file = saved.save("mine", "{}")
    finally:
        os.umask(mask)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.parent.parent.stat().st_mode) == 0o700


def test_projects_of_the_same_name_have_their_own(saved: SavedEvents, tmp_path: Path) -> None:
    saved.save("mine", "{}")

    assert SavedEvents.of_project(tmp_path / "elsewhere" / "shop").names() == ()
    assert SavedEvents.of_project(tmp_path / "shop").names() == ("mine",)


def test_an_event_for_all_is_a_file_of_the_project(tmp_path: Path) -> None:
    file = SavedEvents.beside(tmp_path).save("order", "{}")

    assert file == tmp_path / "events" / "order.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "a/b", ".hidden", "a\0b", "a\n", "-x", "x.", "x ", "a" * 81, "é"],
)
def test_a_name_of_no_use_is_refused(saved: SavedEvents, name: str) -> None:
    for act in (
        lambda: saved.save(name, "{}"),
        lambda: saved.read(name),
        lambda: saved.delete(name),
    ):
        with pytest.raises(SavedEventError, match="is no name for an event"):
            act()


def test_what_is_no_event_is_not_saved(saved: SavedEvents) -> None:
    with pytest.raises(SavedEventError, match="line 1, column 2: expected a name"):
        saved.save("mine", "{a")

    assert saved.names() == ()


def test_a_failed_save_leaves_the_old_event_and_no_other_file(
    saved: SavedEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved.save("mine", '{"old": 1}')

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(SavedEventError, match=r"mine cannot be saved: no space left on device\."):
        saved.save("mine", '{"new": 1}')

    assert saved.read("mine") == '{"old": 1}'
    assert [file.name for file in saved.folder.iterdir()] == ["mine.json"]


def test_what_is_gone_is_one_sentence(saved: SavedEvents) -> None:
    with pytest.raises(SavedEventError, match="mine: the file does not exist"):
        saved.read("mine")
    with pytest.raises(SavedEventError, match="mine cannot be deleted: no such file"):
        saved.delete("mine")
