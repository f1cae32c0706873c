"""Reading and changing an environment's ``/tmp`` from outside: bounded, and through no link."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from lambda_tui.ui.model.tmp import COMPARED, CONTENT, TmpContent, TmpError, TmpFiles


@pytest.fixture
def tmp(tmp_path: Path) -> Path:
    """A directory that stands for an environment's ``/tmp``."""
    directory = tmp_path / "tmp"
    directory.mkdir()
    return directory


def names(files: TmpFiles, *path: str, limit: int = 100) -> list[str]:
    """Return the names in a folder."""
    return [entry.name for entry in files.folder(path, limit).entries]


def test_folders_are_listed_one_by_one(tmp: Path) -> None:
    (tmp / "cache").mkdir()
    (tmp / "cache" / "prices.json").write_text("{}")
    (tmp / "a.txt").write_text("one")
    files = TmpFiles(tmp)
    top = files.folder((), 10)
    first = top.entries[0]
    assert (first.path, first.kind, first.size) == (("a.txt",), "file", 3)
    assert names(files) == ["a.txt", "cache"]
    assert files.folder(("cache",), 10).entries[0].path == ("cache", "prices.json")


def test_of_a_large_folder_only_the_beginning_is_looked_at_but_all_is_counted(tmp: Path) -> None:
    for number in range(3000):
        (tmp / f"{number:04}").touch()
    folder = TmpFiles(tmp).folder((), 100)
    assert [one.name for one in folder.entries] == [f"{number:04}" for number in range(100)]
    assert (folder.total, folder.is_whole) == (3000, True)


def test_storage_counts_what_is_allocated_and_each_file_once(tmp: Path) -> None:
    with open(tmp / "sparse", "wb") as file:
        file.truncate(400 << 30)
    (tmp / "data").write_bytes(bytes(range(256)) * 400)
    (tmp / "folder").mkdir()
    os.link(tmp / "data", tmp / "folder" / "same")
    assert 102_400 <= TmpFiles(tmp).used(is_file_system=False) < 200_000


def test_links_of_a_function_lead_nowhere(tmp: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("AKIA")
    (tmp / "directory").symlink_to(secret)
    (tmp / "file").symlink_to(secret / "key")
    files = TmpFiles(tmp)
    assert [(one.kind, one.target) for one in files.folder((), 9).entries] == [
        ("link", str(secret)),
        ("link", str(secret / "key")),
    ]
    for path in (("file",), ("directory", "key")):
        with pytest.raises(TmpError, match="cannot be read"):
            files.read(path)
        with pytest.raises(TmpError, match="cannot be read"):
            files.copy_out(path, tmp_path / "copy", may_replace=True)
    with pytest.raises(TmpError):
        files.folder(("directory",), 9)
    with pytest.raises(TmpError):
        files.delete(("directory", "key"))
    files.delete(("directory",))
    files.delete(("file",))
    assert (secret / "key").read_text() == "AKIA"
    assert not (tmp_path / "copy").exists()
    assert names(files) == []


def test_a_link_to_a_folder_is_no_loop(tmp: Path) -> None:
    (tmp / "inside").mkdir()
    (tmp / "inside" / "up").symlink_to(tmp)
    states = TmpFiles(tmp).states()
    assert states is not None
    assert sorted(states) == ["inside", "inside/up"]


def test_pipes_and_sockets_do_not_hold_the_screen_up(tmp: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp / "pipe")
    files = TmpFiles(tmp)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp / "socket"))
        assert {one.kind for one in files.folder((), 9).entries} == {"other"}
        for name in ("pipe", "socket"):
            with pytest.raises(TmpError):
                files.read((name,))
            with pytest.raises(TmpError):
                files.copy_out((name,), tmp_path / "copy", may_replace=False)


def test_a_file_is_read_up_to_a_bound(tmp: Path) -> None:
    (tmp / "large").write_bytes(b"x" * (CONTENT + 10))
    found = TmpFiles(tmp).read(("large",))
    assert (len(found.data), found.total) == (CONTENT, CONTENT + 10)
    assert not found.is_binary
    assert TmpContent(b"\x00\x01", 2).is_binary


