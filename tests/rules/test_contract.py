"""Every rule of the contract is proven by the tests that bear its mark, or it is said why not."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.project.settings import Settings

FOLDER = Path(__file__).resolve().parent
SECTIONS: dict[str, dict[str, Any]] = tomllib.loads(
    (FOLDER / "contract.toml").read_text(encoding="utf-8")
)
RULES = {
    number: rule
    for section in SECTIONS.values()
    for number, rule in section.items()
    if number != "title"
}


def marked_tests(file: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each test of a file with the rules in its marks; the file is not run."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if node.name.startswith("test_"):
            calls = [one for one in node.decorator_list if isinstance(one, ast.Call)]
            marks = [one for one in calls if ast.unparse(one.func) == "pytest.mark.rule"]
            yield node.name, [ast.literal_eval(number) for mark in marks for number in mark.args]


@cache
def proofs() -> dict[str, list[str]]:
    """Return the tests that prove a rule, by its number."""
    found: dict[str, list[str]] = {}
    for file in sorted(FOLDER.parent.rglob("test_*.py")):
        for name, numbers in marked_tests(file):
            for number in numbers:
                found.setdefault(number, []).append(f"{file.name}::{name}")
    return found


@pytest.mark.parametrize(
    "number", RULES, ids=[f"{number} {rule['says']}" for number, rule in RULES.items()]
)
def test_each_rule_has_as_many_proofs_as_it_says_or_a_reason(number: str) -> None:
    rule = RULES[number]

    assert rule.keys() in ({"says", "proofs"}, {"says", "unproven"})
    assert rule.get("unproven") or rule.get("proofs")
    found = proofs().get(number, [])
    assert len(found) == rule.get("proofs", 0), found


def test_every_mark_names_a_rule_and_each_only_once() -> None:
    assert proofs().keys() - RULES.keys() == set()
    assert [tests for tests in proofs().values() if len(tests) != len(set(tests))] == []


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_has_a_title_and_rules_of_its_own_numbers(section: str) -> None:
    title, *numbers = SECTIONS[section]

    assert title == "title"
    assert numbers == [f"{section}.{count}" for count in range(1, len(numbers) + 1)]
    assert numbers


def test_no_rule_is_listed_twice() -> None:
    said = [(number.rpartition(".")[0], rule["says"]) for number, rule in RULES.items()]

    assert len(said) == len(set(said))


def test_every_test_of_this_folder_proves_a_rule() -> None:
    here = [test for file in FOLDER.glob("test_*_rules.py") for test in marked_tests(file)]

    assert here
    assert [name for name, numbers in here if not numbers] == []


@pytest.mark.rule("9.10")
def test_the_accounts_concurrency_is_a_thousand() -> None:
    assert Settings().account_concurrency == 1000
