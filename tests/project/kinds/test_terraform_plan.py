"""A plan in JSON, as `terraform show` writes it, becomes the functions that it would deploy."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.project.function import Project
from lambda_tui.project.kinds.terraform import read_project
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from support.mutations import changed, places

Json = dict[str, Any]


def resource(kind: str, name: str, values: Json, prefix: str = "", **more: Any) -> Json:
    """Return a resource as a plan has it."""
    mode = more.pop("mode", "managed")
    data = "data." if mode == "data" else ""
    index = f"[{more['index']}]" if "index" in more else ""
    address = f"{prefix}{data}{kind}.{name}{index}"
    return {"address": address, "mode": mode, "type": kind, "name": name, "values": values, **more}


FUNCTION: Json = {
    "function_name": "orders",
    "handler": "app.handler",
    "runtime": "python3.13",
    "filename": "./build/app.zip",
    "memory_size": 256,
    "timeout": 10,
    "publish": True,
    "reserved_concurrent_executions": -1,
    "layers": None,
    "package_type": "Zip",
    "architectures": ["arm64"],
    "environment": [{"variables": {"STAGE": "dev"}}],
    "ephemeral_storage": [{"size": 512}],
    "tracing_config": [],
}
PLAN: Json = {
    "format_version": "1.2",
    "terraform_version": "1.13.0",
    "variables": {"region": {"value": "eu-west-1"}},
    "planned_values": {
        "root_module": {
            "resources": [
                resource("aws_lambda_function", "orders", FUNCTION),
                resource("aws_sqs_queue", "orders", {"name": "orders"}),
                resource(
                    "aws_lambda_layer_version",
                    "common",
                    {"layer_name": "common", "filename": "layer.zip"},
                ),
                resource("aws_lambda_alias", "live", {"name": "live", "function_name": "orders"}),
                resource("aws_lambda_event_source_mapping", "orders", {"batch_size": 10}),
            ],
            "child_modules": [
                {
                    "address": "module.worker",
                    "resources": [
                        resource(
                            "aws_lambda_function",
                            "this",
                            {**FUNCTION, "function_name": "worker", "filename": "w.zip"},
                            "module.worker.",
                            index=0,
                        ),
                        resource(
                            "null_resource",
                            "sam_metadata_aws_lambda_function",
                            {
                                "triggers": {
                                    "resource_name": "aws_lambda_function.this[0]",
                                    "resource_type": "ZIP_LAMBDA_FUNCTION",
                                    "original_source_code": '[{"path": "worker"}]',
                                }
                            },
                            "module.worker.",
                            index=0,
                        ),
                        resource("aws_lambda_event_source_mapping", "this", {}, "module.worker."),
                    ],
                }
            ],
        }
    },
    "resource_changes": [
        {
            "address": "aws_lambda_function.orders",
            "change": {
                "after_unknown": {
                    "arn": True,
                    "layers": True,
                    "environment": [{"variables": {"TABLE": True}}],
                }
            },
        },
        {
            "address": "aws_lambda_alias.live",
            "change": {"after_unknown": {"function_version": True}},
        },
        {
            "address": "aws_lambda_event_source_mapping.orders",
            "change": {"after_unknown": {"event_source_arn": True, "function_name": True}},
        },
        {
            "address": "module.worker.aws_lambda_event_source_mapping.this",
            "change": {"after_unknown": {"event_source_arn": True, "function_name": True}},
        },
    ],
    "prior_state": {
        "values": {
            "root_module": {
                "resources": [
                    resource(
                        "archive_file",
                        "code",
                        {"source_dir": "src", "output_path": "build/app.zip"},
                        mode="data",
                    )
                ]
            }
        }
    },
    "configuration": {
        "provider_config": {
            "aws": {"name": "aws", "expressions": {"region": {"references": ["var.region"]}}}
        },
        "root_module": {
            "resources": [
                {
                    "address": "aws_lambda_function.orders",
                    "expressions": {
                        "layers": {
                            "references": [
                                "aws_lambda_layer_version.common.arn",
                                "aws_lambda_layer_version.common",
                            ]
                        }
                    },
                },
                {
                    "address": "aws_lambda_event_source_mapping.orders",
                    "expressions": {
                        "event_source_arn": {
                            "references": ["aws_sqs_queue.orders.arn", "aws_sqs_queue.orders"]
                        },
                        "function_name": {
                            "references": [
                                "aws_lambda_function.orders.arn",
                                "aws_lambda_function.orders",
                            ]
                        },
                    },
                },
            ],
            "module_calls": {
                "worker": {
                    "source": "./worker",
                    "expressions": {
                        "queue_arn": {
                            "references": ["aws_sqs_queue.orders.arn", "aws_sqs_queue.orders"]
                        }
                    },
                    "module": {
                        "resources": [
                            {
                                "address": "aws_lambda_event_source_mapping.this",
                                "expressions": {
                                    "event_source_arn": {"references": ["var.queue_arn"]},
                                    "function_name": {
                                        "references": [
                                            "aws_lambda_function.this[0].arn",
                                            "aws_lambda_function.this[0]",
                                            "aws_lambda_function.this",
                                        ]
                                    },
                                },
                            }
                        ]
                    },
                }
            },
        },
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the source that the plan is of."""
    for name in ("src", "worker"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.py").write_text("def handler(event, context): ...\n")
    (tmp_path / "layer.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    return tmp_path


def read(folder: Path, plan: object, name: str = "tfplan.json", **values: str) -> Project:
    (folder / name).write_text(json.dumps(plan))
    return load_project(folder, Settings(values=values))


def test_a_plan_has_functions_with_their_source(folder: Path) -> None:
    orders, worker = read(folder, PLAN).functions
    assert (orders.name, orders.logical_id) == ("orders", "aws_lambda_function.orders")
    assert (worker.name, worker.logical_id) == (
        "worker",
        "module.worker.aws_lambda_function.this[0]",
    )
    assert orders.code_directory == folder / "src"
    assert worker.code_directory == folder / "worker"
    assert (orders.memory_size, orders.timeout, orders.architecture) == (256, 10, "arm64")
    assert (orders.reserved_concurrency, orders.region) == (None, "eu-west-1")
    assert orders.versions == ("$LATEST", "1")
    assert [layer.path for layer in orders.layers] == [folder / "layer.zip"]


def test_references_give_what_only_an_application_of_the_plan_knows(folder: Path) -> None:
    queue = {"queue": "arn:aws:sqs:eu-west-1:123456789012:orders"}
    for one in read(folder, PLAN).functions:
        assert [(trigger.service, trigger.details) for trigger in one.triggers] == [("sqs", queue)]


def test_a_value_that_is_not_known_before_is_told_and_can_be_given(folder: Path) -> None:
    project = read(folder, PLAN)
    assert dict(project.functions[0].environment) == {"STAGE": "dev"}
    name = "aws_lambda_function.orders.environment.variables.TABLE"
    told = [one for one in project.problems if name in one.message]
    assert [(one.file, one.line) for one in told] == [(folder / "tfplan.json", 1)]
    project = read(folder, PLAN, **{name: "orders-table"})
    assert project.functions[0].environment["TABLE"] == "orders-table"


def test_a_name_that_is_made_up_later_has_one_that_stands_for_it(folder: Path) -> None:
    plan = copy.deepcopy(PLAN)
    del plan["planned_values"]["root_module"]["resources"][0]["values"]["function_name"]
    plan["resource_changes"][0]["change"]["after_unknown"]["function_name"] = True
    expressions = plan["configuration"]["root_module"]["resources"][0]["expressions"]
    expressions["function_name"] = {"references": ["random_pet.lucky.id", "random_pet.lucky"]}
    project = read(folder, plan)
    assert [one.name for one in project.functions] == ["orders", "worker"]
    told = [one for one in project.problems if "its function_name is not known" in one.message]
    assert [one.functions for one in told] == [("orders",)]


def test_a_plan_goes_before_the_configuration_and_may_have_any_name(folder: Path) -> None:
    (folder / "main.tf").write_text('resource "aws_lambda_function" "other" {}\n')
    (folder / "p.json").write_text(json.dumps(PLAN))
    project = load_project(folder, Settings(template=folder / "p.json"))
    assert [one.name for one in project.functions] == ["orders", "worker"]
    assert load_project(folder).functions == ()
    assert len(read(folder, PLAN, "plan.json").functions) == 2


def test_a_plan_that_is_older_than_the_configuration_is_told(folder: Path) -> None:
    assert not any("anew" in one.message for one in read(folder, PLAN).problems)
    (folder / "main.tf").write_text("")
    os.utime(folder / "tfplan.json", (0, 0))
    found = load_project(folder).problems
    assert found[0].message.startswith("main.tf has been changed since this plan was made")


def test_what_has_been_deployed_is_read_too(folder: Path) -> None:
    state = {"format_version": "1.0", "values": PLAN["planned_values"]}
    project = read(folder, state, "plan.json")
    assert [one.name for one in project.functions] == ["worker"]
    assert "build/app.zip is not built" in project.problems[0].message


@pytest.mark.parametrize("content", ['{"format_version": "1.2"', '{"format_version": "1.2", "x"'])
def test_a_plan_that_is_cut_is_told(folder: Path, content: str) -> None:
    (folder / "plan.json").write_text(content)
    project = load_project(folder)
    assert "the file is no valid JSON" in project.problems[0].message


def test_another_plan_json_is_none(folder: Path) -> None:
    (folder / "plan.json").write_text('{"steps": []}')
    assert load_project(folder).template is None


ODD: tuple[object, ...] = (
    *(None, True, -1, 10**30, "", "x", "a\0b", [], [None], ["x", 1, {}], {}, {"x": None}),
    *({"references": ["var."]}, {"references": ["module.a"]}, [[[]]], {"constant_value": []}),
)


def test_every_change_of_a_value_gives_functions_or_problems(folder: Path) -> None:
    file = folder / "tfplan.json"
    for number, place in enumerate(places(PLAN)):
        for shift in (0, 5):
            text = json.dumps(changed(PLAN, place, ODD[(number * 3 + shift) % len(ODD)]))
            file.write_text(text)
            project = read_project(folder, Settings())
            for problem in project.problems if project is not None else ():
                assert problem.message.isprintable(), text
                assert problem.file is None or problem.line is not None, (problem, text)
