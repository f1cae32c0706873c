"""Functions that bring their own runtime, as projects describe them."""

from __future__ import annotations

import platform
import struct
import sys
from pathlib import Path

import pytest

from lambda_tui.project import native_code
from lambda_tui.project.function import Project
from lambda_tui.project.interpreters import find_interpreter
from lambda_tui.project.load import load_project
from lambda_tui.project.runtimes import OS_ONLY_RUNTIMES
from lambda_tui.project.settings import FunctionSettings, Settings, load_settings
from support.files import write_program

TEMPLATE = """\
Resources:
  Custom:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: makefile}
    Properties: {CodeUri: src, Handler: function.handler, Runtime: %s}
"""


PROGRAM_FOR_X86 = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, 62, 1) + bytes(40)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    return tmp_path


ENDED = (
    "Custom: Lambda's support of {runtime} ended on {date}; name a later one, such as "
    "provided.al2023."
)


def described(folder: Path, runtime: str = "provided.al2023") -> Project:
    (folder / "template.yaml").write_text(TEMPLATE % runtime)
    return load_project(folder)


@pytest.mark.parametrize("runtime", OS_ONLY_RUNTIMES)
def test_a_template_may_name_an_os_only_runtime(folder: Path, runtime: str) -> None:
    write_program(folder / "src" / "bootstrap", "#!/bin/sh\n")
    project = described(folder, runtime)

    (function,) = project.functions
    assert (function.runtime, function.handler) == (runtime, "function.handler")
    warnings = [one.message for one in project.problems]
    ended = {"provided": "8 January 2024", "provided.al2": "31 July 2026"}.get(runtime)
    assert warnings == ([] if ended is None else [ENDED.format(runtime=runtime, date=ended)])


def test_a_bootstrap_that_is_not_there_is_told(folder: Path) -> None:
    project = described(folder)

    assert len(project.functions) == 1
    assert [str(problem) for problem in project.problems] == [
        "template.yaml:5: Custom: Runtime provided.al2023 runs bootstrap, which is not in src; "
        "run `sam build`, which makes it by makefile."
    ]


def test_a_bootstrap_that_cannot_be_executed_is_told(folder: Path) -> None:
    (folder / "src" / "bootstrap").write_text("#!/bin/sh\n")

    assert [str(problem) for problem in described(folder).problems] == [
        "template.yaml:5: Custom: bootstrap in src cannot be executed; run chmod +x on it."
    ]


@pytest.mark.parametrize(
    ("system", "machine", "remedy"),
    [
        ("linux", "aarch64", "cannot run on Linux on arm64; build it for Linux on arm64."),
        ("darwin", "arm64", "cannot run on macOS on arm64; build it for macOS on arm64."),
        (
            "darwin",
            "x86_64",
            "cannot run on macOS on x86_64; build it for macOS on x86_64, or run lambda-tui with "
            "--in docker.",
        ),
        ("linux", "x86_64", None),
    ],
)
def test_a_bootstrap_for_another_machine_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, system: str, machine: str, remedy: str | None
) -> None:
    (folder / "src" / "bootstrap").write_bytes(PROGRAM_FOR_X86)
    (folder / "src" / "bootstrap").chmod(0o755)
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(native_code, "_EMULATED", str(folder / "nowhere"))

    told = [str(problem) for problem in described(folder).problems]

    assert told == (
        []
        if remedy is None
        else [
            f"template.yaml:5: Custom: bootstrap in src is built for Linux on x86_64, and {remedy}"
        ]
    )


def test_a_bootstrap_that_an_emulator_may_run_is_no_problem(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "src" / "bootstrap").write_bytes(PROGRAM_FOR_X86)
    (folder / "src" / "bootstrap").chmod(0o755)
    (folder / "formats" / "qemu-x86_64").mkdir(parents=True)
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    monkeypatch.setattr(native_code, "_EMULATED", str(folder / "formats"))

    assert described(folder).problems == ()


LAYERED = TEMPLATE.replace("Runtime: %s", "Runtime: %s, Layers: [!Ref Common]").replace(
    "Resources:\n",
    "Resources:\n  Common: {Type: AWS::Serverless::LayerVersion, Properties: "
    "{ContentUri: common}}\n",
)


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        ("#!/bin/sh\n", 0o755, None),
        ("#!/bin/sh\n", 0o644, "bootstrap of its layers cannot be executed; run chmod +x on it."),
        ("#!/bin/sh\r\n", 0o755, "bootstrap of its layers has lines that end in CR LF, and no "),
        (None, 0o755, "Runtime provided.al2023 runs bootstrap, which is not in src; run `sam "),
    ],
)
def test_a_bootstrap_of_a_layer_is_looked_at_too(
    folder: Path, text: str | None, mode: int, said: str | None
) -> None:
    (folder / "common").mkdir()
    if text is not None:
        write_program(folder / "common" / "bootstrap", text).chmod(mode)
    (folder / "template.yaml").write_text(LAYERED % "provided.al2023")
    problems = [str(problem) for problem in load_project(folder).problems]

    assert len(problems) == (said is not None)
    assert all(f"Custom: {said}" in problem for problem in problems)


