"""A screen remembers across sessions, and nothing that is wrong with its file does harm."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import pytest

from lambda_tui.ui import remembered
from lambda_tui.ui.remembered import KnownHints, Remembered, RememberedFile, project_file
from support.terminal import until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "projects" / "orders.json"


def opened(path: Path, told: list[str] | None = None) -> RememberedFile[Remembered]:
    return RememberedFile(path, Remembered, (told if told is not None else []).append)


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names_in(folder: Path) -> list[str]:
    return sorted(os.listdir(folder)) if folder.is_dir() else []


async def test_what_is_remembered_is_there_in_the_next_session(path: Path) -> None:
    file = opened(path)
    assert file.content == Remembered()
    file.remember(theme="nord", burst=25, qualifiers={"Orders": "live"})
    file.remember(tab="tmp")
    await file.close()

    again = opened(path).content
    assert again == Remembered(theme="nord", burst=25, qualifiers={"Orders": "live"}, tab="tmp")


async def test_a_change_is_written_soon_without_an_end(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "SAVE_DELAY", 0.0)
    file = opened(path)
    file.remember(function="Orders")
    await asyncio.to_thread(until, lambda: names_in(path.parent) == [path.name], "a written file")

    assert opened(path).content.function == "Orders"
    await file.close()


async def test_what_stays_the_same_is_not_written(path: Path) -> None:
    file = opened(path)
    file.remember(burst=10)
    await file.close()

    assert names_in(path.parent) == []


async def test_the_file_and_its_folder_are_the_users_alone(path: Path) -> None:
    file = opened(path)
    file.remember(tenant_id="acme")
    await file.close()

    assert mode_of(path) == 0o600
    assert mode_of(path.parent) == 0o700
    assert names_in(path.parent) == [path.name]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'{"version": 99}',
        b'{"burst": 0}',
        b'{"burst": "many"}',
        b'{"function": "' + b"x" * 301 + b'"}',
        b'{"qualifiers": [1]}',
        b'{"a": "' + b"x" * remembered.LARGEST_FILE + b'"}',
        b"[" * 60_000,
    ],
)
async def test_a_damaged_file_is_begun_anew_and_told_once(path: Path, content: bytes) -> None:
    write(path, content)
    file = opened(path)
    assert file.content == Remembered()
    assert file.damage
    await file.close()

    assert opened(path).damage == ""


async def test_fields_of_a_later_release_are_left_out(path: Path) -> None:
    write(path, b'{"version": 1, "burst": 7, "colour_of_the_sky": "blue"}')

    assert opened(path).content.burst == 7


async def test_a_folder_that_cannot_be_written_is_told_once(path: Path) -> None:
    path.parent.parent.mkdir()
    path.parent.write_text("a file where the folder should be")
    told: list[str] = []
    file = opened(path, told)
    assert "cannot be read" in file.damage
    for burst in (2, 3):
        file.remember(burst=burst)
        await file.close()

    assert len(told) == 1
    assert str(path) in told[0]


async def test_only_so_many_projects_are_remembered(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Remembered, "MOST_FILES", 2)
    for number in range(4):
        one = path.with_name(f"{number}.json")
        file = opened(one)
        file.remember(burst=number + 1)
        await file.close()
        os.utime(one, (number, number))

    assert names_in(path.parent) == ["2.json", "3.json"]


def test_a_project_has_one_file_whatever_path_leads_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a" / "shop").mkdir(parents=True)
    (tmp_path / "b" / "shop").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "a" / "shop")
    monkeypatch.chdir(tmp_path / "a")

    assert project_file(Path("shop")) == project_file(tmp_path / "link")
    assert project_file(tmp_path / "a" / "shop") != project_file(tmp_path / "b" / "shop")
    assert project_file(Path("shop")).name.startswith("shop-")


async def test_hints_are_remembered_for_the_user(tmp_path: Path) -> None:
    file = RememberedFile(tmp_path / "hints.json", KnownHints, print)
    file.remember(ids=["invoke"])
    await file.close()

    assert RememberedFile(tmp_path / "hints.json", KnownHints, print).content.ids == ["invoke"]
