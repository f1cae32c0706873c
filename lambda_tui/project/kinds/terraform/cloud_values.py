"""The attributes of resources that only a deployment knows, in the shape that AWS gives to them.

What CloudFormation returns for the same resource is what Terraform does, by other names.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lambda_tui.project.function import LATEST
from lambda_tui.project.kinds.template.language import (
    Unknown,
    UnresolvedError,
    as_text,
    fill_in,
    function_name,
    return_values,
    with_remedy,
)
from lambda_tui.project.wording import shown

_NO_NAMES = ("", "module", "aws_lambda_function")
_FUNCTION = "arn:aws:lambda:{region}:{account}:function:{function_name}"
_INVOKE = f"arn:aws:apigateway:{{region}}:lambda:path/2015-03-31/functions/{_FUNCTION}/invocations"

# Each line has the type, CloudFormation's type or a dash, the argument that holds the name or a
# dash, and attributes that are not named like CloudFormation's. Behind = stands one of its return
# values, or a pattern of the same kind as those.
_TABLE = f"""
aws_api_gateway_api_key AWS::ApiGateway::ApiKey name id=Ref
aws_api_gateway_authorizer AWS::ApiGateway::Authorizer name id=Ref
aws_api_gateway_deployment AWS::ApiGateway::Deployment - id=Ref
aws_api_gateway_resource AWS::ApiGateway::Resource - id=Ref
aws_api_gateway_rest_api AWS::ApiGateway::RestApi name id=Ref \
 arn=arn:aws:apigateway:{{region}}::/restapis/{{id:.10}} \
 execution_arn=arn:aws:execute-api:{{region}}:{{account}}:{{id:.10}}
aws_api_gateway_stage AWS::ApiGateway::Stage stage_name id=Ref
aws_apigatewayv2_api AWS::ApiGatewayV2::Api name id=Ref \
 api_endpoint=https://{{id:.10}}.execute-api.{{region}}.amazonaws.com \
 execution_arn=arn:aws:execute-api:{{region}}:{{account}}:{{id:.10}}
aws_apigatewayv2_authorizer - name id={{id:.6}}
aws_apigatewayv2_integration - - id={{id:.7}}
aws_apigatewayv2_route - - id={{id:.7}}
aws_apigatewayv2_stage AWS::ApiGatewayV2::Stage name id=Ref \
 execution_arn=arn:aws:execute-api:{{region}}:{{account}}:{{api_id}}/{{name}}
aws_appsync_graphql_api AWS::AppSync::GraphQLApi name id=ApiId
aws_cloudwatch_event_bus AWS::Events::EventBus name id=Ref
aws_cloudwatch_event_rule - name id={{name}} \
 arn=arn:aws:events:{{region}}:{{account}}:rule/{{name}}
aws_cloudwatch_log_group AWS::Logs::LogGroup name id=Ref \
 arn=arn:aws:logs:{{region}}:{{account}}:log-group:{{name}}
aws_cognito_identity_pool AWS::Cognito::IdentityPool identity_pool_name id=Ref
aws_cognito_user_pool AWS::Cognito::UserPool name id=Ref endpoint=ProviderName
aws_cognito_user_pool_client AWS::Cognito::UserPoolClient name id=Ref
aws_cognito_user_pool_domain AWS::Cognito::UserPoolDomain domain id=Ref
aws_db_instance AWS::RDS::DBInstance identifier id=Ref arn=DBInstanceArn \
 address=Endpoint.Address resource_id=DbiResourceId
