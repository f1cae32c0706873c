"""Terraform's ``*.tf`` files become the functions that Terraform would deploy."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from textwrap import dedent

import pytest

from lambda_tui.project.code import Cache
from lambda_tui.project.function import Function, Project
from lambda_tui.project.kinds.template.language import section
from lambda_tui.project.kinds.terraform.code_sources import CodeSources
from lambda_tui.project.kinds.terraform.configuration import read_configuration
from lambda_tui.project.kinds.terraform.document import KINDS, make_document
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from support.files import PROJECTS, zip_entry

SHOP = PROJECTS / "terraform"
HANDLER = "def handler(event, context): ...\n"
ARCHIVE = """\
data "archive_file" "code" {
  type        = "zip"
  source_file = "app.py"
  output_path = "app.zip"
}
"""


def function(more: str = "", label: str = "f") -> str:
    """Return a function whose other arguments are ``more``."""
    return f"""
resource "aws_lambda_function" "{label}" {{
  function_name = "{label}"
  handler = "app.handler"
  runtime = "python3.13"
  filename = "app.zip"
  {more}
}}
"""


def read(folder: Path, text: str, name: str = "main.tf", **values: str) -> Project:
    """Return the project of a file with this text, with the code ``app.py`` beside it."""
    (folder / "app.py").write_text(HANDLER)
    (folder / name).write_text(text)
    return load_project(folder, Settings(values=values))


def sentences(project: Project) -> list[str]:
    return [str(problem) for problem in project.problems]


@pytest.fixture(scope="module")
def shop() -> dict[str, Function]:
    project = load_project(SHOP)
    assert project.problems == ()
    assert project.template == SHOP / "main.tf"
    names = ("main.tf", "variables.tf", "terraform.tfvars", "greeting.tftpl")
    assert project.sources == {
        *(SHOP / name for name in names),
        SHOP / "modules" / "worker" / "main.tf",
    }
    return {function.logical_id or "": function for function in project.functions}


def test_functions_are_named_as_terraform_names_their_instances(
    shop: dict[str, Function],
) -> None:
    assert {key: one.name for key, one in shop.items()} == {
        'aws_lambda_function.web["goodbye"]': "shop-dev-goodbye",
        'aws_lambda_function.web["hello"]': "shop-dev-hello",
        "module.workers[0].aws_lambda_function.this": "shop-dev-worker-0",
        "module.workers[1].aws_lambda_function.this": "shop-dev-worker-1",
        "module.report.aws_lambda_function.this[0]": "shop-dev-report",
    }


def test_a_function_knows_the_file_and_the_line_that_declare_it(shop: dict[str, Function]) -> None:
    web = shop['aws_lambda_function.web["hello"]']
    worker = shop["module.workers[0].aws_lambda_function.this"]
    lines = (SHOP / "main.tf").read_text().splitlines()
    assert web.file == SHOP / "main.tf"
    assert web.line == 1 + lines.index('resource "aws_lambda_function" "web" {')
    assert worker.file == SHOP / "modules" / "worker" / "main.tf"
    origins = web.variable_origins
    assert origins["STAGE"] == f"main.tf:{1 + lines.index('    { STAGE = upper(var.stage) },')}"
    account = next(number for number, line in enumerate(lines, 1) if "ACCOUNT " in line)
    assert origins["ACCOUNT"] == f"main.tf:{account}"


def test_a_function_has_its_arguments_and_their_defaults(shop: dict[str, Function]) -> None:
    hello = shop['aws_lambda_function.web["hello"]']
    goodbye = shop['aws_lambda_function.web["goodbye"]']
    assert (hello.timeout, goodbye.timeout) == (20, 6)
    assert (hello.memory_size, goodbye.memory_size) == (256, 512)
    assert (hello.architecture, hello.ephemeral_storage) == ("arm64", 1024)
    assert (hello.tracing, hello.logging.format) == ("Active", "JSON")
    assert hello.logging.application_level == "DEBUG"
    assert hello.arn == "arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-hello"
    assert [layer.path for layer in hello.layers] == [SHOP / "layers" / "common"]
    assert goodbye.layers == ()
    assert hello.code_directory == SHOP / "src"


def test_variables_of_the_environment_are_evaluated(shop: dict[str, Function]) -> None:
    queue = "sqs.eu-west-1.amazonaws.com/123456789012/shop-dev-orders"
    assert dict(shop['aws_lambda_function.web["hello"]'].environment) == {
        "STAGE": "DEV",
        "LEVEL": "debug",
        "ACCOUNT": "123456789012",
        "GREETING": "Hello,\n  hello!\n",
        "ORDERS": "arn:aws:dynamodb:eu-west-1:123456789012:table/shop-dev-orders",
        "QUEUE_URL": f"https://{queue}",
        "SETTINGS": '{"a":"\\u003cx\\u003e","b":[1,true,null]}',
        "TABLES": "shop-dev-carts,shop-dev-orders",
        "TEXT": "Dear you,\nhow are you?\n",
    }


def test_a_module_has_the_values_of_its_call_in_the_types_of_its_variables(
    shop: dict[str, Function],
) -> None:
    worker = shop["module.workers[1].aws_lambda_function.this"]
    assert dict(worker.environment) == {"RETRIES": "3"}
    assert worker.timeout == 30
    assert worker.code_path == SHOP / "modules" / "worker" / "src" / "worker.py"
    (code,) = worker.code_directory.iterdir()
    assert code.resolve() == worker.code_path


def test_the_package_of_the_lambda_module_links_to_all_of_its_source(
    shop: dict[str, Function],
) -> None:
    report = shop["module.report.aws_lambda_function.this[0]"]
    package = report.code_directory
    assert (package / "report.py").resolve() == SHOP / "packages" / "report" / "report.py"
    assert (package / "shared/words.py").resolve() == SHOP / "packages" / "shared" / "words.py"
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-worker"
    assert dict(report.environment) == {"WORKERS": f"{arn}-0 {arn}-1"}


def test_versions_aliases_and_asynchronous_invocations_are_the_functions(
    shop: dict[str, Function],
) -> None:
    hello = shop['aws_lambda_function.web["hello"]']
    assert [(one.name, one.version) for one in hello.aliases] == [("live", "1")]
    assert [one.provisioned_concurrency for one in hello.published] == [2]
    assert (hello.asynchronous.maximum_retry_attempts, hello.asynchronous.maximum_event_age) == (
        1,
        120,
    )
    assert hello.asynchronous.on_failure == "arn:aws:sqs:eu-west-1:123456789012:shop-dev-orders"


def test_resources_that_invoke_functions_are_triggers(shop: dict[str, Function]) -> None:
    queue = {"queue": "arn:aws:sqs:eu-west-1:123456789012:shop-dev-orders"}
    found = {
        key: [(one.service, dict(one.details)) for one in function.triggers]
        for key, function in shop.items()
    }
    assert found == {
        'aws_lambda_function.web["goodbye"]': [],
        'aws_lambda_function.web["hello"]': [
            ("httpapi", {"route": "/hello/{name}", "method": "GET"})
        ],
        "module.workers[0].aws_lambda_function.this": [("sqs", queue)],
        "module.workers[1].aws_lambda_function.this": [("sqs", queue)],
        "module.report.aws_lambda_function.this[0]": [("sqs", queue)],
    }


@pytest.mark.parametrize(
    ("resources", "service", "details"),
    [
        (
            """
            resource "aws_api_gateway_rest_api" "a" { name = "a" }
            resource "aws_api_gateway_resource" "orders" {
              rest_api_id = aws_api_gateway_rest_api.a.id
              parent_id   = aws_api_gateway_rest_api.a.root_resource_id
              path_part   = "orders"
            }
            resource "aws_api_gateway_resource" "order" {
              rest_api_id = aws_api_gateway_rest_api.a.id
              parent_id   = aws_api_gateway_resource.orders.id
              path_part   = "{id}"
            }
            resource "aws_api_gateway_integration" "order" {
              rest_api_id = aws_api_gateway_rest_api.a.id
              resource_id = aws_api_gateway_resource.order.id
              http_method = "POST"
              uri         = aws_lambda_function.f.invoke_arn
            }
            """,
            "apigateway",
            {"resource": "/orders/{id}", "method": "POST"},
        ),
        (
            """
            resource "aws_apigatewayv2_integration" "chat" {
              integration_uri = aws_lambda_function.f.invoke_arn
            }
            resource "aws_apigatewayv2_route" "chat" {
              route_key = "$connect"
              target    = "integrations/${aws_apigatewayv2_integration.chat.id}"
            }
            """,
            "websocket",
            {"route": "$connect"},
        ),
        (
            """
            resource "aws_cloudwatch_event_rule" "nightly" {
              name_prefix         = "nightly-"
              schedule_expression = "rate(1 day)"
            }
            resource "aws_cloudwatch_event_target" "nightly" {
              rule  = aws_cloudwatch_event_rule.nightly.name
              arn   = aws_lambda_function.f.arn
              input = jsonencode({ a = 1 })
            }
            """,
            "schedule",
            {
                "rule": "nightly",
                "kind": "rule",
                "schedule": "rate(1 day)",
                "input": '{"a":1}',
            },
        ),
        (
            """
            resource "aws_cloudwatch_event_rule" "paid" {
              event_pattern = jsonencode({ source = ["shop"], "detail-type" = ["Paid"] })
            }
            resource "aws_cloudwatch_event_target" "paid" {
              rule = aws_cloudwatch_event_rule.paid.name
              arn  = aws_lambda_function.f.arn
            }
            """,
            "eventbridge",
            {"source": "shop", "detail_type": "Paid"},
        ),
        (
            """
            resource "aws_s3_bucket" "pictures" { bucket = "pictures" }
            resource "aws_s3_bucket_notification" "pictures" {
              bucket = aws_s3_bucket.pictures.id
              lambda_function {
                lambda_function_arn = aws_lambda_function.f.arn
                events              = ["s3:ObjectCreated:*"]
                filter_prefix       = "in/"
                filter_suffix       = ".png"
              }
            }
            """,
            "s3",
            {"bucket": "pictures", "event": "ObjectCreated:*", "key": "in/example.png"},
        ),
        (
            """
            variable "bucket" {}
            resource "aws_s3_bucket_notification" "new_pictures" {
              bucket = var.bucket
              lambda_function { lambda_function_arn = aws_lambda_function.f.arn }
            }
            """,
            "s3",
            {"bucket": "new-pictures"},
        ),
        (
            """
            resource "aws_sns_topic" "news" { name = "news" }
            resource "aws_sns_topic_subscription" "news" {
              topic_arn = aws_sns_topic.news.arn
              protocol  = "lambda"
              endpoint  = aws_lambda_function.f.arn
            }
            """,
            "sns",
            {"topic": "arn:aws:sns:us-east-1:123456789012:news"},
        ),
        (
            """
            resource "aws_lambda_permission" "lex" {
              function_name = aws_lambda_function.f.function_name
              principal     = "iot.amazonaws.com"
            }
            """,
            "iot",
            {},
        ),
        (
            """
            resource "aws_lb_target_group" "web" {
              name        = "web"
              target_type = "lambda"
            }
            resource "aws_lb_target_group_attachment" "web" {
              target_group_arn = aws_lb_target_group.web.arn
              target_id        = aws_lambda_function.f.arn
            }
            """,
            "alb",
            {"target_group": "web"},
        ),
        (
            """
            resource "aws_scheduler_schedule" "daily" {
              name                = "daily"
              schedule_expression = "rate(1 day)"
              target { arn = aws_lambda_function.f.arn }
            }
            """,
            "schedule",
            {"rule": "daily", "kind": "scheduler", "schedule": "rate(1 day)"},
        ),
        (
            """
            resource "aws_sfn_state_machine" "flow" {
              definition = jsonencode({ States = { A = { Resource = aws_lambda_function.f.arn } } })
            }
            """,
            "step-functions",
            {},
        ),
        (
            """
            resource "aws_cognito_user_pool" "users" {
              lambda_config { pre_sign_up = aws_lambda_function.f.arn }
            }
            """,
            "cognito-pre-sign-up",
            {},
        ),
        (
            """
            resource "aws_lambda_function_url" "f" {
              function_name      = aws_lambda_function.f.function_name
              authorization_type = "NONE"
            }
            """,
            "function-url",
            {},
        ),
    ],
)
def test_each_kind_of_resource_that_invokes_a_function_is_a_trigger(
    tmp_path: Path, resources: str, service: str, details: dict[str, str]
) -> None:
    project = read(tmp_path, f"{ARCHIVE}{function()}{dedent(resources)}")
    assert project.problems == ()
    (trigger,) = project.functions[0].triggers
    assert (trigger.service, dict(trigger.details)) == (service, details)


def test_variables_have_their_values_from_the_place_that_counts_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("a", "b", "c", "d", "e")
    variables = "".join(f'variable "{name}" {{ default = "default" }}\n' for name in names)
    listed = "".join(f"{name * 2} = var.{name}\n" for name in names)
    monkeypatch.setenv("TF_VAR_a", "of the shell")
    monkeypatch.setenv("TF_VAR_b", "of the shell")
    (tmp_path / "terraform.tfvars").write_text('b = "of the file"\nc = "of the file"\n')
    (tmp_path / "x.auto.tfvars.json").write_text('{"c": "automatic", "d": "automatic"}')
    text = f"{ARCHIVE}{variables}{function(f'environment {{ variables = {{ {listed} }} }}')}"
    project = read(tmp_path, text, **{"var.d": "of the settings"})
    assert dict(project.functions[0].environment) == {
        "aa": "of the shell",
        "bb": "of the file",
        "cc": "automatic",
        "dd": "of the settings",
        "ee": "default",
    }


def test_the_arguments_of_the_shell_for_terraform_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = 'variable "a" {}\nvariable "b" {}\n'
    (tmp_path / "dev.tfvars").write_text('a = "of the file"\nb = "of the file"\n')
    monkeypatch.setenv("TF_CLI_ARGS_plan", "-var-file=dev.tfvars -var 'b=of an option'")
    listed = "environment { variables = { AA = var.a, BB = var.b } }"
    project = read(tmp_path, f"{ARCHIVE}{variables}{function(listed)}")
    assert dict(project.functions[0].environment) == {"AA": "of the file", "BB": "of an option"}


def test_a_text_from_outside_is_the_list_or_mapping_that_a_variable_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_VAR_variables", '{ SHELF = "top", COUNT = 2 }')
    variable = 'variable "variables" { type = map(string) }\n'
    project = read(
        tmp_path, f"{ARCHIVE}{variable}{function('environment { variables = var.variables }')}"
    )
    assert dict(project.functions[0].environment) == {"SHELF": "top", "COUNT": "2"}


def test_a_variable_that_nothing_gives_is_one_problem_with_the_line_to_add(tmp_path: Path) -> None:
    variables = 'environment { variables = { AA = var.key, BB = "x-${var.key}" } }'
    text = f'{ARCHIVE}variable "key" {{}}\n{function(variables)}{function(variables, "g")}'
    (problem,) = read(tmp_path, text).problems
    assert problem.line == 13
    assert problem.functions == ("f", "g")
    assert "the variable key has no value; add, below [values] in lambda-tui.toml" in (
        problem.message
    )
    assert '"var.key" = "…"; 3 more values of 2 functions need it too.' in problem.message
    project = read(tmp_path, text, **{"var.key": "given"})
    assert dict(project.functions[1].environment) == {"AA": "given", "BB": "x-given"}
    assert project.problems == ()


def test_a_value_that_only_the_cloud_knows_is_told_and_can_be_given(tmp_path: Path) -> None:
    cluster = 'resource "aws_redshift_cluster" "main" { cluster_identifier = "main" }\n'
    variables = "environment { variables = { HOST = aws_redshift_cluster.main.endpoint } }"
    text = f"{ARCHIVE}{cluster}{function(variables)}"
    (problem,) = read(tmp_path, text).problems
    name = "aws_redshift_cluster.main.endpoint"
    assert f"{name} is known only in the cloud; add, below [values]" in problem.message
    project = read(tmp_path, text, **{name: "localhost:5439"})
    assert project.problems == ()
    assert dict(project.functions[0].environment) == {"HOST": "localhost:5439"}


def test_a_name_that_is_not_known_has_one_that_stands_for_it(tmp_path: Path) -> None:
    text = f'{ARCHIVE}variable "key" {{}}\n{function()}'.replace('= "f"', '= "x-${var.key}"')
    alias = """
        resource "aws_lambda_alias" "live" {
          name             = "live"
          function_name    = aws_lambda_function.f.function_name
          function_version = "1"
        }
    """
    project = read(tmp_path, text + alias)
    assert [one.name for one in project.functions] == ["f"]
    assert [one.name for one in project.functions[0].aliases] == ["live"]
    assert "its function_name is not known here, so f holds" in sentences(project)[0]


def test_the_region_of_the_settings_goes_before_the_providers(tmp_path: Path) -> None:
    provider = 'provider "aws" { region = "eu-west-1" }\n'
    variables = "environment { variables = { QUEUE = aws_sqs_queue.q.arn } }"
    queue = 'resource "aws_sqs_queue" "q" { name = "q" }\n'
    read(tmp_path, f"{ARCHIVE}{provider}{queue}{function(variables)}")
    for region in ("eu-west-1", "us-west-2"):
        settings = Settings(region=None if region == "eu-west-1" else region)
        (found,) = load_project(tmp_path, settings).functions
        assert found.region == region
        assert found.environment["QUEUE"] == f"arn:aws:sqs:{region}:123456789012:q"


def test_random_names_are_the_same_each_time(tmp_path: Path) -> None:
    pet = 'resource "random_pet" "lucky" {}\n'
    text = f"{ARCHIVE}{pet}{function()}".replace('= "f"', '= "shop-${random_pet.lucky.id}"')
    assert [one.name for one in read(tmp_path, text).functions] == ["shop-lucky"]


@pytest.mark.parametrize(
    ("package", "code"),
    [
        ('filename = "app.zip"', "app.zip"),
        ("filename = data.archive_file.of_folder.output_path", "folder"),
        ('filename = abspath("./build/../folder.zip")', "folder"),
        ("s3_bucket = aws_s3_object.code.bucket\ns3_key = aws_s3_object.code.key", "folder"),
    ],
)
def test_the_source_behind_an_archive_goes_before_the_archive(
    tmp_path: Path, package: str, code: str
) -> None:
    archive = """
        data "archive_file" "of_folder" {
          type        = "zip"
          source_dir  = "folder"
          output_path = "${path.root}/folder.zip"
        }
        resource "aws_s3_object" "code" {
          bucket = "code"
          key    = "code.zip"
          source = data.archive_file.of_folder.output_path
        }
    """
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "app.py").write_text(HANDLER)
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive_file:
        archive_file.writestr(zip_entry("app.py"), HANDLER)
    text = f"{archive}{function()}".replace('filename = "app.zip"', package)
    project = read(tmp_path, text)
    assert project.problems == ()
    assert project.functions[0].code_path == tmp_path / code


def test_sam_metadata_names_the_source_of_a_package(tmp_path: Path) -> None:
    metadata = """
        resource "null_resource" "sam_metadata_aws_lambda_function_f" {
          triggers = {
            resource_name        = "aws_lambda_function.f"
            resource_type        = "ZIP_LAMBDA_FUNCTION"
            original_source_code = jsonencode({ path = "source" })
            source_code_property = "path"
            built_output_path    = "built/f.zip"
          }
        }
    """
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "app.py").write_text(HANDLER)
    project = read(tmp_path, f"{metadata}{function()}")
    assert project.problems == ()
    assert project.functions[0].code_path == tmp_path / "source"


def test_code_that_the_configuration_holds_runs(tmp_path: Path) -> None:
    archive = """
        data "archive_file" "code" {
          type        = "zip"
          output_path = "app.zip"
          source {
            filename = "app.py"
            content  = templatefile("code.tftpl", { answer = 42 })
          }
        }
    """
    (tmp_path / "code.tftpl").write_text("def handler(event, context): return ${answer}\n")
    project = read(tmp_path, f"{archive}{function()}")
    assert project.problems == ()
    written = project.functions[0].code_directory / "app.py"
    assert written.read_text() == "def handler(event, context): return 42\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("", "aws_lambda_function.f.filename is not on this machine, since app.zip is not built"),
        ('s3_key = "a/b.zip"', "since a/b.zip lies in S3"),
    ],
)
def test_code_that_is_not_here_is_told_with_the_line_that_names_it(
    tmp_path: Path, arguments: str, sentence: str
) -> None:
    text = function(arguments)
    if arguments:
        text = text.replace('filename = "app.zip"', "")
    project = read(tmp_path, text)
    assert project.functions == ()
    assert sentence in sentences(project)[0]
    assert '"aws_lambda_function.f.filename" = "…"' in sentences(project)[0]
    project = read(tmp_path, text, **{"aws_lambda_function.f.filename": "."})
    assert [one.code_directory for one in project.functions] == [tmp_path]


def test_an_image_has_the_shape_that_it_has_in_a_template(tmp_path: Path) -> None:
    image = """
        resource "aws_ecr_repository" "shop" { name = "shop" }
        resource "aws_lambda_function" "f" {
          function_name = "f"
          package_type  = "Image"
          image_uri     = "${aws_ecr_repository.shop.repository_url}:latest"
        }
    """
    project = read(tmp_path, dedent(image))
    (problem,) = project.problems
    assert problem.line == 5
    assert "its image is built elsewhere, and only the source" in problem.message


def test_what_sam_says_of_an_image_is_its_metadata(tmp_path: Path) -> None:
    configuration = """
        resource "aws_lambda_function" "f" {
          function_name = "f"
          package_type  = "Image"
          image_uri     = "f:latest"
          image_config { command = ["app.handler"] }
        }
        resource "null_resource" "sam_metadata_aws_lambda_function_f" {
          triggers = {
            resource_name     = "aws_lambda_function.f"
            docker_context    = "image"
            docker_file       = "Dockerfile"
            docker_build_args = jsonencode({ STAGE = "dev" })
          }
        }
    """
    (tmp_path / "main.tf").write_text(dedent(configuration))
    cache = Cache.of_user()
    resources = read_configuration(tmp_path, Settings(), {}, cache, KINDS).resources
    code = CodeSources(tmp_path, resources, cache)
    template = make_document(resources, code, "us-east-1").template
    resource = section(section(template, "Resources"), "aws_lambda_function.f")
    build = {"DockerContext": "image", "Dockerfile": "Dockerfile"}
    assert resource["Metadata"] == {**build, "DockerBuildArgs": {"STAGE": "dev"}}
    properties = section(resource, "Properties")
    assert properties["Code"] == {"ImageUri": "f:latest"}
    assert properties["ImageConfig"] == {"Command": ["app.handler"]}
    assert properties["PackageType"] == "Image"


def test_a_mistake_is_told_with_the_file_and_the_line_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "module").mkdir()
    (tmp_path / "module" / "functions.tf").write_text(function("memory_size = 64"))
    (tmp_path / "more.tf").write_text(f"\n{function('timeout = 1000', 'g')}")
    text = f'{ARCHIVE}module "inner" {{ source = "./module" }}\n{function("layers = 3", "h")}'
    project = read(tmp_path, text)
    assert project.functions == ()
    assert [str(one).partition(": ")[0] for one in project.problems] == [
        "module/functions.tf:7",
        "main.tf:13",
        "more.tf:8",
    ]


def test_a_mistake_of_all_instances_of_a_block_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "module").mkdir()
    (tmp_path / "module" / "main.tf").write_text(function("timeout = 1000"))
    for_each = 'for_each = toset(["a", "b"])\n  memory_size = 64'
    call = 'module "inner" {\n  source = "./module"\n  count = 2\n}\n'
    text = f"{ARCHIVE}{function(for_each)}{call}".replace('name = "f"', 'name = "f-${each.key}"')
    first, second = read(tmp_path, text).problems
    assert first.message.startswith("aws_lambda_function.f: MemorySize is 64")
    assert first.functions == ("f-a", "f-b")
    assert second.message.startswith("module.inner.aws_lambda_function.f: Timeout is 1000")


def test_all_mistakes_are_told_in_one_pass(tmp_path: Path) -> None:
    (tmp_path / "broken.tf").write_text('resource "a" "b" {\n  x = 1\n  y = [1\n}\n')
    (tmp_path / "list.tf.json").write_text("[]")
    text = f"""{ARCHIVE}
