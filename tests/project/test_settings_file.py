from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambda_tui.project.load import load_project
from lambda_tui.project.settings import (
    SANDBOX_VARIABLE,
    CdkSettings,
    FunctionSettings,
    Settings,
    load_settings,
)

ARN = "arn:aws:lambda:eu-west-1:123456789012:layer:common"


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SANDBOX_VARIABLE, raising=False)


@pytest.fixture
def user(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    return tmp_path / "config" / "config.toml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project" / "lambda-tui.toml"


def load(user: Path, project: Path) -> tuple[Settings, list[str]]:
    loaded, problems = load_settings(project.parent, user.parent)
    return loaded, [str(problem) for problem in problems]


def test_without_files_the_defaults_hold(user: Path, project: Path) -> None:
    assert load(user, project) == (Settings(), [])


def test_folders_that_do_not_exist_are_no_problem(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "a", tmp_path / "b") == (Settings(), ())


def test_every_setting_can_be_set(user: Path, project: Path) -> None:
    project.write_text(
        f'sandbox = "processes"\nnetwork = "own"\nidle_timeout = 5\nmaximum_environments = 3\n'
        f'python = "{sys.executable}"\nwatch = false\ntheme = "nord"\n[keys]\ninvoke = "i,f5"\n'
    )
    expected = Settings(
        sandbox="processes",
        network="own",
        idle_timeout=5.0,
        maximum_environments=3,
        python=Path(sys.executable),
        watch=False,
        keys={"invoke": "i,f5"},
        theme="nord",
    )
    assert load(user, project) == (expected, [])


def test_the_projects_file_goes_before_the_users_and_keys_are_merged(
    user: Path, project: Path
) -> None:
    user.write_text('theme = "nord"\nidle_timeout = 9\n[keys]\ninvoke = "i"\nquit = "q"\n')
    project.write_text('theme = "dracula"\n[keys]\ninvoke = "f5"\n')
    loaded, problems = load(user, project)
    assert problems == []
    assert (loaded.theme, loaded.idle_timeout) == ("dracula", 9.0)
    assert loaded.keys == {"invoke": "f5", "quit": "q"}


def test_python_is_relative_to_the_file_that_names_it(user: Path, project: Path) -> None:
    python = project.parent / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    project.write_text('python = "env/bin/python"\n')
    assert load(user, project) == (Settings(python=python), [])


def test_a_functions_network_goes_before_that_of_all(user: Path, project: Path) -> None:
    project.write_text('network = "own"\n[functions.Order]\nnetwork = "shared"\n')
    loaded, problems = load(user, project)
    assert problems == []
    assert (loaded.network_of("Order"), loaded.network_of("Other")) == ("shared", "own")


def test_a_functions_network_that_there_is_not_is_a_problem(user: Path, project: Path) -> None:
    project.write_text('[functions.Order]\nnetwork = "host"\n')
    loaded, (problem,) = load(user, project)
    assert loaded == Settings(functions={"Order": FunctionSettings()})
    said = "functions.Order.network is host, but it takes auto, shared or own."
    assert problem.endswith(said)


def test_the_tables_of_a_cdk_app_add_up(user: Path, project: Path) -> None:
    user.write_text('[cdk]\nsynth = "make synth"\n[cdk.sources]\nOne = "/one"\nTwo = "/two"\n')
    project.write_text('[cdk.sources]\nTwo = "src"\n')
    loaded, problems = load(user, project)
    sources = {"One": Path("/one"), "Two": project.parent / "src"}
    assert (loaded.cdk, problems) == (CdkSettings(synth="make synth", sources=sources), [])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('cdk = "x"', "cdk is x, but it takes a table of synth and sources."),
        ("cdk.sources = 3", "cdk.sources is 3, but it takes a table of folders, such as"),
        ("cdk.synth = 3", "cdk.synth is 3, but it takes a command, such as"),
        ("cdk.sources.A = 3", "cdk.sources.A is 3, but it takes the path of a folder."),
        ('cdk.app = "x"', "cdk has app, but it takes synth and sources only."),
    ],
)
def test_what_a_cdk_app_cannot_have_is_told(
    user: Path, project: Path, text: str, told: str
) -> None:
    project.write_text(f"{text}\n")
    loaded, (problem,) = load(user, project)
    assert loaded.cdk == CdkSettings()
    assert problem.startswith(f"lambda-tui.toml:1: {told}")


def test_layers_are_a_list_relative_to_the_file_that_names_them(user: Path, project: Path) -> None:
    project.write_text('layers = ["layer", "../one.zip", "/two"]\n')
    folder = project.parent
    expected = (folder / "layer", folder.parent / "one.zip", Path("/two"))
    assert load(user, project) == (Settings(layers=expected), [])


