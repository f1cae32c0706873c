"""The cache holds complete folders alone, whatever becomes of those who fill them."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lambda_tui.project.code import Cache
from lambda_tui.project.load import load_project
from support import SECONDS

FILLS_WITHOUT_END = """
import sys, time
from pathlib import Path
from lambda_tui.project.code import Cache

def fill(folder):
    (folder / "begun").write_text("")
    print(folder, flush=True)
    time.sleep(1000)

Cache(Path(sys.argv[1])).folder("unpacked", "name", fill)
"""


def begin(cache: Path) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", FILLS_WITHOUT_END, str(cache)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def end(process: subprocess.Popen[str]) -> None:
    with process:
        process.send_signal(signal.SIGKILL)
        process.wait(SECONDS)


def test_what_a_killed_process_was_filling_goes_and_what_another_fills_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    directory = tmp_path / "lambda-tui"
    running, being_filled = begin(directory)
    for _ in range(3):
        killed, left = begin(directory)
        end(killed)
        assert (left / "begun").is_file()

    load_project(tmp_path)

    assert list((directory / "unpacked").iterdir()) == [being_filled]
    end(running)
    load_project(tmp_path)
    assert list((directory / "unpacked").iterdir()) == []


def test_nothing_is_lost_while_some_make_folders_and_others_clear_up(tmp_path: Path) -> None:
    cache, is_over, problems = Cache(tmp_path), threading.Event(), []

    def make(maker: int) -> None:
        for number in range(200):
            name = f"{maker}-{number}"
            folder = cache.folder("group", name, lambda folder: (folder / "content").mkdir())
            if not (folder / "content").is_dir():
                problems.append(folder)

    def clear() -> None:
        while not is_over.is_set():
            cache.remove_abandoned()

    makers = [threading.Thread(target=make, args=(number,)) for number in range(2)]
    cleaner = threading.Thread(target=clear)
    for thread in (*makers, cleaner):
        thread.start()
    for thread in makers:
        thread.join(SECONDS)
    is_over.set()
    cleaner.join(SECONDS)
    assert problems == []
    assert len(list((tmp_path / "group").iterdir())) == 400


def test_a_failure_to_fill_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "content").read_text()

    with pytest.raises(FileNotFoundError):
        Cache(tmp_path).folder("group", "name", fail)
    assert list((tmp_path / "group").iterdir()) == []