module "endless" {{ source = "./" }}
module "missing" {{ source = "./missing" }}
module "remote" {{ source = "acme/lambda-function/aws" }}
resource "aws_lambda_function" "many" {{ count = data.external.number.result }}
{function('description = "${var.nothing}"', "f1")}
{function("description = local.again", "f2")}
{function('description = file("missing.txt")', "f3")}
{function('description = upper("a", "b")', "f4")}
{function("description = { a = 1 }.b", "f5")}
locals {{ again = local.again }}
module "remote" {{ source = "./other" }}
data "external" "number" {{ program = ["touch", "started"] }}
"""
    project = read(tmp_path, text)
    assert [one.name for one in project.functions] == ["f1", "f2", "f3", "f4", "f5"]
    found = sentences(project)
    for start, part in (
        ("broken.tf:4: ", "} stands where it makes no sense"),
        ("list.tf.json:1: ", "it is no JSON object"),
        ("main.tf:7: ", "module.endless calls a module that it is in"),
        ("main.tf:8: ", "module.missing names ./missing, where no configuration is"),
        ("main.tf:9: ", "module.remote is not on this machine; run `terraform init`"),
        ("main.tf:10: ", "aws_lambda_function.many: its count is not known here"),
        ("main.tf:17: ", "there is no variable nothing in the configuration"),
        ("main.tf:26: ", "it refers to itself"),
        ("main.tf:35: ", "missing.txt: the file does not exist"),
        ("main.tf:44: ", "upper() does not take these arguments"),
        ("main.tf:53: ", "the mapping has no b"),
        ("main.tf:57: ", "module.remote is declared twice; take one out."),
    ):
        assert [one for one in found if one.startswith(start) and part in one], (start, found)
    assert len(found) == 12
    assert not (tmp_path / "started").exists()


def test_modules_that_terraform_has_downloaded_are_read(tmp_path: Path) -> None:
    folder = tmp_path / ".terraform" / "modules" / "api.inner"
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text(function())
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "main.tf").write_text('module "inner" { source = "acme/x/aws" }\n')
    modules = [
        {"Key": "", "Dir": "."},
        {"Key": "api.inner", "Dir": ".terraform/modules/api.inner"},
    ]
    manifest = tmp_path / ".terraform" / "modules" / "modules.json"
    manifest.write_text(json.dumps({"Modules": modules}))
    project = read(tmp_path, f'{ARCHIVE}module "api" {{ source = "./api" }}\n')
    assert project.problems == ()
    (found,) = project.functions
    assert found.logical_id == "module.api.module.inner.aws_lambda_function.f"


def test_the_outputs_of_a_module_that_is_not_here_can_be_given(tmp_path: Path) -> None:
    calls = """
