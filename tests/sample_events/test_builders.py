from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from aws_lambda_powertools.utilities import data_classes
from aws_lambda_powertools.utilities.data_classes import (
    api_gateway_authorizer_event,
    cognito_user_pool_event,
)
from aws_lambda_powertools.utilities.data_classes.common import DictWrapper
from aws_lambda_powertools.utilities.parser import models
from pydantic import BaseModel

from lambda_tui.sample_events import BUILDERS, Builder, ParameterError, services_of

NAMED = {builder.name: builder for builder in BUILDERS}

MODELS: dict[str, type[BaseModel]] = {
    "apigateway": models.APIGatewayProxyEventModel,
    "httpapi": models.APIGatewayProxyEventV2Model,
    "websocket": models.APIGatewayWebSocketMessageEventModel,
    "function-url": models.LambdaFunctionUrlModel,
    "alb": models.AlbModel,
    "s3": models.S3Model,
    "sqs": models.SqsModel,
    "sns": models.SnsModel,
    "eventbridge": models.EventBridgeModel,
    "schedule": models.EventBridgeModel,
    "dynamodb": models.DynamoDBStreamModel,
    "kinesis": models.KinesisDataStreamModel,
    "cloudwatch-logs": models.CloudWatchLogsModel,
    "ses": models.SesModel,
    "authorizer-token": models.ApiGatewayAuthorizerToken,
    "authorizer-request": models.ApiGatewayAuthorizerRequest,
    "authorizer-v2": models.ApiGatewayAuthorizerRequestV2,
    "cognito-pre-sign-up": models.CognitoPreSignupTriggerModel,
    "cognito-post-confirmation": models.CognitoPostConfirmationTriggerModel,
    "cognito-pre-authentication": models.CognitoPreAuthenticationTriggerModel,
    "cognito-post-authentication": models.CognitoPostAuthenticationTriggerModel,
    "cognito-pre-token-generation": models.CognitoPreTokenGenerationTriggerModelV1,
    "cognito-custom-message": models.CognitoCustomMessageTriggerModel,
    "cognito-user-migration": models.CognitoMigrateUserTriggerModel,
    "cognito-define-auth-challenge": models.CognitoDefineAuthChallengeTriggerModel,
    "cognito-create-auth-challenge": models.CognitoCreateAuthChallengeTriggerModel,
    "cognito-verify-auth-challenge": models.CognitoVerifyAuthChallengeTriggerModel,
    "cognito-custom-email-sender": models.CognitoCustomEmailSenderTriggerModel,
    "cognito-custom-sms-sender": models.CognitoCustomSMSSenderTriggerModel,
}
"""Powertools' models; it has none for a task of Step Functions, which takes any input."""

DATA_CLASSES: dict[str, type[DictWrapper]] = {
    "apigateway": data_classes.APIGatewayProxyEvent,
    "httpapi": data_classes.APIGatewayProxyEventV2,
    "websocket": data_classes.APIGatewayWebSocketEvent,
    "function-url": data_classes.LambdaFunctionUrlEvent,
    "alb": data_classes.ALBEvent,
    "s3": data_classes.S3Event,
    "sqs": data_classes.SQSEvent,
    "sns": data_classes.SNSEvent,
    "eventbridge": data_classes.EventBridgeEvent,
    "schedule": data_classes.EventBridgeEvent,
    "dynamodb": data_classes.dynamo_db_stream_event.DynamoDBStreamEvent,
    "kinesis": data_classes.KinesisStreamEvent,
    "cloudwatch-logs": data_classes.CloudWatchLogsEvent,
    "ses": data_classes.SESEvent,
    "authorizer-token": api_gateway_authorizer_event.APIGatewayAuthorizerTokenEvent,
    "authorizer-request": api_gateway_authorizer_event.APIGatewayAuthorizerRequestEvent,
    "authorizer-v2": api_gateway_authorizer_event.APIGatewayAuthorizerEventV2,
    "cognito-pre-sign-up": cognito_user_pool_event.PreSignUpTriggerEvent,
    "cognito-post-confirmation": cognito_user_pool_event.PostConfirmationTriggerEvent,
    "cognito-pre-authentication": cognito_user_pool_event.PreAuthenticationTriggerEvent,
    "cognito-post-authentication": cognito_user_pool_event.PostAuthenticationTriggerEvent,
    "cognito-pre-token-generation": cognito_user_pool_event.PreTokenGenerationTriggerEvent,
    "cognito-pre-token-generation-v2": cognito_user_pool_event.PreTokenGenerationV2TriggerEvent,
    "cognito-custom-message": cognito_user_pool_event.CustomMessageTriggerEvent,
    "cognito-user-migration": cognito_user_pool_event.UserMigrationTriggerEvent,
    "cognito-define-auth-challenge": cognito_user_pool_event.DefineAuthChallengeTriggerEvent,
    "cognito-create-auth-challenge": cognito_user_pool_event.CreateAuthChallengeTriggerEvent,
    "cognito-verify-auth-challenge": (
        cognito_user_pool_event.VerifyAuthChallengeResponseTriggerEvent
    ),
    "cognito-custom-email-sender": cognito_user_pool_event.CustomEmailSenderTriggerEvent,
    "cognito-custom-sms-sender": cognito_user_pool_event.CustomSMSSenderTriggerEvent,
}

