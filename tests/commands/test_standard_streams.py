"""Standard streams that are closed, full, or read by nobody, and encodings without Unicode."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.command_line import PATIENCE, run, write_project
from support.files import ROOT

HANDLER = "def handler(event, context): return 1\n"
COMMANDS = (
    "--help",
    "--version",
    "list",
    "list --json",
    "doctor",
    "invoke",
    "invoke --output json",
    "demo --no-open copied",
)

pytestmark = pytest.mark.usefixtures("nothing_is_left")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    # A problem, so that there is something to be said on standard error as well.
    return write_project(
        tmp_path / "shop", {"Order": HANDLER, "Refund": HANDLER}, Refund="Timeout: 0"
    )


def shell(project: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script in which ``$lambda`` is the command."""
    return subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", script],
        cwd=project,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "XDG_CONFIG_HOME": "/nowhere",
            "lambda": f"{sys.executable} -m lambda_tui",
        },
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_standard_output_that_is_closed_or_full_is_said(project: Path, command: str) -> None:
    for redirection, reason in ((">&-", "bad file descriptor"), (">/dev/full", "no space left")):
        done = shell(project, f"$lambda {command} {redirection}")

        assert done.returncode == 2
        last = done.stderr.splitlines()[-1]
        assert last.startswith(f"lambda-tui: standard output cannot be written: {reason}")
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_does_its_work_without_standard_error(project: Path, command: str) -> None:
    expected = shell(project, f"$lambda {command}").returncode

    for redirection in ("2>&-", "2>/dev/full", "2>&- <&-"):
        done = shell(project, f"rm -rf copied; $lambda {command} {redirection}")
        assert done.returncode == expected
        assert done.stdout


@pytest.mark.parametrize(
    "command", ["list /nowhere", "--colour", "invoke Nobody", "serve /nowhere"]
)
def test_a_refusal_has_its_status_although_nobody_hears_the_reason(
    project: Path, command: str
) -> None:
    for redirection in ("2>&-", "2>/dev/full", ">&- 2>&- <&-"):
        assert shell(project, f"$lambda {command} {redirection}").returncode == 2


def test_a_reader_that_leaves_ends_the_command_quietly(project: Path) -> None:
    for command in COMMANDS:
        done = shell(project, f"rm -rf copied; $lambda {command} 2>errors | true; cat errors >&2")
        assert "Traceback" not in done.stderr
        assert "Errno" not in done.stderr
    # Too much for the pipe.
    many = shell(project, "$lambda invoke --count 1000 --output json | head -1")
    assert json.loads(many.stdout)["payload"] == 1
    assert many.returncode == 128 + signal.SIGPIPE


def test_an_event_from_a_closed_standard_input_is_empty(project: Path) -> None:
    done = shell(project, "$lambda invoke --event - <&-")

    assert done.returncode == 2
    assert (
        done.stderr == "lambda-tui: standard input: the event is empty: write JSON, such as {}.\n"
    )


def test_json_is_json_in_an_encoding_without_unicode(tmp_path: Path) -> None:
    project = write_project(tmp_path / "shop", {"Order": HANDLER}, Order="Description: Übergröße")

    listed = run("list", "--json", project, PYTHONIOENCODING="ascii", LANG="C")

    assert json.loads(listed.output)[0]["description"] == "Übergröße"


def test_the_doctor_has_marks_in_an_encoding_without_unicode(tmp_path: Path) -> None:
    project = write_project(tmp_path / "shop", {"Order": HANDLER}, Order="Timeout: 0")

    doctor = run("doctor", project, PYTHONIOENCODING="ascii", LANG="C")

    assert "\\u" not in doctor.output
    assert "\n  [ok] " in doctor.output
    assert "\n  [!!] template.yaml" in doctor.output
