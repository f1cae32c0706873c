"""Events of Cognito's user pools: a builder for each trigger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lambda_tui.project.function import REGION
from lambda_tui.sample_events.builder import Builder, JsonObject, Parameter, Values
from lambda_tui.sample_events.identifiers import new_id, new_uuid

_USER = Parameter("user", "ada", "the name of the user")
_ATTRIBUTES = Parameter(
    "attributes", "email=ada@example.com,email_verified=true", "user attributes, as name=value"
)
_METADATA = Parameter("client_metadata", "", "ClientMetadata of the request, as name=value")
_POOL = Parameter("pool", f"{REGION}_example01", "the id of the user pool")
_COMMON = (_USER, _ATTRIBUTES, _METADATA, _POOL)
_PASSWORD = Parameter("password", "example-password", "the password that the user typed")
_GROUPS = Parameter("groups", "", "the user's groups, separated by commas")
_CODE = Parameter("code", "AQICAHgExampleCiphertext==", "the code, encrypted and in base64")
_ANSWER = Parameter("answer", "1234", "the answer of the user")

_SRP_PASSED = [
    {"challengeName": "SRP_A", "challengeResult": True},
    {"challengeName": "PASSWORD_VERIFIER", "challengeResult": True},
]

Part = Callable[[Values], dict[str, Any]]


def _attributes(values: Values) -> dict[str, Any]:
    """Return what the requests of most triggers have."""
    metadata = values.texts("client_metadata")
    attributes = {"sub": new_uuid(), **values.texts("attributes")}
    return {"userAttributes": attributes, **({"clientMetadata": metadata} if metadata else {})}


def _validation(values: Values) -> dict[str, Any]:
    return {**_attributes(values), "validationData": None}


def _sign_in(values: Values) -> dict[str, Any]:
    return {**_validation(values), "userNotFound": False}


def _new_device(values: Values) -> dict[str, Any]:
    return {**_attributes(values), "newDeviceUsed": False}


def _token(values: Values) -> dict[str, Any]:
    groups = {
        "groupsToOverride": values.words("groups"),
        "iamRolesToOverride": [],
        "preferredRole": None,
    }
    return {**_attributes(values), "groupConfiguration": groups}


def _access_token(values: Values) -> dict[str, Any]:
    return {**_token(values), "scopes": ["openid", "email"]}


def _message(values: Values) -> dict[str, Any]:
    return {
        **_attributes(values),
        "codeParameter": "{####}",
        "linkParameter": "{##Verify Email##}",
        "usernameParameter": None,
    }


def _migration(values: Values) -> dict[str, Any]:
    metadata = values.texts("client_metadata")
    request: dict[str, Any] = {"password": values["password"], "validationData": None}
    return {**request, **({"clientMetadata": metadata} if metadata else {})}


def _challenge(values: Values) -> dict[str, Any]:
    return {**_attributes(values), "session": _SRP_PASSED}


def _new_challenge(values: Values) -> dict[str, Any]:
    return {**_challenge(values), "challengeName": "CUSTOM_CHALLENGE"}


def _answer(values: Values) -> dict[str, Any]:
    private = {"answer": "1234"}
    return {
        **_attributes(values),
        "privateChallengeParameters": private,
        "challengeAnswer": values["answer"],
    }


def _sender(version: str) -> Part:
    def make(values: Values) -> dict[str, Any]:
        return {"type": f"{version}RequestV1", "code": values["code"], **_attributes(values)}

    return make


def _trigger(
    name: str,
    title: str,
    source: str,
    request: Part,
    response: dict[str, Any] | None,
    *more: Parameter,
    common: tuple[Parameter, ...] = _COMMON,
    version: str = "1",
) -> Builder:
    """Return the builder of a trigger; ``response`` is what the function has to fill in."""

    def make(values: Values) -> JsonObject:
        event: JsonObject = {
            "version": version,
            "triggerSource": source,
            "region": REGION,
            "userPoolId": values["pool"],
            "userName": values["user"],
            "callerContext": {
                "awsSdkVersion": "aws-sdk-unknown-unknown",
                "clientId": new_id(26),
            },
            "request": request(values),
        }
        return event if response is None else {**event, "response": dict(response)}

    return Builder(f"cognito-{name}", f"Cognito: {title}", (*common, *more), make)


_SIGN_UP = {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}
_MESSAGE = {"smsMessage": None, "emailMessage": None, "emailSubject": None}
_MIGRATED = {
    "userAttributes": None,
    "forceAliasCreation": None,
    "finalUserStatus": None,
    "messageAction": None,
    "desiredDeliveryMediums": None,
}
_DECISION = {"challengeName": None, "issueTokens": False, "failAuthentication": False}
_CHALLENGE = {
    "publicChallengeParameters": None,
    "privateChallengeParameters": None,
    "challengeMetadata": None,
}

COGNITO_BUILDERS = (
    _trigger("pre-sign-up", "pre sign-up", "PreSignUp_SignUp", _validation, _SIGN_UP),
    _trigger(
        "post-confirmation",
        "post confirmation",
        "PostConfirmation_ConfirmSignUp",
        _attributes,
        {},
    ),
    _trigger(
        "pre-authentication",
        "pre authentication",
        "PreAuthentication_Authentication",
        _sign_in,
        {},
    ),
    _trigger(
        "post-authentication",
        "post authentication",
        "PostAuthentication_Authentication",
        _new_device,
        {},
    ),
    _trigger(
        "pre-token-generation",
        "pre token generation",
        "TokenGeneration_Authentication",
        _token,
        {"claimsOverrideDetails": None},
        _GROUPS,
    ),
    _trigger(
        "pre-token-generation-v2",
        "pre token generation, version 2",
        "TokenGeneration_Authentication",
        _access_token,
        {"claimsAndScopeOverrideDetails": None},
        _GROUPS,
        version="2",
    ),
    _trigger("custom-message", "custom message", "CustomMessage_SignUp", _message, _MESSAGE),
    _trigger(
        "user-migration",
        "user migration",
        "UserMigration_Authentication",
        _migration,
        _MIGRATED,
        _PASSWORD,
        # The pool does not know the user yet.
        common=(_USER, _METADATA, _POOL),
    ),
    _trigger(
        "define-auth-challenge",
        "define auth challenge",
        "DefineAuthChallenge_Authentication",
        _challenge,
        _DECISION,
    ),
    _trigger(
        "create-auth-challenge",
        "create auth challenge",
        "CreateAuthChallenge_Authentication",
        _new_challenge,
        _CHALLENGE,
    ),
    _trigger(
        "verify-auth-challenge",
        "verify auth challenge response",
        "VerifyAuthChallengeResponse_Authentication",
        _answer,
        {"answerCorrect": False},
        _ANSWER,
    ),
    _trigger(
        "custom-email-sender",
        "custom email sender",
        "CustomEmailSender_SignUp",
        _sender("customEmailSender"),
        None,
        _CODE,
    ),
    _trigger(
        "custom-sms-sender",
        "custom SMS sender",
        "CustomSMSSender_SignUp",
        _sender("customSMSSender"),
        None,
        _CODE,
    ),
)
