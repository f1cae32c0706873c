from __future__ import annotations

from pathlib import Path

import pytest

from support.command_line import run


def test_without_a_terminal_one_line_says_what_to_use_instead(tmp_path: Path) -> None:
    bare = run(cwd=tmp_path)

    assert (bare.status, bare.output) == (2, "")
    assert bare.complaint == (
        "lambda-tui: standard output is no terminal, so there can be no screen; use "
        "`lambda-tui invoke`, `lambda-tui serve` or `lambda-tui list` instead."
    )


def test_the_help_lists_every_command() -> None:
    shown = run("--help")

    assert shown.status == 0
    for command in ("list", "invoke", "serve", "doctor", "demo"):
        assert f"\n  lambda-tui {command} " in shown.output
        assert run(command, "--help").output.startswith(f"usage: lambda-tui {command} ")


def test_the_version_is_told() -> None:
    from lambda_tui import __version__

    assert run("--version").output == f"lambda-tui {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--colour"], "lambda-tui: unrecognized arguments: --colour"),
        (["invoke", "f", "--count", "0"], "argument --count: '0' is no whole number above 0"),
        (["invoke", "f", "--count", "ten"], "argument --count: 'ten' is no whole number above 0"),
        (["invoke", "f", "--concurrency", "-1"], "argument --concurrency: "),
        (["invoke", "f", "--output", "xml"], "argument --output: invalid choice: 'xml'"),
        (["invoke", "f", "--event", "-", "--payload", "1"], "not allowed with argument --event"),
        (["serve", "--port", "70000"], "argument --port: '70000' is no port from 0 to 65535"),
        (["list", "--jso"], "lambda-tui list: unrecognized arguments: --jso"),
    ],
)
def test_wrong_arguments_are_refused_in_one_line(arguments: list[str], sentence: str) -> None:
    refused = run(*arguments)

    assert (refused.status, refused.output) == (2, "")
    assert sentence in refused.complaint
    assert refused.complaint.endswith("--help`.")
