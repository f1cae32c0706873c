"""The house rules, held by the tools that hold them."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from lambda_tui.project.settings import PROJECT_FILE, Settings, load_settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


@pytest.mark.timeout(920)
@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
    ],
    ids=["ruff", "ruff format", "mypy"],
)
def test_the_checks_find_nothing(command: list[str]) -> None:
    result = run(*command)

    assert result.returncode == 0, result.stdout + result.stderr


def test_the_import_directions_hold() -> None:
    result = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )

    assert result.returncode == 0, result.stdout
    assert " 0 broken" in result.stdout


def test_the_engine_and_the_project_reader_load_without_the_screen() -> None:
    code = (
        "import sys, lambda_tui.engine.engine, lambda_tui.project.load;"
        "print([name for name in sys.modules if name.split('.')[0] in ('textual', 'rich')])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )

    assert result.stdout.strip() == "[]"


def test_the_wheel_carries_the_runtimes_and_the_demo(tmp_path: Path) -> None:
    built = run("hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())

    for path in [*(ROOT / "runtimes").rglob("*"), *(ROOT / "lambda_tui" / "demo").rglob("*")]:
        if path.is_dir() or "__pycache__" in path.parts:
            continue
        inside = str(path.relative_to(ROOT)).replace("runtimes/", "lambda_tui/_runtimes/", 1)
        expected = inside if path.is_relative_to(ROOT / "runtimes") else str(path.relative_to(ROOT))
        assert expected in names


def test_ci_runs_the_command_that_the_readme_gives() -> None:
    commands = [line for line in README.splitlines() if line.endswith("pytest")]

    assert len(commands) == 1
    assert "grep -m 1 'pytest$' README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_word_of_the_glossary_is_a_class() -> None:
    glossary = README.split("## Glossary", 1)[1].split("\n## ", 1)[0]
    words = re.findall(r"^\| `(\w+)`", glossary, flags=re.MULTILINE)
    sources = [*(ROOT / "lambda_tui").rglob("*.py"), *(ROOT / "runtimes").rglob("*.py")]
    classes = {
        name
        for source in sources
        for name in re.findall(r"^class (\w+)", source.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert len(words) >= 10
    assert set(words) <= classes


def test_the_settings_of_the_readme_are_all_there_are_and_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = README.split("## Settings", 1)[1].split("\n## ", 1)[0]
    blocks = re.findall(r"```toml\n(.*?)```", settings, flags=re.DOTALL)
    monkeypatch.setenv("HOME", str(tmp_path))
    for program in (".venv/bin/python", "node/bin/node"):
        (tmp_path / program).parent.mkdir(parents=True)
        (tmp_path / program).symlink_to(sys.executable)

    for block in blocks:
        (tmp_path / PROJECT_FILE).write_text(block, encoding="utf-8")
        assert load_settings(tmp_path, tmp_path)[1] == ()
    named = {name for block in blocks for name in tomllib.loads(block)}
    # A list is one field of the settings, a table of the same name another.
    fields = {field.name for field in dataclasses.fields(Settings)} - {"layer_paths"}
    assert named == fields


def test_every_picture_of_the_readme_exists() -> None:
    pictures = re.findall(r"\]\((screenshots/[^)]+)\)", README)

    assert pictures
    assert all((ROOT / picture).is_file() for picture in pictures)
