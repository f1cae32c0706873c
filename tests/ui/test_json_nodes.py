"""JSON of any size as a tree: exact, lazy, and searched without opening everything."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_tui.ui.model.responses import STEP, JsonNode, JsonPath, JsonTree, find, json_nodes

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def root_of(value: object) -> JsonNode:
    """Return the root of a value."""
    root = JsonNode.root(json.dumps(value).encode())
    assert root is not None
    return root


def value_of(node: JsonNode) -> Any:
    """Return a value put together again from its nodes."""
    if node.kind == "object":
        return {child.label: value_of(child) for child in node.children(1 << 30)}
    if node.kind == "array":
        return [value_of(child) for child in node.children(1 << 30)]
    return node.text if node.kind == "string" else json.loads(node.text)


@given(VALUES)
def test_a_tree_has_every_value(value: object) -> None:
    assert value_of(root_of(value)) == value


@given(VALUES)
def test_rows_of_everything_are_as_many_as_the_values(value: object) -> None:
    def count(one: object) -> int:
        inside = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        return 1 + sum(count(each) for each in inside)

    tree = JsonTree(root_of(value))
    assert len(tree.rows()) == count(value)
    tree.fold_all()
    assert len(tree.rows()) <= count(value)


def test_numbers_are_shown_as_they_are_written() -> None:
    root = JsonNode.root(b'{"price": 1.10, "id": 12345678901234567890123, "big": 1e3}')
    assert root is not None
    assert [node.sample for node in root.children(9)] == ["1.10", "12345678901234567890123", "1e3"]


@pytest.mark.parametrize("payload", [b"", b"{broken", b"\xff\x00", b"NaN", b"[" * 100_000])
def test_what_is_no_json_has_no_tree(payload: bytes) -> None:
    assert JsonNode.root(payload) is None


def test_a_large_value_is_folded_and_a_long_list_comes_in_steps() -> None:
    tree = JsonTree(root_of({"rows": [{"id": number} for number in range(60_000)], "page": 1}))
    rows = tree.rows()
    assert [row.path for row in rows] == [(), ("rows",), ("page",)]
    tree.toggle(("rows",))
    rows = tree.rows()
    assert len(rows) == 3 + STEP + 1
    assert rows[-2].more == 60_000 - STEP
    tree.show_more(("rows",))
    assert tree.rows()[-2].more == 60_000 - 2 * STEP


def test_a_small_value_is_open_at_once() -> None:
    tree = JsonTree(root_of({"a": {"b": [1, 2]}}))
    assert [row.path for row in tree.rows()] == [
        (),
        ("a",),
        ("a", "b"),
        ("a", "b", 0),
        ("a", "b", 1),
    ]


def test_json_in_a_string_opens_as_json_and_other_long_strings_by_lines() -> None:
    message = json.dumps({"order": {"id": 7, "note": "x" * 80}})
    tree = JsonTree(root_of({"body": message, "text": "one\n" + "y" * 80}))
    tree.toggle(("body",))
    tree.toggle(("text",))
    rows = tree.rows()
    assert ("body", "order") in [row.path for row in rows]
    assert [row.piece for row in rows if row.piece] == ["one", "y" * 80]


def test_a_search_finds_keys_and_values_and_what_it_finds_can_be_shown() -> None:
    value = {"rows": [{"id": n, "name": f"Name {n}"} for n in range(5_000)], "Näme": "é\U0001f600"}
    for root in (root_of(value), JsonNode.root(json.dumps(value, ensure_ascii=False).encode())):
        assert root is not None
        assert find(root, "name 4321") == [("rows", 4321, "name")]
        assert find(root, "é") == [("Näme",)]
        assert find(root, "\U0001f600") == [("Näme",)]
        assert find(root, "näm") == [("Näme",)]
        assert find(root, "nowhere") == []
        assert len(find(root, "name")) == 1_000
        tree = JsonTree(root)
        tree.reveal(("rows", 4321, "name"))
        rows = tree.rows()
        assert ("rows", 4321, "name") in [row.path for row in rows]
        assert [row.more for row in rows if row.more] == [4_000, 500]
        tree.show_more(("rows",), before=True)
        assert [row.more for row in tree.rows() if row.more] == [3_500, 500]


@given(VALUES, st.text(min_size=1, max_size=3))
def test_a_search_finds_what_is_there(value: object, needle: str) -> None:
    def paths(one: object, path: JsonPath) -> list[JsonPath]:
        members: list[tuple[str | int, object]] = []
        if isinstance(one, dict):
            members = list(one.items())
        elif isinstance(one, list):
            members = list(enumerate(one))
        found: list[JsonPath] = []
        for label, each in members:
            is_key = isinstance(label, str) and needle in label
            if is_key or (isinstance(each, str) and needle in each):
                found.append((*path, label))
            found += paths(each, (*path, label))
        return found

    if not needle.isascii() or needle != needle.casefold():
        return
    # The search does not tell upper case from lower, so it may find more.
    assert set(paths(value, ())) <= set(find(root_of(value), needle))


def test_a_deep_value_is_neither_opened_nor_searched_to_its_bottom() -> None:
    deep: object = "bottom"
    for _ in range(900):
        deep = [deep]
    root = root_of(deep)
    tree = JsonTree(root)
    tree.open_all()
    assert len(tree.rows()) <= json_nodes._DEPTH + 1
    assert find(root, "bottom") == []
