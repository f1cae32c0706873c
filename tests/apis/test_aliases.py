"""Versions and aliases as AWS's SDKs see them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from support.lambda_api import ARN, VERSION, Api, serving_project

TEMPLATE = f"""\
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {{CodeUri: ., Runtime: {VERSION}, Timeout: 20, Handler: app.handler}}
Resources:
  Sold:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: sold
      Description: as it is
      VersionDescription: as it was
      AutoPublishAlias: live
      ProvisionedConcurrencyConfig: {{ProvisionedConcurrentExecutions: 1}}
      Environment:
        Variables: {{ALIAS: !Ref SoldAliaslive, AGAIN: !Sub "${{Sold.Alias}}",
                    PUBLISHED: !Ref Sold.Version, NUMBER: !GetAtt Sold.Version.Version}}
  Plain:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: plain
      Code: .
      Runtime: {VERSION}
      Handler: app.handler
      Timeout: 20
      TracingConfig: {{Mode: Active}}
  First:
    Type: AWS::Lambda::Version
    Properties: {{FunctionName: !Ref Plain, Description: the first}}
  Second:
    Type: AWS::Lambda::Version
    Properties: {{FunctionName: !Ref Plain}}
  Split:
    Type: AWS::Lambda::Alias
    Properties:
      FunctionName: !Ref Plain
      FunctionVersion: !GetAtt First.Version
      Name: split
      RoutingConfig:
        AdditionalVersionWeights: [{{FunctionVersion: !GetAtt Second.Version, FunctionWeight: 1}}]
  Newest:
    Type: AWS::Lambda::Alias
    Properties: {{FunctionName: !GetAtt Plain.Arn, FunctionVersion: $LATEST, Name: newest}}
"""
SOURCE = """\
import os

calls = 0


def handler(event, context):
    global calls
    calls += 1
    names = ("AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
             "ALIAS", "AGAIN", "PUBLISHED", "NUMBER")
    return {
        "arn": context.invoked_function_arn,
        "version": context.function_version,
        "stream": context.log_stream_name,
        "calls": calls,
        **{name: os.environ.get(name) for name in names},
    }
