from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lambda_tui.project.function import Function
from lambda_tui.project.interpreters import (
    Interpreter,
    find_interpreter,
    own_program,
    search,
    version_mismatch,
)
from lambda_tui.project.settings import Settings


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")


def executable(file: Path) -> Path:
    """A file that could not be run: nothing may be run to find an interpreter."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("#!/bin/false\n")
    file.chmod(0o755)
    return file


def found(project: Path, runtime: str | None = None, python: Path | None = None) -> Interpreter:
    code = project / "src"
    code.mkdir(parents=True, exist_ok=True)
    function = Function("hello", "app.handler", code, runtime=runtime)
    return find_interpreter(project, function, Settings(python=python))


def test_the_setting_goes_before_everything(tmp_path: Path) -> None:
    executable(tmp_path / ".venv" / "bin" / "python")
    chosen = tmp_path / "chosen"
    assert found(tmp_path, python=chosen) == Interpreter(chosen, "the setting python")


@pytest.mark.parametrize("name", [".venv", "venv"])
def test_the_projects_virtual_environment_is_used(tmp_path: Path, name: str) -> None:
    python = executable(tmp_path / name / "bin" / "python")
    assert found(tmp_path) == Interpreter(python, f"the project's {name}")


def test_the_code_folders_environment_goes_before_the_projects(tmp_path: Path) -> None:
    executable(tmp_path / ".venv" / "bin" / "python")
    python = executable(tmp_path / "src" / "venv" / "bin" / "python")
    assert found(tmp_path) == Interpreter(python, "the function's venv")


def test_an_environments_python_keeps_its_link(tmp_path: Path) -> None:
    real = executable(tmp_path / "real" / "python3.12")
    link = tmp_path / ".venv" / "bin" / "python"
    link.parent.mkdir(parents=True)
    link.symlink_to(real)
    assert found(tmp_path).executable == link


def test_a_virtual_environment_without_its_python_is_passed_over(tmp_path: Path) -> None:
    link = tmp_path / ".venv" / "bin" / "python"
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "uninstalled")
    assert found(tmp_path).executable == Path(sys.executable)


def test_the_activated_environment_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = executable(tmp_path / "active" / "bin" / "python")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
    assert found(tmp_path / "project") == Interpreter(python, "VIRTUAL_ENV")


def test_lambda_tuis_own_environment_is_not_the_projects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable(tmp_path / "own" / "bin" / "python")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "own"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "own"))
    assert found(tmp_path / "project").origin == "lambda-tui's own Python"


def test_the_python_that_runtime_names_is_looked_for_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = executable(tmp_path / "bin" / "python3.12")
    monkeypatch.setenv("PATH", f"relative:/nowhere:{tmp_path / 'bin'}")
    project = tmp_path / "project"
    assert found(project, "python3.12") == Interpreter(python, "python3.12 on PATH")
    assert found(project, None).origin == "lambda-tui's own Python"


def test_homebrews_folder_is_searched_on_macos_where_path_lacks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = executable(tmp_path / "homebrew" / "bin" / "python3.12")
    monkeypatch.setattr(search, "_HOMEBREW", (str(python.parent),))
    project = tmp_path / "project"
    assert found(project, "python3.12").origin == "lambda-tui's own Python"

    monkeypatch.setattr(sys, "platform", "darwin")
    assert found(project, "python3.12") == Interpreter(python, "python3.12 on PATH")
    before = executable(tmp_path / "bin" / "python3.12")
    monkeypatch.setenv("PATH", str(before.parent))
    assert found(project, "python3.12").executable == before


@pytest.mark.parametrize(
    ("runtime", "chosen"),
    [
        ("python3.14", "python3.13 on PATH"),
        ("python3.15", "python3.13 on PATH"),
        ("python3.12", "python3.13 on PATH"),
        ("python3.11", "lambda-tui's own Python"),
        ("python3.10", "lambda-tui's own Python"),
        ("python3.8", "python3.9 on PATH"),
        ("python3.7", "python3.9 on PATH"),
        ("python2.7", "python3.9 on PATH"),
    ],
)
def test_the_nearest_version_stands_in_for_one_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime: str, chosen: str
) -> None:
    # The oldest is too old for any function.
    for name in ("python2.7", "python3.9", "python3.13"):
        executable(tmp_path / "bin" / name)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(sys, "version_info", (3, 11, 7))
    assert found(tmp_path / "project", runtime).origin == chosen


@pytest.mark.parametrize("versions", ["versions", "installs/python"])
def test_a_shim_is_resolved_to_the_newest_release_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, versions: str
) -> None:
    executable(tmp_path / "pyenv" / "shims" / "python3.12")
    for release in ("3.12.9", "3.12.10", "3.12-dev", "3.1.2", "3.13.1"):
        executable(tmp_path / "pyenv" / versions / release / "bin" / "python3.12")
    monkeypatch.setenv("PATH", str(tmp_path / "pyenv" / "shims"))
    python = tmp_path / "pyenv" / versions / "3.12.10" / "bin" / "python3.12"
    assert found(tmp_path / "project", "python3.12").executable == python
    shim = tmp_path / "pyenv" / "shims" / "python3.12"
    assert found(tmp_path / "project", python=shim).executable == python


def test_a_shim_without_a_release_behind_it_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable(tmp_path / "pyenv" / "shims" / "python3.12")
    python = executable(tmp_path / "bin" / "python3.12")
    monkeypatch.setenv("PATH", f"{tmp_path / 'pyenv' / 'shims'}:{tmp_path / 'bin'}")
    assert found(tmp_path / "project", "python3.12").executable == python


@pytest.mark.parametrize(
    ("runtime", "version", "sentence"),
    [
        ("python3.13", "3.11.7", "runs on Python 3.11, but Runtime names python3.13"),
        ("python3.1", "3.11.7", "runs on Python 3.11, but Runtime names python3.1"),
        ("python3.11", "3.11.7", None),
        ("python3.14", "3.14.0rc1", None),
        (None, "3.11.7", None),
    ],
)
def test_a_version_that_runtime_does_not_name_is_said(
    runtime: str | None, version: str, sentence: str | None
) -> None:
    function = Function("hello", "app.handler", Path(), runtime=runtime)
    assert version_mismatch(function, version) == sentence


@pytest.mark.parametrize(
    ("bootstrap", "runtime", "program", "is_said"),
    [
        ((), "python3.13", None, True),
        ((), "provided.al2023", "provided.al2023", False),
        (("/p/rust-runtime", "-v"), "python3.13", "rust-runtime", False),
        (("/p/bin/python3", "-m", "awslambdaric"), "python3.13", None, True),
        (("/p/bin/python3", "client.py"), "nodejs22.x", None, False),
    ],
)
def test_a_runtime_of_the_users_own_has_no_version_that_could_be_wrong(
    bootstrap: tuple[str, ...], runtime: str, program: str | None, is_said: bool
) -> None:
    function = Function("hello", "app.handler", Path(), runtime=runtime, bootstrap=bootstrap)

    assert own_program(function) == program
    assert (version_mismatch(function, "3.11.7") is not None) == is_said
