"""A ``serverless.yml`` becomes the functions that the Serverless Framework would deploy."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from lambda_tui.project.function import Function, Project
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from support.files import PROJECTS

SHOP = PROJECTS / "serverless"
HANDLER = "def handler(event, context): ...\n"
HEAD = """\
service: shop
provider: {name: aws, runtime: python3.13}
"""
HELLO = "functions: {hello: {handler: app.handler}}\n"


def read(folder: Path, text: str, name: str = "serverless.yml", **values: str) -> Project:
    """Return the project of a file with this text, with the code ``app.py`` beside it."""
    (folder / "app.py").write_text(HANDLER)
    (folder / name).write_text(dedent(text))
    return load_project(folder, Settings(values=values))


def read_value(folder: Path, variable: str, more: str = "", **values: str) -> str | None:
    """Return the value of a function's environment variable that is written as ``variable``."""
    content = {"handler": "app.handler", "environment": {"VALUE": variable}}
    functions = f"functions: {json.dumps({'hello': content})}"
    project = read(folder, f"{HEAD}{dedent(more)}{functions}\n", **values)
    return project.functions[0].environment.get("VALUE")


def sentences(project: Project) -> list[str]:
    return [str(problem) for problem in project.problems]


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> dict[str, Function]:
    monkeypatch.delenv("SHOP_COLOUR", raising=False)
    project = load_project(SHOP)
    assert project.problems == ()
    assert project.template == SHOP / "serverless.yml"
    assert project.sources == {SHOP / ".env", SHOP / "config" / "limits.yml"}
    return {function.logical_id or "": function for function in project.functions}


def test_functions_are_named_by_the_service_and_the_stage(shop: dict[str, Function]) -> None:
    names = {key: function.name for key, function in shop.items()}
    assert names == {"hello": "shop-dev-hello", "take-order": "take-order-dev"}
    assert shop["hello"].line == 44


def test_a_function_has_the_providers_properties_unless_it_has_its_own(
    shop: dict[str, Function],
) -> None:
    hello, order = shop["hello"], shop["take-order"]
    assert (hello.memory_size, order.memory_size) == (256, 512)
    assert (hello.timeout, order.timeout) == (20, 6)
    assert (hello.architecture, order.architecture) == ("arm64", "x86_64")
    assert hello.runtime == order.runtime == "python3.13"
    assert hello.tracing == "Active"
    assert (hello.logging.format, hello.logging.application_level) == ("JSON", "DEBUG")
    assert hello.arn == "arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-hello"
    assert (order.ephemeral_storage, order.reserved_concurrency) == (1024, 5)
    assert order.asynchronous.maximum_retry_attempts == 1
    assert order.asynchronous.maximum_event_age == 120
    assert order.asynchronous.on_failure == hello.arn


def test_variables_and_references_have_their_values(shop: dict[str, Function]) -> None:
    queue = "eu-west-1"
    assert dict(shop["hello"].environment) == {
        "STAGE": "dev",
        "TABLE": "orders-dev",
        "GREETING": "Hi",
        "FROM_DOTENV": "green",
        "REGION": "eu-west-1",
        "ACCOUNT": "123456789012",
        "QUEUE_URL": f"https://sqs.{queue}.amazonaws.com/123456789012/orders-dev",
        "QUEUE_ARN": f"arn:aws:sqs:{queue}:123456789012:orders-dev",
        "HELLO": f"{shop['hello'].arn}/eu-west-1/shop",
        "IS_FAST": "true",
    }
    origins = shop["hello"].variable_origins
    assert (origins["STAGE"], origins["IS_FAST"]) == ("serverless.yml:29", "serverless.yml:50")


def test_layers_of_the_file_are_in_opt(shop: dict[str, Function]) -> None:
    (layer,) = shop["hello"].layers
    assert layer.path == SHOP / "layers" / "common"
    assert shop["take-order"].layers == ()


def test_events_are_triggers(shop: dict[str, Function]) -> None:
    found = {
        key: [(one.service, dict(one.details)) for one in function.triggers]
        for key, function in shop.items()
    }
    queue = "arn:aws:sqs:eu-west-1:123456789012:orders-dev"
    picture = {"bucket": "pictures", "event": "ObjectRemoved:*", "key": "in/example.png"}
    assert found == {
        "hello": [
            ("httpapi", {"route": "/hello/{name}", "method": "GET"}),
            ("schedule", {"kind": "rule", "schedule": "rate(5 minutes)"}),
        ],
        "take-order": [("sqs", {"queue": queue}), ("s3", picture), ("function-url", {})],
    }


