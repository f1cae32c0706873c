"""Folders in the place of the file systems that a function mounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.project.function import FileSystem, Project
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import load_settings

ACCESS_POINT = (
    "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0"
)
CONFIG = f"[{{Arn: '{ACCESS_POINT}', LocalMountPath: /mnt/data}}]"
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      CodeUri: code
      {vpc}
      FileSystemConfigs: {config}
"""
VPC = "VpcConfig: {SubnetIds: [subnet-1], SecurityGroupIds: [sg-1]}"


def load(
    folder: Path, settings: str, config: str = CONFIG, vpc: str = VPC
) -> tuple[Project, list[str]]:
    (folder / "code").mkdir(exist_ok=True)
    (folder / "code" / "app.py").write_text("def handler(event, context): ...")
    (folder / "template.yaml").write_text(TEMPLATE.format(config=config, vpc=vpc))
    (folder / "lambda-tui.toml").write_text(settings)
    read, problems = load_settings(folder, folder / "none")
    project = load_project(folder, read)
    return project, [str(problem) for problem in (*problems, *project.problems)]


@pytest.mark.parametrize("name", ["/mnt/data", ACCESS_POINT])
def test_a_folder_is_mounted_by_its_path_or_its_access_point(tmp_path: Path, name: str) -> None:
    (tmp_path / "efs").mkdir()

    project, problems = load(tmp_path, f'[file_systems]\n"{name}" = "efs"\n')

    assert problems == []
    (function,) = project.functions
    assert function.mounts == ((tmp_path / "efs", "/mnt/data"),)


def test_an_access_point_counts_before_a_path(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    settings = f'[file_systems]\n"/mnt/data" = "one"\n"{ACCESS_POINT}" = "other"\n'

    (function,) = load(tmp_path, settings)[0].functions

    assert function.mounts == ((tmp_path / "other", "/mnt/data"),)


def test_without_a_folder_the_line_to_add_is_told(tmp_path: Path) -> None:
    project, problems = load(tmp_path, "")

    assert problems == [
        "template.yaml:11: Hello: /mnt/data is missing, as no folder takes the place of its file "
        'system; make one, and add "/mnt/data" = "data" below [file_systems] in lambda-tui.toml.'
    ]
    assert project.functions[0].file_systems == ()


def test_a_folder_that_does_not_exist_is_told_with_what_to_do(tmp_path: Path) -> None:
    project, (problem,) = load(tmp_path, '[file_systems]\n"/mnt/data" = "efs"\n')

    assert problem.startswith(f"template.yaml:11: Hello: file_systems names {str(tmp_path)!r}"[:40])
    assert problem.endswith("so the file system is missing; make it with mkdir -p.")
    assert project.functions[0].mounts == ()


@pytest.mark.parametrize("folder", [".", "code"])
def test_a_folder_with_the_functions_code_is_not_mounted(tmp_path: Path, folder: str) -> None:
    project, (problem,) = load(tmp_path, f'[file_systems]\n"/mnt/data" = "{folder}"\n')

    assert "has the function's code in it" in problem
    assert project.functions[0].mounts == ()


@pytest.mark.rule("8.3.9")
@pytest.mark.parametrize(
    "path", ["/data", "/mnt", "/mnt/", "/mnt/a/b", "/mnt/..", "/mnt/a b", f"/mnt/{'a' * 156}", "[]"]
)
def test_a_path_that_lambda_does_not_take_is_refused(tmp_path: Path, path: str) -> None:
    config = f"[{{Arn: '{ACCESS_POINT}', LocalMountPath: {path}}}]"

    project, (problem,) = load(tmp_path, "", config)

    assert project.functions == ()
    assert "LocalMountPath" in problem


@pytest.mark.parametrize(
    "config",
    ["data", "{}", "[data]", "[{LocalMountPath: /mnt/a}]", "[{Arn: a}]", "[[]]", "[1, 2]"],
)
def test_what_is_no_configuration_is_refused(tmp_path: Path, config: str) -> None:
    project, problems = load(tmp_path, "", config)

    assert project.functions == ()
    assert all("FileSystemConfigs" in problem for problem in problems)


def test_a_function_without_a_vpc_is_told(tmp_path: Path) -> None:
    (tmp_path / "efs").mkdir()

    _, problems = load(tmp_path, '[file_systems]\n"/mnt/data" = "efs"\n', vpc="Timeout: 3")

    assert problems == [
        "template.yaml:11: Hello: Lambda mounts file systems for functions in a VPC only; add a "
        "VpcConfig."
    ]


@pytest.mark.parametrize(
    "arn", ["!ImportValue Elsewhere", "!GetAtt Nowhere.Arn", "!GetAtt AccessPoint.Arn"]
)
def test_an_arn_that_only_a_deployment_knows_leaves_the_path(tmp_path: Path, arn: str) -> None:
    (tmp_path / "efs").mkdir()
    config = f"[{{Arn: {arn}, LocalMountPath: /mnt/data}}]"

    project, _ = load(tmp_path, '[file_systems]\n"/mnt/data" = "efs"\n', config)

    assert project.functions[0].mounts == ((tmp_path / "efs", "/mnt/data"),)


def test_all_functions_of_a_project_without_a_template_have_it(tmp_path: Path) -> None:
    (tmp_path / "efs").mkdir()
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "lambda_function.py").write_text(
            "def lambda_handler(event, context): ..."
        )
    (tmp_path / "lambda-tui.toml").write_text('[file_systems]\n"/mnt/data" = "efs"\n')

    project = load_project(tmp_path, load_settings(tmp_path, tmp_path / "none")[0])

    expected = (FileSystem("/mnt/data", directory=tmp_path / "efs"),)
    assert [function.file_systems for function in project.functions] == [expected, expected]


def test_a_setting_that_names_no_path_and_no_access_point_is_told(tmp_path: Path) -> None:
    (tmp_path / "lambda-tui.toml").write_text('[file_systems]\n"data" = "efs"\n"/mnt/a" = 1\n')

    settings, (name, value) = load_settings(tmp_path, tmp_path / "none")

    assert "which is neither a LocalMountPath, such as /mnt/data, nor" in str(name)
    assert str(value).endswith("is 1, but it takes the path of a folder.")
    assert settings.file_systems == {}
