"""Expressions of Terraform's language have the values that Terraform gives them."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.project.code import Cache
from lambda_tui.project.kinds.template.language import Unknown
from lambda_tui.project.kinds.terraform.configuration import read_configuration
from lambda_tui.project.kinds.terraform.language import (
    Block,
    InvalidSyntaxError,
    parse_file,
    parse_template,
)
from lambda_tui.project.settings import Settings

LOCALS = """
locals {
  name   = "shop"
  list   = ["b", "a", "c"]
  map    = { b = 2, a = 1 }
  deep   = { items = [{ id = 1, tags = ["x"] }, { id = 2, tags = [] }] }
  none   = null
  cloud  = aws_redshift_cluster.none.endpoint
}
resource "aws_redshift_cluster" "none" {}
"""


def evaluate(folder: Path, *expressions: str) -> list[object]:
    """Return the values of expressions; the folder may hold files that they read."""
    written = "".join(f"  value{number} = {one}\n" for number, one in enumerate(expressions))
    block = f'resource "null_resource" "this" {{\n{written}}}\n'
    (folder / "main.tf").write_text(f"{LOCALS}{block}")
    kinds = frozenset({"null_resource"})
    read = read_configuration(folder, Settings(), {}, Cache.of_user(), kinds)
    assert read.problems == []
    (resource,) = read.resources
    return [resource.values[f"value{number}"] for number in range(len(expressions))]


VALUES: dict[str, object] = {
    # Operators, and their precedence.
    "1 + 2 * 3": 7,
    "(1 + 2) * 3": 9,
    "10 / 4": 2.5,
    "10 / 5": 2,
    "-local.map.b % 3": -2 % 3,
    "!true || 2 >= 2 && false": False,
    '1 == "1"': False,
    "[1, 2] == [1, 2]": True,
    'local.none == null ? "null" : "some"': "null",
    "true\n    ? 1\n    : 2": 1,
    # Texts.
    '"a${local.name}b$${c}%%{d}"': "ashopb${c}%{d}",
    '"${local.map}"': {"b": 2, "a": 1},
    '"tab\\there \\"quoted\\" \\u00e9"': 'tab\there "quoted" é',
    "<<EOT\n  one\n  ${upper(local.name)}\nEOT\n": "  one\n  SHOP\n",
    "<<-EOT\n    one\n      two\n    EOT\n": "one\n  two\n",
    # References.
    "local.list[0]": "b",
    "local.list.1": "a",
    'local.map["a"]': 1,
    "local.deep.items[*].id": [1, 2],
    "local.deep.items.*.id": [1, 2],
    "local.deep.items[0].tags[0]": "x",
    "local.none[*]": [],
    "path.module": ".",
    "terraform.workspace": "default",
    # for.
    "[for one in local.list : upper(one)]": ["B", "A", "C"],
    '[for key, one in local.map : "${key}${one}"]': ["a1", "b2"],
    "[for place, one in local.list : place if one != local.list[1]]": [0, 2],
    '{ for one in local.list : one => "${one}!" if one != "c" }': {"b": "b!", "a": "a!"},
    '{ for one in ["a", "b", "a"] : one => 1... }': {"a": [1, 1], "b": [1]},
    # Functions.
    'join("-", local.list)': "b-a-c",
    'format("%s-%03d %5.1f%% %q %v", "a", 7, 1.25, "x", [1])': 'a-007   1.2% "x" [1]',
    'format("%[2]s%[1]s", "a", "b")': "ba",
    'formatlist("%s.%s", local.list, "z")': ["b.z", "a.z", "c.z"],
    "merge(local.map, { a = 3 }, null)": {"b": 2, "a": 3},
    "merge([local.map, { c = 3 }]...)": {"b": 2, "a": 1, "c": 3},
    'lookup(local.map, "z", "none")': "none",
    'replace("a.b.c", ".", "-")': "a-b-c",
    'replace("a12b", "/([0-9]+)/", "<$1>")': "a<12>b",
    'regex("([a-z]+)-(\\\\d+)", "shop-12")': ["shop", "12"],
    'regexall("[0-9]", "a1b2")': ["1", "2"],
    'split(",", "a,b")': ["a", "b"],
    "concat(local.list, [1])": ["b", "a", "c", 1],
    "element(local.list, 4)": "a",
    "length(local.map)": 2,
    "keys(local.map)": ["a", "b"],
    "values(local.map)": [1, 2],
    'zipmap(["a"], [1])': {"a": 1},
    "sort(local.list)": ["a", "b", "c"],
    "toset(local.list)": ["a", "b", "c"],
    "distinct([1, 2, 1])": [1, 2],
    "flatten([[1, [2]], []])": [1, 2],
    'compact(["a", "", null])': ["a"],
    'coalesce(null, "", "x")': "x",
    "slice(local.list, 1, 3)": ["a", "c"],
    "range(1, 6, 2)": [1, 3, 5],
    "setproduct([1, 2], [3])": [[1, 3], [2, 3]],
    'contains(local.list, "a")': True,
    "one([])": None,
    "max(1, 3, 2)": 3,
    "sum([1, 2.5])": 3.5,
    "floor(1.9)": 1,
    'tonumber("12")': 12,
    "tostring(true)": "true",
    'substr("hello", 1, 3)': "ell",
    'trimprefix("lambda-a", "lambda-")': "a",
    'title("hello world")': "Hello World",
    "jsonencode({ b = null, a = [1.5] })": '{"a":[1.5],"b":null}',
    'jsondecode("{\\"a\\": [1]}").a[0]': 1,
    'base64decode(base64encode("é"))': "é",
    'sha256("")': "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    'try(local.map.none, local.list[9], "fallback")': "fallback",
    "can(local.map.a)": True,
    "can(local.none.a)": False,
    'basename("a/b.py")': "b.py",
    'dirname("a/b.py")': "a",
    'file("note.txt")': "a note\n",
    'fileexists("none.txt")': False,
    'fileset(path.module, "*.txt")': ["note.txt"],
    'fileset(".", "**/*.tx?")': ["deep/er/b.txt", "note.txt"],
    'fileset("deep", "*")': [],
    'templatefile("page.tftpl", { names = local.list })': "b and 3",
    'provider::aws::arn_parse("arn:aws:sqs:x:1:q").resource': "q",
}


def test_each_expression_has_its_value(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("a note\n")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "b.txt").touch()
    (tmp_path / "page.tftpl").write_text("${names[0]} and ${length(names)}")
    found = dict(zip(VALUES, evaluate(tmp_path, *VALUES), strict=True))
    assert found == VALUES


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("local.missing", "there is no local.missing in the configuration"),
        ("aws_sqs_queue.none.arn", "there is no aws_sqs_queue.none in the configuration"),
        ("local.list[7]", "the list has no item 7"),
        ("local.map.z", "the mapping has no z"),
        ('"a${local.list}"', "a text is needed where a list stands"),
        ("1 / 0", "it cannot be calculated: division by zero"),
        ('"a" + 1', "a is no number"),
        ('"a" ? 1 : 2', "true or false is needed where a stands"),
        ("each.key", "each has no value here"),
        ("cidrsubnet(1, 2, 3)", "the function cidrsubnet is not evaluated here"),
        ('"%{ if true }x%{ endif }"', "a directive of templates (%{…}) is not evaluated here"),
        ('regex("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")', "cannot be evaluated"),
        ("range(2000)", "it has more than 1,024 numbers"),
        ('file("none.txt")', "none.txt: the file does not exist"),
        ('fileset("/", "**/none")', "/ has too many files"),
        ('file("/dev/zero")', "/dev/zero: the file does not exist, or is not a file"),
        ("local.cloud", "aws_redshift_cluster.none.endpoint is known only in the cloud"),
        ("[upper(local.cloud)][0]", "aws_redshift_cluster.none.endpoint is known only"),
        ('local.cloud == "x" ? 1 : 2', "aws_redshift_cluster.none.endpoint is known only"),
        ('try(local.cloud, "x")', "aws_redshift_cluster.none.endpoint is known only"),
        ("jsonencode([local.cloud])", "aws_redshift_cluster.none.endpoint is known only"),
    ],
)
def test_a_value_that_there_is_not_has_its_reason(
    tmp_path: Path, expression: str, reason: str
) -> None:
    (value,) = evaluate(tmp_path, expression)
    assert isinstance(value, Unknown)
    assert reason in value.reason


def test_a_collection_with_an_unknown_value_in_it_has_the_others(tmp_path: Path) -> None:
    merged, count, last, either, kept = evaluate(
        tmp_path,
        "merge({ a = 1 }, { b = local.cloud })",
        "length([local.cloud, 1])",
        "[local.cloud, 1][1]",
        "local.name == local.cloud || true",
        "{ for key, one in { a = 1, b = local.cloud } : key => one if one != null }",
    )
    assert isinstance(kept, dict)
    assert kept["a"] == 1
    assert isinstance(kept["b"], Unknown)
    assert isinstance(merged, dict)
    assert merged["a"] == 1
    assert isinstance(merged["b"], Unknown)
    assert (count, last, either) == (2, 1, True)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = ", 1),
        ("a {\n", 1),
        ('x = 1\ny = "abc\n', 2),
        ("\n\n}\n", 3),
        ("a = 1 2\n", 1),
        ("a = <<EOT\nx\n", 1),
        ("\0", 1),
        (f"a = {'(' * 3000}1{')' * 3000}", None),
        ("a = <<EOT\nx\n${1 +}\nEOT\n", 3),
    ],
)
def test_a_text_that_is_no_terraform_is_refused_with_its_line(text: str, line: int | None) -> None:
    with pytest.raises(InvalidSyntaxError) as caught:
        parse_file(text)
    assert line is None or caught.value.line == line
    assert str(caught.value)


@pytest.mark.parametrize(
    "text", ["$", "${", "a ${b", '${"}"', "$${a}", "%{", "%%{", '${"${"}', "}${", "\0", ""]
)
def test_a_template_that_is_not_closed_is_a_text(text: str) -> None:
    assert parse_template(text) is not None


def test_spaces_behind_the_end_of_a_heredoc_are_no_mistake() -> None:
    block = parse_file('a = <<EOT\n  x\nEOT  \nb = "EOT "\n')
    assert isinstance(block, Block)
    assert list(block.arguments) == ["a", "b"]


def test_what_would_multiply_without_end_has_an_end(tmp_path: Path) -> None:
    ten = "[for a in range(1000) : [for b in range(1000) : [for c in range(1000) : a]]]"
    long, many, deep = evaluate(
        tmp_path,
        'join("", [for a in range(1000) : join("", [for b in range(1000) : "0123456789"])])',
        f"length({ten})",
        "1" + " + 1" * 300,
    )
    assert isinstance(long, Unknown)
    assert isinstance(many, Unknown | int)
    assert deep == 301 or isinstance(deep, Unknown)