@pytest.mark.parametrize(
    ("event", "service", "details"),
    [
        ("http: post orders/{id}", "apigateway", {"resource": "/orders/{id}", "method": "POST"}),
        ("http: {path: a, method: any}", "apigateway", {"resource": "/a"}),
        ("httpApi: '*'", "httpapi", {"route": "$default"}),
        ("websocket: $connect", "websocket", {"route": "$connect"}),
        ("alb: {conditions: {path: /a/*, method: [GET]}}", "alb", {"path": "/a/", "method": "GET"}),
        ("sns: news", "sns", {"topic": "news"}),
        ("stream: arn:aws:kinesis:x", "kinesis", {"stream": "arn:aws:kinesis:x"}),
        ("stream: {type: dynamodb, arn: a}", "dynamodb", {"table": "a"}),
        ("eventBridge: {schedule: rate(1 day)}", "schedule", None),
        ("eventBridge: {pattern: {source: [a]}}", "eventbridge", {"source": "a"}),
        ("cloudwatchLog: /aws/a", "cloudwatch-logs", {"log_group": "/aws/a"}),
        ("cognitoUserPool: {pool: p, trigger: PreSignUp}", "cognito-pre-sign-up", {"pool": "p"}),
        ("alexaSkill", "alexa", {}),
        ("kafka: {topic: a}", "kafka", {}),
    ],
)
def test_each_kind_of_event_is_a_trigger(
    tmp_path: Path, event: str, service: str, details: dict[str, str] | None
) -> None:
    text = f"{HEAD}functions:\n  hello:\n    handler: app.handler\n    events:\n      - {event}\n"
    project = read(tmp_path, text)
    assert project.problems == ()
    (trigger,) = project.functions[0].triggers
    assert trigger.service == service
    assert details is None or dict(trigger.details) == details


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("${self:custom.none, 'a b'}", "a b"),
        ('${self:custom.none, self:custom.also, "x"}', "x"),
        ("${env:LAMBDA_TUI_NOT_SET, ''}", ""),
        ("${env:LAMBDA_TUI_NOT_SET, ${self:custom.deep.${self:custom.key}}}", "found"),
        ("${self:custom.list.1}", "second"),
        ("${self:custom.number}-${sls:stage}", "7-dev"),
        ("${self:custom.truth}", "true"),
        ("${self:service}", "shop"),
        ("${file(other.json):a.b}", "of json"),
        ("${file(./note.txt)}", "a note"),
        ("${file(missing.yml):a, 'fallback'}", "fallback"),
        ("${opt:colour, 12}", "12"),
        ("${AWS::Region}", "${AWS::Region}"),
        ("\\${self:service}", "${self:service}"),
        ("${self:custom.key", "${self:custom.key"),
    ],
)
def test_a_variable_has_its_value(tmp_path: Path, variable: str, value: str) -> None:
    (tmp_path / "other.json").write_text('{"a": {"b": "of json"}}')
    (tmp_path / "note.txt").write_text("a note")
    custom = """
        custom: {key: k, deep: {k: found}, list: [first, second], number: 7, truth: true}
    """
    assert read_value(tmp_path, variable, custom) == value


@pytest.mark.parametrize(
    ("variable", "reason"),
    [
        ("${ssm:/key/${sls:stage}}", "ssm:/key/dev is a parameter or a secret in the cloud"),
        ("${cf(eu-west-1):stack.Out}", "cf(eu-west-1):stack.Out is the output of a stack"),
        ("x-${s3:bucket/key}", "s3:bucket/key is an object in S3"),
        ("${git:sha1}", "git:sha1 is a value of the source git, which is not read here"),
        ("${env:LAMBDA_TUI_NOT_SET}", "the environment variable LAMBDA_TUI_NOT_SET is not set"),
        ("${opt:colour}", "the option --colour is not given"),
        ("${param:none}", "there is no parameter none"),
        ("${self:custom.none}", "serverless.yml has no custom.none"),
        ("${file(code.js):key}", "code.js is a program, which is not run for it"),
        ("${file(missing.yml):key}", "there is no missing.yml with key"),
    ],
)
def test_a_variable_that_is_not_known_here_is_told_with_the_line_to_add(
    tmp_path: Path, variable: str, reason: str
) -> None:
    assert read_value(tmp_path, variable) is None
    (problem,) = load_project(tmp_path).problems
    assert problem.line == 3
    assert problem.functions == ("shop-dev-hello",)
    assert reason in problem.message
    name = problem.message.partition("below [values] in lambda-tui.toml: ")[2]
    key = name.partition(" = ")[0].strip('"')
    assert key.startswith("${")
    # The line that the sentence asks for is the remedy.
    given = load_project(tmp_path, Settings(values={key: "known"}))
    assert given.problems == ()
    assert given.functions[0].environment["VALUE"].endswith("known")