def test_a_directory_that_is_gone_is_told_in_a_sentence(tmp: Path) -> None:
    files = TmpFiles(tmp / "gone")
    for attempt in (
        lambda: files.folder((), 1),
        lambda: files.read(("file",)),
        files.states,
        lambda: files.used(is_file_system=True),
        lambda: files.delete(("file",)),
    ):
        with pytest.raises(TmpError):
            attempt()


def test_the_machines_own_tmp_is_never_taken_for_an_environments(tmp_path: Path) -> None:
    # As after the end of an environment whose process id has a new owner.
    with pytest.raises(TmpError, match="has ended"):
        TmpFiles(Path("/tmp")).folder((), 1)
    with pytest.raises(TmpError, match="has ended"):
        TmpFiles(Path(f"/proc/{os.getpid()}/root/tmp")).delete(("x",))


def test_a_copy_replaces_nothing_unless_it_is_asked_to(tmp: Path, tmp_path: Path) -> None:
    (tmp / "report.csv").write_bytes(b"a,b\n" * 500_000)
    mine = tmp_path / "mine.csv"
    mine.write_text("mine")
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "nowhere")
    files = TmpFiles(tmp)
    for taken in (mine, link):
        with pytest.raises(FileExistsError):
            files.copy_out(("report.csv",), taken, may_replace=False)
    assert mine.read_text() == "mine"
    assert files.copy_out(("report.csv",), mine, may_replace=True) == 2_000_000
    assert files.copy_out(("report.csv",), tmp_path / "new.csv", may_replace=False) == 2_000_000
    assert mine.read_bytes() == (tmp_path / "new.csv").read_bytes() == b"a,b\n" * 500_000
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "link.csv",
        "mine.csv",
        "new.csv",
        "tmp",
    ]


def test_a_file_of_holes_does_not_fill_the_users_disk(tmp: Path, tmp_path: Path) -> None:
    with open(tmp / "sparse", "wb") as file:
        file.truncate(400 << 30)
    with pytest.raises(TmpError, match="holes"):
        TmpFiles(tmp).copy_out(("sparse",), tmp_path / "copy", may_replace=False)
    assert not (tmp_path / "copy").exists()


def test_a_folder_is_deleted_with_everything_below_but_not_what_its_links_name(
    tmp: Path, tmp_path: Path
) -> None:
    (tmp_path / "kept").write_text("kept")
    (tmp / "a" / "b").mkdir(parents=True)
    (tmp / "a" / "b" / "file").touch()
    (tmp / "a" / "b" / "link").symlink_to(tmp_path)
    TmpFiles(tmp).delete(("a",))
    assert list(tmp.iterdir()) == []
    assert (tmp_path / "kept").exists()


def test_an_entry_that_is_written_or_replaced_has_another_state(tmp: Path) -> None:
    files = TmpFiles(tmp)
    (tmp / "folder").mkdir()
    (tmp / "same").write_text("a")
    (tmp / "grown").write_text("a")
    (tmp / "replaced").write_text("a")
    before = files.states()
    (tmp / "grown").write_text("ab")
    (tmp / "new").write_text("b")
    os.replace(tmp / "new", tmp / "replaced")
    (tmp / "folder" / "inside").touch()
    after = files.states()
    assert before is not None
    assert after is not None
    changed = {path for path in before if before[path] != after[path]}
    assert changed == {"grown", "replaced"}
    assert after.keys() - before.keys() == {"folder/inside"}


def test_too_much_is_not_compared(tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambda_tui.ui.model.tmp.files.COMPARED", 3)
    for number in range(3):
        (tmp / str(number)).touch()
    assert TmpFiles(tmp).states() is not None
    (tmp / "one more").touch()
    assert TmpFiles(tmp).states() is None
    assert COMPARED == 20_000
