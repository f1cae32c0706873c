"""``lambda-tui init``: a new function that runs at once."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from lambda_tui.project.event_files import find_events
from lambda_tui.project.function import Project
from lambda_tui.project.load import load_project
from lambda_tui.project.new_project import (
    NewKind,
    NewLanguage,
    NewProjectError,
    write_project,
)
from lambda_tui.project.settings import Settings
from support.command_line import run
from support.files import ROOT
from support.node_process import NODE
from support.workbench import Open

LANGUAGES: tuple[NewLanguage, ...] = ("python", "node", "typescript")
KINDS: tuple[NewKind, ...] = ("plain", "sam")


def read(folder: Path) -> Project:
    return load_project(folder, Settings(node=NODE, undeclared_packages="error"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_a_project_without_a_problem(
    tmp_path: Path, language: NewLanguage, kind: NewKind
) -> None:
    project = read(write_project(tmp_path / "new", language, kind).folder)
    (function,) = project.functions
    (event, *_others) = find_events(project, function)

    assert project.problems == ()
    assert (project.template is None) == (kind == "plain")
    assert event.name == "hello"


@pytest.mark.parametrize(
    ("language", "kind"), [("python", "plain"), ("node", "sam"), ("typescript", "plain")]
)
async def test_it_runs_at_once(
    open_project: Open, tmp_path: Path, language: NewLanguage, kind: NewKind
) -> None:
    project = read(write_project(tmp_path / "new", language, kind).folder)
    workbench = await open_project(project, node=NODE)

    for count in (1, 2):
        answer = await workbench.answer({"name": "Ada"})
        assert answer == {"message": "Hello, Ada!", "invocations": count}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_overwritten(tmp_path: Path, kind: NewKind) -> None:
    write_project(tmp_path, "python", kind)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    (tmp_path / "events" / "hello.json").write_text("mine")
    before[tmp_path / "events" / "hello.json"] = b"mine"

    for language in LANGUAGES:
        with pytest.raises(NewProjectError, match="already, and nothing was written"):
            write_project(tmp_path, language, kind)

    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(NewProjectError, match=r"cannot be written to .*file/new: Not a directory"):
        write_project(tmp_path / "file" / "new", "python", "plain")


def test_without_a_terminal_it_asks_nothing_and_says_what_to_type(tmp_path: Path) -> None:
    ended = run("init", "--kind", "sam", cwd=tmp_path)

    assert ended.status == 0
    assert ended.output.splitlines()[0] == (
        "Wrote template.yaml, hello/app.py, events/hello.json. Next:"
    )
    assert "  cd hello-lambda\n" in ended.output
    assert "  lambda-tui invoke --event events/hello.json\n" in ended.output
    assert "  sam build && sam deploy --guided" in ended.output
    again = run("init", "hello-lambda", "--language", "node", cwd=tmp_path)
    assert again.status == 2
    assert "hello-lambda has events/hello.json already" in again.errors


def test_on_a_terminal_it_asks_for_what_no_option_says(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "lambda_tui", "init", "--kind", "plain"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=tmp_path, env=environment
    )
    os.close(theirs)
    # The second answer is none of the choices, so that it asks again.
    os.write(ours, b"greeter\nruby\nt\n")
    assert process.wait(60) == 0
    said = os.read(ours, 65_536).decode()
    os.close(ours)

    assert "Folder [hello-lambda]: " in said
    assert said.count("Language (python, node, typescript) [python]: ") == 2
    assert "Kind" not in said
    assert (tmp_path / "greeter" / "index.ts").is_file()