aws_db_proxy AWS::RDS::DBProxy name id=Ref arn=DBProxyArn
aws_dynamodb_table AWS::DynamoDB::Table name id=Ref
aws_ecr_repository AWS::ECR::Repository name id=Ref repository_url=RepositoryUri
aws_ecs_cluster AWS::ECS::Cluster name id=Arn
aws_ecs_task_definition AWS::ECS::TaskDefinition family arn=Ref
aws_efs_access_point AWS::EFS::AccessPoint - id=Ref
aws_efs_file_system AWS::EFS::FileSystem - id=Ref
aws_elasticache_replication_group AWS::ElastiCache::ReplicationGroup replication_group_id id=Ref
aws_iam_role AWS::IAM::Role name id=Ref unique_id=RoleId
aws_iam_policy AWS::IAM::ManagedPolicy name id=Ref arn=Ref
aws_iam_user AWS::IAM::User name id=Ref
aws_instance AWS::EC2::Instance - id=Ref
aws_iot_topic_rule AWS::IoT::TopicRule name id=Ref
aws_kinesis_firehose_delivery_stream AWS::KinesisFirehose::DeliveryStream name id=Arn
aws_kinesis_stream AWS::Kinesis::Stream name id=Arn
aws_kms_alias AWS::KMS::Alias name id=Ref
aws_kms_key AWS::KMS::Key - id=Ref
aws_lambda_alias - name id={_FUNCTION}:{{name}} arn={_FUNCTION}:{{name}} \
 invoke_arn={_INVOKE}
aws_lambda_code_signing_config AWS::Lambda::CodeSigningConfig - id=Ref arn=Ref
aws_lambda_event_source_mapping AWS::Lambda::EventSourceMapping - id=Ref uuid=Ref
aws_lambda_function AWS::Lambda::Function function_name id=Ref invoke_arn={_INVOKE} \
 version={{version}} qualified_arn={_FUNCTION}:{{version}} qualified_invoke_arn={_INVOKE}
aws_lambda_function_url AWS::Lambda::Url - function_url=FunctionUrl
aws_lambda_layer_version AWS::Lambda::LayerVersion layer_name id=Ref arn=Ref version=1 \
 layer_arn=arn:aws:lambda:{{region}}:{{account}}:layer:{{name}}
aws_lb_target_group AWS::ElasticLoadBalancingV2::TargetGroup name id=Ref arn=Ref
aws_msk_cluster AWS::MSK::Cluster cluster_name id=Ref
aws_opensearch_domain AWS::OpenSearchService::Domain domain_name id=Arn endpoint=DomainEndpoint
aws_rds_cluster AWS::RDS::DBCluster cluster_identifier id=Ref arn=DBClusterArn \
 endpoint=Endpoint.Address reader_endpoint=ReadEndpoint.Address \
 cluster_resource_id=DBClusterResourceId
aws_s3_bucket AWS::S3::Bucket bucket id=Ref bucket_domain_name=DomainName \
 bucket_regional_domain_name=RegionalDomainName
aws_scheduler_schedule AWS::Scheduler::Schedule name id=Ref
aws_scheduler_schedule_group AWS::Scheduler::ScheduleGroup name id=Ref
aws_secretsmanager_secret AWS::SecretsManager::Secret name id=Ref arn=Ref
aws_security_group AWS::EC2::SecurityGroup name id=Ref
aws_sfn_activity AWS::StepFunctions::Activity name id=Ref
aws_sfn_state_machine AWS::StepFunctions::StateMachine name id=Ref
aws_sns_topic AWS::SNS::Topic name id=Ref arn=Ref
aws_sqs_queue AWS::SQS::Queue name id=Ref url=Ref
aws_ssm_parameter AWS::SSM::Parameter name id=Ref \
 arn=arn:aws:ssm:{{region}}:{{account}}:parameter/{{name}}
aws_subnet AWS::EC2::Subnet - id=Ref
aws_vpc AWS::EC2::VPC - id=Ref
random_id - - id={{hex:.8}} hex={{hex:.8}} b64_url={{id:.6}} dec=1234567890
random_integer - - result={{min}}
random_password - - result={{id:.16}}
random_pet - - id={{label}}
random_string - - result={{id:.8}} id={{id:.8}}
random_uuid - - result={{uuid}} id={{uuid}}
"""
_DATA = """
aws_caller_identity account_id={account} arn=arn:aws:iam::{account}:root id={account} \
 user_id=AIDA{ID:.17}
