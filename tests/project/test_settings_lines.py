"""The line of an entry in a settings file."""

from __future__ import annotations

import pytest

from lambda_tui.project.settings.lines import line_of

TEXT = """\
watch = true
values = { A = "in one line" }

# keys.invoke = "x"
[keys]
invoke = "i"
"quit" = "q"

[functions."my.function"]
network = "own"
[ functions . Other ]
bootstrap = ["a"]
layers."arn:aws:lambda" = "x"
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("watch",), 1),
        (("values",), 2),
        (("values", "A"), None),
        (("keys",), 5),
        (("keys", "invoke"), 6),
        (("keys", "quit"), 7),
        (("functions", "my.function"), 9),
        (("functions", "my.function", "network"), 10),
        (("functions", "Other"), 11),
        (("functions", "Other", "layers", "arn:aws:lambda"), 13),
        (("nowhere",), None),
    ],
)
def test_an_entry_is_found_by_its_path(path: tuple[str, ...], line: int | None) -> None:
    assert line_of(TEXT, *path) == line


def test_a_dotted_key_needs_no_heading() -> None:
    assert line_of("\nkeys.invoke = 'i'\n", "keys", "invoke") == 2
