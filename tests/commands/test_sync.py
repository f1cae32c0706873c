"""AWS's SDK on the command line: `invoke --sync`, the setting, and what the doctor says."""

from __future__ import annotations

import sys
import venv
from pathlib import Path
from typing import Any

import pytest

from support.command_line import outcome, run, set_up, start, write_project
from support.package_index import write_wheels

HANDLER = "import boto3\ndef handler(event, context): return boto3.__version__\n"
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"

pytestmark = pytest.mark.usefixtures("nothing_is_left")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Write a project whose Python has no boto3."""
    folder = write_project(tmp_path / "shop", {"Order": HANDLER})
    venv.create(folder / ".venv", symlinks=True, with_pip=False)
    (folder / "lambda-tui.toml").write_text('python = ".venv/bin/python"\n')
    return folder


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, Any]:
    """Return what makes pip find a small boto3, and an empty cache."""
    return {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(write_wheels(tmp_path / "wheels")),
    }


def test_sync_installs_the_sdk_and_then_invokes(project: Path, variables: dict[str, Any]) -> None:
    without = run("invoke", "--project", project, **variables)
    assert without.status == 1
    assert "`lambda-tui invoke Order --sync`, or S on the screen, installs it." in without.errors
    assert without.errors.count("relies on a package") == 1

    synced = run("invoke", "--project", project, "--sync", **variables)
    assert (synced.status, synced.output) == (0, '"1.99.0"\n')
    assert "ImportModuleError" not in synced.errors
    assert "lambda-tui: boto3 1.99.0 is installed." in synced.errors

    again = run("invoke", "--project", project, **variables)
    assert (again.status, again.output) == (0, '"1.99.0"\n')


def test_sync_invokes_a_function_that_lacks_nothing(
    tmp_path: Path, variables: dict[str, Any]
) -> None:
    folder = write_project(tmp_path / "shop", {"Order": "def handler(event, context): return 1\n"})

    synced = run("invoke", "--project", folder, "--sync", **variables)

    assert (synced.status, synced.output) == (0, "1\n")


def test_sync_needs_an_index(project: Path, variables: dict[str, Any], tmp_path: Path) -> None:
    given = {**variables, "PIP_FIND_LINKS": str(tmp_path)}

    synced = run("invoke", "--project", project, "--sync", **given)

    assert (synced.status, synced.output) == (2, "")
    assert synced.errors.splitlines()[-1].startswith(
        "lambda-tui: boto3, simplejson cannot be installed: "
    )


def test_the_setting_installs_the_sdk_before_the_first_invocation(
    project: Path, variables: dict[str, Any]
) -> None:
    set_up(project, 'sdk = "install"')

    first = run("invoke", "--project", project, **variables)

    assert (first.status, first.output) == (0, '"1.99.0"\n')
    assert "ImportModuleError" not in first.errors


def test_the_setting_installs_for_the_next_time_what_an_invocation_has_missed(
    project: Path, variables: dict[str, Any]
) -> None:
    set_up(project, 'sdk = "install"')
    dynamic = HANDLER.replace("import boto3", "boto3 = __import__('boto3')")
    (project / "Order" / "app.py").write_text(dynamic)

    first = run("invoke", "--project", project, **variables)
    second = run("invoke", "--project", project, **variables)

    assert (first.status, second.status, second.output) == (1, 0, '"1.99.0"\n')


def test_serve_installs_it_by_the_option(project: Path, variables: dict[str, Any]) -> None:
    serving = start("serve", "--sync", "--project", project, "--port", 0, "--no-watch", **variables)
    assert serving.stderr is not None
    lines = iter(serving.stderr.readline, b"")

    said = next((line for line in lines if b"is installed." in line), b"never")

    serving.terminate()
    outcome(serving)
    assert said.endswith(b"  Order  \xe2\x94\x80\xe2\x94\x80 boto3 1.99.0 is installed.\n")


def test_the_doctor_names_the_remedy_and_then_the_version(
    project: Path, variables: dict[str, Any]
) -> None:
    without = run("doctor", project, **variables).output
    assert (
        f"  ▲ Order: AWS's runtime brings boto3, which is not installed for {RUNTIME}\n"
        "    → lambda-tui invoke Order --sync, or S on the screen, installs it.\n"
    ) in without

    run("invoke", "--project", project, "--sync", **variables)

    installed = run("doctor", project, **variables).output
    assert "  ✓ Order: AWS's runtime brings boto3; here it is boto3 1.99.0, in " in installed


def test_the_doctor_names_the_file_that_lists_what_is_not_installed(
    project: Path, variables: dict[str, Any]
) -> None:
    (project / "Order" / "requirements.txt").write_text("friendly\n")

    assert (
        "  ▲ Order: not all that requirements.txt lists is installed\n"
        "    → lambda-tui invoke Order --sync, or S on the screen, installs it.\n"
    ) in run("doctor", project, **variables).output


def test_the_doctor_says_nothing_of_the_sdk_where_the_setting_is_off(
    project: Path, variables: dict[str, Any]
) -> None:
    set_up(project, 'sdk = "off"')

    assert "boto3" not in run("doctor", project, **variables).output
