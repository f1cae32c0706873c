from __future__ import annotations

import json
import sys
from pathlib import Path

from lambda_tui.commands.opened_project import OpenedProject, find_function
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from support.command_line import run, set_up, write_project
from support.node_process import NODE

HANDLER = "def handler(event, context): ...\n"
VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"


def test_functions_are_listed_in_columns(tmp_path: Path) -> None:
    project = write_project(
        tmp_path / "shop", {"Order": HANDLER, "Refund": HANDLER}, Refund="Timeout: 300"
    )

    listed = run("list", project)

    assert listed.status == 0
    assert listed.errors == ""
    assert listed.output.splitlines() == [
        f"FUNCTION  RUNTIME{' ' * (len(VERSION) - 7)}  HANDLER      TIMEOUT  MEMORY  CODE",
        f"Order     {VERSION}  app.handler  60 s     128 MB  Order",
        f"Refund    {VERSION}  app.handler  300 s    128 MB  Refund",
    ]


def test_an_interpreter_of_another_version_than_is_named_is_said(tmp_path: Path) -> None:
    project = write_project(tmp_path / "shop", {"Order": HANDLER, "Refund": HANDLER})
    template = project / "template.yaml"
    other = "python3.14" if sys.version_info[:2] != (3, 14) else "python3.13"
    template.write_text(template.read_text().replace(VERSION, other, 1))
    empty = tmp_path / "empty"
    empty.mkdir()

    for more in ((), ("--json",)):
        listed = run("list", project, *more, PATH=str(empty))
        assert listed.status == 0
        running = VERSION.removeprefix("python")
        assert listed.errors == (
            f"lambda-tui: Order runs on Python {running}, but Runtime names {other}.\n"
        )


def test_a_stand_in_for_the_node_that_is_named_is_said(tmp_path: Path) -> None:
    project = write_project(tmp_path / "shop", {"Order": HANDLER})
    (project / "Order" / "app.js").write_text("exports.handler = async () => 1;")
    template = project / "template.yaml"
    template.write_text(template.read_text().replace(VERSION, "nodejs16.x"))
    set_up(project, f'node = "{NODE}"')

    listed = run("list", project)
    assert "lambda-tui: Order runs on Node.js " in listed.errors
    assert ", but Runtime names nodejs16.x.\n" in listed.errors
    assert "Lambda's support of nodejs16.x ended on 12 June 2024" in listed.errors


def test_the_folder_is_the_present_one_when_none_is_named(tmp_path: Path) -> None:
    project = write_project(tmp_path / "shop", {"Order": HANDLER})

    assert run("list", cwd=project).output == run("list", project).output


def test_a_json_array_has_every_function_with_its_configuration(tmp_path: Path) -> None:
    project = write_project(
        tmp_path / "shop",
        {"Order": HANDLER},
        Order="MemorySize: 512\nReservedConcurrentExecutions: 5\nDescription: Übergröße",
    )

    listed = run("list", project, "--json")

    (function,) = json.loads(listed.output)
    assert function == {
        "name": "Order",
        "logical_id": "Order",
        "arn": "arn:aws:lambda:us-east-1:123456789012:function:Order",
        "runtime": VERSION,
        "handler": "app.handler",
        "timeout_seconds": 60,
        "memory_size_mb": 512,
        "ephemeral_storage_mb": 512,
        "reserved_concurrency": 5,
        "aliases": {},
        "provisioned_concurrency": 0,
        "snap_start": False,
        "tracing": "PassThrough",
        "is_tenant_isolated": False,
        "triggers": [],
        "log_group": "/aws/lambda/Order",
        "description": "Übergröße",
        "code": str(project / "Order"),
        "listing": str(project / "template.yaml"),
        "file": str(project / "template.yaml"),
        "line": 2,
        "interpreter": sys.executable,
    }


def test_what_is_wrong_is_said_beside_what_can_be_listed(tmp_path: Path) -> None:
    project = write_project(
        tmp_path / "shop", {"Order": HANDLER, "Refund": HANDLER}, Refund="Timeout: 901"
    )

    listed = run("list", project)

    assert listed.status == 0
    assert "Refund" not in listed.output
    assert "Refund: Timeout is 901" in listed.complaint