def test_a_runtime_of_almost_that_name_is_told(folder: Path) -> None:
    project = described(folder, "provided.al2024")

    assert project.functions == ()
    (problem,) = project.problems
    assert "provided.al2024 is not supported" in problem.message


def test_a_folder_with_nothing_but_a_bootstrap_is_a_function(folder: Path) -> None:
    write_program(folder / "src" / "bootstrap", "#!/bin/sh\n")
    (folder / "other").mkdir()
    (folder / "other" / "bootstrap").write_text("a note\n")
    project = load_project(folder)

    (function,) = project.functions
    assert (function.name, function.runtime) == ("src", "provided.al2023")
    assert function.code_directory == folder / "src"


def test_a_bootstrap_beside_python_handlers_is_something_else(folder: Path) -> None:
    write_program(folder / "bootstrap", "#!/bin/sh\npip install -e .\n")
    (folder / "app.py").write_text("def handler(event, context):\n    return event\n")

    (function,) = load_project(folder).functions
    assert (function.runtime, function.handler) == (None, "app.handler")


def settings_of(folder: Path, text: str) -> tuple[Settings, list[str]]:
    (folder / "lambda-tui.toml").write_text(text)
    settings, problems = load_settings(folder, folder / "none")
    return settings, [str(problem) for problem in problems]


def test_a_setting_puts_a_program_in_place_of_a_functions_runtime(folder: Path) -> None:
    write_program(folder / "tools" / "client", "#!/bin/sh\n")
    settings, problems = settings_of(
        folder, '[functions.src]\nbootstrap = ["tools/client", "--fast"]\n'
    )
    (folder / "src" / "app.py").write_text("def handler(event, context):\n    return event\n")

    assert problems == []
    command = (str(folder / "tools" / "client"), "--fast")
    assert settings.functions == {"src": FunctionSettings(bootstrap=command)}
    (function,) = load_project(folder, settings).functions
    assert (function.name, function.bootstrap) == ("src", command)


def test_a_program_without_a_folder_is_looked_for_on_path(folder: Path) -> None:
    settings, problems = settings_of(folder, '[functions.src]\nbootstrap = ["sh", "-c", "exit"]\n')

    assert problems == []
    program, *arguments = settings.functions["src"].bootstrap
    assert Path(program).name == "sh"
    assert Path(program).is_absolute()
    assert arguments == ["-c", "exit"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("functions = 1", "functions is 1, but it takes a table for each function, such as "),
        ("[functions]\nsrc = 1", "functions.src is 1, but it takes a table, such as "),
        (
            "[functions.src]\nbootstrap = 'x'",
            "functions.src.bootstrap is x, but it takes a program and its arguments, such as ",
        ),
        ("[functions.src]\nbootstrap = [1]", "but it takes a program and its arguments, such as "),
        (
            "[functions.src]\nbootstrap = ['no/such']",
            "functions.src.bootstrap names no/such, which is no program that can be executed; ",
        ),
        ("[functions.src]\nbootstrap = ['template.yaml/x']", "names template.yaml/x, which is no "),
        (
            "[functions.src]\nboot = ['sh']",
            "functions.src has no boot; did you mean bootstrap?",
        ),
    ],
)
def test_a_setting_that_cannot_be_used_is_told(folder: Path, text: str, said: str) -> None:
    settings, problems = settings_of(folder, text)

    assert all(one == FunctionSettings() for one in settings.functions.values())
    (problem,) = problems
    assert problem.startswith("lambda-tui.toml:")
    assert said in problem


def test_a_table_that_cannot_be_used_leaves_the_others_alone(folder: Path) -> None:
    settings, problems = settings_of(
        folder,
        "[functions]\nfirst = 1\n[functions.src]\nnetwork = 'own'\n"
        "[functions.last]\nbootstrap = []\nnetwork = 'none'\n",
    )

    assert settings.functions == {
        "src": FunctionSettings(network="own"),
        "last": FunctionSettings(),
    }
    first, last = problems
    assert first.startswith("lambda-tui.toml:2: functions.first is 1, but it takes a table, ")
    assert last.startswith("lambda-tui.toml:7: functions.last.network is none, but it takes auto, ")


def test_settings_of_a_function_that_is_not_there_are_told(folder: Path) -> None:
    settings, _problems = settings_of(folder, '[functions.scr]\nbootstrap = ["sh"]\n')
    (folder / "src" / "app.py").write_text("def handler(event, context):\n    return event\n")

    (problem,) = load_project(folder, settings).problems
    assert str(problem) == (
        "lambda-tui.toml:1: the settings name a function scr, which is not there; did you mean src?"
    )


def test_a_client_in_python_runs_on_the_interpreter_that_is_named(folder: Path) -> None:
    (folder / "src" / "app.py").write_text("def handler(event, context):\n    return event\n")
    settings, _problems = settings_of(
        folder, f'[functions.src]\nbootstrap = ["{sys.executable}", "-m", "client"]\n'
    )
    (function,) = load_project(folder, settings).functions

    interpreter = find_interpreter(folder, function, settings)
    assert interpreter.executable == Path(sys.executable)
    assert interpreter.origin == "the setting bootstrap"
