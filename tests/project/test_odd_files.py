"""Projects with something unexpected in place of a file: they are read, and no reading raises."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lambda_tui.project.code import OutwardLinks
from lambda_tui.project.dependencies import undeclared_packages
from lambda_tui.project.event_files import find_events, read_event
from lambda_tui.project.files import UnreadableFileError
from lambda_tui.project.interpreters import find_interpreter
from lambda_tui.project.load import load_project
from lambda_tui.project.sdk import needed_packages
from lambda_tui.project.settings import load_settings

TEMPLATE = """\
Resources:
  Python:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: ., Handler: app.handler, Runtime: python3.12}
  Node:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: ., Handler: index.handler, Runtime: nodejs22.x}
"""
NAMES = (
    *("app.py", "index.js", "bootstrap", "template.yaml", "template.yml", "lambda-tui.toml"),
    *("requirements.txt", "pyproject.toml", "uv.lock", "Pipfile.lock", "package.json"),
    *(".python-version", ".nvmrc", ".venv", "node_modules", "events", "events/a.json", "sub"),
)
LARGE = 17 * 1024 * 1024
KINDS: dict[str, Callable[[Path], object]] = {
    "folder": Path.mkdir,
    "dangling link": lambda path: path.symlink_to("nowhere"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "link to its folder": lambda path: path.symlink_to("."),
    "link out": lambda path: path.symlink_to("../.."),
    "endless file": lambda path: path.symlink_to("/dev/zero"),
    "pipe": os.mkfifo,
    "no UTF-8": lambda path: path.write_bytes(b"\xff\xfe\0handler\n\x80" * 10),
    "UTF-16": lambda path: path.write_text("def handler(event, context): ...\n", "utf-16"),
    "large file": lambda path: path.write_bytes(b"#" * LARGE),
    "nested lists": lambda path: path.write_text("[" * 5000 + "]" * 5000),
    "nested objects": lambda path: path.write_text('{"a":' * 5000),
    "nested brackets": lambda path: path.write_text("handler = " + "(" * 5000 + ")" * 5000),
    "NUL": lambda path: path.write_text("a\0b\n"),
    "nothing": lambda path: path.write_text(""),
    "null": lambda path: path.write_text("null"),
    "list": lambda path: path.write_text("[1, null, {}]"),
    "odd object": lambda path: path.write_text('{"dependencies": [1], "default": 3, "type": []}'),
    "not for others": lambda path: path.touch(0),
}


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("has_template", [False, True], ids=["plain", "template"])
def test_nothing_in_place_of_a_file_ends_the_reader(
    tmp_path: Path, kind: str, *, has_template: bool
) -> None:
    for name in NAMES:
        folder = tmp_path / name.replace("/", "-")
        for one in (folder, folder / "events", folder / "sub"):
            one.mkdir()
        for one in (folder, folder / "sub"):
            (one / "app.py").write_text("import requests\ndef handler(event, context): ...\n")
            (one / "index.js").write_text("exports.handler = async () => 1;\n")
        if has_template:
            (folder / "template.yaml").write_text(TEMPLATE)
        if (folder / name).is_dir():
            for file in (folder / name).iterdir():
                file.unlink()
            (folder / name).rmdir()
        (folder / name).unlink(missing_ok=True)
        KINDS[kind](folder / name)

        read_everything(folder, tmp_path / "config")


def read_everything(folder: Path, config: Path) -> None:
    """Read a project as the commands and the engine do."""
    settings, problems = load_settings(folder, config)
    project = load_project(folder, settings)
    for function in project.functions:
        interpreter = find_interpreter(folder, function, settings)
        problems += undeclared_packages(folder, function, interpreter)
        needed_packages(function, interpreter)
        OutwardLinks(folder).search(function)
        for event in find_events(project, function):
            with contextlib.suppress(UnreadableFileError):
                read_event(event.path)
    for problem in (*problems, *project.problems):
        assert problem.message.isprintable()
