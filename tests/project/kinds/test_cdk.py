"""A CDK app is read by the assembly that a synthesis leaves: stacks, stages, nested stacks."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from lambda_tui.project.function import Function, Project
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import CdkSettings, Settings
from support.cdk_app import change, copy_app, synthesised

HOW = "K on the screen, or the option --synth, runs `npx cdk synth -q --no-staging`."
STACK = "cdk.out/Shop.template.json"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Copy the app, as if it had just been synthesised."""
    return copy_app(tmp_path / "shop")


def by_name(project: Project) -> dict[str, Function]:
    return {function.name: function for function in project.functions}


def sentences(project: Project) -> list[str]:
    return [str(problem) for problem in project.problems]


def test_functions_are_named_by_their_constructs_with_more_where_it_takes_that(shop: Path) -> None:
    project = load_project(shop)

    assert project.problems == ()
    assert project.template == shop / "cdk.json"
    assert project.sources == {
        shop / "cdk.out" / "manifest.json",
        shop / "cdk.json",
        shop / "app.py",
    }
    assert {one.name: one.logical_id for one in project.functions} == {
        "Test-Api-Orders": "Orders99AA77BB",
        "Prod-Api-Orders": "Orders99AA77BB",
        "Hello": "Hello4A628BD4",
        "shop-inline": "Inline6CF80F9D",
        "Bundled": "Bundled34833F36",
        "Count": "Count2B60CC45",
    }


def test_code_and_layers_are_the_sources_that_were_copied(shop: Path) -> None:
    functions = by_name(load_project(shop))

    hello = functions["Hello"]
    assert hello.code_directory == shop / "functions" / "hello"
    assert [layer.path for layer in hello.layers] == [shop / "layers" / "common"]
    assert (hello.memory_size, hello.timeout, hello.line) == (256, 10, 43)
    assert hello.file == shop / STACK
    assert functions["Count"].code_directory == shop / "functions" / "orders"
    assert (functions["shop-inline"].code_directory / "index.py").read_text().endswith("'inline'\n")
    bundle = "asset.d4d4d4d4d4d4d4d4"
    assert functions["Bundled"].code_directory == shop / "cdk.out" / bundle


def test_references_go_from_stack_to_stack(shop: Path) -> None:
    functions = by_name(load_project(shop))

    assert dict(functions["Hello"].environment) == {
        "TABLE": "TableCD117FA1",
        "QUEUE": "https://sqs.us-east-1.amazonaws.com/123456789012/Stock0011AABB",
        "STACK": "Shop",
    }
    assert dict(functions["Count"].environment) == {"TABLE": "TableCD117FA1"}
    orders = functions["Prod-Api-Orders"]
    assert dict(orders.environment) == {"TABLE": "TableCD117FA1"}
    assert orders.arn == "arn:aws:lambda:eu-west-1:123456789012:function:Prod-Api-Orders"


def test_versions_aliases_and_triggers_are_the_functions(shop: Path) -> None:
    hello = by_name(load_project(shop))["Hello"]

    assert {alias.name: alias.version for alias in hello.aliases} == {"live": "1"}
    assert [trigger.service for trigger in hello.triggers] == ["sqs"]


def test_a_layer_of_another_stack_is_found(shop: Path) -> None:
    layer = "arn:aws:lambda:us-east-1:123456789012:layer:CommonD8257971:1"
    properties = ("Resources", "Orders99AA77BB", "Properties")
    change(
        shop / "cdk.out/assembly-Test/TestApi.template.json", *properties, "Layers", value=[layer]
    )

    functions = by_name(load_project(shop))

    (found,) = functions["Test-Api-Orders"].layers
    assert found.path == shop / "layers" / "common"


def test_a_stage_has_its_own_layer_of_a_name_that_others_have_too(shop: Path) -> None:
    for stage, asset in (("Test", "c3c3c3c3c3c3c3c3"), ("Prod", "b2b2b2b2b2b2b2b2")):
        layer = {
            "Type": "AWS::Lambda::LayerVersion",
            "Properties": {"Content": {"S3Key": f"{asset}.zip"}},
            "Metadata": {"aws:asset:path": f"../asset.{asset}"},
        }
        template = shop / f"cdk.out/assembly-{stage}/{stage}Api.template.json"
        change(template, "Resources", "Extra", value=layer)
        layers = ("Resources", "Orders99AA77BB", "Properties", "Layers")
        change(template, *layers, value=[{"Ref": "Extra"}])

    functions = by_name(load_project(shop))

    found = [functions[f"{stage}-Api-Orders"].layers[0].path for stage in ("Test", "Prod")]
    assert found == [shop / "layers" / "common", shop / "functions" / "orders"]