def test_all_that_is_wrong_is_said_when_there_is_nothing_to_list(tmp_path: Path) -> None:
    project = write_project(
        tmp_path / "shop",
        {"Order": HANDLER, "Refund": HANDLER},
        Order="Timeout: 0",
        Refund="Timeout: 901",
    )
    (project / "lambda-tui.toml").write_text("idle_timeout = 0\n")

    for command in ("list", "serve", "invoke"):
        refused = run(command, cwd=project)

        assert (refused.status, refused.output) == (2, "")
        first, second, third = refused.errors.splitlines()
        assert first.startswith("lambda-tui: lambda-tui.toml:1: idle_timeout is 0")
        assert "Order: Timeout is 0" in second
        assert "Refund: Timeout is 901" in third


def test_a_folder_without_functions_is_refused_in_one_line(tmp_path: Path) -> None:
    listed = run("list", tmp_path)

    assert (listed.status, listed.output) == (2, "")
    assert listed.complaint.startswith("lambda-tui: no function here: write a lambda_function.py")


def test_a_function_of_a_nested_stack_is_listed_with_its_path_and_found_by_it(
    tmp_path: Path,
) -> None:
    function = (
        "    Type: AWS::Serverless::Function\n"
        "    Properties: {CodeUri: ., Handler: app.handler, Runtime: python3.12}\n"
    )
    nested = (
        "  Shop:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: s.yaml}\n"
    )
    (tmp_path / "app.py").write_text("def handler(event, context): ...\n")
    (tmp_path / "template.yaml").write_text(f"Resources:\n  Own:\n{function}{nested}")
    (tmp_path / "s.yaml").write_text(f"Resources:\n  Order:\n{function}")

    heading, own, order = run("list", tmp_path).output.splitlines()
    assert heading.endswith("PATH")
    assert own.startswith("Own ")
    assert order.startswith("Shop-Order ")
    assert order.endswith(" Shop/Order")

    opened = OpenedProject(load_project(tmp_path), Settings(), ())
    assert find_function(opened, "Shop/Order") is find_function(opened, "Shop-Order")


def test_functions_of_several_files_are_listed_below_these_with_what_was_not_read(
    tmp_path: Path,
) -> None:
    project = write_project(tmp_path, {"Order": HANDLER})
    (project / "serverless.yml").write_text(
        "service: shop\nprovider: {name: aws, runtime: python3.12}\n"
        "functions: {hello: {handler: Order/app.handler}}\n"
    )
    (project / "pipeline.yaml").write_text(
        "Resources:\n  A: {Type: AWS::Serverless::Function}\n  B: {Type: AWS::Lambda::Function}\n"
    )
    lines = run("list", project).output.splitlines()

    assert [line.split("  ")[0] for line in lines] == [
        "FUNCTION",
        "",
        "template.yaml: SAM or CloudFormation, 1 function",
        "Order",
        "",
        "serverless.yml: Serverless Framework, 1 function",
        "shop-dev-hello",
        "",
        "pipeline.yaml: SAM or CloudFormation, 2 functions, not read; -t opens it",
    ]


def test_templates_below_are_listed_with_the_commands_that_open_them(tmp_path: Path) -> None:
    for number in range(12):
        write_project(tmp_path / f"service{number:02}", {"Order": HANDLER, "Refund": HANDLER})

    listed = run("list", tmp_path)

    assert listed.status == 2
    heading, first, *others = listed.output.splitlines()
    assert heading.split() == ["COMMAND", "FUNCTIONS"]
    assert first == "lambda-tui -t service00/template.yaml  2 functions"
    assert len(others) == 11


def test_a_function_in_another_language_is_listed_and_refused_when_it_is_invoked(
    tmp_path: Path,
) -> None:
    project = write_project(tmp_path / "shop", {"Order": HANDLER})
    template = project / "template.yaml"
    template.write_text(template.read_text().replace(VERSION, "java21"))
    sentence = "Runtime java21 is for Java, which does not run here; name its client of the"

    listed = run("list", project)
    assert listed.status == 0
    assert listed.output.splitlines()[1].split()[:2] == ["Order", "java21"]
    assert listed.errors.count(sentence) == 1

    invoked = run("invoke", "Order", project)
    assert invoked.status == 2
    assert f"Order cannot run: {sentence}" in invoked.errors