aws_partition partition=aws dns_suffix=amazonaws.com id=aws reverse_dns_prefix=com.amazonaws
aws_region name={region} id={region} region={region}
"""


@dataclass(frozen=True, slots=True)
class _Kind:
    """The attributes of resources of one type."""

    name_argument: str | None
    """The argument that holds a resource's name; None for a type without one."""
    patterns: Mapping[str, str]


@functools.cache
def _kinds() -> Mapping[str, _Kind]:
    kinds = {}
    for line in _TABLE.split("\n"):
        words = line.split()
        if words:
            kind, cloud, argument, *attributes = words
            kinds[kind] = _Kind(None if argument == "-" else argument, _patterns(cloud, attributes))
    for line in _DATA.split("\n"):
        kind, *attributes = line.split() or [""]
        kinds[f"data.{kind}"] = _Kind(None, _patterns("-", attributes))
    return kinds


def _patterns(cloud: str, attributes: list[str]) -> Mapping[str, str]:
    returned = return_values()[cloud].patterns if cloud != "-" else {}
    patterns = {_snake_case(name): pattern for name, pattern in returned.items()}
    for attribute in attributes:
        name, _, pattern = attribute.partition("=")
        patterns[name] = returned.get(pattern, pattern)
    return patterns


def _snake_case(name: str) -> str:
    """Return CloudFormation's name of an attribute in Terraform's spelling."""
    return "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name).lstrip("_")


def name_argument(kind: str) -> str | None:
    """Return the argument that holds the names of resources of a type; None for one without."""
    known = _kinds().get(kind)
    return None if known is None else known.name_argument


def cloud_value(
    kind: str, address: str, attribute: str, region: str, value: Callable[[str], object]
) -> object:
    """Return an attribute that is not an argument; an ``Unknown`` where its shape is not known.

    ``value`` returns those of the resource's arguments that are given, and None for others.
    """
    known = _kinds().get(kind)
    label = address.rpartition(".")[2].partition("[")[0]
    names = known.name_argument if known is not None else None

    def argument(name: str) -> str | None:
        match name:
            case "label":
                return label
            case "version":
                return "1" if value("publish") in (True, "true") else LATEST
            case "function_name" if kind == "aws_lambda_function":
                return physical_name()
        given = value(_snake_case(name) if name[:1].isupper() else name)
        if isinstance(given, Unknown):
            raise UnresolvedError(given.reason, given.name)
        text = None if given is None else as_text(given)
        return function_name(text) if text is not None and name == "function_name" else text

    def physical_name() -> str:
        given = value(names or "name")
        if kind == "aws_lambda_function" and not isinstance(given, str):
            return stand_in(address)
        if given is None:
            # A deployment makes the rest of it up.
            return f"{argument(f'{names}_prefix') or ''}{label}"
        if isinstance(given, Unknown):
            raise UnresolvedError(given.reason, given.name)
        return as_text(given)

    pattern = known.patterns.get(attribute) if known is not None else None
    try:
        if attribute == names:
            return physical_name()
        found = pattern and fill_in(pattern, address, region, physical_name, argument)
    except UnresolvedError as error:
        return Unknown(str(error), error.name)
    return found or unknown_value(f"{address}.{attribute}", "is known only in the cloud")


def stand_in(address: str) -> str:
    """Return a name for a function without one that is known here, made of its address."""
    words = [one for one in re.split(r"[^\w-]+", address) if one not in _NO_NAMES]
    return "-".join(words)[:64] or "function"


def unknown_value(name: str, reason: str) -> Unknown:
    """Return the place of a value that the user can give by its name."""
    error = with_remedy(f"{shown(name)} {reason}", name)
    return Unknown(str(error), error.name)
