"""Problems are told to those whom they concern, in names that the user knows."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from support.command_line import run, write_project
from support.files import write_program

HANDLER = "def handler(event, context): return 1\n"
MISSING = "Layers: [arn:aws:lambda:us-east-1:123456789012:layer:NAME:1]"
IMAGE = """
  Picture:
    Type: AWS::Serverless::Function
    Properties: {PackageType: Image, FunctionName: pictures}
    Metadata: {Dockerfile: Dockerfile}
  Url:
    Type: AWS::Lambda::Function
    Properties: {Code: {ImageUri: 1.dkr.ecr.us-east-1.amazonaws.com/shop}}
Globals:"""


def append(project: Path, resources: str) -> None:
    template = project / "template.yaml"
    template.write_text(template.read_text().replace("Globals:", resources.lstrip("\n"), 1))


def zip_code(project: Path, function: str, *names: str) -> Path:
    """Put the code of a function into a zip file, and have the template name that."""
    archive = project / f"{function.lower()}.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for name in names:
            packed.writestr(name, HANDLER)
    template = project / "template.yaml"
    text = template.read_text().replace(f"CodeUri: {function}", f"CodeUri: {archive.name}")
    template.write_text(text)
    return archive


def test_layers_that_others_miss_are_not_told_when_a_function_is_invoked(tmp_path: Path) -> None:
    names = ("Order", "Refund", "Report", "Broken", "Mail")
    settings = {name: MISSING.replace("NAME", "shared") for name in ("Refund", "Report")}
    settings["Broken"] = "Layers: [!Ref Damaged]"
    project = write_project(tmp_path / "shop", dict.fromkeys(names, HANDLER), **settings)
    append(
        project,
        "  Damaged:\n    Type: AWS::Serverless::LayerVersion\n"
        "    Properties: {ContentUri: damaged.zip}\nGlobals:",
    )
    (project / "damaged.zip").write_text("no zip file")

    # Other sentences are about the machine.
    for name, said in (("Order", ""), ("Refund", "layer:shared"), ("Broken", "damaged.zip")):
        errors = run("invoke", name, "--project", project).errors
        told = [line for line in errors.splitlines() if "layer" in line.lower()]
        assert len(told) == bool(said), errors
        assert all(said in line for line in told)


def test_a_mistake_in_a_plain_folder_concerns_the_function_in_that_file(tmp_path: Path) -> None:
    for name, source in (("right", HANDLER), ("wrong", f"{HANDLER}def broken(:\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.py").write_text(source)

    assert "app.py:2" in run("invoke", "wrong", "--project", tmp_path).errors
    assert "app.py:2" not in run("invoke", "right", "--project", tmp_path).errors


def test_a_container_image_without_its_source_is_listed_with_nothing_else_told(
    tmp_path: Path,
) -> None:
    project = write_project(tmp_path / "shop", {"Order": HANDLER})
    append(project, IMAGE)

    listed = run("list", project)

    picture, url = listed.errors.splitlines()
    assert "Dockerfile:1: Picture: the file does not exist, or is not a file." in picture
    assert "Url: its image is built elsewhere, and only the source of one runs here" in url
    assert "Runtime" not in listed.errors


def test_a_zip_file_is_named_by_its_own_path(tmp_path: Path) -> None:
    project = write_project(tmp_path / "shop", {"Order": HANDLER, "Refund": HANDLER})
    order = zip_code(project, "Order", "app.py")
    zip_code(project, "Refund", "other.py")

    listed = run("list", project, XDG_CACHE_HOME=str(tmp_path / "cache"))
    (function, _) = json.loads(
        run("list", "--json", project, XDG_CACHE_HOME=str(tmp_path / "cache")).output
    )

    assert [line.split()[-1] for line in listed.output.splitlines()[1:]] == [
        "order.zip",
        "refund.zip",
    ]
    assert function["code"] == str(order)
    assert "Refund: Handler app.handler needs app.py in refund.zip, which is not" in listed.errors
    assert "cache" not in listed.output + listed.errors


def test_a_cache_that_cannot_be_written_is_named_and_not_blamed_on_the_archive(
    tmp_path: Path,
) -> None:
    project = write_project(tmp_path / "shop", {"Order": HANDLER})
    zip_code(project, "Order", "app.py")
    (tmp_path / "file").touch()

    refused = run("invoke", "--project", project, XDG_CACHE_HOME=str(tmp_path / "file"))

    assert refused.status == 2
    assert refused.complaint.endswith(
        f"which cannot be unpacked, as the cache {tmp_path}/file/lambda-tui cannot be written: "
        "not a directory; see `lambda-tui doctor`."
    )


@pytest.mark.parametrize("name", ["Order", "orders-dev"])
def test_a_function_is_invoked_by_its_name_or_by_its_logical_id(tmp_path: Path, name: str) -> None:
    project = write_project(tmp_path / "shop", {"Order": HANDLER}, Order="FunctionName: orders-dev")

    assert run("invoke", name, "--project", project).output == "1\n"


def test_a_name_is_preferred_to_the_logical_id_of_another_function(tmp_path: Path) -> None:
    project = write_project(
        tmp_path / "shop",
        {"Order": HANDLER, "Other": "def handler(event, context): return 2\n"},
        Order="FunctionName: orders",
        Other="FunctionName: Order",
    )

    assert run("invoke", "Order", "--project", project).output == "2\n"


def test_a_refused_function_is_told_with_the_reason_by_its_logical_id_too(tmp_path: Path) -> None:
    project = write_project(
        tmp_path / "shop",
        {"Order": HANDLER, "Other": HANDLER},
        Order="FunctionName: orders-dev\nTimeout: 0",
    )

    for name in ("Order", "orders-dev"):
        refused = run("invoke", name, "--project", project)
        assert refused.status == 2
        assert "Order: Timeout is 0, but Lambda takes" in refused.complaint


def test_an_interpreter_that_does_not_run_is_listed_with_the_remedy(tmp_path: Path) -> None:
    project = write_project(tmp_path / "shop", {"Order": HANDLER})
    broken = write_program(tmp_path / "python3.13", "#!/bin/sh\nexit 1\n")
    (project / "lambda-tui.toml").write_text(f'python = "{broken}"\n')

    assert run("list", project).complaint == (
        f"lambda-tui: Order: the interpreter {broken} (the setting python) does not run; "
        "mend it, or name another with the setting python."
    )
    assert run("invoke", "--project", project).complaint.endswith(" See `lambda-tui doctor`.")


def test_the_example_is_not_said_to_be_in_another_project(tmp_path: Path) -> None:
    project = write_project(tmp_path / "shop", {"Order": HANDLER})

    refused = run("demo", "--no-open", project)
    copied = [run("demo", "--no-open", tmp_path / "demo") for _ in range(2)]

    assert refused.status == 2
    assert refused.complaint == (
        f"lambda-tui: {project} exists already and is not an empty folder; name a new one."
    )
    assert [one.output for one in copied] == [f"The example project is in {tmp_path}/demo.\n"] * 2