def test_what_only_the_cloud_knows_is_told_with_the_line_to_add(shop: Path) -> None:
    table = {"Fn::GetAtt": ["CleanUp77AA88BB", "Name"]}
    variables = ("Resources", "Hello4A628BD4", "Properties", "Environment", "Variables")
    change(shop / STACK, *variables, "TABLE", value=table)

    (told,) = sentences(load_project(shop))

    assert told.startswith(f"{STACK}:")
    assert 'below [values] in lambda-tui.toml: "CleanUp77AA88BB.Name" = "…"' in told
    given = load_project(shop, Settings(values={"CleanUp77AA88BB.Name": "orders"}))
    assert by_name(given)["Hello"].environment["TABLE"] == "orders"
    assert given.problems == ()


def test_an_output_of_a_nested_stack_that_is_not_known_is_told(shop: Path) -> None:
    change(shop / "cdk.out/ShopStock.nested.template.json", "Outputs", value=None)

    (told,) = sentences(load_project(shop))

    assert "StockNestedStack1A2B3C4D.Outputs.StockUrl is known only in the cloud; add," in told


def test_an_app_with_none_but_cdks_own_functions_says_so(shop: Path) -> None:
    for name in ("assembly-Test", "assembly-Prod"):
        change(shop / "cdk.out/manifest.json", "artifacts", name, value=None)
    for name in ("Hello4A628BD4", "Inline6CF80F9D", "Bundled34833F36", "StockNestedStack1A2B3C4D"):
        change(shop / STACK, "Resources", name, value=None)
    for name in ("HelloVersion0123ABCD", "HelloLiveAliasFEDC3210", "HelloSource5566AABB"):
        change(shop / STACK, "Resources", name, value=None)

    project = load_project(shop)

    assert project.functions == ()
    (told,) = sentences(project)
    assert told.startswith(
        "cdk.json: the app has no functions but those that CDK has added itself "
        "(LogRetentionaae0aa3c5b4d4f87b02d85b201efdd8a, Handler); "
    )


def test_an_app_without_an_assembly_is_told_how_to_synthesise_it(shop: Path) -> None:
    shutil.rmtree(shop / "cdk.out")

    project = load_project(shop)

    assert project.functions == ()
    what = "the functions of this CDK app are not known, as there is no cdk.out"
    assert sentences(project) == [f"cdk.json: {what}: {HOW}"]
    assert shop / "cdk.out" / "manifest.json" in project.sources


def test_the_assembly_may_have_another_name(shop: Path) -> None:
    (shop / "build").mkdir()
    (shop / "cdk.out").rename(shop / "build" / "assembly")
    change(shop / "cdk.json", "output", value="build/assembly")

    project = load_project(shop)

    assert project.problems == ()
    assert by_name(project)["Hello"].code_directory == shop / "functions" / "hello"


def test_an_assembly_can_be_opened_itself(shop: Path) -> None:
    project = load_project(shop / "cdk.out")

    assert project.problems == ()
    assert by_name(project)["Hello"].code_directory == shop / "functions" / "hello"


def test_the_template_of_a_stack_can_be_named(shop: Path) -> None:
    template = shop / "cdk.out/Shop.template.json"

    project = load_project(template.parent, Settings(template=template))

    assert project.problems == ()
    assert sorted(by_name(project)) == ["Bundled", "Count", "Hello", "shop-inline"]
    assert by_name(project)["Hello"].code_directory == shop / "functions" / "hello"


def test_an_assembly_older_than_the_app_is_stale(shop: Path) -> None:
    newer = (shop / "cdk.out/manifest.json").stat().st_mtime + 5
    os.utime(shop / "app.py", (newer, newer))

    project = load_project(shop)

    told = "cdk.out is stale, older than app.py, and Bundled runs as it was then"
    assert sentences(project) == [f"cdk.json: {told}: {HOW}"]
    assert len(project.functions) == 6


