"""The house rules, held by the tools that hold them."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


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
