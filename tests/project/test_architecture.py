"""The architecture that a template names for a function."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.sam_template import LINE, PLAIN, SERVERLESS, read

GLOBAL_ARM = "Globals: {Function: {Architectures: [arm64], Timeout: 9}}\n" + SERVERLESS


@pytest.mark.rule("9.19")
@pytest.mark.parametrize("template", [SERVERLESS, PLAIN], ids=["serverless", "plain"])
@pytest.mark.parametrize(
    ("lines", "architecture"),
    [
        ((), "x86_64"),
        (("Architectures: [x86_64]",), "x86_64"),
        (("Architectures: [arm64]",), "arm64"),
        (("Architectures: [!Ref Chip]",), "arm64"),
    ],
)
def test_a_function_has_the_architecture_that_it_names_or_x86_64(
    tmp_path: Path, template: str, lines: tuple[str, ...], architecture: str
) -> None:
    chip = "Parameters: {Chip: {Type: String, Default: arm64}}\n"
    (function,), problems = read(tmp_path, *lines, template=chip + template)

    assert problems == ()
    assert function.architecture == architecture


@pytest.mark.rule("9.19")
@pytest.mark.parametrize(
    ("lines", "architecture"), [((), "arm64"), (("Architectures: [x86_64]",), "x86_64")]
)
def test_a_functions_own_architecture_replaces_that_of_globals(
    tmp_path: Path, lines: tuple[str, ...], architecture: str
) -> None:
    (function,), problems = read(tmp_path, *lines, template=GLOBAL_ARM)

    assert problems == ()
    assert (function.architecture, function.timeout) == (architecture, 9)


@pytest.mark.parametrize("value", ["arm64", "[]", "[x86_64, arm64]", "[arm]", "[1]", "{a: b}"])
def test_anything_but_one_known_architecture_is_refused(tmp_path: Path, value: str) -> None:
    functions, (problem,) = read(tmp_path, f"Architectures: {value}")

    assert functions == ()
    assert problem.line == LINE
    assert "[arm64]" in problem.message


@pytest.mark.parametrize("value", ["!ImportValue Chips", "[!ImportValue Chip]"])
def test_an_architecture_that_is_not_known_here_is_told(tmp_path: Path, value: str) -> None:
    (function,), (problem,) = read(tmp_path, f"Architectures: {value}")

    assert function.architecture == "x86_64"
    assert "so x86_64 holds" in problem.message
