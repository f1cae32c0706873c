from __future__ import annotations

import ast
import os
import sys
from pathlib import Path

import pytest

from lambda_tui.project.demo import DEMO_DIRECTORY, DemoError, copy_demo
from lambda_tui.project.event_files import check_event, find_events, read_event
from lambda_tui.project.load import load_project

NAMES = [
    "DatabaseConnection",
    "CacheInTmp",
    "BackgroundThread",
    "SlowInit",
    "Crash",
    "TimesOut",
    "FailsAtImport",
    "FullDisk",
    "Observed",
]


def test_the_demo_loads_without_a_problem() -> None:
    project = load_project(DEMO_DIRECTORY)
    assert project.problems == ()
    assert [function.name for function in project.functions] == NAMES
    assert all(function.description for function in project.functions)


@pytest.mark.parametrize("name", NAMES)
def test_every_function_of_the_demo_has_an_event_of_its_own(name: str) -> None:
    project = load_project(DEMO_DIRECTORY)
    (function,) = [function for function in project.functions if function.name == name]
    first = find_events(project, function)[0]
    assert first.name.split("-")[0].replace("_", "") == name.lower()


def test_every_event_of_the_demo_is_an_event_for_one_of_its_functions() -> None:
    names = {name.lower() for name in NAMES}
    files = list((DEMO_DIRECTORY / "events").iterdir())
    assert len(files) >= len(NAMES)
    for file in files:
        assert check_event(read_event(file)) is None
        assert file.stem.split("-")[0].replace("_", "") in names


def test_every_function_of_the_demo_says_what_to_watch_and_needs_nothing_installed() -> None:
    for function in load_project(DEMO_DIRECTORY).functions:
        assert function.file is not None
        tree = ast.parse((function.code_directory / "app.py").read_text())
        assert "Watch: " in (ast.get_docstring(tree) or "")
        imported = {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        foreign = imported - sys.stdlib_module_names
        assert foreign <= {"a_module_that_does_not_exist"}


def test_the_copy_is_the_demo_for_the_python_at_hand(tmp_path: Path) -> None:
    target = copy_demo(tmp_path / "new" / "demo")
    project = load_project(target)
    assert project.problems == ()
    assert [function.name for function in project.functions] == NAMES
    runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert {function.runtime for function in project.functions} == {runtime}
    assert not list(target.rglob("__pycache__"))


def test_an_empty_folder_takes_the_copy(tmp_path: Path) -> None:
    assert copy_demo(tmp_path) == tmp_path
    assert (tmp_path / "template.yaml").is_file()


def test_the_copy_can_be_edited(tmp_path: Path) -> None:
    file = copy_demo(tmp_path / "demo") / "slow_init" / "app.py"
    file.write_text(file.read_text() + "\n")


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(DemoError, match="exists already and is not an empty folder"):
        copy_demo(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DemoError, match="exists already"):
        copy_demo(tmp_path / "file")
    with pytest.raises(DemoError, match="cannot be copied"):
        copy_demo(tmp_path / "file" / "below")


def test_the_extension_of_the_demo_is_a_program_in_the_copy_too(tmp_path: Path) -> None:
    target = copy_demo(tmp_path / "demo")
    assert os.access(target / "observer" / "extensions" / "observer", os.X_OK)
    (observed,) = [one for one in load_project(target).functions if one.name == "Observed"]
    assert observed.layers_directory == target / "observer"
