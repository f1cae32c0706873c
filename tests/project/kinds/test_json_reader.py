"""JSON is read as YAML is, with the lines of its keys."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_tui.project.kinds.template.language import LinedMapping, read_json, read_yaml, section
from support.files import PROJECTS

TEMPLATE = PROJECTS / "cdk" / "cdk.out" / "Shop.template.json"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def with_lines(value: object) -> object:
    """Return a value with the lines of its mappings beside their values."""
    if isinstance(value, LinedMapping):
        return {key: (value.lines[key], with_lines(one)) for key, one in value.items()}
    return [with_lines(one) for one in value] if isinstance(value, list) else value


def test_a_template_is_the_same_as_by_the_reader_of_yaml() -> None:
    text = TEMPLATE.read_text()
    assert with_lines(read_json(text)) == with_lines(read_yaml(text).content)


@settings(max_examples=40, deadline=None)
@given(value=VALUES)
def test_any_value_is_read_as_it_is(value: object) -> None:
    assert read_json(json.dumps(value, indent=1)) == value


def test_what_looks_like_a_key_in_a_text_is_none() -> None:
    text = '{"a": "\\"b\\": 1\\n",\n "c" :\n {"d": ["\\\\", {"e": ":"}]}}'
    content = read_json(text)
    assert section(content, "c").lines == {"d": 3}
    assert isinstance(content, LinedMapping)
    assert content.lines == {"a": 1, "c": 2}


@pytest.mark.parametrize("text", ["", "{", '{"a": 1,}', "[" * 100_000, "1" * 5_000])
def test_what_is_no_json_is_one_of_two_errors(text: str) -> None:
    with pytest.raises((ValueError, RecursionError)):
        read_json(text)
