"""Package managers: which one is run, how, and its words where it fails."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from lambda_tui.project.installers import (
    InstallationError,
    Installer,
    install_node,
    install_python,
)
from lambda_tui.project.interpreters import Interpreter
from lambda_tui.project.programs import Ending
from support.files import write_program

PYTHON = Interpreter(Path(sys.executable), "this")
RECORDS = """#!/bin/sh
echo "$@" >> {record}
while [ $# -gt 0 ]; do
  [ "$1" = --target ] && mkdir -p "$2/bin" && touch "$2/one.py" "$2/.lock"
  shift
done
"""


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put programs that record their arguments in front of all on PATH; return the file."""
    (tmp_path / "target").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "record"


@pytest.mark.parametrize("is_complete", [False, True])
def test_uv_installs_where_it_is_on_path(tmp_path: Path, record: Path, is_complete: bool) -> None:
    write_program(tmp_path / "bin" / "uv", RECORDS.format(record=record))
    installer = Installer(PYTHON, lambda _: None)
    target = tmp_path / "target"

    install_python(installer, ["one"], [], target, tmp_path, what="one", is_complete=is_complete)

    (said,) = record.read_text().splitlines()
    assert said.startswith("pip install --compile-bytecode ")
    assert f"--python {sys.executable} " in said
    assert said.endswith("--only-binary :all:")
    assert ("--no-deps" in said) is is_complete
    assert [path.name for path in target.iterdir()] == ["one.py"]


@pytest.mark.parametrize(
    ("lock", "text", "program", "words"),
    [
        ("pnpm-lock.yaml", "", "pnpm", "install --prod --frozen-lockfile --ignore-scripts"),
        ("yarn.lock", "", "yarn", "install --production --frozen-lockfile --ignore-scripts"),
        ("yarn.lock", "__metadata:\n", "yarn", "install --immutable"),
    ],
)
def test_the_lock_file_tells_which_package_manager_installs(
    tmp_path: Path, record: Path, lock: str, text: str, program: str, words: str
) -> None:
    write_program(tmp_path / "bin" / program, RECORDS.format(record=record))
    code = tmp_path / "code"
    code.mkdir()
    (code / "package.json").write_text("{}")
    (code / lock).write_text(text)
    node = Interpreter(Path("/nowhere/node"), "nowhere", "node")

    install_node(Installer(node, lambda _: None), code, [], tmp_path / "target", what="it")

    assert record.read_text().startswith(words)
    assert [path.name for path in (tmp_path / "target").iterdir()] == ["node_modules"]


def test_a_package_manager_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "target").mkdir()
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "pnpm-lock.yaml").touch()
    node = Interpreter(Path("/nowhere/node"), "nowhere", "node")

    with pytest.raises(InstallationError, match=r"pnpm-lock.yaml is pnpm's, and pnpm is not on"):
        install_node(Installer(node, lambda _: None), tmp_path, [], tmp_path / "target", what="it")


def test_a_folder_that_holds_the_package_json_is_not_copied_into_itself(tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "package.json").write_text(json.dumps({"dependencies": {"a": "file:.."}}))
    (tmp_path / "target").mkdir()
    node = Interpreter(Path("/nowhere/node"), "nowhere", "node")

    with pytest.raises(InstallationError, match=r"names the folder .* that it is in"):
        install_node(
            Installer(node, lambda _: None), code, [tmp_path], tmp_path / "target", what="it"
        )


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (("Collecting a", "ERROR: No matching", "ERROR: more"), "ERROR: No matching"),
        (("npm error code E404", "npm error 404"), "npm error code E404"),
        (
            (
                "Using Python",
                "  × No solution found:",
                "  ╰─▶ Because a was not found,",
                "      so.",
            ),
            "No solution found: Because a was not found, so.",
        ),
        (("one", "two"), "two"),
        ((), "it ended without a word"),
        (("\x1b[31mERROR: red\x1b[0m",), "\x1b[31mERROR: red"),
    ],
)
def test_a_failure_is_in_the_words_of_the_program(lines: tuple[str, ...], sentence: str) -> None:
    told: list[str] = []

    error = Installer(PYTHON, told.append).failure(Ending(1, lines), what="it", settings="pip")

    assert str(error) == f"it cannot be installed: {sentence}".replace("\x1b[31m", "")
    assert not any("\x1b" in line for line in told)


def test_the_network_is_named_where_it_fails() -> None:
    ending = Ending(1, ("error: dns error: failed to lookup",))

    error = Installer(PYTHON, lambda _: None).failure(ending, what="it", settings="pip's index")

    assert str(error) == (
        "the package index cannot be reached, so it is not installed: look at this machine's "
        "network, or at pip's index."
    )
