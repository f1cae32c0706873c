"""Facts about functions and their environments, as the screen shows them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lambda_tui.engine.environment import ProcessUsage, processes_below
from lambda_tui.project.function import Function, Project
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from lambda_tui.ui.model.details import (
    Detail,
    details_of,
    environment_details,
    function_details,
    lambda_variable_details,
    mount_details,
    process_details,
    variable_details,
)
from support.extensions import RECORDER, project
from support.workbench import Open

TEMPLATE = """\
Globals:
  Function:
    Runtime: PYTHON
    Environment:
      Variables:
        STAGE: dev
        LEVEL: INFO
Parameters:
  Table: {Type: String}
Resources:
  Api:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: app.handler
      Environment:
        Variables:
          API_KEY: sk-live-1234567890
          DATABASE: postgres://shop:hunter2@db/shop
          LEVEL: DEBUG
          ROOT: /var/task/data
          TABLE: !Ref Table
"""


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    """A project of one function whose variables are set in several places."""
    runtime = f"python3.{sys.version_info[1]}"
    (tmp_path / "code").mkdir()
    (tmp_path / "template.yaml").write_text(TEMPLATE.replace("PYTHON", runtime))
    (tmp_path / "code" / "app.py").write_text("def handler(event, context): return event\n")
    return load_project(tmp_path, Settings(values={"Table": "orders"}))


def by_label(details: list[Detail]) -> dict[str, Detail]:
    return {one.label: one for one in details}


async def test_each_variable_has_its_origin_and_a_secret_is_masked(
    open_project: Open, shop: Project
) -> None:
    workbench = await open_project(shop)
    await workbench.answer()
    environment = workbench.environment

    own = by_label(variable_details(environment.function, environment))
    assert {label: one.origin for label, one in own.items()} == {
        "API_KEY": "template.yaml:18",
        "AWS_SAM_LOCAL": "lambda-tui; AWS does not set it",
        "DATABASE": "template.yaml:19",
        "LAMBDA_TUI": "lambda-tui; AWS does not set it",
        "LEVEL": "template.yaml:20",
        "ROOT": "template.yaml:21",
        "STAGE": "Globals, template.yaml:6",
        "TABLE": "template.yaml:22, the value by [values]",
    }
    assert {label for label, one in own.items() if one.is_secret} == {"API_KEY", "DATABASE"}
    assert own["API_KEY"].masked == "•••••• 18 characters"
    assert own["LEVEL"].masked == own["LEVEL"].value == "DEBUG"
    # As the processes have it, which without a sandbox is another path.
    assert environment.launch is not None
    assert own["ROOT"].value == environment.launch.variables["ROOT"]
    lambdas = by_label(lambda_variable_details(environment.function, environment))
    assert lambdas["AWS_REGION"].origin == "reserved"
    assert lambdas["TZ"].origin == ""
    assert not own.keys() & lambdas.keys()


@pytest.mark.parametrize(
    ("name", "value", "is_secret"),
    [
        ("STRIPE_KEY", "x", True),
        ("apiToken", "x", True),
        ("DB_PASSWORD", "x", True),
        ("GITHUB_PAT", "x", True),
        ("PATH_PREFIX", "x", False),
        ("PATTERN", "x", False),
        ("TABLE", "x", False),
        ("EMPTY_SECRET", "", False),
        ("QUEUE", "amqps://user:word@host/", True),
        ("SITE", "https://host:8080/a@b", False),
    ],
)
def test_secrets_are_known_by_their_names_and_by_their_form(
    name: str, value: str, is_secret: bool
) -> None:
    function = Function("f", "app.handler", Path("/code"), environment={name: value})
    (detail,) = variable_details(function, None)
    assert detail.is_secret is is_secret


def test_a_variable_of_a_secret_is_masked_and_one_without_a_value_tells_why() -> None:
    function = Function(
        "f",
        "app.handler",
        Path("/code"),
        environment={"URL": "x:hunter2@y"},
        secrets=frozenset({"URL"}),
        unknown_variables={"TABLE": "the parameter Table has no Default."},
    )
    secret, unknown = variable_details(function, None)

    assert secret.masked == "•••••• 11 characters"
    assert (unknown.label, unknown.value) == ("TABLE", "no value here")
    assert unknown.origin == "the parameter Table has no Default."


async def test_a_function_tells_what_runs_it_and_why_its_limits_and_its_source(
    open_project: Open, shop: Project
) -> None:
    workbench = await open_project(shop, python=Path(sys.executable))
    await workbench.answer()

    facts = dict(details_of(workbench.pool.function, workbench.pool))
    version = ".".join(str(part) for part in sys.version_info[:3])
    assert facts == {
        "limits": "128 MB · 3 s",
        "handler": "app.handler",
        "runs on": f"Python {version} · the setting python",
        "declared in": "template.yaml:11",
    }
    details = by_label(function_details(workbench.pool.function, workbench.pool))
    assert details["source"].value == f"{shop.directory}/template.yaml:11"
    assert details["code"].value == f"{shop.directory}/code"
    assert details["ARN"].value == workbench.pool.function.arn
    assert details["runs on"].value == f"Python {version}"
    assert details["runs on"].origin == "the setting python"
    assert details["program"].value == sys.executable


async def test_an_environment_tells_its_sandbox_its_mounts_and_its_extensions(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(project(tmp_path, {"agent": RECORDER}))
    await workbench.answer()
    environment = await workbench.until_frozen()

    facts = by_label(environment_details(environment, workbench.pool))
    assert facts["state"].value == "frozen"
    assert facts["sandbox"].value == ("namespaces" if environment.is_isolated else "processes")
    assert facts["id"].value == environment.id
    assert facts["network"].value
    assert (facts["agent"].section, facts["agent"].value) == ("Extensions", "Ready")
    mounts = by_label(mount_details(environment))
    assert mounts["/var/task"].value == f"{tmp_path}/code"
    assert mounts["/opt"].value == f"{tmp_path}/layers"
    assert mounts["/tmp"].origin == "512 MB"


STARTS = """
import subprocess
started = subprocess.Popen(["sleep", "60"])

def lambda_handler(event, context): return event
"""


async def test_the_processes_of_an_environment_are_those_it_has_started(
    open_project: Open,
) -> None:
    workbench = await open_project(STARTS)
    await workbench.answer()
    environment = await workbench.until_frozen()
    assert environment.pid is not None

    runtime, started = processes_below(environment.pid)
    assert (runtime.depth, started.depth, started.command) == (0, 1, "sleep 60")
    assert runtime.memory_mb > 1
    rows = process_details([runtime, started])
    assert rows[0].origin == "the runtime, a fork"
    assert rows[1].label == f"  {started.pid}"


def test_a_process_of_a_hostile_name_is_one_line() -> None:
    usage = ProcessUsage(7, 0, "\x1b[2Jevil\nname", "sleeping", 1.0, 2)
    (row,) = process_details([usage])
    assert row.origin == "evil␊name"
    assert row.value == "1.0 MB · 2 threads · sleeping"


async def test_lines_that_have_moved_are_told_without_a_reload(
    open_project: Open, shop: Project
) -> None:
    workbench = await open_project(shop, watch=True, values={"Table": "orders"})
    await workbench.answer()
    await workbench.until_watched()
    before = workbench.environment
    template = shop.directory / "template.yaml"
    workbench.write(f"# moved\n{template.read_text()}", "template.yaml")

    await workbench.until(
        lambda: workbench.pool.function.variable_origins["STAGE"] == "Globals, template.yaml:7"
    )
    assert workbench.pool.function.line == 12
    assert workbench.environment is before
