"""A Chalice application becomes the functions that ``chalice deploy`` would make of it."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from lambda_tui.project.function import Function, Project
from lambda_tui.project.kinds.chalice import read_project
from lambda_tui.project.kinds.template.language import read_yaml
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from support.files import PROJECTS
from support.mutations import changed, places, plain

SHOP = PROJECTS / "chalice"
APP = (SHOP / "app.py").read_text()
CONFIG = (SHOP / ".chalice" / "config.json").read_text()
HEAD = "from chalice import Chalice\napp = Chalice('shop')\n"
ONE = "@app.lambda_function()\ndef one(event, context): ...\n"


def read(folder: Path, source: str, config: object = None, **files: str) -> Project:
    """Return the project of an application with this source and ``config.json``."""
    for name, text in {"app.py": dedent(source), **files}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    if config is not None:
        (folder / ".chalice").mkdir(exist_ok=True)
        (folder / ".chalice" / "config.json").write_text(json.dumps(config))
    return load_project(folder)


def sentences(project: Project) -> list[str]:
    return [str(problem) for problem in project.problems]


@pytest.fixture
def shop() -> dict[str, Function]:
    project = load_project(SHOP)
    assert project.problems == ()
    assert project.template == SHOP / "app.py"
    return {function.logical_id or "": function for function in project.functions}


def test_each_decorated_function_is_one_by_the_name_that_chalice_gives(
    shop: dict[str, Function],
) -> None:
    assert {key: (one.name, one.handler) for key, one in shop.items()} == {
        "api_handler": ("corner-shop-dev", "app.app"),
        "by_token": ("corner-shop-dev-by_token", "app.by_token"),
        "custom": ("corner-shop-dev-custom", "app.plain"),
        "often": ("corner-shop-dev-often", "app.often"),
        "nightly": ("corner-shop-dev-nightly", "app.at_night"),
        "on_picture": ("corner-shop-dev-on_picture", "app.on_picture"),
        "on_job": ("corner-shop-dev-on_job", "app.on_job"),
        "on_image": ("corner-shop-dev-on_image", "app.on_image"),
        "on_click": ("corner-shop-dev-on_click", "app.on_click"),
        "on_change": ("corner-shop-dev-on_change", "app.on_change"),
        "websocket_message": ("corner-shop-dev-websocket_message", "app.talk"),
        "orders_clean": ("corner-shop-dev-orders_clean", "chalicelib.orders.clean"),
        "on_alarm": ("corner-shop-dev-on_alarm", "chalicelib.orders.on_alarm"),
    }


def test_a_function_stands_where_it_is_defined(shop: dict[str, Function]) -> None:
    assert (shop["api_handler"].file, shop["api_handler"].line) == (SHOP / "app.py", 9)
    assert (shop["custom"].file, shop["custom"].line) == (SHOP / "app.py", 30)
    orders = SHOP / "chalicelib" / "orders.py"
    assert (shop["orders_clean"].file, shop["orders_clean"].line) == (orders, 14)


def test_values_go_from_the_function_of_a_stage_to_all_of_the_application(
    shop: dict[str, Function],
) -> None:
    assert {key: (shop[key].timeout, shop[key].memory_size) for key in ("custom", "nightly")} == {
        "custom": (7, 300),
        "nightly": (300, 300),
    }
    assert (shop["often"].timeout, shop["often"].runtime) == (60, None)
    assert shop["custom"].environment == {"TABLE": "orders-dev", "LEVEL": "info"}
    assert shop["nightly"].environment == {"TABLE": "orders-dev", "LEVEL": "debug"}
    assert shop["nightly"].variable_origins == {
        "TABLE": "config.json:10",
        "LEVEL": "config.json:12",
    }


def test_another_stage_is_read_by_its_name() -> None:
    project = load_project(SHOP, Settings(config_env="prod"))
    custom = next(one for one in project.functions if one.logical_id == "custom")
    assert custom.name == "corner-shop-prod-custom"
    assert custom.environment == {"TABLE": "orders-prod", "LEVEL": "info"}
    assert (custom.memory_size, custom.reserved_concurrency) == (512, 2)
    unknown = load_project(SHOP, Settings(config_env="qa"))
    assert sentences(unknown) == [
        ".chalice/config.json:7: there is no stage qa; there are dev, prod."
    ]


@pytest.mark.parametrize(
    ("function", "triggers"),
    [
        (
            "api_handler",
            [
                ("apigateway", {"resource": "/", "method": "GET"}),
                ("apigateway", {"resource": "/items/{name}", "method": "GET"}),
                ("apigateway", {"resource": "/items/{name}", "method": "PUT"}),
                ("apigateway", {"resource": "/orders/new", "method": "POST"}),
            ],
        ),
        ("custom", []),
        ("by_token", [("authorizer-token", {})]),
        ("often", [("schedule", {"kind": "rule", "schedule": "rate(5 minutes)"})]),
        ("nightly", [("schedule", {"kind": "rule", "schedule": "cron(0 18 ? * MON-FRI *)"})]),
        (
            "on_picture",
            [("s3", {"bucket": "pictures", "event": "ObjectRemoved:*", "key": "example.jpg"})],
        ),
        ("on_job", [("sqs", {"queue": "jobs"})]),
        ("on_image", [("eventbridge", {"source": "aws.ecr", "detail_type": "ECR Image Action"})]),
        ("on_click", [("kinesis", {"stream": "clicks"})]),
        ("on_change", [("dynamodb", {})]),
        ("websocket_message", [("websocket", {"route": "$default"})]),
        ("on_alarm", [("sns", {"topic": "alarms"})]),
    ],
)
def test_decorators_tell_what_invokes_a_function(
    shop: dict[str, Function], function: str, triggers: list[tuple[str, dict[str, str]]]
) -> None:
    assert [(one.service, one.details) for one in shop[function].triggers] == triggers


def test_what_chalice_deploys_is_the_code(shop: dict[str, Function]) -> None:
    code = shop["custom"].code_directory
    assert {one.name: one.resolve() for one in code.iterdir()} == {
        "app.py": SHOP / "app.py",
        "chalicelib": SHOP / "chalicelib",
        "chalice": SHOP / "vendor" / "chalice",
    }


@pytest.mark.parametrize(
    ("imports", "blueprint"),
    [
        ("from chalicelib.jobs import jobs", "jobs"),
        ("from chalicelib.jobs import jobs as all_jobs", "all_jobs"),
        ("from chalicelib import jobs", "jobs.jobs"),
        ("import chalicelib.jobs", "chalicelib.jobs.jobs"),
        ("import chalicelib.jobs as it", "it.jobs"),
        ("from chalicelib import jobs_again", "jobs_again"),
    ],
)
def test_a_blueprint_is_found_by_its_import(tmp_path: Path, imports: str, blueprint: str) -> None:
    project = read(
        tmp_path,
        f"{imports}\n{HEAD}app.register_blueprint({blueprint})\n",
        **{
            "chalicelib/__init__.py": "from .jobs import jobs as jobs_again\n",
            "chalicelib/jobs.py": "from chalice import Blueprint\njobs = Blueprint(__name__)\n"
            "@jobs.lambda_function()\ndef run(event, context): ...\n",
        },
    )
    assert sentences(project) == []
    assert [one.handler for one in project.functions] == ["chalicelib.jobs.run"]


@pytest.mark.parametrize(
    ("source", "config", "told"),
    [
        (HEAD, {}, "app.py:2: the application has no functions; add one, such as @app.lambda_func"),
        (
            f"{HEAD}def f(:\n",
            {},
            "app.py:3: the file cannot be parsed: invalid syntax; mend it and",
        ),
        (f"{HEAD}app.register_blueprint(x)\n{ONE}", {}, "app.py:3: the blueprint x is not found"),
        (f"{HEAD}{ONE}{ONE}", {}, "app.py:6: one is the name of another function too; give it"),
        (
            HEAD.replace("app =", "shop =") + ONE.replace("@app", "@shop"),
            {},
            "app.py:2: Chalice loads an object named app, and this is shop; rename it.",
        ),
        (
            f"{HEAD}{ONE}",
            {"app_name": "my shop"},
            ".chalice/config.json:1: one: the function's name, my shop-dev-one, has to be 1 to 64",
        ),
        (
            f"{HEAD}{ONE}",
            {"lambda_timeout": 1000},
            ".chalice/config.json:1: one: Timeout is 1000, but Lambda takes 1 to 900 seconds.",
        ),
        (f"{HEAD}{ONE}", [], ".chalice/config.json:1: the file is a list, but it is an object"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, source: str, config: object, told: str
) -> None:
    (sentence, *_) = sentences(read(tmp_path, source, config))
    assert sentence.startswith(told)


def test_without_a_config_the_source_alone_tells(tmp_path: Path) -> None:
    project = read(tmp_path, HEAD + ONE)
    (function,) = project.functions
    assert (function.name, function.timeout, function.memory_size) == ("shop-dev-one", 60, 128)
    assert sentences(project) == []


@pytest.mark.parametrize("source", ["import os\n", "# Chalice()\n", "def f(): Chalice()\n"])
def test_another_app_is_none_of_chalices(tmp_path: Path, source: str) -> None:
    (tmp_path / "app.py").write_text(source)
    assert read_project(tmp_path, Settings()) is None


def test_chalice_itself_is_declared_by_chalice(tmp_path: Path) -> None:
    project = read(tmp_path, HEAD + ONE, **{"requirements.txt": ""})
    assert project.functions[0].added_packages == ("chalice",)


VALUES: tuple[object, ...] = (
    *(None, True, 0, -1, 10**30, "", "x", "a\0b", [], [None], ["x", 1, {}], {}, {"x": None}),
    *({"Ref": "Nothing"}, {"Fn::Sub": "${x}"}, "{{resolve:ssm:x}}"),
)


def test_every_change_of_a_value_of_the_config_is_read_or_told(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(HEAD + ONE + ONE.replace("one", "custom"))
    (tmp_path / ".chalice").mkdir()
    document = plain(read_yaml(CONFIG).content)
    for number, place in enumerate(places(document)):
        for shift in (0, 7):
            value = VALUES[(number * 3 + shift) % len(VALUES)]
            text = json.dumps(changed(document, place, value))
            (tmp_path / ".chalice" / "config.json").write_text(text)
            check(tmp_path, text)


@pytest.mark.parametrize("start", range(4))
def test_every_beginning_of_the_files_is_read_or_told(tmp_path: Path, start: int) -> None:
    (tmp_path / ".chalice").mkdir()
    for end in range(start * 7, len(APP), 41):
        (tmp_path / "app.py").write_text(APP[:end])
        (tmp_path / ".chalice" / "config.json").write_text(CONFIG[: end // 2])
        check(tmp_path, APP[:end])


def check(folder: Path, text: str) -> None:
    project = read_project(folder, Settings())
    if project is None:
        assert "Chalice(" not in text[: text.find("app_name")], text
        return
    assert project.problems or project.functions, text
    for problem in project.problems:
        assert problem.message.isprintable(), text
