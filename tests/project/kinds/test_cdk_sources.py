"""An app's functions run from the sources that its assets are copies of, else from the copies."""

from __future__ import annotations

import json
import os
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from lambda_tui.project.function import Function, Project
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import CdkSettings, Settings
from support.cdk_app import change, copy_app
from support.files import zip_entry

STACK = "cdk.out/Shop.template.json"
HELLO = "cdk.out/asset.a1a1a1a1a1a1a1a1"
ORDERS = "cdk.out/asset.b2b2b2b2b2b2b2b2"
METADATA = ("Resources", "Hello4A628BD4", "Metadata")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Copy the app, as if it had just been synthesised."""
    return copy_app(tmp_path / "shop")


def hello(project: Project) -> Function:
    return next(one for one in project.functions if one.name == "Hello")


def sentences(project: Project) -> list[str]:
    return [str(problem) for problem in project.problems]


def test_a_source_that_was_edited_since_is_found_by_what_is_left_of_it(shop: Path) -> None:
    file = shop / "functions/hello/app.py"
    file.write_text(f"{file.read_text()}\n\ndef more(event):\n    return event\n")
    (file.parent / "new.py").touch()

    project = load_project(shop)

    assert hello(project).code_directory == file.parent
    assert project.problems == ()


@pytest.mark.parametrize("is_in_repository", [False, True])
def test_the_source_of_another_asset_is_never_taken(shop: Path, is_in_repository: bool) -> None:
    if is_in_repository:
        (shop.parent / ".git").mkdir()
    # As a function that began as a copy, and was deleted.
    shutil.rmtree(shop / "functions/hello")
    text = (shop / HELLO / "app.py").read_text()
    (shop / ORDERS / "app.py").write_text(f"{text}# changed\n")
    (shop / "functions/orders/app.py").write_text(f"{text}# changed\n")

    project = load_project(shop)

    assert hello(project).code_directory == shop / HELLO


def test_a_source_that_is_not_found_is_told_with_the_setting_for_it(shop: Path) -> None:
    (shop / "functions/hello/app.py").write_text("def handler(event, context): return 1\n")

    project = load_project(shop)

    assert hello(project).code_directory == shop / HELLO
    copied, stale = sentences(project)
    assert copied == (
        f"{STACK}:43: Hello: no folder of the project holds what its asset does, so the copy in "
        "the assembly runs; synthesise it with --no-staging, or add its folder, below "
        '[cdk.sources] in lambda-tui.toml: "Hello" = "…"'
    )
    # Whatever the source is, the copy is not of what was saved since.
    assert "older than functions/hello/app.py, and Hello, Bundled run as they were then" in stale


@pytest.mark.parametrize("name", ["Hello", "Shop/Hello"])
def test_the_setting_maps_a_function_to_its_source(shop: Path, name: str) -> None:
    folder = shop / "functions/hello"
    (folder / "app.py").write_text("def handler(event, context): return 1\n")

    project = load_project(shop, Settings(cdk=CdkSettings(sources={name: folder})))

    assert hello(project).code_directory == folder
    assert project.problems == ()


def test_the_setting_maps_what_was_bundled_to_its_source(shop: Path) -> None:
    (shop / "source").mkdir()
    (shop / "source/index.mjs").write_text("export const handler = async () => 'source'\n")

    sources = {"Bundled": shop / "source", "Common": shop / "layers/common"}
    project = load_project(shop, Settings(cdk=CdkSettings(sources=sources)))

    bundled = next(one for one in project.functions if one.name == "Bundled")
    assert bundled.code_directory == shop / "source"
    assert project.problems == ()


def test_a_setting_for_what_is_not_there_is_told(shop: Path) -> None:
    sources = {"Helo": shop / "functions/hello", "Hello": shop / "nowhere"}

    project = load_project(shop, Settings(cdk=CdkSettings(sources=sources)))

    told = "\n".join(sentences(project))
    assert "the setting cdk.sources has Helo, which is not there; did you mean Hello?" in told
    assert "Hello: the setting cdk.sources has " in told
    assert "which does not exist; name the folder of its source." in told


def test_of_two_folders_that_are_alike_none_is_chosen(shop: Path) -> None:
    shutil.copytree(shop / "functions/hello", shop / "functions/hello-copy")

    project = load_project(shop)

    assert hello(project).code_directory == shop / HELLO
    assert sentences(project) == [
        f"{STACK}:43: Hello: its source may be functions/hello or functions/hello-copy, which are "
        "alike, so the copy in the assembly runs; synthesise it with --no-staging, or add its "
        'folder, below [cdk.sources] in lambda-tui.toml: "Hello" = "…"'
    ]


def test_without_staging_the_assembly_names_the_source(shop: Path) -> None:
    source = shop / "functions/hello"
    change(shop / STACK, *METADATA, "aws:asset:path", value=str(source))
    shutil.copytree(source, shop / "functions/hello-copy")

    project = load_project(shop)

    assert hello(project).code_directory == source
    assert project.problems == ()


def test_an_asset_without_metadata_is_found_by_its_key(shop: Path) -> None:
    change(shop / STACK, *METADATA, value=None)

    project = load_project(shop)

    assert hello(project).code_directory == shop / "functions/hello"


def test_code_that_is_no_asset_is_told(shop: Path) -> None:
    change(shop / STACK, *METADATA, value={"aws:cdk:path": "Shop/Hello/Resource"})
    code = ("Resources", "Hello4A628BD4", "Properties", "Code")
    change(shop / STACK, *code, value={"S3Bucket": "builds", "S3Key": "hello.zip"})

    project = load_project(shop)

    told = "Hello: its code lies in S3 and is no asset of the app; add its folder, below"
    assert any(told in one for one in sentences(project))
    sources = {"Hello": shop / "functions/hello"}
    mapped = load_project(shop, Settings(cdk=CdkSettings(sources=sources)))
    assert hello(mapped).code_directory == shop / "functions/hello"


def test_a_source_beside_the_app_in_its_repository_is_found(shop: Path) -> None:
    (shop.parent / ".git").mkdir()
    source = shop.parent / "services/hello"
    source.parent.mkdir()
    (shop / "functions/hello").rename(source)
    (source / "app.py").write_text(f"{(source / 'app.py').read_text()}# changed\n")

    project = load_project(shop)

    assert hello(project).code_directory == source
    assert project.problems == ()


def test_links_count_by_what_they_lead_to(shop: Path) -> None:
    # A synthesis copies what a link leads to outside of the folder.
    (shop / "shared.py").write_text("SHARED = 1\n")
    (shop / "functions/hello/shared.py").symlink_to("../../shared.py")
    (shop / HELLO / "shared.py").write_text("SHARED = 1\n")
    (shop / "functions/hello/loop").symlink_to("loop")
    (shop / "functions/around").symlink_to("..")

    project = load_project(shop)

    assert hello(project).code_directory == shop / "functions/hello"


def test_an_archive_is_found_by_its_content(shop: Path) -> None:
    (shop / "packed").mkdir()
    archive = shop / "packed/hello.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(zip_entry("app.py"), (shop / HELLO / "app.py").read_text())
    shutil.copy(archive, shop / "cdk.out/asset.99.zip")
    (shop / "packed/other.zip").write_bytes(bytes(archive.stat().st_size))
    change(shop / STACK, *METADATA, "aws:asset:path", value="asset.99.zip")

    assert hello(load_project(shop)).code_archive == archive


def test_a_layer_of_packages_is_known_by_their_names(shop: Path) -> None:
    for folder in ("layers/common", "cdk.out/asset.c3c3c3c3c3c3c3c3"):
        shutil.rmtree(shop / folder / "python")
        (shop / folder / "nodejs/node_modules/colours").mkdir(parents=True)
    (shop / "layers/other/nodejs/node_modules/shapes").mkdir(parents=True)

    (layer,) = hello(load_project(shop)).layers

    assert layer.path == shop / "layers/common"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what was read")
def test_a_large_asset_is_not_read_whole(shop: Path) -> None:
    for folder in (shop / HELLO, shop / "functions/hello"):
        with (folder / "model.bin").open("wb") as file:
            file.truncate(100 * 1024**2)
    before = _read_bytes()

    project = load_project(shop)

    assert hello(project).code_directory == shop / "functions/hello"
    assert _read_bytes() - before < 5 * 1024**2


def test_many_functions_whose_files_have_one_name_are_told_apart(shop: Path) -> None:
    template = shop / STACK
    resource = json.loads(template.read_text())["Resources"]["Hello4A628BD4"]
    del resource["Properties"]["Layers"]
    numbers = range(100, 160)
    for number in numbers:
        for folder in (f"functions/f{number}", f"cdk.out/asset.{number}"):
            (shop / folder).mkdir()
            text = f"def handler(event, context):\n    return {number}\n"
            (shop / folder / "app.py").write_text(text)
    # Saved since, as all the others are not.
    (shop / "functions/f150/app.py").write_text("def handler(event, context):\n    return 'new'\n")
    for number in numbers:
        metadata = {"aws:cdk:path": f"Shop/F{number}", "aws:asset:path": f"asset.{number}"}
        change(template, "Resources", f"F{number}", value={**resource, "Metadata": metadata})

    project = load_project(shop)

    found = {one.name: one.code_directory for one in project.functions}
    assert project.problems == ()
    assert all(found[f"F{number}"] == shop / f"functions/f{number}" for number in numbers)


def test_of_a_large_tree_a_part_is_looked_at(shop: Path) -> None:
    for number in range(2_000):
        os.link(shop / "app.py", shop / HELLO / f"{number}.py")

    project = load_project(shop)

    # Nothing of the kind is in the project, but what it is looked for by is bounded.
    assert hello(project).code_directory == shop / HELLO


def _read_bytes() -> int:
    (line,) = (one for one in Path("/proc/self/io").read_text().splitlines() if "rchar" in one)
    return int(line.split()[1])
