"""A place that a stack names opens in the user's editor, in a window or in the terminal."""

from __future__ import annotations

import os
import sys
import termios
from dataclasses import replace
from pathlib import Path

import pytest

from lambda_tui.project.function import Function, Layer
from lambda_tui.ui.editor import editor_command
from lambda_tui.ui.stack_frames import SourcePlace, find_place, local_file
from support.terminal import Terminal, lambda_tui, screen_environment

FILE = Path("/shop/api/app.py")


@pytest.mark.parametrize(
    ("chosen", "expected", "has_window"),
    [
        ("vi", "vi +11 F", False),
        ("/usr/bin/nvim -u NONE", "/usr/bin/nvim -u NONE +11 F", False),
        ("nano", "nano +11 F", False),
        ("emacs -nw", "emacs -nw +11 F", False),
        ("emacsclient -t", "emacsclient -t +11 F", False),
        ("emacsclient -n", "emacsclient -n +11 F", True),
        ("hx", "hx F:11:3", False),
        ("micro", "micro F:11:3", False),
        ("code -g", "code -g F:11:3", True),
        ("code --wait", "code --wait -g F:11:3", True),
        ("cursor", "cursor -g F:11:3", True),
        ("subl", "subl F:11:3", True),
        ("zed", "zed F:11:3", True),
        ("pycharm", "pycharm --line 11 F", True),
        ("kate", "kate -l 11 F", True),
        ("gvim", "gvim +11 F", True),
        ("ed", "ed F", False),
        ('"my editor" -x', "my editor -x F", False),
    ],
)
def test_each_editor_is_given_the_line_in_its_own_way(
    chosen: str, expected: str, has_window: bool
) -> None:
    command = editor_command(FILE, 11, 3, {"EDITOR": chosen})
    assert command is not None
    assert " ".join(command.arguments) == expected.replace("F", str(FILE))
    assert command.has_window is has_window


def test_visual_comes_before_editor_and_without_either_there_is_none() -> None:
    chosen = editor_command(FILE, None, None, {"VISUAL": "nano", "EDITOR": "ed"})
    assert chosen is not None
    assert chosen.arguments == ("nano", str(FILE))
    for nothing in ({}, {"EDITOR": " "}, {"EDITOR": "'unclosed"}):
        assert editor_command(FILE, 1, None, nothing) is None


@pytest.mark.parametrize(
    ("text", "path", "line", "column"),
    [
        ('  File "/var/task/app.py", line 11, in handler', "/var/task/app.py", 11, None),
        ("    at handler (/var/task/index.js:3:11)", "/var/task/index.js", 3, 11),
        ("    at async handler (/var/task/a/b.mjs:30:1)", "/var/task/a/b.mjs", 30, 1),
        ("    at file:///var/task/index.mjs:3:11", "/var/task/index.mjs", 3, 11),
        ("    at /opt/nodejs/x.cjs:1:2", "/opt/nodejs/x.cjs", 1, 2),
        ('      "at Runtime.handler (/var/task/index.js:6:26)",', "/var/task/index.js", 6, 26),
        ("/var/task/app.py:3: DeprecationWarning: old", "/var/task/app.py", 3, None),
    ],
)
def test_places_are_found_in_stacks_of_python_and_node(
    text: str, path: str, line: int, column: int | None
) -> None:
    place = find_place(text)
    assert place is not None
    assert (place.path, place.line, place.column) == (path, line, column)
    assert text[place.start : place.end].startswith(path)


@pytest.mark.parametrize(
    "text",
    [
        "no place",
        "GET /orders:3",
        "at 10:30:11",
        "http://local:3000/a",
        "a (b:1:2)",
        "/" * 50_000,
    ],
)
def test_what_is_no_place_is_not_taken_for_one(text: str) -> None:
    assert find_place(text) is None


def test_paths_of_the_sandbox_are_those_of_the_project(tmp_path: Path) -> None:
    for name in (
        "code/app.py",
        "layer/python/lib.py",
        "merged/python/lib.py",
        "merged/python/b.py",
        "packages/friendly.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    function = Function(
        "Greet",
        "app.handler",
        tmp_path / "code",
        layers=(Layer("arn", tmp_path / "layer"), Layer("arn", tmp_path / "layer.zip")),
        layers_directory=tmp_path / "merged",
        packages_directory=tmp_path / "packages",
    )
    expected = {
        "/var/task/app.py": tmp_path / "code/app.py",
        "/var/task/friendly.py": tmp_path / "packages/friendly.py",
        "/opt/python/lib.py": tmp_path / "layer/python/lib.py",
        "/opt/python/b.py": tmp_path / "merged/python/b.py",
        str(tmp_path / "code/app.py"): tmp_path / "code/app.py",
        "app.py": tmp_path / "code/app.py",
        "/var/task/gone.py": None,
        "/opt/python/gone.py": None,
        "/var/task": None,
    }
    assert {path: local_file(path, function) for path in expected} == expected
    assert local_file("/opt/python/b.py", replace(function, layers_directory=None)) is None


def test_a_place_is_a_value() -> None:
    assert find_place("at /a.js:1:2") == SourcePlace("/a.js", 1, 2, 3, 12)


EDITOR = """\
import os, signal, sys, termios
print("EDITING", *sys.argv[1:], flush=True)
print("FOREGROUND", os.tcgetpgrp(0) == os.getpgrp(), flush=True)
print("COOKED", bool(termios.tcgetattr(0)[3] & termios.ICANON), flush=True)
os.kill(os.getpid(), signal.SIGTSTP)
print("CONTINUED", flush=True)
signal.signal(signal.SIGINT, lambda *_: print("INTERRUPTED", flush=True))
for line in sys.stdin:
    print("READ", line.strip(), flush=True)
    if line.strip() == "quit":
        break
"""


def test_an_editor_has_the_terminal_until_it_ends(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    source = folder / "lambda_function.py"
    source.write_text("def lambda_handler(event, context):\n    raise ValueError('no')\n")
    (tmp_path / "editor.py").write_text(EDITOR)
    editor = tmp_path / "vim"
    editor.write_text(f'#!/bin/sh\nexec {sys.executable} {tmp_path / "editor.py"} "$@"\n')
    editor.chmod(0o755)
    environment = {**screen_environment(tmp_path), "EDITOR": str(editor)}
    terminal = Terminal(lambda_tui(folder), environment)
    try:
        terminal.read_until(b"Functions")
        terminal.press(b"i")
        terminal.read_until(b"ValueError")
        terminal.press(b"4")
        terminal.press(b"o")
        terminal.read_until(b"EDITING")
        terminal.read_until(b"FOREGROUND True")
        terminal.read_until(b"COOKED True")
        terminal.read_until(b"CONTINUED")
        terminal.press(b"\x03")
        terminal.read_until(b"INTERRUPTED")
        terminal.press(b"quit\r")
        terminal.read_until(b"READ quit")
        terminal.read_until(b"\x1b[?1049h")
        terminal.press(b"q")
        assert terminal.wait_for_end() == 0
        assert terminal.output.count(f"EDITING +2 {source}".encode()) == 1
        assert termios.tcgetattr(terminal.slave)[3] == terminal.modes[3]
        assert os.path.exists(source)
    finally:
        terminal.close()
