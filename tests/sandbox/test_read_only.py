"""No function changes a file of the user's, at any level and in any language."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.project.function import Project
from support.files import ROOT
from support.refusals import under_seccomp
from support.workbench import Open, Workbench

SOURCE = ROOT / "tests" / "support" / "changes_files.c"
FUNCTION = """
import json, os, shutil, subprocess, sys, tempfile
TASK, TMP = os.environ["LAMBDA_TASK_ROOT"], tempfile.gettempdir()
IN_NODE = '''
const fs = require('fs');
const [call, path, other] = process.argv.slice(1);
const calls = {
  write: () => fs.writeFileSync(path, 'x', {flag: 'r+'}),
  append: () => fs.appendFileSync(path, 'x'),
  create: () => fs.writeFileSync(path, 'x'), truncate: () => fs.truncateSync(path),
  mkdir: () => fs.mkdirSync(path), unlink: () => fs.unlinkSync(path),
  rmdir: () => fs.rmSync(path, {recursive: true}), symlink: () => fs.symlinkSync(other, path),
  link: () => fs.linkSync(other, path), rename: () => fs.renameSync(other, path),
};
try { calls[call](); console.log(0); } catch (error) { console.log(-error.errno); }
'''
IN_PYTHON = {
    "write": lambda path, _other: open(path, "r+").write("x"),
    "append": lambda path, _other: open(path, "a").write("x"),
    "create": lambda path, _other: open(path, "w").write("x"),
    "truncate": lambda path, _other: os.truncate(path, 0),
    "mkdir": lambda path, _other: os.mkdir(path),
    "unlink": lambda path, _other: os.unlink(path),
    "rmdir": lambda path, _other: os.rmdir(path),
    "symlink": lambda path, other: os.symlink(other, path),
    "link": lambda path, other: os.link(other, path),
    "rename": lambda path, other: os.rename(other, path),
}
IN_SHELL = {
    "write": 'echo x 1<>"$0"', "append": 'echo x >> "$0"', "create": 'echo x > "$0"',
    "truncate": 'truncate -s 0 "$0"', "mkdir": 'mkdir "$0"', "unlink": 'rm "$0"',
    "rmdir": 'rm -r "$0"', "symlink": 'ln -s "$1" "$0"', "link": 'ln "$1" "$0"',
    "rename": 'mv -T "$1" "$0"',
}

def place(path):
    return path.replace("TASK", TASK).replace("TMP", TMP)

def run(*command):
    ran = subprocess.run(command, capture_output=True, text=True)
    return int(ran.stdout) if ran.stdout else -ran.returncode

def attempt(language, call, path, other):
    shutil.rmtree(f"{TMP}/stolen", ignore_errors=True)
    if os.path.lexists(f"{TMP}/stolen"):
        os.unlink(f"{TMP}/stolen")
    if not os.path.exists(f"{TMP}/file"):
        open(f"{TMP}/file", "w").close()
        shutil.copytree(f"{TASK}/folder", f"{TMP}/folder", dirs_exist_ok=True)
    if language == "python":
        try:
            IN_PYTHON[call](path, other)
        except OSError as error:
            return error.errno
        return 0
    if language == "node":
        return run("node", "-e", IN_NODE, call, path, other)
    if language == "shell":
        return run("sh", "-c", IN_SHELL[call], path, other)
    return run(f"{TASK}/changes_files", call, path, other)

def lambda_handler(event, context):
    return [
        attempt(language, call, place(path), place(other))
        for language, call, path, other in event
    ]
