"""The Lambda API's answers about functions that are restored from a snapshot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from lambda_tui import limits
from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.apis.lambda_api import lambda_server
from lambda_tui.engine.engine import Engine
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from support.lambda_api import VERSION, Api

TEMPLATE = f"""\
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    CodeUri: .
    Runtime: {VERSION}
    Timeout: 20
    AutoPublishAlias: live
    SnapStart: {{ApplyOn: PublishedVersions}}
Resources:
  Well:
    Type: AWS::Serverless::Function
    Properties: {{FunctionName: well, Handler: well.handler}}
  Fails:
    Type: AWS::Serverless::Function
    Properties: {{FunctionName: fails, Handler: fails.handler}}
  Hangs:
    Type: AWS::Serverless::Function
    Properties: {{FunctionName: hangs, Handler: hangs.handler}}
"""
HANDLER = "def handler(event, context):\n    return event\n"
HOOK = """
import time
from snapshot_restore_py import register_after_restore

@register_after_restore
def hook():
    {body}

"""
SOURCES = {
    "well.py": HANDLER,
    "fails.py": HOOK.format(body="raise LookupError") + HANDLER,
    "hangs.py": HOOK.format(body="time.sleep(60)") + HANDLER,
}


@pytest.fixture
async def api(
    tmp_path: Path, nothing_is_left: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Api]:
    monkeypatch.setattr(limits, "RESTORE_SECONDS", 3.0)
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    for name, source in SOURCES.items():
        (tmp_path / name).write_text(source)
    engine = Engine(load_project(tmp_path), Settings(watch=False), open_environment_api)
    await engine.start()
    serving = lambda_server(engine)
    serving.start(0)
    assert serving.port is not None
    yield Api(serving.port)
    await serving.close()
    await engine.close()


async def test_what_can_be_restored_answers(api: Api) -> None:
    answer = await asyncio.to_thread(
        api.client().invoke, FunctionName="well:live", Payload=b'"said"'
    )

    assert answer["StatusCode"] == 200
    assert answer["Payload"].read() == b'"said"'


@pytest.mark.rule("1.8.5")
@pytest.mark.parametrize(
    ("function", "status", "name", "message"),
    [
        (
            "fails",
            400,
            "SnapStartException",
            "The afterRestore() runtime hook encountered an error. "
            "For more information, check the Amazon CloudWatch logs.",
        ),
        (
            "hangs",
            408,
            "SnapStartTimeoutException",
            "Lambda couldn't restore the snapshot within the timeout limit.",
        ),
    ],
)
async def test_what_cannot_be_restored_is_awss_error(
    api: Api, function: str, status: int, name: str, message: str
) -> None:
    client = api.client()

    with pytest.raises(ClientError) as refused:
        await asyncio.to_thread(client.invoke, FunctionName=f"{function}:live")

    assert isinstance(refused.value, getattr(client.exceptions, name))
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert refused.value.response["Error"] == {"Code": name, "Message": message}


@pytest.mark.parametrize(("qualifier", "status"), [("$LATEST", "Off"), ("live", "On"), ("1", "On")])
async def test_a_configuration_tells_of_snapshots(api: Api, qualifier: str, status: str) -> None:
    client = api.client()

    answer = await asyncio.to_thread(
        client.get_function_configuration, FunctionName="well", Qualifier=qualifier
    )

    assert answer["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": status}
