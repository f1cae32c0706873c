"""Reading an environment's ``/tmp`` from outside: bounded, and never through a link."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from lambda_tui.ui.panes.tmp_files import CONTENT, ENTRIES, TmpContent, list_tmp, read_tmp


def test_tmp_is_listed_with_directories_before_their_content(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "prices.json").write_text("{}")
    (tmp_path / "a.txt").write_text("one")
    found = [("/".join(entry.path), entry.kind, entry.size) for entry in list_tmp(tmp_path)]
    assert found[0] == ("a.txt", "file", 3)
    assert [path for path, _, _ in found] == ["a.txt", "cache", "cache/prices.json"]


def test_storage_counts_what_is_allocated_and_each_file_once(tmp_path: Path) -> None:
    with open(tmp_path / "sparse", "wb") as file:
        file.truncate(400 << 30)
    (tmp_path / "data").write_bytes(bytes(range(256)) * 400)
    os.link(tmp_path / "data", tmp_path / "same")
    entries = {entry.name: entry for entry in list_tmp(tmp_path)}
    assert entries["sparse"].size == 400 << 30
    assert entries["sparse"].allocated == 0
    assert 102_400 <= sum(entry.allocated for entry in entries.values()) < 200_000


def test_a_listing_is_bounded(tmp_path: Path) -> None:
    names = [f"{number:04}" for number in range(ENTRIES * 3)]
    for name in names:
        (tmp_path / name).touch()
    assert [entry.name for entry in list_tmp(tmp_path)] == names[:ENTRIES]


def test_links_of_a_function_lead_nowhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("AKIA")
    inside = tmp_path / "tmp"
    inside.mkdir()
    (inside / "directory").symlink_to(secret)
    (inside / "file").symlink_to(secret / "key")
    assert {(entry.name, entry.kind) for entry in list_tmp(inside)} == {
        ("directory", "link"),
        ("file", "link"),
    }
    for path in (("file",), ("directory", "key")):
        found = read_tmp(inside, path)
        assert isinstance(found, str)
        assert "cannot be read" in found


def test_pipes_and_sockets_do_not_hold_the_screen_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        assert isinstance(read_tmp(tmp_path, ("pipe",)), str)
        assert isinstance(read_tmp(tmp_path, ("socket",)), str)


def test_a_file_is_read_up_to_a_bound(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * (CONTENT + 10))
    found = read_tmp(tmp_path, ("large",))
    assert isinstance(found, TmpContent)
    assert (len(found.data), found.total) == (CONTENT, CONTENT + 10)
    assert not found.is_binary
    assert TmpContent(b"\x00\x01", 2).is_binary


def test_a_directory_that_is_gone_is_empty(tmp_path: Path) -> None:
    assert list_tmp(tmp_path / "gone") == ()
    assert isinstance(read_tmp(tmp_path / "gone", ("file",)), str)