def test_layers_are_a_table_by_arns_that_the_users_file_adds_to(user: Path, project: Path) -> None:
    one, both = (f"arn:aws:lambda:eu-west-1:123456789012:layer:{name}" for name in ("a:1", "b"))
    user.write_text(f'[layers]\n"{one}" = "one"\n"{both}" = "users"\n')
    project.write_text(f'[layers]\n"{both}" = "both"\n')
    loaded, problems = load(user, project)
    assert problems == []
    assert loaded.layers == ()
    assert loaded.layer_paths == {
        one: user.parent / "one",
        both: project.parent / "both",
    }


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("idle_timout = 3", "there is no setting idle_timout; did you mean idle_timeout?"),
        ("xyz = 3", "there is no setting xyz; the keys are sandbox, network,"),
        ('sandbox = "docker"', "sandbox is docker, but it takes auto, namespaces or processes."),
        ("sandbox = []", "sandbox is [], but it takes auto, namespaces or processes."),
        ("network = 1", "network is 1, but it takes auto, shared or own."),
        ('idle_timeout = "long"', "idle_timeout is long, but it takes a number of seconds."),
        ("idle_timeout = true", "idle_timeout is true, but it takes a number of seconds."),
        ("idle_timeout = 0", "idle_timeout is 0, but it takes a number of seconds above 0."),
        ("idle_timeout = nan", "idle_timeout is nan, but it takes a number of seconds above 0."),
        ("maximum_environments = 0", "maximum_environments is 0, but it takes 1 to 1000."),
        ("maximum_environments = 1.5", "maximum_environments is 1.5, but it takes a whole number."),
        ("maximum_environments = 0x" + "f" * 5000, "maximum_environments is a huge number"),
        ('python = "/nowhere/python"', "python is /nowhere/python, but it takes the path"),
        ("python = 3", "python is 3, but it takes the path of a Python interpreter."),
        ("layers = 3", "layers is 3, but it takes a list of paths, such as ["),
        ("layers = [3]", "layers is [3], but it takes a list of paths, such as ["),
        ("layers.common = 'x'", "layers has common, which is no layer's ARN, such as arn:aws:"),
        (f"layers.'{ARN}' = 3", f"layers.{ARN} is 3, but it takes the path of a folder or "),
        (f"layers.'{ARN}' = ''", f'layers.{ARN} is "", but it takes the path of a folder or '),
        (
            'retry_delays = [-1, "x"]',
            'retry_delays is [-1, "x"], but it takes two numbers of seconds, from 0 on, such as ',
        ),
        ("retry_delays = [1]", "retry_delays is [1], but it takes two numbers of seconds, from 0"),
        ("values = 3", "values is 3, but it takes a table of values for what a template names,"),
        ("values.ApiKey = 3", 'values.ApiKey is 3, but it takes a text, such as "value".'),
        ('watch = "yes"', "watch is yes, but it takes true or false."),
        ("theme = 1979-05-27", "theme is a date, but it takes a theme's name."),
        ("keys = 3", "keys is 3, but it takes a table of keys by binding ids"),
        ('keys.invok = "i"', "keys has invok, which is no binding's id; did you mean invoke?"),
        ('keys.xyz = "i"', "keys has xyz, which is no binding's id; the help of the screen (?) "),
        ("keys.invoke = 3", "keys.invoke is 3, but it takes keys, such as "),
        ("functions = 3", "functions is 3, but it takes a table for each function, such as "),
    ],
)
def test_a_bad_key_or_value_is_named_and_the_rest_holds(
    user: Path, project: Path, line: str, sentence: str
) -> None:
    project.write_text(f"{line}\n")
    user.write_text("maximum_environments = 7\n")
    loaded, problems = load(user, project)
    assert loaded == Settings(maximum_environments=7)
    (problem,) = problems
    assert problem.startswith(f"lambda-tui.toml:1: {sentence}")


def test_good_keys_beside_a_bad_one_hold(user: Path, project: Path) -> None:
    project.write_text('watch = "yes"\nidle_timeout = 4\n')
    loaded, problems = load(user, project)
    assert loaded.idle_timeout == 4.0
    assert len(problems) == 1


def test_good_entries_of_a_table_beside_bad_ones_hold(user: Path, project: Path) -> None:
    project.write_text(
        '[keys]\ninvoke = "f5"\nquit = 3\nhelp = []\n'
        f'[layers]\n"{ARN}" = "one"\n"{ARN}:1" = false\ncommon = "two"\n'
    )

    loaded, problems = load(user, project)

    assert loaded.keys == {"invoke": "f5"}
    assert loaded.layer_paths == {ARN: project.parent / "one"}
    assert [problem.removeprefix("lambda-tui.toml:").split(", ")[0] for problem in problems] == [
        "3: keys.quit is 3",
        "4: keys.help is []",
        f"7: layers.{ARN}:1 is false",
        "8: layers has common",
    ]


