"""The records of functions in GetFunction and the other calls that return them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.project.function import AsyncConfig, FileSystem, Function, Layer, Project
from support.lambda_api import served
from support.workbench import Open, Workbench, one_function

ONE_LEVEL = pytest.mark.parametrize("level", ["processes"])
ACCESS_POINT = "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-1"
LAYER = "arn:aws:lambda:us-east-1:123456789012:layer"

pytestmark = ONE_LEVEL


async def described(workbench: Workbench) -> dict[str, Any]:
    async with served(workbench.engine) as api:
        client = api.client()
        answer = await asyncio.to_thread(
            client.get_function_configuration, FunctionName=workbench.pool.function.name
        )
    configuration: dict[str, Any] = answer
    return configuration


async def test_layers_are_told_with_their_sizes(open_project: Open, tmp_path: Path) -> None:
    folder, archive = tmp_path / "layer", tmp_path / "layer.zip"
    folder.mkdir()
    (folder / "file").write_text("four")
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("file", "x")
    layers = (
        Layer(f"{LAYER}:folder:1", folder),
        Layer(f"{LAYER}:archive:2", archive),
        Layer(f"{LAYER}:elsewhere:3"),
    )

    workbench = await open_project(one_function(tmp_path, layers=layers))

    assert (await described(workbench))["Layers"] == [
        {"Arn": f"{LAYER}:folder:1", "CodeSize": 4},
        {"Arn": f"{LAYER}:archive:2", "CodeSize": archive.stat().st_size},
        {"Arn": f"{LAYER}:elsewhere:3", "CodeSize": 0},
    ]


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
async def test_the_architecture_is_the_functions_whatever_this_machine_is(
    open_project: Open, tmp_path: Path, architecture: str
) -> None:
    workbench = await open_project(one_function(tmp_path, architecture=architecture))

    assert (await described(workbench))["Architectures"] == [architecture]


async def test_code_in_an_archive_has_the_archives_digest(
    open_project: Open, tmp_path: Path
) -> None:
    archive = tmp_path / "app.zip"
    archive.write_bytes(b"as it is")
    configuration = await described(
        await open_project(one_function(tmp_path, code_archive=archive))
    )

    digest = base64.b64encode(hashlib.sha256(b"as it is").digest()).decode()
    assert (configuration["CodeSize"], configuration["CodeSha256"]) == (8, digest)


async def test_digest_and_revision_change_with_the_code_only(
    open_project: Open, tmp_path: Path
) -> None:
    (tmp_path / "lambda_function.py").write_text("first")
    workbench = await open_project(one_function(tmp_path, file=tmp_path / "template.yaml"))
    told = [await described(workbench), await described(workbench)]
    workbench.write("second")
    told.append(await described(workbench))

    for key in ("CodeSha256", "RevisionId"):
        assert told[0][key] == told[1][key] != told[2][key]


async def test_what_is_not_set_is_not_told(open_project: Open, tmp_path: Path) -> None:
    optional = {"Environment", "Layers", "DeadLetterConfig", "FileSystemConfigs"}
    assert not optional & set(await described(await open_project(one_function(tmp_path))))

    queue = "arn:aws:sqs:us-east-1:123456789012:queue"
    function = Function(
        "other",
        "app.handler",
        tmp_path,
        environment={"COLOUR": "green"},
        file_systems=(FileSystem("/mnt/data", ACCESS_POINT, tmp_path / "mounted"),),
        asynchronous=AsyncConfig(dead_letter=queue),
    )
    configuration = await described(await open_project(Project(tmp_path, (function,))))
    assert configuration["Environment"] == {"Variables": {"COLOUR": "green"}}
    assert configuration["DeadLetterConfig"] == {"TargetArn": queue}
    mounted = {"Arn": ACCESS_POINT, "LocalMountPath": "/mnt/data"}
    assert configuration["FileSystemConfigs"] == [mounted]


async def test_a_function_that_cannot_run_is_told_as_failed(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(one_function(tmp_path), python=tmp_path / "no-python")
    await workbench.until(lambda: workbench.pool.problem)

    configuration = await described(workbench)

    assert configuration["State"] == configuration["LastUpdateStatus"] == "Failed"
    assert configuration["StateReason"] == workbench.pool.problem
    assert configuration["LastUpdateStatusReason"] == workbench.pool.problem
