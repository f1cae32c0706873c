from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.command_line import PATIENCE, run, write_project
from support.files import ROOT


def test_without_a_terminal_one_line_says_what_to_use_instead(tmp_path: Path) -> None:
    bare = run(cwd=tmp_path)

    assert (bare.status, bare.output) == (2, "")
    assert bare.complaint == (
        "lambda-tui: standard output is no terminal, so there can be no screen; use "
        "`lambda-tui --plain`, `lambda-tui invoke`, `lambda-tui serve` or `lambda-tui list` "
        "instead."
    )


def test_the_help_lists_every_command() -> None:
    shown = run("--help")

    assert shown.status == 0
    for command in ("list", "invoke", "event", "serve", "doctor", "demo"):
        assert f"\n  lambda-tui {command} " in shown.output
        assert run(command, "--help").output.startswith(f"usage: lambda-tui {command} ")


def test_the_version_is_told() -> None:
    from lambda_tui import __version__

    assert run("--version").output == f"lambda-tui {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["invok", "Order"], "did you mean `lambda-tui invoke`?"),
        (["sevre", "--port", "1"], "did you mean `lambda-tui serve`?"),
        (["frobnicate"], "see `lambda-tui --help`."),
    ],
)
def test_a_command_that_does_not_exist_is_said_to_be_unknown(
    arguments: list[str], hint: str, tmp_path: Path
) -> None:
    refused = run(*arguments, cwd=tmp_path)

    assert (refused.status, refused.output) == (2, "")
    sentence = f"there is no command and no folder {arguments[0]}; {hint}"
    assert refused.complaint == f"lambda-tui: {sentence}"


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "shop"],
        ["list", "--project", "shop"],
        ["doctor", "--project", "shop"],
        ["invoke", "Order", "shop"],
        ["invoke", "Order", "--payload", "{}", "shop"],
        ["invoke", "--project", "shop", "Order"],
    ],
)
def test_every_command_takes_the_folder_at_its_place_and_as_an_option(
    tmp_path: Path, arguments: list[str]
) -> None:
    write_project(tmp_path / "shop", {"Order": "def handler(event, context): return 'Order'\n"})

    assert "Order" in run(*arguments, cwd=tmp_path, LAMBDA_TUI_SANDBOX="processes").output


@pytest.mark.parametrize(
    "command", [["list"], ["doctor"], ["serve"], ["demo"], ["invoke", "f"], []]
)
def test_a_folder_that_is_named_twice_is_refused(command: list[str], tmp_path: Path) -> None:
    refused = run(*command, tmp_path, "--project", tmp_path, cwd=tmp_path)

    assert refused.status == 2
    assert "the project's folder is named twice" in refused.complaint


def test_a_folder_that_was_removed_is_said_to_be_gone(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    script = f'rmdir "$PWD"; exec {sys.executable} -m lambda_tui "$@"'
    for command in (["list"], ["invoke"], ["serve"], ["doctor"], ["demo", "--no-open"], []):
        refused = subprocess.run(
            ["/bin/sh", "-c", script, "sh", *command],
            cwd=folder,
            env={"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        folder.mkdir()
        assert (refused.returncode, refused.stderr) == (
            2,
            "lambda-tui: the present folder is not there any more, or cannot be entered; "
            "change to another.\n",
        )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--colour"], "lambda-tui: unrecognized arguments: --colour"),
        (["invoke", "f", "--count", "0"], "argument --count: '0' is no whole number above 0"),
        (["invoke", "f", "--count", "ten"], "argument --count: 'ten' is no whole number above 0"),
        (["invoke", "f", "--concurrency", "-1"], "argument --concurrency: "),
        (["invoke", "f", "--output", "xml"], "argument --output: invalid choice: 'xml'"),
        (["invoke", "f", "--event", "-", "--payload", "1"], "not allowed with argument -e"),
        (["serve", "--port", "70000"], "argument --port: '70000' is no port from 0 to 65535"),
        (["list", "--jso"], "lambda-tui list: unrecognized arguments: --jso"),
    ],
)
def test_wrong_arguments_are_refused_in_one_line(arguments: list[str], sentence: str) -> None:
    refused = run(*arguments)

    assert (refused.status, refused.output) == (2, "")
    assert sentence in refused.complaint
    assert refused.complaint.endswith("--help`.")


def test_ctrl_c_is_quiet_where_it_makes_other_code_fail() -> None:
    script = (
        "import sys, lambda_tui.__main__ as program, lambda_tui.cli as cli\n"
        "def interrupted():\n"
        "    try: raise KeyboardInterrupt\n"
        "    finally: raise AttributeError('left half done')\n"
        "cli.main = interrupted\n"
        "sys.exit(program.main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE
    )

    assert (done.returncode, done.stderr) == (130, "")