GIVEN: dict[str, dict[str, str]] = {
    "apigateway": {
        "method": "post",
        "resource": "/orders/{id}",
        "body": '{"a": 1}',
        "claims": "sub=ada",
        "query": "a=1,b=2",
    },
    "httpapi": {
        "headers": "cookie=a=1; b=2",
        "method": "PUT",
        "route": "/orders/{id}",
        "body": "x",
        "claims": "sub=ada",
        "query": "a=1",
    },
    "websocket": {"route": "join", "body": "{}"},
    "function-url": {"method": "DELETE", "path": "x/y", "headers": "X-Key=1"},
    "alb": {"query": '{"a": "1"}', "method": "HEAD"},
    "s3": {"bucket": "pictures", "key": "a b/c+d.png,second.png"},
    "sqs": {"records": "10", "queue": "orders.fifo", "attributes": "kind=new,by=ada"},
    "sns": {"subject": "news", "topic": "arn:aws:sns:eu-west-1:123456789012:t"},
    "eventbridge": {"detail": "id=1", "resources": "arn:aws:s3:::a,arn:aws:s3:::b"},
    "schedule": {"rule": "nightly"},
    "dynamodb": {"records": "3", "event": "MODIFY", "item": '{"id": "{n}", "l": [1, null, true]}'},
    "kinesis": {"records": "3", "stream": "clicks"},
    "cloudwatch-logs": {"records": "3", "log_group": "/aws/lambda/orders"},
    "ses": {"recipients": "a@example.com,b@example.com", "subject": "Ünicode"},
    "step-functions": {"wait_for_token": "true", "input": '{"a": [1]}'},
    "authorizer-token": {"token": "Bearer x", "path": "orders"},
    "authorizer-request": {"query": "a=1", "headers": "X-Key=1"},
    "authorizer-v2": {"query": "a=1", "headers": "X-Key=1"},
}


def read_all(value: object) -> None:
    """Read each property of a data class, and of the records in it, down to JSON values."""
    if not isinstance(value, DictWrapper):
        return
    for name in dir(type(value)):
        # A message may hold another service's event; this one does not.
        if name.startswith(("_", "decoded_nested")) or not isinstance(
            getattr(type(value), name), property
        ):
            continue
        try:
            inner = getattr(value, name)
        except (KeyError, TypeError) as error:
            if not may_be_missing(value, name):
                raise AssertionError(f"{type(value).__name__}.{name}: {error!r}") from error
            continue
        if name in ("records", "record") and not isinstance(inner, DictWrapper):
            inner = list(inner)
        for each in inner if isinstance(inner, list) else [inner]:
            read_all(each)


def may_be_missing(value: DictWrapper, name: str) -> bool:
    """Return whether AWS leaves a field out of events such as this one."""
    return (type(value).__name__, name) in {
        # HTTP APIs with the payload format 1.0 have it; REST APIs do not.
        ("APIGatewayProxyEvent", "version"),
        # Requests without a cookie have none.
        ("APIGatewayAuthorizerEventV2", "cookies"),
    }


@pytest.fixture(params=BUILDERS, ids=lambda builder: builder.name)
def builder(request: pytest.FixtureRequest) -> Builder:
    found = request.param
    assert isinstance(found, Builder)
    return found


def events(builder: Builder) -> list[dict[str, Any]]:
    common = {"user": "grace", "client_metadata": "a=1", "groups": "admin,dev"}
    names = {parameter.name for parameter in builder.parameters}
    given = GIVEN.get(builder.name, {k: v for k, v in common.items() if k in names})
    return [builder.build(), builder.build(given)]


@pytest.mark.parametrize("name", MODELS)
def test_powertools_models_take_each_event(name: str) -> None:
    for event in events(NAMED[name]):
        MODELS[name].model_validate(event)


@pytest.mark.parametrize("name", DATA_CLASSES)
def test_powertools_data_classes_read_every_field_of_each_event(name: str) -> None:
    for event in events(NAMED[name]):
        read_all(DATA_CLASSES[name](event))


def test_every_service_but_a_task_is_compared_with_powertools() -> None:
    assert NAMED.keys() - DATA_CLASSES.keys() == {"step-functions"}
    assert NAMED.keys() - MODELS.keys() == {"step-functions", "cognito-pre-token-generation-v2"}


def test_names_and_parameters_are_words_for_a_command_line(builder: Builder) -> None:
    names = [parameter.name for parameter in builder.parameters]

    assert re.fullmatch(r"[a-z0-9-]+", builder.name)
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names)
    assert all(one.help and not one.help.endswith(".") for one in builder.parameters)


def test_names_are_unique() -> None:
    assert len(NAMED) == len(BUILDERS)


