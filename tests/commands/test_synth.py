"""`--synth` synthesises the CDK app before the project is read."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from support.cdk_app import copy_app
from support.command_line import outcome, run, start

pytestmark = pytest.mark.usefixtures("nothing_is_left")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Copy the app without its assembly, which the setting's command makes."""
    folder = copy_app(tmp_path / "shop")
    (folder / "cdk.out").rename(tmp_path / "made")
    write_synth(folder, "echo making it; cp -R ../made cdk.out")
    return folder


def write_synth(shop: Path, command: str) -> None:
    (shop / "lambda-tui.toml").write_text(f'[cdk]\nsynth = "{command}"\n')


def test_a_function_is_invoked_once_the_app_is_synthesised(shop: Path) -> None:
    without = run("invoke", "Hello", "--project", shop)
    assert without.status == 2
    assert "as there is no cdk.out: K on the screen, or the option --synth, runs" in without.errors

    invoked = run("invoke", "Hello", "--project", shop, "--synth")

    assert invoked.status == 0
    assert invoked.errors.startswith("lambda-tui: echo making it; cp -R ../made cdk.out\nmaking it")
    assert '"name": "Hello", "colour": "red", "TABLE": "TableCD117FA1"' in invoked.output


def test_a_synthesis_that_fails_is_the_end_of_the_command(shop: Path) -> None:
    write_synth(shop, "echo no luck; exit 5")

    listed = run("list", "--project", shop, "--synth")

    assert listed.status == 2
    complaint = "lambda-tui: `echo no luck; exit 5` has failed with status 5: no luck"
    assert listed.errors.splitlines()[-1] == complaint


def test_a_folder_without_an_app_is_told(tmp_path: Path) -> None:
    listed = run("list", "--project", tmp_path, "--synth")

    assert listed.status == 2
    assert (
        "has no cdk.json, so there is no CDK app to synthesise; name its folder." in listed.errors
    )


def test_an_interrupt_ends_the_synthesis(shop: Path) -> None:
    write_synth(shop, "echo begun; exec sleep 600")
    command = start("list", "--project", shop, "--synth")
    assert command.stderr is not None
    while b"begun" not in command.stderr.readline():
        pass

    command.send_signal(signal.SIGINT)

    assert outcome(command).status == 130
