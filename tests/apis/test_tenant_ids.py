"""Functions that isolate their tenants, as AWS's SDKs see them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from support.lambda_api import VERSION, Api, serving_project

TEMPLATE = f"""\
Transform: AWS::Serverless-2016-10-31
Resources:
  Isolated:
    Type: AWS::Serverless::Function
    Properties:
      {{FunctionName: isolated, CodeUri: ., Runtime: {VERSION}, Handler: app.handler, Timeout: 20,
       TenancyConfig: {{TenantIsolationMode: PER_TENANT}}}}
"""
MISSING = (
    "The invoked function is enabled with tenancy configuration. "
    "Add a valid tenant ID in your request and try again."
)
PATTERN = r"[a-zA-Z0-9\._:\/=+\-@ ]+"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("project")
    (folder / "template.yaml").write_text(TEMPLATE)
    (folder / "app.py").write_text("def handler(event, context):\n    return context.tenant_id\n")
    with serving_project(folder) as serving:
        yield serving.api()


@pytest.fixture(scope="module")
def client(api: Api) -> Any:
    return api.client()


@pytest.mark.parametrize("tenant", ["blue", "a b/c=d+e-f@g:h.i_j", "x" * 256])
def test_a_tenant_reaches_the_function(client: Any, tenant: str) -> None:
    answer = client.invoke(FunctionName="isolated", TenantId=tenant)

    assert json.loads(answer["Payload"].read()) == tenant


@pytest.mark.rule("8.4.5")
@pytest.mark.parametrize("kind", ["RequestResponse", "Event", "DryRun"])
def test_a_request_without_a_tenant_is_refused(client: Any, kind: str) -> None:
    with pytest.raises(client.exceptions.InvalidParameterValueException) as refused:
        client.invoke(FunctionName="isolated", InvocationType=kind)

    assert refused.value.response["Error"]["Message"] == MISSING
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize(
    ("tenant", "constraint"),
    [
        ("x" * 257, "have length less than or equal to 256"),
        ("blue!", f"satisfy regular expression pattern: {PATTERN}"),
    ],
)
def test_a_tenant_that_breaks_its_constraints_is_refused(
    client: Any, tenant: str, constraint: str
) -> None:
    with pytest.raises(ClientError) as refused:
        client.invoke(FunctionName="isolated", TenantId=tenant)

    assert refused.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": f"1 validation error detected: Value '{tenant}' at 'tenantId' failed to "
        f"satisfy constraint: Member must {constraint}",
    }


def test_the_record_tells_of_the_isolation(client: Any) -> None:
    answer = client.get_function_configuration(FunctionName="isolated")

    assert answer["TenancyConfig"] == {"TenantIsolationMode": "PER_TENANT"}
