"""The names that AWS takes in a template, and the one that is meant by a misspelt one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from lambda_tui.project.wording import shown

SERVERLESS_FUNCTION = "AWS::Serverless::Function"
LAMBDA_FUNCTION = "AWS::Lambda::Function"

_BOTH_FUNCTIONS = """
Architectures CapacityProviderConfig CodeSigningConfigArn Description DurableConfig Environment
EphemeralStorage FileSystemConfigs FunctionName FunctionScalingConfig Handler ImageConfig KmsKeyArn
Layers LoggingConfig MemorySize PackageType PublishToLatestPublished RecursiveLoop
ReservedConcurrentExecutions Role Runtime RuntimeManagementConfig SnapStart Tags TenancyConfig
Timeout VpcConfig
"""
_LAMBDA_FUNCTIONS = "Code DeadLetterConfig TracingConfig"
_SERVERLESS_FUNCTIONS = """
AssumeRolePolicyDocument AutoPublishAlias AutoPublishAliasAllProperties AutoPublishCodeSha256
CodeUri DeadLetterQueue DeploymentPreference EventInvokeConfig Events FunctionUrlConfig ImageUri
InlineCode PermissionsBoundary Policies PropagateTags ProvisionedConcurrencyConfig RolePath
SourceKMSKeyArn Tracing VersionDeletionPolicy VersionDescription
"""
_NOT_GLOBAL = """
AutoPublishCodeSha256 Events FunctionName ImageConfig ImageUri InlineCode PackageType Policies Role
VersionDescription
"""
_GLOBALS = """
Api CapacityProvider Function HttpApi LayerVersion MicrovmImage NetworkConnector SimpleTable
StateMachine WebSocketApi
"""
_ATTRIBUTES = """
Type Properties Condition Connectors CreationPolicy DeletionPolicy DependsOn Description
IgnoreGlobals Metadata UpdatePolicy UpdateReplacePolicy
"""
_LAMBDA_TYPES = """
Alias CapacityProvider CodeSigningConfig EventInvokeConfig EventSourceMapping Function LayerVersion
LayerVersionPermission MicrovmImage NetworkConnector Permission ResourcePolicy Url Version
WebFunction WebFunctionEndpoint WebFunctionRevision
"""
_SERVERLESS_TYPES = """
Api Application CapacityProvider Connector Function GraphQLApi HttpApi LayerVersion MicrovmImage
NetworkConnector SimpleTable StateMachine WebFunction WebSocketApi
"""
_EVENT_TYPES = """
AlexaSkill Api CloudWatchEvent CloudWatchLogs Cognito DocumentDB DynamoDB EventBridgeRule HttpApi
IoTRule Kinesis MQ MSK S3 SNS SQS Schedule ScheduleV2 SelfManagedKafka
"""
# Their names are almost those of SAM's own.
_LOOK_ALIKES = ("AWS::EMRServerless::Application", "AWS::ServerlessRepo::Application")

_PROPERTIES: Mapping[str, tuple[str, ...]] = {
    LAMBDA_FUNCTION: tuple(f"{_BOTH_FUNCTIONS} {_LAMBDA_FUNCTIONS}".split()),
    SERVERLESS_FUNCTION: tuple(f"{_BOTH_FUNCTIONS} {_SERVERLESS_FUNCTIONS}".split()),
}
_RESOURCE_KEYS = tuple(_ATTRIBUTES.split())
_TYPES = (
    *(f"AWS::Lambda::{name}" for name in _LAMBDA_TYPES.split()),
    *(f"AWS::Serverless::{name}" for name in _SERVERLESS_TYPES.split()),
    *_LOOK_ALIKES,
)
GLOBALS = tuple(_GLOBALS.split())
"""The keys of ``Globals``."""
GLOBAL_PROPERTIES = tuple(
    name for name in _PROPERTIES[SERVERLESS_FUNCTION] if name not in _NOT_GLOBAL.split()
)
"""The keys of ``Globals.Function``."""


def property_remark(name: str, kind: str) -> str | None:
    """Return one sentence on a property that functions of a type do not have; else None."""
    if name in _PROPERTIES[kind]:
        return None
    if name.startswith("Fn::"):
        return f"what {shown(name)} makes is known only in the cloud; write the properties out."
    return f"{kind} has no {shown(name)}; {hint(name, _PROPERTIES[kind])}"


def attribute_remark(name: str) -> str | None:
    """Return one sentence on a key that a resource does not have; else None."""
    if name in _RESOURCE_KEYS:
        return None
    return f"a resource has no {shown(name)}; {hint(name, _RESOURCE_KEYS)}"


def type_remark(kind: str) -> str | None:
    """Return one sentence on a type that is close to one of Lambda's or SAM's; else None."""
    if kind in _TYPES:
        return None
    meant = _meant(kind, _TYPES, cutoff=0.9)
    return None if meant is None else f"Type is {shown(kind)}; did you mean {meant}?"


def event_remark(kind: str) -> str | None:
    """Return one sentence on a type that is close to one of a function's events; else None."""
    known = _EVENT_TYPES.split()
    meant = None if kind in known else _meant(kind, known, cutoff=0.6)
    return None if meant is None else f"its Type is {shown(kind)}; did you mean {meant}?"


def hint(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence on an unknown name: the one that is meant, or else advice."""
    meant = _meant(name, known, cutoff=0.7)
    return "take it out." if meant is None else f"did you mean {meant}?"


def _meant(name: str, known: Iterable[str], cutoff: float) -> str | None:
    # Most mistakes are of case.
    names = {one.lower(): one for one in known}
    near = difflib.get_close_matches(name[:64].lower(), names, n=1, cutoff=cutoff)
    return names[near[0]] if near else None
