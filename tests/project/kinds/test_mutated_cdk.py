"""The files of an assembly, changed in one place or cut: none ends the reader."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lambda_tui.project.function import Project
from lambda_tui.project.kinds.cdk import read_project
from lambda_tui.project.settings import Settings
from support.cdk_app import change, copy_app
from support.mutations import changed, places

FILES = (
    *("cdk.json", "cdk.out/manifest.json", "cdk.out/Shop.template.json"),
    *("cdk.out/Shop.assets.json", "cdk.out/Shop.metadata.json"),
    *("cdk.out/ShopStock.nested.template.json", "cdk.out/assembly-Prod/manifest.json"),
)
VALUES: tuple[object, ...] = (
    *(None, True, 0, 10**30, 1.5, "", "x", "a\0b", "../..", "/", [], [None], ["x", 1, {}], {}),
    *({"x": None}, {"": []}, {"Ref": "Nothing"}, {"Ref": ["x"]}, {"Fn::GetAtt": [[], {}]}),
    *("Shop.template.json", "asset.a1a1a1a1a1a1a1a1", {"Ref": "Hello4A628BD4"}),
)


def copy_without_stages(folder: Path, file: str) -> Path:
    """Copy the app without stages where these are not what is changed: they take their time."""
    copy_app(folder)
    if "assembly-" not in file:
        for name in ("assembly-Test", "assembly-Prod"):
            change(folder / "cdk.out/manifest.json", "artifacts", name, value=None)
    return folder


def read(folder: Path) -> Project:
    """Return the folder's project; raise whatever reading it raises."""
    project = read_project(folder, Settings())
    assert project is not None
    return project


@pytest.mark.parametrize("name", FILES)
def test_every_change_of_a_value_gives_functions_or_problems(tmp_path: Path, name: str) -> None:
    shop = copy_without_stages(tmp_path / "shop", name)
    file = shop / name
    document = json.loads(file.read_text())
    for number, place in enumerate(places(document)):
        value = VALUES[(number * 5) % len(VALUES)]
        text = json.dumps(changed(document, place, value))
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        project = read(shop)
        assert project.problems or project.functions, text
        for problem in project.problems:
            assert problem.message.isprintable(), text


@pytest.mark.parametrize("name", FILES)
def test_every_beginning_of_a_file_is_read_or_told(tmp_path: Path, name: str) -> None:
    shop = copy_without_stages(tmp_path / "shop", name)
    text = (shop / name).read_bytes()
    for end in range(0, len(text), 1 + len(text) // 8):
        (shop / name).write_bytes(text[:end])
        assert any("synthesise the app" in one.message for one in read(shop).problems), end
