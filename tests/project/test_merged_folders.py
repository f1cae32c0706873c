from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from lambda_tui.project.code import Cache
from lambda_tui.project.layers import merge


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def write(folder: Path, **files: str) -> Path:
    """Files by their paths, with ``__`` for ``/``."""
    for name, content in files.items():
        file = folder / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return folder


def files_of(folder: Path) -> dict[str, str]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in found}


@pytest.mark.rule("8.2.4")
def test_of_equal_paths_the_last_folders_holds(tmp_path: Path, cache: Cache) -> None:
    first = write(tmp_path / "first", python__a="first", python__b="first")
    second = write(tmp_path / "second", python__b="second", bin__tool="second")

    assert files_of(merge([first, second], cache)) == {
        "bin/tool": "second",
        "python/a": "first",
        "python/b": "second",
    }
    assert files_of(merge([second, first], cache))["python/b"] == "first"


@pytest.mark.parametrize("file_is_last", [True, False])
def test_a_file_and_a_folder_of_one_name_are_not_mixed(
    tmp_path: Path, cache: Cache, file_is_last: bool
) -> None:
    folder = write(tmp_path / "folder", name__inside="in the folder", name__deep__er="deeper")
    file = write(tmp_path / "file", name="a file")
    order = [folder, file] if file_is_last else [file, folder]

    merged = files_of(merge(order, cache))

    in_folder = {"name/deep/er": "deeper", "name/inside": "in the folder"}
    assert merged == ({"name": "a file"} if file_is_last else in_folder)


def test_links_stay_links_and_are_not_followed(tmp_path: Path, cache: Cache) -> None:
    first = write(tmp_path / "first", lib64__a="first")
    (first / "lib").symlink_to("lib64")
    second = write(tmp_path / "second", lib__b="second")

    merged = merge([first, second], cache)

    assert not (merged / "lib").is_symlink(), "the later folder hides the earlier link"
    assert files_of(merged) == {"lib/b": "second", "lib64/a": "first"}
    assert (merge([second, first], cache) / "lib").readlink() == Path("lib64")


def test_executable_files_stay_executable_and_are_not_copied(tmp_path: Path, cache: Cache) -> None:
    first = write(tmp_path / "first", extensions__one="#!/bin/sh")
    (first / "extensions" / "one").chmod(0o755)
    second = write(tmp_path / "second", other="")

    merged = merge([first, second], cache) / "extensions" / "one"

    assert os.access(merged, os.X_OK)
    assert merged.samefile(first / "extensions" / "one")


def test_where_nothing_can_be_linked_files_are_copied(
    tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    first = write(tmp_path / "first", tool="content")
    (first / "tool").chmod(0o755)
    monkeypatch.setattr(os, "link", refuse)

    merged = merge([first, write(tmp_path / "second", other="")], cache) / "tool"

    assert merged.read_text() == "content"
    assert os.access(merged, os.X_OK)
    assert not merged.samefile(first / "tool")


def test_pipes_and_sockets_are_left_out(tmp_path: Path, cache: Cache) -> None:
    first = write(tmp_path / "first", file="")
    os.mkfifo(first / "pipe")

    assert os.listdir(merge([first, write(tmp_path / "second", file="")], cache)) == ["file"]


def test_it_is_made_anew_only_when_a_folder_has_changed(tmp_path: Path, cache: Cache) -> None:
    first = write(tmp_path / "first", python__a="one")
    second = write(tmp_path / "second", python__b="two")
    before = merge([first, second], cache)
    assert merge([first, second], cache) == before

    # As an editor saves: another file takes the place.
    write(tmp_path, saved="changed").joinpath("saved").rename(first / "python" / "a")
    after = merge([first, second], cache)

    assert after != before
    assert files_of(after)["python/a"] == "changed"
    assert files_of(before)["python/a"] == "one", "what a busy environment still sees"
    (first / "python" / "a").unlink()
    assert files_of(merge([first, second], cache)) == {"python/b": "two"}


def age(folder: Path, days: float) -> None:
    moment = time.time() - days * 24 * 60 * 60
    os.utime(folder, (moment, moment))


def test_what_a_change_has_replaced_goes_after_a_day_all_else_after_a_month(
    tmp_path: Path, cache: Cache
) -> None:
    def merge_after_change(*names: str) -> Path:
        for name in names:
            write(tmp_path / name, file=f"{name} {time.time_ns()}")
        return merge([tmp_path / name for name in names], cache)

    replaced = merge_after_change("a", "b")
    just_replaced = merge_after_change("a", "b")
    of_others = merge_after_change("c", "d")
    of_nobody = merge_after_change("e", "f")
    age(replaced, 2)
    age(just_replaced, 0.5)
    age(of_others, 20)
    age(of_nobody, 40)

    fresh = merge_after_change("a", "b")

    kept = {just_replaced, of_others, fresh}
    assert set(fresh.parent.iterdir()) == kept


def test_asking_for_it_keeps_it(tmp_path: Path, cache: Cache) -> None:
    folders = [write(tmp_path / name, file=name) for name in ("a", "b")]
    merged = merge(folders, cache)
    age(merged, 40)

    merge(folders, cache)
    merge([*folders, write(tmp_path / "c", file="c")], cache)

    assert merged.is_dir()