def test_a_fall_back_for_what_only_the_cloud_knows_is_told(tmp_path: Path) -> None:
    assert read_value(tmp_path, "${ssm:/key, 'local'}") == "local"
    (told,) = sentences(load_project(tmp_path))
    assert "${ssm:/key, 'local'} has its fall-back: ssm:/key is a parameter" in told
    assert '"${ssm:/key}" = "…"' in told


def test_an_option_for_the_stage_that_is_not_given_is_told(tmp_path: Path) -> None:
    assert read_value(tmp_path, "${opt:stage}") == "dev"
    (told,) = sentences(load_project(tmp_path))
    assert "--stage is not given, so dev holds" in told


@pytest.mark.parametrize("stage", ["${opt:stage}", "${opt:stage, self:provider.stage}"])
def test_a_stage_that_names_itself_is_the_default_one(tmp_path: Path, stage: str) -> None:
    text = f"service: shop\nprovider: {{name: aws, runtime: python3.13, stage: '{stage}'}}\n{HELLO}"
    assert read(tmp_path, text).functions[0].name == "shop-dev-hello"


def test_the_stage_of_the_settings_is_taken_everywhere(tmp_path: Path) -> None:
    text = f"""
        service: shop
        provider: {{name: aws, runtime: python3.13, stage: "${{opt:stage, 'dev'}}"}}
        {HELLO}"""
    project = read(tmp_path, text, **{"${opt:stage}": "prod"})
    assert project.functions[0].name == "shop-prod-hello"


@pytest.mark.parametrize(
    "custom",
    [
        "custom: {a: '${self:custom.b}', b: '${self:custom.a}'}",
        "custom: {a: '${self:custom}'}",
        "custom: {a: '${self:}'}",
        "custom: {a: &a [*a]}",
        "custom: {a: '${file(again.yml):a}'}",
        "custom: {a: '" + "${self:custom." * 500 + "x" + "}" * 500 + "'}",
    ],
)
def test_variables_that_refer_to_themselves_end(tmp_path: Path, custom: str) -> None:
    (tmp_path / "again.yml").write_text("a: ${file(again.yml):a}\n")
    assert read_value(tmp_path, "x${self:custom.a}", f"{custom}\n") is None
    assert all(problem.line for problem in load_project(tmp_path).problems)


def test_few_lines_that_multiply_without_end_are_told(tmp_path: Path) -> None:
    lines = ["a0: xxxxxxxxxx"] + [
        f"a{number}: '${{self:custom.a{number - 1}}}${{self:custom.a{number - 1}}}'"
        for number in range(1, 35)
    ]
    custom = "custom:\n" + "".join(f"  {line}\n" for line in lines)
    assert read_value(tmp_path, "${self:custom.a34}", custom) is None


def test_functions_may_be_in_files_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "one.yml").write_text("one: {handler: app.handler, timeout: 999}\n")
    (tmp_path / "two.yml").write_text("two: {handler: app.handler}\n")
    project = read(
        tmp_path,
        f"{HEAD}functions:\n  - ${{file(one.yml)}}\n  - ${{file(two.yml)}}\n  - {{x: null}}\n",
    )
    assert [function.logical_id for function in project.functions] == ["two"]
    assert sentences(project) == [
        "serverless.yml:3: one: Timeout is 999, but Lambda takes 1 to 900 seconds."
    ]
    assert project.sources == {tmp_path / "one.yml", tmp_path / "two.yml"}


def test_json_is_read_too(tmp_path: Path) -> None:
    content = {
        "service": {"name": "shop"},
        "provider": {"name": "aws", "runtime": "python3.13"},
        "functions": {"hello": {"handler": "app.handler"}},
    }
    project = read(tmp_path, json.dumps(content), name="serverless.json")
    assert project.functions[0].name == "shop-dev-hello"


