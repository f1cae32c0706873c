"""Settings of single functions: they go before the files, and may declare a function themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.project.function import Function, LoggingConfig, Problem, Project
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings, load_settings
from support.sam_template import SERVERLESS

HANDLER = "def handler(event, context): ...\n"
DECLARED = '[functions.Mine]\nhandler = "app.handler"\nruntime = "python3.12"\n'


def opened(
    folder: Path, settings: str, template: str | None = SERVERLESS, file: str = "lambda-tui.toml"
) -> tuple[Project, list[str]]:
    """Return the project with settings, and what is wrong with these."""
    (folder / "app.py").write_text(HANDLER)
    (folder / "other").mkdir(exist_ok=True)
    (folder / "other" / "app.py").write_text(HANDLER)
    (folder / "other" / "mine.py").write_text(HANDLER)
    (folder / file).write_text(settings)
    if template is not None:
        (folder / "template.yaml").write_text(template)
    loaded, problems = load_settings(folder, folder / "config")
    return load_project(folder, loaded), [str(problem) for problem in problems]


def only(functions: tuple[Function, ...]) -> Function:
    (function,) = functions
    return function


def sentence(problems: tuple[Problem, ...]) -> str:
    (problem,) = problems
    return str(problem)


def test_every_field_goes_before_that_of_the_template(tmp_path: Path) -> None:
    project, problems = opened(
        tmp_path,
        '[functions.Hello]\nhandler = "mine.handler"\nruntime = "python3.13"\ntimeout = 30\n'
        'memory_size = 512\nephemeral_storage = 1024\narchitecture = "arm64"\ncode = "other"\n'
        'layers = ["other", "arn:aws:lambda:us-east-1:123456789012:layer:far:3"]\n'
        'reserved_concurrency = 2\ndescription = "mine"\n'
        '[functions.Hello.environment]\nSTAGE = "mine"\nMORE = "1"\n',
        SERVERLESS + "      Environment: {Variables: {STAGE: dev, KEPT: k}}\n      Timeout: 5\n",
    )

    assert problems == []
    assert sentence(project.problems).startswith("lambda-tui.toml:9: Layers names arn:aws:")
    function = only(project.functions)
    assert (function.handler, function.runtime) == ("mine.handler", "python3.13")
    assert (function.timeout, function.memory_size) == (30, 512)
    assert (function.ephemeral_storage, function.architecture) == (1024, "arm64")
    assert function.code_directory == tmp_path / "other"
    assert [layer.path for layer in function.layers] == [tmp_path / "other", None]
    assert function.reserved_concurrency == 2
    assert function.description == "mine"
    assert function.environment == {"STAGE": "mine", "KEPT": "k", "MORE": "1"}
    assert function.variable_origins == {
        "STAGE": "lambda-tui.toml:13",
        "KEPT": "template.yaml:8",
        "MORE": "lambda-tui.toml:14",
    }
    assert function.file == tmp_path / "template.yaml"


def test_a_part_of_the_logging_goes_before_that_of_the_template(tmp_path: Path) -> None:
    template = SERVERLESS + (
        "      LoggingConfig: {LogFormat: JSON, ApplicationLogLevel: WARN, LogGroup: shop}\n"
    )
    project, problems = opened(
        tmp_path,
        '[functions.Hello]\nsystem_log_level = "DEBUG"\nlog_group = "mine"\ntracing = "Active"\n',
        template,
    )

    assert (problems, project.problems) == ([], ())
    function = only(project.functions)
    assert function.logging == LoggingConfig("JSON", "WARN", "DEBUG", "mine")
    assert function.tracing == "Active"

    project, _ = opened(tmp_path, '[functions.Hello]\nlog_format = "Text"\n', template)
    assert only(project.functions).logging == LoggingConfig("Text", group="shop")


def test_a_file_of_variables_goes_before_the_settings_of_a_function(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("STAGE=file\n")
    project, _ = opened(
        tmp_path, 'env_file = ".env"\n[functions.Hello]\nenvironment = {STAGE = "own", A1 = "2"}\n'
    )
    assert only(project.functions).environment == {"STAGE": "file", "A1": "2"}


def test_a_function_that_no_file_declares_is_declared_by_settings(tmp_path: Path) -> None:
    project, problems = opened(tmp_path, DECLARED + "timeout = 9\ncode = 'other'\n")

    assert problems == []
    assert project.problems == ()
    assert [one.name for one in project.functions] == ["Hello", "Mine"]
    mine = project.functions[1]
    assert (mine.timeout, mine.code_directory) == (9, tmp_path / "other")
    assert (mine.file, mine.line) == (tmp_path / "lambda-tui.toml", 1)


def test_a_function_that_is_declared_takes_the_place_of_what_was_found_in_its_source(
    tmp_path: Path,
) -> None:
    (tmp_path / "app.py").write_text(HANDLER)
    (tmp_path / "lambda-tui.toml").write_text(DECLARED)
    settings, _ = load_settings(tmp_path, tmp_path / "config")

    assert only(load_project(tmp_path).functions).handler == "app.handler"
    assert only(load_project(tmp_path, settings).functions).name == "Mine"


def test_a_declared_function_is_in_the_region_of_the_settings(tmp_path: Path) -> None:
    project, _ = opened(tmp_path, f'region = "eu-west-1"\n{DECLARED}')
    assert {one.region for one in project.functions} == {"eu-west-1"}


def test_settings_alone_make_a_project_also_in_pyproject(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("")
    text = DECLARED.replace("[functions.Mine]", "[tool.lambda-tui.functions.Mine]")
    project, problems = opened(
        tmp_path, f'[project]\nname = "x"\n{text}', template=None, file="pyproject.toml"
    )

    assert problems == []
    mine = {one.name: one for one in project.functions}["Mine"]
    assert (mine.file, mine.line) == (tmp_path / "pyproject.toml", 3)
    assert mine.code_directory == tmp_path


def test_the_projects_own_file_goes_before_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.lambda-tui]\nidle_timeout = 5\nwatch = false\nhistroy = 1\n"
    )
    (tmp_path / "lambda-tui.toml").write_text("idle_timeout = 6\n")
    settings, (problem,) = load_settings(tmp_path, tmp_path / "config")

    assert (settings.idle_timeout, settings.watch) == (6, False)
    assert str(problem) == ("pyproject.toml:4: there is no setting histroy; did you mean history?")


@pytest.mark.parametrize("text", ["[tool]\nlambda-tui = 3\n", "[broken\n", "tool = 1\n"])
def test_a_pyproject_of_other_tools_is_passed_over(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert load_settings(tmp_path, tmp_path / "config") == (Settings(), ())


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("memory_size = 1", "lambda-tui.toml:2: Hello: MemorySize is 1, but Lambda takes 128 to "),
        ('runtime = "pyhton3.12"', "lambda-tui.toml:2: Hello: Runtime pyhton3.12 is unknown"),
        ('handler = "app.handlr"', "Hello: Handler app.handlr names handlr, which"),
        ('code = "othr"', "othr, which does not exist; "),
        ("timeout = 3\nephemeral_storage = 1", "lambda-tui.toml:3: Hello: EphemeralStorage.Size "),
        ('environment = {AWS_REGION = "x"}', "Environment sets AWS_REGION, which Lambda reserves"),
        ('architecture = "x86"', "lambda-tui.toml:2: Hello: Architectures is a list, but Lambda "),
        ('log_format = "XML"', "lambda-tui.toml:2: Hello: LoggingConfig.LogFormat is XML, but "),
        ('application_log_level = "WARN"', "lambda-tui.toml:2: Hello: LoggingConfig.Application"),
        ('tracing = "On"', "lambda-tui.toml:2: Hello: "),
        ('layers = ["none"]', "lambda-tui.toml:2: Hello: layers: there is no "),
    ],
)
def test_a_value_that_lambda_refuses_is_told_at_its_line_and_changes_nothing(
    tmp_path: Path, settings: str, told: str
) -> None:
    project, _ = opened(tmp_path, f"[functions.Hello]\n{settings}\n")

    assert any(told in str(problem) for problem in project.problems), project.problems
    assert all(one.line != 1 for one in project.problems)
    assert only(project.functions).code_directory == tmp_path


def test_all_mistakes_of_a_table_are_told_and_the_rest_holds(tmp_path: Path) -> None:
    project, problems = opened(
        tmp_path,
        '[functions.Hello]\ntimout = 3\ntimeout = "3"\nmemory_size = 256\nwheels = 4\n'
        "environment = {A1 = 1}\n",
    )
    assert problems[:2] == [
        "lambda-tui.toml:2: functions.Hello has no timout; did you mean timeout?",
        "lambda-tui.toml:3: functions.Hello.timeout is 3, but it takes a whole number.",
    ]
    assert problems[2].startswith("lambda-tui.toml:5: functions.Hello has no wheels; the keys are ")
    assert problems[3].startswith("lambda-tui.toml:6: functions.Hello.environment is a mapping, ")
    assert only(project.functions).memory_size == 256


@pytest.mark.parametrize(
    ("settings", "end"),
    [
        ("[functions.hello]\ntimeout = 3\n", "did you mean Hello?"),
        (
            "[functions.Zebra]\ntimeout = 3\n",
            "take it out of functions, or add a handler and a runtime to declare it.",
        ),
        (
            "[functions.Zebra]\nhandler = 'app.handler'\n",
            'add a runtime to declare it, such as runtime = "python3.13".',
        ),
    ],
)
def test_a_table_of_no_function_says_what_is_missing(
    tmp_path: Path, settings: str, end: str
) -> None:
    project, _ = opened(tmp_path, settings)
    assert sentence(project.problems).startswith("lambda-tui.toml:1: the settings name a function ")
    assert sentence(project.problems).endswith(end)
