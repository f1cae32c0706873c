"""A function in a container image runs from what its Dockerfile copies, and follows that."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from lambda_tui.project.load import load_project
from support.files import PROJECTS, save
from support.lambda_api import served
from support.workbench import Open, Workbench

ONE_LEVEL = pytest.mark.parametrize("level", ["namespaces"])
TEMPLATE = """
Resources:
  Api:
    Type: AWS::Serverless::Function
    Properties: {PackageType: Image}
    Metadata: {DockerContext: .}
"""
DOCKERFILE = """
FROM public.ecr.aws/lambda/python:3.13
ENV COLOUR=red
COPY src .
COPY extra.txt .
CMD ["app.handler"]
"""
CODE = """
import os
def handler(event, context):
    # Whatever saves a file in these tests has a .git beside it.
    names = sorted(one for one in os.listdir(".") if one != ".git")
    return [os.environ["COLOUR"], names]
"""


@ONE_LEVEL
async def test_a_function_sees_what_its_image_would_hold(open_project: Open) -> None:
    workbench = await open_project(load_project(PROJECTS / "image"))
    pools = workbench.engine.pools
    files = ["app.py", "data", "lib", "requirements.txt"]
    answer = await workbench.answer(pool=pools["Api"])
    assert answer == ["shop", ["Ada", "Grace"], "prod", "Hello, /var/task", files]
    assert await workbench.answer(pool=pools["Jobs"]) == "256"


async def open_image(open_project: Open, tmp_path: Path) -> Workbench:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text(CODE)
    (tmp_path / "extra.txt").write_text("")
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    workbench = await open_project(load_project(tmp_path), watch=True)
    await workbench.until_watched()
    return workbench


@ONE_LEVEL
async def test_it_follows_its_files_its_folders_and_its_dockerfile(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_image(open_project, tmp_path)
    assert await workbench.answer() == ["red", ["app.py", "extra.txt"]]

    old = await workbench.until_frozen()
    save(tmp_path / "src" / "app.py", CODE.replace("COLOUR", "LAMBDA_TUI"))
    old = await workbench.until_replaced(old)
    assert await workbench.answer() == ["1", ["app.py", "extra.txt"]]

    old = await workbench.until_frozen()
    save(tmp_path / "src" / "more.py", "")
    old = await workbench.until_replaced(old)
    assert await workbench.answer() == ["1", ["app.py", "extra.txt", "more.py"]]

    old = await workbench.until_frozen()
    save(tmp_path / "Dockerfile", DOCKERFILE.replace("COPY extra.txt .\n", ""))
    await workbench.until_replaced(old)
    assert await workbench.answer() == ["1", ["app.py", "more.py"]]


@ONE_LEVEL
async def test_the_api_describes_an_image_as_one(open_project: Open) -> None:
    workbench = await open_project(load_project(PROJECTS / "image"))
    async with served(workbench.engine) as api:
        client = api.client()
        described = await asyncio.to_thread(client.get_function, FunctionName="Api")
    configuration = described["Configuration"]
    assert configuration["PackageType"] == "Image"
    assert not {"Runtime", "Handler", "Layers"} & configuration.keys()
    assert configuration["CodeSize"] > 0