def test_version_4_merges_the_env_files_and_the_shell_counts_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("export A=1\nB='2'\nC=\"3\\n\"\nD=4 # four\n")
    (tmp_path / ".env.dev.local").write_text("A=own\n")
    monkeypatch.setenv("B", "shell")
    variables = "${env:A}-${env:B}-${env:C}-${env:D}"
    assert read_value(tmp_path, variables, "frameworkVersion: '4'\n") == "own-shell-3\n-4"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("service: a\nprovider: google\n", "the provider is google, and only functions of aws"),
        (f"{HEAD}functions: {{a: {{handle: x.y}}}}\n", "a: it has no handler; add one, such as"),
        (f"{HEAD}functions: {{a: {{image: x}}}}\n", "a: its image is built elsewhere, and only"),
        (f"{HEAD}functions: {{a: {{image: x, handler: y.z}}}}\n", "a handler and an image; take"),
        (f"{HEAD}functions: {{a: text}}\n", "a is text, but a function is a mapping, such as"),
        (f"{HEAD}functions: 3\n", "functions is 3, but it is a mapping, such as functions:"),
        (HEAD, "the file has no functions; add one, such as functions:"),
        (f"service: a\nprovider: {{name: aws}}\n{HELLO}", "so nodejs22.x is taken; add the one"),
        (f"provider: {{runtime: python3.13}}\n{HELLO}", "the file has no service; add its name"),
        (f"{HEAD}{HELLO}layers: {{a: {{}}}}\n", "the layer a has no path; add the one of its"),
        (
            f"{HEAD}functions: {{a: {{handler: app.handler, timeuot: 3}}}}\n",
            "a: the framework knows no timeuot; did you mean timeout?",
        ),
        (
            f"{HEAD}functions: {{a: {{handler: gone.handler}}}}\n",
            "shop-dev-a: Handler gone.handler needs gone.py",
        ),
        (
            f"{HEAD}functions: {{a: {{handler: app.handler, package: {{artifact: a.zip}}}}}}\n",
            "a: a.zip is not built, so the source is run.",
        ),
        ("a: [\n", "the file is not valid YAML"),
        ("- a\n", "the file has no functions"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    project = read(tmp_path, text)
    found = [problem for problem in project.problems if told in problem.message]
    assert found, sentences(project)
    assert all(problem.line for problem in project.problems)


def test_provisioned_concurrency_has_the_alias_of_the_framework(tmp_path: Path) -> None:
    text = f"{HEAD}functions: {{a: {{handler: app.handler, provisionedConcurrency: 2}}}}\n"
    (function,) = read(tmp_path, text).functions
    assert function.provisioned_concurrency == 2
    assert [alias.name for alias in function.aliases] == ["provisioned"]


@pytest.mark.parametrize("plugins", ["[serverless-esbuild]", "{modules: [serverless-esbuild]}"])
def test_a_plugin_that_builds_the_code_is_told(tmp_path: Path, plugins: str) -> None:
    (tmp_path / "index.mjs").write_text("export const handler = () => 1;\n")
    functions = "functions: {a: {handler: index.handler, runtime: nodejs24.x}}\n"
    project = read(tmp_path, f"{HEAD}{functions}plugins: {plugins}\n")
    assert sentences(project) == [
        "serverless.yml:4: serverless-esbuild builds the code that is deployed, and the source is "
        "run as it is here."
    ]


@pytest.mark.parametrize("name", ["serverless.ts", "serverless.js"])
def test_a_program_is_named_as_not_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "app.py").write_text(HANDLER)
    (tmp_path / name).write_text("export default {}\n")
    told = sentences(load_project(tmp_path))
    assert any(one.startswith(f"{name}: {name} is a program that describes") for one in told)


def test_a_template_and_a_serverless_file_are_both_shown(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text(HANDLER)
    (tmp_path / "template.yaml").write_text(
        "Resources:\n"
        "  Same:\n"
        "    Type: AWS::Serverless::Function\n"
        "    Properties: {Handler: app.handler, Runtime: python3.13, CodeUri: .}\n"
    )
    functions = "functions: {hello: {handler: app.handler}, more: {handler: other.handler}}\n"
    project = read(tmp_path, f"{HEAD}{functions}")
    assert [one.name for one in project.functions] == ["Same", "shop-dev-hello", "shop-dev-more"]
    assert sentences(project) == [
        "serverless.yml:3: shop-dev-hello is the same code as Same of template.yaml."
    ]
    assert project.sources == {tmp_path / "serverless.yml"}
