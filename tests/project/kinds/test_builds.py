"""Functions of which ``sam build`` makes the code: the source runs, or else what was built."""

from __future__ import annotations

from pathlib import Path

from lambda_tui.project.function import Problem, Project
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from support.files import write_program

FUNCTION = """\
  {name}:
    Type: AWS::{kind}::Function
    Metadata: {{BuildMethod: {method}}}
    Properties: {{{code}: src, Handler: {handler}, Runtime: {runtime}}}
"""


def function(name: str, method: str, handler: str, runtime: str, kind: str = "Serverless") -> str:
    """Return a resource of a template."""
    code = "CodeUri" if kind == "Serverless" else "Code"
    return FUNCTION.format(
        name=name, method=method, handler=handler, runtime=runtime, kind=kind, code=code
    )


def opened(folder: Path, *functions: str) -> Project:
    """Return the project of these functions, which have one source."""
    (folder / "src").mkdir(exist_ok=True)
    (folder / "src" / "app.ts").write_text("export const handler = async () => 1;\n")
    (folder / "template.yaml").write_text("Resources:\n" + "".join(functions))
    return load_project(folder)


def only(problems: tuple[Problem, ...]) -> str:
    (problem,) = problems
    return str(problem)


def test_a_source_that_runs_goes_before_what_was_built(tmp_path: Path) -> None:
    (tmp_path / ".aws-sam" / "build" / "One").mkdir(parents=True)
    functions = [function(one, "esbuild", "app.handler", "nodejs22.x") for one in ("One", "Two")]
    project = opened(tmp_path, *functions)

    assert {one.code_directory for one in project.functions} == {tmp_path / "src"}
    assert project.problems == ()


def test_a_method_that_only_copies_is_not_spoken_of(tmp_path: Path) -> None:
    project = opened(tmp_path, function("One", "nodejs22.x", "app.handler", "nodejs22.x"))
    assert project.problems == ()


def test_what_was_built_runs_where_the_source_cannot(tmp_path: Path) -> None:
    built = tmp_path / ".aws-sam" / "build" / "One"
    built.mkdir(parents=True)
    write_program(built / "bootstrap", "#!/bin/sh\n")
    for kind in ("Serverless", "Lambda"):
        made = function("One", "makefile", "x", "provided.al2023", kind)
        project = opened(tmp_path, made)

        assert [one.code_directory for one in project.functions] == [built]
        assert only(project.problems) == (
            "template.yaml:4: One: the source does not run before makefile has made something of "
            "it, so what lies in .aws-sam/build runs; run `sam build` again after a change."
        )


def test_a_build_that_is_missing_is_asked_for(tmp_path: Path) -> None:
    project = opened(tmp_path, function("One", "rust-cargolambda", "x", "provided.al2023"))
    assert only(project.problems).endswith(
        "runs bootstrap, which is not in src; run `sam build`, which makes it by rust-cargolambda."
    )


def test_the_template_that_sam_build_writes_can_be_named(tmp_path: Path) -> None:
    text = function("One", "esbuild", "app.handler", "nodejs22.x")
    folder = tmp_path / ".aws-sam" / "build"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "app.js").write_text("exports.handler = async () => 1;\n")
    (folder / "template.yaml").write_text("Resources:\n" + text)
    project = load_project(tmp_path, Settings(template=folder / "template.yaml"))

    assert [one.code_directory for one in project.functions] == [folder / "src"]
    assert project.problems == ()