module "bucket" { source = "terraform-aws-modules/s3-bucket/aws" }
module "role" {
  source          = "terraform-aws-modules/lambda/aws"
  create_function = false
}
"""
    listed = "BUCKET = module.bucket.s3_bucket_id\nROLE = module.role.lambda_role_arn\n"
    text = f"{ARCHIVE}{calls}{function(f'environment {{ variables = {{ {listed} }} }}')}"
    first, second = read(tmp_path, text).problems
    assert "module.bucket.s3_bucket_id is not on this machine; add, below" in first.message
    assert "module.role.lambda_role_arn is known only in the cloud; add, below" in second.message
    values = {"module.bucket.s3_bucket_id": "pictures", "module.role.lambda_role_arn": "arn:x"}
    project = read(tmp_path, text, **values)
    assert project.problems == ()
    assert dict(project.functions[0].environment) == {"BUCKET": "pictures", "ROLE": "arn:x"}


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ("create = false", []),
        ("create_function = false", []),
        ('create_layer = true\nlayer_name = "x"', []),
        ("", ["f"]),
        ("publish = true", ["f"]),
    ],
)
def test_the_lambda_module_makes_what_its_variables_say(
    tmp_path: Path, arguments: str, names: list[str]
) -> None:
    call = f"""
module "f" {{
  source        = "terraform-aws-modules/lambda/aws"
  function_name = "f"
  handler       = "app.handler"
  runtime       = "python3.13"
  source_path   = "code"
  {arguments}
}}
"""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text(HANDLER)
    project = read(tmp_path, f"{ARCHIVE}{call}{function(label='g')}")
    assert project.problems == ()
    assert [one.name for one in project.functions] == [*names, "g"]
    if arguments.startswith("publish"):
        assert project.functions[0].versions == ("$LATEST", "1")


def test_overrides_and_files_of_opentofu_go_before_others(tmp_path: Path) -> None:
    (tmp_path / "main_override.tf").write_text(
        'resource "aws_lambda_function" "f" { timeout = 20 }'
    )
    (tmp_path / "g.tf").write_text(function(label="terraform"))
    (tmp_path / "g.tofu").write_text(function(label="tofu"))
    project = read(tmp_path, f"{ARCHIVE}{function('timeout = 5')}")
    assert {one.name: one.timeout for one in project.functions} == {"f": 20, "tofu": 3}


def test_the_form_in_json_is_read(tmp_path: Path) -> None:
    content = {
        "locals": {"stage": "dev"},
        "data": {"archive_file": {"code": {"source_file": "app.py", "output_path": "a.zip"}}},
        "resource": {
            "aws_lambda_function": {
                "f": {
                    "function_name": "f-${local.stage}",
                    "handler": "app.handler",
                    "runtime": "python3.13",
                    "filename": "${data.archive_file.code.output_path}",
                    "environment": {"variables": {"QUOTED": 'a "${upper("b")}" $${c}'}},
                }
            }
        },
    }
    project = read(tmp_path, json.dumps(content), "main.tf.json")
    assert project.problems == ()
    (found,) = project.functions
    assert (found.name, dict(found.environment)) == ("f-dev", {"QUOTED": 'a "B" ${c}'})


def test_without_its_parser_one_sentence_says_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "hcl2", None)
    text = f"# not parsed before\n{ARCHIVE}{function()}"
    project = read(tmp_path, text)
    assert project.functions == ()
    (problem,) = project.problems
    assert '-m pip install "python-hcl2' in problem.message
    assert problem.file == tmp_path / "main.tf"
    assert read(tmp_path, 'resource "aws_sqs_queue" "q" {}').template is None


def test_a_parsed_file_is_kept_and_needs_no_parser_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"{ARCHIVE}{function('timeout = 17')}"
    first = read(tmp_path, text)
    monkeypatch.setitem(sys.modules, "hcl2", None)
    again = read(tmp_path, text)
    assert again.functions == first.functions
    assert again.functions[0].timeout == 17


def test_a_folder_whose_terraform_has_no_functions_is_a_plain_one(tmp_path: Path) -> None:
    project = read(tmp_path, 'resource "aws_sqs_queue" "q" { name = "q" }\n')
    assert project.template is None
    assert [one.handler for one in project.functions] == ["app.handler"]


def test_a_module_that_may_have_functions_makes_a_folder_one_of_terraform(tmp_path: Path) -> None:
    project = read(tmp_path, 'module "api" { source = "acme/lambda-api/aws" }\n')
    assert project.template == tmp_path / "main.tf"
    (problem,) = project.problems
    assert problem.message.endswith("run `terraform init`, since functions may be in it.")


def test_terraform_below_a_folder_is_named_with_the_command_that_opens_it(tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "modules").mkdir()
    (tmp_path / "infra" / "modules" / "main.tf").write_text(function())
    (tmp_path / "infra" / "main.tf").write_text('module "a" { source = "./modules" }\n')
    found = sentences(load_project(tmp_path))
    assert found[0] == "there is Terraform that this folder does not open: `lambda-tui infra`."


def test_a_named_file_of_the_configuration_is_all_that_is_read(tmp_path: Path) -> None:
    read(tmp_path, f"{ARCHIVE}{function()}")
    (tmp_path / "template.yaml").write_text("Resources: {}\n")
    project = load_project(tmp_path, Settings(template=tmp_path / "main.tf"))
    assert [one.name for one in project.functions] == ["f"]