"""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("project")
    (folder / "template.yaml").write_text(TEMPLATE)
    (folder / "app.py").write_text(SOURCE)
    with serving_project(folder) as serving:
        yield serving.api()


@pytest.fixture(scope="module")
def client(api: Api) -> Any:
    return api.client()


def seen(answer: Any) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(answer["Payload"].read())
    return result


@pytest.mark.rule("1.1.7", "5.3.4")
@pytest.mark.parametrize("qualifier", ["live", "1"])
def test_a_qualifier_is_in_the_arn_and_its_version_everywhere_else(
    client: Any, qualifier: str
) -> None:
    answer = client.invoke(FunctionName="sold", Qualifier=qualifier, LogType="Tail")
    result = seen(answer)

    assert answer["ExecutedVersion"] == "1"
    assert result["arn"] == f"{ARN}:sold:{qualifier}"
    assert result["version"] == result["AWS_LAMBDA_FUNCTION_VERSION"] == "1"
    assert "/[1]" in result["stream"]
    request_id = answer["ResponseMetadata"]["RequestId"]
    log = base64.b64decode(answer["LogResult"]).decode()
    assert log.startswith(f"START RequestId: {request_id} Version: 1\n")


@pytest.mark.parametrize("name", ["sold:live", f"{ARN}:sold:live"])
def test_a_qualifier_may_be_in_the_name(client: Any, name: str) -> None:
    assert client.invoke(FunctionName=name)["ExecutedVersion"] == "1"


@pytest.mark.rule("1.3.6")
def test_provisioned_concurrency_is_the_versions_alone(client: Any) -> None:
    kinds = {
        name: seen(client.invoke(FunctionName=name))["AWS_LAMBDA_INITIALIZATION_TYPE"]
        for name in ("sold", "sold:live", "sold:1")
    }

    assert kinds == {
        "sold": "on-demand",
        "sold:live": "provisioned-concurrency",
        "sold:1": "provisioned-concurrency",
    }


@pytest.mark.rule("1.1.6")
def test_versions_share_no_environment_and_aliases_of_one_version_do(client: Any) -> None:
    names = ("plain", "plain:newest", "plain:1", "plain:2", "plain:split", "plain")

    answers = [seen(client.invoke(FunctionName=name)) for name in names]

    assert [answer["calls"] for answer in answers] == [1, 2, 1, 1, 2, 3]
    versions = ["$LATEST", "$LATEST", "1", "2", "2", "$LATEST"]
    assert [answer["version"] for answer in answers] == versions


def test_a_template_refers_to_the_version_and_the_alias_that_sam_makes(client: Any) -> None:
    result = seen(client.invoke(FunctionName="sold"))

    assert result["ALIAS"] == result["AGAIN"] == f"{ARN}:sold:live"
    assert (result["PUBLISHED"], result["NUMBER"]) == (f"{ARN}:sold:1", "1")


@pytest.mark.rule("1.1.8")
@pytest.mark.parametrize("qualifier", ["2", "dead"])
@pytest.mark.parametrize("kind", ["RequestResponse", "Event", "DryRun"])
def test_a_qualifier_that_does_not_exist_is_not_found(
    api: Api, client: Any, qualifier: str, kind: str
) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException) as refused:
        client.invoke(FunctionName="sold", Qualifier=qualifier, InvocationType=kind)

    error = refused.value.response
    assert error["Error"]["Message"] == f"Function not found: {ARN}:sold:{qualifier}"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.mark.parametrize(
    ("qualifier", "version", "description"),
    [("$LATEST", "$LATEST", "as it is"), ("1", "1", "as it was"), ("live", "1", "as it was")],
)
def test_a_configuration_is_that_of_the_version(
    client: Any, qualifier: str, version: str, description: str
) -> None:
    answer = client.get_function_configuration(FunctionName="sold", Qualifier=qualifier)

    assert answer["FunctionArn"] == f"{ARN}:sold:{qualifier}"
    assert (answer["Version"], answer["Description"]) == (version, description)
    whole = client.get_function(FunctionName="sold", Qualifier=qualifier)
    assert whole["Configuration"]["RevisionId"] == answer["RevisionId"]


def test_a_revision_is_that_of_the_version_however_it_is_named(client: Any) -> None:
    names = ("sold", "sold:$LATEST", "sold:live", "sold:1")

    plain, latest, live, first = (
        client.get_function_configuration(FunctionName=name)["RevisionId"] for name in names
    )

    assert plain == latest != live == first


def test_all_versions_are_listed_by_function_and_together(client: Any) -> None:
    versions = client.list_versions_by_function(FunctionName="plain")["Versions"]
    together = client.list_functions(FunctionVersion="ALL")["Functions"]

    assert [(one["FunctionArn"], one["Version"]) for one in versions] == [
        (f"{ARN}:plain:$LATEST", "$LATEST"),
        (f"{ARN}:plain:1", "1"),
        (f"{ARN}:plain:2", "2"),
    ]
    assert [one["Description"] for one in versions] == ["", "the first", ""]
    assert "State" not in versions[0]
    assert [one for one in together if one["FunctionName"] == "plain"] == versions
    assert [one["FunctionArn"] for one in client.list_functions()["Functions"]] == [
        f"{ARN}:sold",
        f"{ARN}:plain",
    ]


def test_versions_come_in_pages(client: Any) -> None:
    pages = client.get_paginator("list_versions_by_function").paginate(
        FunctionName="plain", PaginationConfig={"PageSize": 2}
    )

    assert [[one["Version"] for one in page["Versions"]] for page in pages] == [
        ["$LATEST", "1"],
        ["2"],
    ]


def test_aliases_are_listed_by_their_names(client: Any) -> None:
    newest, split = client.list_aliases(FunctionName="plain")["Aliases"]

    assert {**newest, "RevisionId": ""} == {
        "AliasArn": f"{ARN}:plain:newest",
        "Name": "newest",
        "FunctionVersion": "$LATEST",
        "Description": "",
        "RevisionId": "",
    }
    assert split["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 1.0}}
    answer = client.get_alias(FunctionName="plain", Name="split")
    assert {name: answer[name] for name in split} == split
    first = client.list_aliases(FunctionName="plain", FunctionVersion="1")["Aliases"]
    assert [alias["Name"] for alias in first] == ["split"]


def test_an_alias_that_does_not_exist_cannot_be_found(client: Any) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException) as refused:
        client.get_alias(FunctionName="sold", Name="dead")

    assert refused.value.response["Error"]["Message"] == f"Cannot find alias arn: {ARN}:sold:dead"


def test_active_tracing_is_in_the_record(client: Any) -> None:
    modes = {
        name: client.get_function_configuration(FunctionName=name)["TracingConfig"]["Mode"]
        for name in ("sold", "plain")
    }

    assert modes == {"sold": "PassThrough", "plain": "Active"}
