"""Each line of the README's table of sandbox levels has a test that proves it."""

from __future__ import annotations

import ast
import re

import pytest

from support.files import ROOT

PROOFS = {
    "Phases, freezes, resets": (
        "engine/test_freeze.py",
        "engine/test_life_cycle.py",
        "apis/test_runtime_api.py",
    ),
    "Imports from layers": (
        "engine/test_layers_in_opt.py::test_modules_and_programs_of_a_layer_are_found",
        "engine/test_own_interpreter.py",
    ),
    "Paths `/tmp`": (
        "engine/test_literal_paths.py",
        "engine/test_real_places.py::test_variables_that_name_awss_paths_lead_to_the_files",
        "engine/test_real_places.py::test_programs_that_a_layer_interprets_are_started",
    ),
    "Path `/var/lang`": ("engine/test_real_places.py::test_a_wrapper_finds_awss_interpreter",),
    "Read-only files": ("engine/test_sandbox.py", "sandbox/test_read_only.py"),
    "`ENOSPC` in": (
        "engine/test_sandbox.py::test_a_full_tmp_says_so_at_the_configured_size",
        "engine/test_literal_paths.py::test_a_tmp_beyond_its_size_is_told",
    ),
    "User, modes": ("engine/test_ordinary_user.py", "engine/test_hints.py"),
    "Variables of your shell": (
        "engine/test_python_runtime.py::"
        "test_the_environment_is_awss_and_the_functions_own_and_nothing_of_the_shells",
    ),
    "Your files": ("engine/test_sandbox.py",),
    "A network of": ("extensions/test_network.py",),
}
"""Files of tests, or tests in them, by the beginning of the line."""


def lines_of_the_table() -> list[str]:
    readme = (ROOT / "README.md").read_text()
    _before, _heading, behind = readme.partition("| what holds | `namespaces` | `processes` |\n")
    table = behind.partition("\n\n")[0]
    return re.findall(r"^\| (?!---)(.*?) \|", table, re.M)


def test_every_line_of_the_table_of_levels_has_a_proof() -> None:
    lines = lines_of_the_table()

    assert len(lines) == len(PROOFS)
    for line, beginning in zip(lines, PROOFS, strict=True):
        assert line.startswith(beginning)


@pytest.mark.parametrize("proof", sorted({one for proofs in PROOFS.values() for one in proofs}))
def test_the_proof_of_a_line_is_there(proof: str) -> None:
    file, _, name = proof.partition("::")
    tree = ast.parse((ROOT / "tests" / file).read_text())
    names = [
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]

    assert any(one.startswith("test_") for one in names)
    assert not name or name in names