def test_a_good_function_beside_bad_ones_holds(user: Path, project: Path) -> None:
    project.write_text(
        '[functions]\nA = 3\n[functions.B]\nnetwork = "own"\n[functions.C]\nmemory = 1\n'
        '[functions.D]\nnetwork = "own"\nbootstrap = ["./none"]\n'
    )

    loaded, problems = load(user, project)

    assert loaded.functions == {
        "B": FunctionSettings(network="own"),
        "C": FunctionSettings(),
        "D": FunctionSettings(network="own"),
    }
    assert [problem.removeprefix("lambda-tui.toml:").split("; ")[0] for problem in problems] == [
        '2: functions.A is 3, but it takes a table, such as bootstrap = [".venv/bin/python", "-m", '
        '"awslambdaric"] under [functions.NAME].',
        "6: functions.C has no memory",
        "9: functions.D.bootstrap names ./none, which is no program that can be executed",
    ]


def test_broken_toml_is_one_sentence_with_its_line(user: Path, project: Path) -> None:
    user.write_text("watch = true\ntheme = \n")
    loaded, problems = load(user, project)
    assert loaded == Settings()
    assert problems == ["config.toml:2: the file is not valid TOML: Invalid value."]


def test_a_file_that_is_not_utf8_is_one_sentence(user: Path, project: Path) -> None:
    user.write_bytes(b"\n# \xff\n")
    assert "not UTF-8 text: line 2" in load(user, project)[1][0]


def test_the_environment_variable_goes_before_the_files(
    user: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write_text('sandbox = "auto"\n')
    monkeypatch.setenv(SANDBOX_VARIABLE, "processes")
    assert load(user, project) == (Settings(sandbox="processes"), [])


def test_a_bad_environment_variable_is_named(
    user: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SANDBOX_VARIABLE, "docker")
    loaded, problems = load(user, project)
    assert loaded == Settings()
    assert problems == [
        "the variable LAMBDA_TUI_SANDBOX is docker, but it takes auto, namespaces or processes."
    ]


FRAGMENTS = st.sampled_from(
    ["sandbox", "keys", "idle_timeout", "python", "=", "[", "]", "{", "}", '"', "\n", " ", "1", "."]
)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text() | st.lists(FRAGMENTS, max_size=30).map("".join))
def test_no_text_as_settings_raises(user: Path, project: Path, text: str) -> None:
    project.write_bytes(text.encode("utf-8", "surrogatepass"))
    loaded, problems = load_settings(project.parent, user.parent)
    assert loaded.watch
    assert all(problem.message.isprintable() for problem in problems)


ODD = (
    *(
        "true",
        "-1",
        "0x" + "f" * 400,
        "1.5",
        "nan",
        "-inf",
        '""',
        '"x"',
        '"\\u0000"',
        "'~nobody/x'",
    ),
    *(
        "1979-05-27",
        "07:32:00",
        "[]",
        "[[]]",
        '[-1, "x"]',
        "[{}]",
        "{}",
        "{a = 1}",
        "{a = {b = []}}",
    ),
    *('{"" = ""}', '{invoke = "f5", functions = 3}', "[" * 60 + "]" * 60, '["x", "y", "z"]'),
)
PLACES = (
    *(field.name for field in dataclasses.fields(Settings)),
    *("keys.invoke", "keys.''", "layers.x", f"layers.'{ARN}'", "values.X", "functions.A", "x.y.z"),
    *("cdk.synth", "cdk.sources", "cdk.sources.Hello", "cdk.sources.''", "cdk.x"),
    *("file_systems.x", "file_systems.'/mnt/a'", f"file_systems.'{ARN}'"),
    *(f"functions.A.{name.name}" for name in dataclasses.fields(FunctionSettings)),
    *("functions.A.x", "functions.''.network", "functions.A.environment.X"),
)


@pytest.mark.parametrize("place", PLACES)
def test_a_value_of_any_type_at_any_place_is_taken_or_told(
    user: Path, project: Path, place: str
) -> None:
    for value in ODD:
        project.write_text(f"{place} = {value}\n")
        user.write_text("maximum_environments = 7\n")
        loaded, problems = load(user, project)
        assert all(problem.startswith("lambda-tui.toml:") for problem in problems), value
        assert all(problem.isprintable() for problem in problems), value
        assert loaded.maximum_environments == 7 or place == "maximum_environments"
        # The rest of the reader takes it too.
        load_project(project.parent, loaded)
