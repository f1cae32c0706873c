"""Functions in languages that nothing runs here are recognised, and run once they are built."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.project.load import load_project
from support.files import write_program

SOURCES = {
    "Go": ("go.mod", "module x\nrequire github.com/aws/aws-lambda-go v1.47.0\n"),
    "Rust": ("Cargo.toml", '[package]\nname = "x"\n[dependencies]\nlambda_runtime = "0.13"\n'),
    ".NET": ("X.csproj", '<PackageReference Include="Amazon.Lambda.Core" Version="2" />\n'),
    "Java": ("pom.xml", "<artifactId>aws-lambda-java-core</artifactId>\n"),
    "Ruby": ("app.rb", "def lambda_handler(event:, context:)\nend\n"),
}
REMEDIES = {
    "Go": "run `go build -tags lambda.norpc -o bootstrap .` in code.",
    "Rust": "run `cargo lambda build --release` in code.",
    ".NET": "publish code for provided.al2023 as a program named bootstrap, with Amazon.Lambda.R",
    "Java": "name it in a template.yaml, and its client of the Runtime API with the setting boot",
    "Ruby": "name it in a template.yaml, and its client of the Runtime API with the setting boot",
}
TEMPLATE = """\
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code, Handler: bootstrap, Runtime: provided.al2023}
    Metadata: {BuildMethod: rust-cargolambda}
"""
LANGUAGES = pytest.mark.parametrize("language", SOURCES)


def write_source(folder: Path, language: str) -> Path:
    name, text = SOURCES[language]
    (folder / "code").mkdir(exist_ok=True)
    (folder / "code" / name).write_text(text)
    return folder / "code" / name


@LANGUAGES
def test_a_plain_folder_with_other_source_is_told_by_the_file_that_shows_it(
    tmp_path: Path, language: str
) -> None:
    file = write_source(tmp_path, language)
    project = load_project(tmp_path)
    assert project.functions == ()
    (problem,) = project.problems
    assert problem.file == file
    sentence = f"code is a function in {language}, which does not run as it is; "
    assert problem.message.startswith(sentence + REMEDIES[language])


@pytest.mark.parametrize("name", ["go.mod", "Cargo.toml", "pom.xml", "X.csproj", "app.rb"])
def test_source_that_is_not_for_lambda_is_nothing_to_tell_of(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("module x\n")
    (problem,) = load_project(tmp_path).problems
    assert problem.message.startswith("no function here: write a lambda_function.py")


@pytest.mark.parametrize("language", ["Go", "Rust"])
def test_an_os_only_function_without_its_bootstrap_says_what_builds_it(
    tmp_path: Path, language: str
) -> None:
    write_source(tmp_path, language)
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (problem,) = load_project(tmp_path).problems
    assert problem.message == (
        "Hello: Runtime provided.al2023 runs bootstrap, which is not in code; " + REMEDIES[language]
    )


@pytest.mark.parametrize("built", ["code", "code/target/lambda/hello"])
def test_what_a_build_has_made_is_run(tmp_path: Path, built: str) -> None:
    write_source(tmp_path, "Rust")
    write_program(tmp_path / built / "bootstrap", "#!/bin/sh\n")
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    project = load_project(tmp_path)
    (function,) = project.functions
    assert (function.code_directory, project.problems) == (tmp_path / built, ())


def test_of_two_programs_of_one_source_none_is_guessed(tmp_path: Path) -> None:
    write_source(tmp_path, "Rust")
    for name in ("one", "two"):
        write_program(tmp_path / "code" / "target" / "lambda" / name / "bootstrap", "#!/bin/sh\n")
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (function,) = load_project(tmp_path).functions
    assert function.code_directory == tmp_path / "code"


def test_a_plain_folder_runs_what_cargo_lambda_has_built(tmp_path: Path) -> None:
    write_source(tmp_path, "Rust")
    built = tmp_path / "code" / "target" / "lambda" / "x"
    write_program(built / "bootstrap", "#!/bin/sh\n")
    project = load_project(tmp_path)
    (function,) = project.functions
    assert (function.name, function.code_directory) == ("code", built)
    assert (function.runtime, project.problems) == ("provided.al2023", ())
