"""Templates of some breadth, with one thing in them changed: none of them ends the reader.

``TEMPLATE_MUTATIONS=all`` takes every change to every template, which takes some minutes.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from lambda_tui.project.code import Cache
from lambda_tui.project.kinds.template import read_template
from lambda_tui.project.kinds.template.language import read_yaml
from support.files import ROOT
from support.mutations import changed, places, plain, renamed

TEMPLATES = sorted((ROOT / "tests" / "projects" / "templates").glob("*.yaml"))
SHORT = 100
"""Changes to each template in a normal run."""
TAKES_ALL = os.environ.get("TEMPLATE_MUTATIONS") == "all"


def nested(depth: int, call: str) -> object:
    """Return an intrinsic function with itself as its argument, so many times."""
    value: object = "x"
    for _ in range(depth):
        value = {call: [",", [value, value]] if call == "Fn::Join" and depth < 9 else [value]}
    return value


VALUES: tuple[object, ...] = (
    *(None, True, False, 0, -1, 10**30, 1.5, float("nan"), "", "x", "a\0b", "{{resolve:ssm:x}}"),
    *([], [None], ["x", 1, {}], {}, {"x": None}, {"": []}, {"1": {"2": [3]}}),
    *({"Ref": "Order"}, {"Ref": "Nothing"}, {"Ref": ["x"]}, {"Ref": None}, {"Ref": "First"}),
    *({"Fn::GetAtt": ["Worker", "Arn"]}, {"Fn::GetAtt": "Failed"}, {"Fn::GetAtt": [[], {}]}),
    *({"Fn::Sub": "${Stage}${Order.Arn}${x}"}, {"Fn::Sub": [1, 2]}, {"Fn::Sub": ["${a}", None]}),
    *({"Fn::If": ["IsProd", 1, [2]]}, {"Fn::If": [[], {}, None]}, {"Fn::Select": ["0", [[]]]}),
    *({"Fn::FindInMap": ["Sizes", "test", "memory"]}, {"Fn::Unknown": {}}, {"Condition": []}),
    *({"Fn::ForEach::A": ["B", ["x"], {"${B}": 1}]}, {"Fn::ForEach::A": ["", {}, []]}),
    *({"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "parts/child.yaml"}}},),
    *({"Fn::Transform": [1]}, {"Fn::Cidr": ["10.0.0.0/8", 300, -1]}, {"Fn::GetAZs": ["x"]}),
    *({"Fn::Length": "x"}, {"Fn::ToJsonString": [{"Ref": "Stage"}, None, 1.5]}),
    *({"Fn::GetAtt": ["Child", "Outputs.Queue"]}, {"Fn::GetAtt": "Child.Outputs"}),
    *({"Fn::Join": ["", {"Ref": "AWS::NoValue"}]}, {"Ref": "AWS::NoValue"}, {"Fn::Split": [1, 2]}),
    *(
        nested(6, "Fn::Join"),
        nested(60, "Fn::Not"),
        nested(200, "Fn::Sub"),
        nested(60, "Fn::Base64"),
    ),
)


class Key(NamedTuple):
    """Another name for a key."""

    name: object


TWICE = object()
"""The change that writes a key twice."""
KEYS: tuple[Any, ...] = (1, 1.5, None, True, ("a", "b"), "", "Fn::If", "Ref", "<<", "=")


def mutations(document: object, step: int) -> Iterator[str]:
    """Yield the texts of templates that one change makes of a document: each ``step``th of all."""
    number = 0
    for place in places(document):
        for value in (*VALUES, *map(Key, KEYS), TWICE):
            number += 1
            if number % step:
                continue
            if value is TWICE:
                key = json.dumps(place[-1] if place else "")
                yield json.dumps(document).replace(f"{key}:", f"{key}: {{}}, {key}:")
            elif isinstance(value, Key):
                yield yaml.safe_dump(renamed(document, place, value.name), width=1000)
            else:
                yield json.dumps(changed(document, place, value))


def chosen(template: Path) -> Iterator[str]:
    """Yield the texts that this run takes, the same in each normal run."""
    document = plain(read_yaml(template.read_text()).content)
    number = sum(1 for _ in places(document)) * (len(VALUES) + len(KEYS) + 1)
    # An odd step comes to other changes at each place.
    return mutations(document, 1 if TAKES_ALL else number // SHORT | 1)


@pytest.mark.timeout(3600 if TAKES_ALL else 120)
@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.stem)
def test_a_change_to_a_template_gives_its_problems_with_file_and_line(
    tmp_path: Path, template: Path
) -> None:
    shutil.copytree(template.parent / "parts", tmp_path / "parts")
    file = tmp_path / "template.yaml"
    cache = Cache(tmp_path / "cache")
    for text in chosen(template):
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        functions, problems, _ = read_template(file, cache=cache)
        assert problems, text
        for problem in problems:
            assert problem.message.isprintable(), text
            assert problem.file is not None, (problem, text)
            assert problem.line is not None, (problem, text)
        assert len({function.name for function in functions}) == len(functions)