def test_each_parameter_changes_the_event(builder: Builder) -> None:
    values = {"true": "false", "false": "true", "PASS": "FAIL", "rule": "scheduler"}
    special = {
        "view": "KEYS_ONLY",
        "event": "REMOVE" if builder.name == "dynamodb" else "ObjectRemoved:Delete",
        "key": "name" if builder.name == "dynamodb" else "other",
        "records": "2",
        "size": "7",
        "method": "PUT",
        "item": '{"id": "7"}',
    }
    for parameter in builder.parameters:
        name = parameter.name
        given = {name: special.get(name, values.get(parameter.default, "x=y,z=1"))}
        base: dict[str, str] = {}
        if name == "group":
            base = {"queue": "q.fifo"}
        elif name == "old_item":
            base = {"event": "MODIFY"}
        changed = differences(builder.build(base), builder.build({**base, **given}))
        fresh = differences(builder.build(base), builder.build(base))
        is_told = given[name] in json.dumps(builder.build({**base, **given}))
        assert is_told or changed - fresh, name


def differences(one: object, other: object) -> set[str]:
    """Return the places at which two events differ."""
    first, second = dict(leaves(decoded(one))), dict(leaves(decoded(other)))
    return {place for place in first | second if first.get(place) != second.get(place)}


def leaves(value: object, place: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, dict | list):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, f"{place}/{name}")
    yield place, type(value) if isinstance(value, dict | list) else value


def decoded(event: object) -> object:
    if isinstance(event, dict) and set(event) == {"awslogs"}:
        return json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    return event


def test_each_event_is_recognised_by_its_shape(builder: Builder) -> None:
    for event in events(builder):
        services = services_of(event)
        if builder.name == "step-functions":
            assert services in ((), ("step-functions",))
        else:
            assert builder.name in services


def test_two_events_have_ids_of_their_own(builder: Builder) -> None:
    if builder.name == "step-functions":
        assert NAMED["step-functions"].build({"wait_for_token": "true"}) != builder.build(
            {"wait_for_token": "true"}
        )
    elif builder.name == "authorizer-token":
        assert builder.build()["methodArn"] != builder.build()["methodArn"]
    else:
        assert builder.build() != builder.build()


def test_a_queue_s_digests_are_those_of_sqs() -> None:
    given = {"body": "record {n}", "records": "2", "attributes": "kind=new"}
    first, second = NAMED["sqs"].build(given)["Records"]

    assert first["body"] == "record 1"
    assert second["md5OfBody"] == hashlib.md5(b"record 2").hexdigest()
    uuid.UUID(first["messageId"])
    assert first["messageId"] != second["messageId"]
    name, kind, text = b"\0\0\0\4kind", b"\0\0\0\6String", b"\1\0\0\0\3new"
    assert first["md5OfMessageAttributes"] == hashlib.md5(name + kind + text).hexdigest()


def test_log_lines_are_compressed_as_cloudwatch_does() -> None:
    event = NAMED["cloudwatch-logs"].build({"message": "line {n}", "records": "2"})
    content = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))

    assert [line["message"] for line in content["logEvents"]] == ["line 1", "line 2"]


def test_keys_of_objects_are_escaped_as_s3_does() -> None:
    (record,) = NAMED["s3"].build({"key": "my pictures/ä.png"})["Records"]

    assert record["s3"]["object"]["key"] == "my+pictures/%C3%A4.png"


def test_a_resource_gives_path_and_path_parameters() -> None:
    event = NAMED["apigateway"].build({"resource": "/orders/{id}/items/{proxy+}"})
    assert event["path"] == "/orders/id/items/proxy"
    assert event["pathParameters"] == {"id": "id", "proxy": "proxy"}

    event = NAMED["httpapi"].build({"route": "/orders/{id}", "path": "/orders/7", "method": "any"})
    assert event["routeKey"] == "GET /orders/{id}"
    assert event["pathParameters"] == {"id": "7"}


@pytest.mark.parametrize(
    ("service", "given", "sentence"),
    [
        (
            "sqs",
            {"records": "many"},
            "records is many, but takes a whole number from 1 to 10,000.",
        ),
        ("sqs", {"records": "0"}, "records is 0, but takes a whole number from 1 to 10,000."),
        ("eventbridge", {"detail": "{x"}, "detail is {x, which is no JSON object."),
        (
            "apigateway",
            {"headers": "x"},
            "headers holds x; write a JSON object, or key=value,key=value.",
        ),
        ("dynamodb", {"event": "NEW"}, "event is NEW, but takes INSERT or MODIFY or REMOVE."),
    ],
)
def test_a_value_of_no_use_is_one_sentence(
    service: str, given: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ParameterError, match=re.escape(sentence)):
        NAMED[service].build(given)


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(KeyError, match="colour"):
        NAMED["sqs"].build({"colour": "red"})


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        "text",
        {},
        {"Records": []},
        {"Records": [1]},
        {"Records": {"a": 1}},
        {"Records": [{"eventSource": ["aws:sqs"]}]},
        {"requestContext": 1},
        {"type": "TOKEN"},
        {"triggerSource": "Other_X", "userPoolId": "x"},
        {"awslogs": []},
    ],
)
def test_another_shape_is_no_service_s(event: object) -> None:
    assert services_of(event) == ()