@pytest.mark.parametrize("name", ["functions/hello/app.py", "test/shop.test.ts", "README.md"])
def test_a_save_that_no_synthesis_reads_leaves_it_fresh(shop: Path, name: str) -> None:
    newer = (shop / "cdk.out/manifest.json").stat().st_mtime + 5
    (shop / name).parent.mkdir(exist_ok=True)
    (shop / name).touch()
    os.utime(shop / name, (newer, newer))

    assert load_project(shop).problems == ()


def test_an_asset_that_is_gone_is_told(shop: Path) -> None:
    shutil.rmtree(shop / "cdk.out/asset.a1a1a1a1a1a1a1a1")

    project = load_project(shop)

    assert "Hello" not in by_name(project)
    (told,) = [one for one in sentences(project) if "Hello: its code" in one]
    asset = "cdk.out/asset.a1a1a1a1a1a1a1a1"
    assert told == f"{STACK}:43: Hello: its code, {asset}, is not there: {HOW}"


def test_a_name_that_two_stages_give_is_the_first_ones(shop: Path) -> None:
    properties = ("Resources", "Orders99AA77BB", "Properties", "FunctionName")
    for stage in ("Test", "Prod"):
        file = shop / f"cdk.out/assembly-{stage}/{stage}Api.template.json"
        change(file, *properties, value="take-orders")

    project = load_project(shop)

    assert project.problems == ()
    assert [one.name for one in project.functions][:2] == ["take-orders", "Orders"]


def test_a_container_image_runs_from_the_folder_that_it_is_built_of(shop: Path) -> None:
    base = "public.ecr.aws/lambda/python:3.13"
    for folder in ("functions/image", "cdk.out/asset.99"):
        (shop / folder).mkdir()
        text = f'FROM {base}\nCOPY app.py ./\nCMD ["app.handler"]\n'
        (shop / folder / "Dockerfile").write_text(text)
        (shop / folder / "app.py").write_text("def handler(event, context): return 'image'\n")
    synthesised(shop)
    metadata = {
        "aws:cdk:path": "Shop/Hello/Resource",
        "aws:asset:path": "asset.99",
        "aws:asset:dockerfile-path": "Dockerfile",
        "aws:asset:property": "Code.ImageUri",
    }
    properties = {"Code": {"ImageUri": "x.dkr.ecr/y:z"}, "PackageType": "Image"}
    resource = {"Type": "AWS::Lambda::Function", "Properties": properties, "Metadata": metadata}
    change(shop / STACK, "Resources", "Hello4A628BD4", value=resource)

    project = load_project(shop)

    assert project.problems == ()
    hello = by_name(project)["Hello"]
    assert hello.handler == "app.handler"
    assert hello.image is not None
    assert hello.image.dockerfile == shop / "functions/image/Dockerfile"


@pytest.mark.parametrize(
    "path", ["Shop.template.json", "../../../../../../etc/passwd", "nowhere", "\0", "."]
)
def test_a_nested_stack_in_a_circle_or_of_no_template_ends_nothing(shop: Path, path: str) -> None:
    metadata = ("Resources", "StockNestedStack1A2B3C4D", "Metadata", "aws:asset:path")
    change(shop / STACK, *metadata, value=path)

    project = load_project(shop)

    assert "Hello" in by_name(project)
    assert "Count" not in by_name(project)


@pytest.mark.parametrize("name", ["..", "../cdk.out", "/", "nowhere", ""])
def test_a_stage_is_a_folder_of_the_assembly(shop: Path, name: str) -> None:
    stage = ("artifacts", "assembly-Test", "properties", "directoryName")
    change(shop / "cdk.out/manifest.json", *stage, value=name)

    project = load_project(shop)

    assert "Hello" in by_name(project)
    assert any("the stage assembly-Test has no folder" in one for one in sentences(project))


def test_settings_that_list_layers_are_told(shop: Path) -> None:
    project = load_project(shop, Settings(layers=(shop,), cdk=CdkSettings(synth="make cdk.out")))

    assert any("the setting layers lists layers" in one for one in sentences(project))
