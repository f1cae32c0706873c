"""The list of rules is whole, and what it names exists."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest
from rules.contract import RULES, SECTIONS
from rules.rule import Rule

from lambda_tui.project.settings import Settings

TESTS = Path(__file__).resolve().parent.parent


@cache
def names_of_tests(file: Path) -> frozenset[str]:
    """The names of a file's tests, read and not imported."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    )


@pytest.mark.parametrize("rule", RULES, ids=[f"{rule.section} {rule.says}" for rule in RULES])
def test_each_rule_has_tests_that_exist_or_a_reason(rule: Rule) -> None:
    assert bool(rule.proofs) != bool(rule.not_covered_yet)
    for proof in rule.proofs:
        file, _, name = proof.partition("::")
        assert name in names_of_tests(TESTS / file), proof


def test_every_section_has_its_rules_and_no_rule_is_listed_twice() -> None:
    assert {rule.section for rule in RULES} == set(SECTIONS)
    said = [(rule.section, rule.says) for rule in RULES]
    assert len(said) == len(set(said))


def test_every_test_of_this_folder_proves_a_rule() -> None:
    proven = {proof for rule in RULES for proof in rule.proofs}
    here = {
        f"rules/{file.name}::{name}"
        for file in Path(__file__).parent.glob("test_*_rules.py")
        for name in names_of_tests(file)
    }

    assert here
    assert here - proven == set()


def test_the_accounts_concurrency_is_a_thousand() -> None:
    assert Settings().account_concurrency == 1000
