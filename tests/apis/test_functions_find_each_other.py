"""Functions find the Lambda API that this machine serves, and so each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.apis.lambda_api import lambda_server
from lambda_tui.engine.launch import Connector, Network
from lambda_tui.project.load import load_project
from support.workbench import Open

ADDRESS = "http://127.0.0.1:3001"
TEMPLATE = """
Globals: {Function: {Handler: app.handler, Runtime: python3.12, Timeout: 60}}
Resources:
  Caller: {Type: AWS::Serverless::Function, Properties: {CodeUri: caller}}
  Called: {Type: AWS::Serverless::Function, Properties: {CodeUri: called}}
  Own:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: own
      Environment: {Variables: {AWS_ENDPOINT_URL_LAMBDA: mine}}
"""
CALLS = """
import os, urllib.request
def handler(event, context):
    url = os.environ["AWS_ENDPOINT_URL_LAMBDA"] + "/2015-03-31/functions/Called/invocations"
    with urllib.request.urlopen(urllib.request.Request(url, b'"you"')) as response:
        return response.read().decode()
"""
TELLS = "import os\ndef handler(event, context): return os.environ.get('AWS_ENDPOINT_URL_LAMBDA')\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    sources = {"caller": CALLS, "called": "def handler(event, context): return event\n"}
    for name, source in {**sources, "own": TELLS}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.py").write_text(source)
    return tmp_path


async def test_a_function_invokes_another_through_the_api_that_is_served(
    open_project: Open, project: Path
) -> None:
    workbench = await open_project(load_project(project))
    server = lambda_server(workbench.engine)
    server.start(0)
    workbench.engine.let_functions_call(server.address)

    assert await workbench.answer(pool=workbench.engine.pools["Caller"]) == '"you"'
    assert await workbench.answer(pool=workbench.engine.pools["Own"]) == "mine"
    await server.close()


async def test_no_address_is_given_where_none_is_served(open_project: Open, project: Path) -> None:
    (project / "own" / "app.py").write_text(TELLS.replace("_LAMBDA'", "_LAMBDA', 'none'"))
    (project / "template.yaml").write_text(TEMPLATE.replace("AWS_ENDPOINT_URL_LAMBDA", "OTHER"))
    workbench = await open_project(load_project(project))

    assert await workbench.answer(pool=workbench.engine.pools["Own"]) == "none"


@pytest.mark.parametrize(
    ("network", "inside"),
    [
        (Network(), ADDRESS),
        (Network(is_own=True), None),
        (Network(is_own=True, connector=Connector("pasta", ())), ADDRESS),
        (Network(is_own=True, connector=Connector("slirp4netns", ())), "http://10.0.2.2:3001"),
    ],
)
def test_an_address_is_given_as_the_network_reaches_it(
    network: Network, inside: str | None
) -> None:
    assert network.reaches(ADDRESS) == inside