"""
USUAL = ["write", "append", "create", "truncate", "mkdir", "unlink", "rmdir"]
USUAL += ["symlink", "link", "rename"]
CALLS = {
    "python": USUAL,
    "node": USUAL,
    "shell": USUAL,
    "compiled": [*USUAL, "update", "empty", "unnamed", "mkfifo", "bind", "exchange"],
}
ON_FILES = {"write", "update", "append", "empty", "truncate", "unlink"}
ON_FOLDERS = {"unnamed", "rmdir"}
Attempt = tuple[str, str, str, str]


def attempts(place: str) -> list[Attempt]:
    """Return all that could change a folder: each call of each language, at each kind of path."""
    found: list[Attempt] = []
    for language, calls in CALLS.items():
        for call in calls:
            if call in ON_FILES:
                paths = [(f"{place}/file", ""), (f"{place}/folder/file", "")]
            elif call in ON_FOLDERS:
                paths = [(f"{place}/empty", "")]
            elif call in ("link", "rename", "exchange"):
                paths = [
                    (f"{place}/file", "TMP/file"),
                    (f"{place}/new", "TMP/file"),
                    (f"{place}/new", f"{place}/file"),
                    ("TMP/stolen", f"{place}/file"),
                    ("TMP/stolen", f"{place}/folder"),
                ]
            else:
                paths = [(f"{place}/new", "TMP/file"), (f"{place}/folder/new", "TMP/file")]
            found += [(language, call, path, other) for path, other in paths]
    return found


def content(folder: Path) -> dict[str, str]:
    """Return what lies in a folder, by its paths."""
    return {
        str(path.relative_to(folder)): path.read_text("latin-1") if path.is_file() else "folder"
        for path in folder.rglob("*")
    }


def fill(folder: Path) -> Path:
    for name in ("folder", "empty"):
        (folder / name).mkdir(parents=True)
    for name in ("file", "folder/file"):
        (folder / name).write_text("the user's")
    return folder


def write_function(folder: Path) -> Path:
    fill(folder)
    (folder / "lambda_function.py").write_text(FUNCTION)
    command = ["cc", "-O1", "-o", str(folder / "changes_files"), str(SOURCE)]
    subprocess.run(command, check=True, timeout=60)
    return folder


@pytest.fixture(params=["on-demand", "snap-start"])
def open_project(open_project: Open, request: pytest.FixtureRequest) -> Open:
    """With environments that are built one by one, and with such as come from a snapshot."""

    def open_kind(source: str | Project, **options: Any) -> Awaitable[Workbench]:
        return open_project(source, snap_start=request.param == "snap-start", **options)

    return open_kind


@pytest.mark.also_on_macos
async def test_nothing_of_the_users_is_changed(
    open_project: Open, tmp_path: Path, level: str
) -> None:
    code = write_function(tmp_path / "function")
    outside = fill(tmp_path / "outside")
    before = content(code), content(outside)
    workbench = await open_project(FUNCTION)
    wanted = attempts("TASK") + attempts(str(outside))

    answers = await workbench.answer(wanted)

    assert (content(code), content(outside)) == before
    failures = {tuple(one): answer for one, answer in zip(wanted, answers, strict=True)}
    assert [one for one, answer in failures.items() if answer == 0] == []
    plain = {failures[name, "write", "TASK/file", ""] for name in ("python", "compiled", "node")}
    assert plain == {errno.EROFS if level == "namespaces" else errno.EACCES}


@pytest.mark.also_on_macos
async def test_what_aws_lets_a_function_write_can_be_written(open_project: Open) -> None:
    workbench = await open_project(
        """
import os, subprocess, tempfile
def lambda_handler(event, context):
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(f"{folder}/below")
        with open(f"{folder}/file", "w") as file:
            file.write("mine")
        os.link(f"{folder}/file", f"{folder}/below/link")
        os.rename(f"{folder}/below/link", f"{tempfile.gettempdir()}/moved")
        os.truncate(f"{folder}/file", 2)
        os.chmod(f"{folder}/file", 0o600)
    for name in ("/dev/null", "/dev/zero", "/dev/stdout"):
        with open(name, "w") as file:
            file.write("nothing")
    script = "echo x > $0/shell && exec 3<>/dev/null && rm $0/moved"
    subprocess.run(["sh", "-c", script, tempfile.gettempdir()], check=True)
    return os.path.exists(f"{tempfile.gettempdir()}/moved")
"""
    )
    assert await workbench.answer() is False
    assert await workbench.answer() is False


REFUSED = under_seccomp("unshare", "landlock_create_ruleset")
PROGRAM = [sys.executable, "-m", "lambda_tui"]


def without_landlock(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run lambda-tui where there are neither namespaces nor Landlock."""
    (folder / "lambda_function.py").write_text("def lambda_handler(event, context): return 'ran'")
    return subprocess.run(
        [*REFUSED, *PROGRAM, *words, "--project", str(folder)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_where_files_cannot_be_protected_no_function_runs_unless_the_user_agrees(
    tmp_path: Path,
) -> None:
    refused = without_landlock(tmp_path, "invoke")
    agreed = without_landlock(tmp_path, "invoke", "--sandbox", "processes")

    assert refused.returncode != 0
    assert "Functions could change your files here" in refused.stderr
    assert 'set sandbox = "processes"' in refused.stderr
    assert "Landlock (Linux 6.2 or later) is missing" in refused.stderr
    assert (agreed.returncode, agreed.stdout) == (0, '"ran"\n')
    assert "nothing is read-only" in agreed.stderr


def test_doctor_says_that_files_cannot_be_protected(tmp_path: Path) -> None:
    said = without_landlock(tmp_path, "doctor").stdout
    assert "functions are refused" in said
    assert "functions can write to your files" in said
