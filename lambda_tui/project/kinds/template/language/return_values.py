"""The return values of CloudFormation's resource types: the results of ``Ref`` and ``Fn::GetAtt``.

A deployment makes up parts of many of them. Here those parts follow from the logical id, so that
they are the same each time, and a name that the template does not give is the logical id itself.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lambda_tui.project.function import ACCOUNT_ID

_NO_NAME = "-"
_DEFAULTS = {"GroupName": "default", "Path": "/", "StageName": "$default"}
"""Properties in patterns that a template may leave out."""

# The first line of a type is followed by the property that holds its name, or by a dash. Below it
# is a pattern for each value. In it stand, beside region and account:
# * name: the resource's name
# * id, ID, hex, uuid: as in the identifiers that AWS makes up; {id:.10} are 10 of its characters
# * any other word: the value of that property of the resource
_TABLE = """
AWS::Serverless::Function FunctionName
  Ref {name}
  Arn arn:aws:lambda:{region}:{account}:function:{name}
AWS::Serverless::LayerVersion LayerName
  Ref arn:aws:lambda:{region}:{account}:layer:{name}:1
  LayerVersionArn arn:aws:lambda:{region}:{account}:layer:{name}:1
AWS::Serverless::SimpleTable TableName
  Ref {name}
  Arn arn:aws:dynamodb:{region}:{account}:table/{name}
AWS::Serverless::StateMachine Name
  Ref arn:aws:states:{region}:{account}:stateMachine:{name}
  Arn arn:aws:states:{region}:{account}:stateMachine:{name}
  Name {name}
AWS::Serverless::Api Name
  Ref {id:.10}
  RestApiId {id:.10}
  RootResourceId {hex:.10}
  Stage {StageName}
AWS::Serverless::HttpApi Name
  Ref {id:.10}
  ApiId {id:.10}
  ApiEndpoint https://{id:.10}.execute-api.{region}.amazonaws.com
  Stage {StageName}
AWS::Serverless::GraphQLApi Name
  Ref arn:aws:appsync:{region}:{account}:apis/{id:.26}
  Arn arn:aws:appsync:{region}:{account}:apis/{id:.26}
  ApiId {id:.26}
  GraphQLUrl https://{id:.26}.appsync-api.{region}.amazonaws.com/graphql
AWS::Serverless::Application -
  Ref arn:aws:cloudformation:{region}:{account}:stack/local-{name}/{uuid}

AWS::ACMPCA::CertificateAuthority -
  Ref arn:aws:acm-pca:{region}:{account}:certificate-authority/{uuid}
  Arn arn:aws:acm-pca:{region}:{account}:certificate-authority/{uuid}
AWS::ApiGateway::ApiKey Name
  Ref {id:.10}
  APIKeyId {id:.10}
AWS::ApiGateway::Authorizer Name
  Ref {id:.6}
  AuthorizerId {id:.6}
AWS::ApiGateway::Deployment -
  Ref {id:.6}
  DeploymentId {id:.6}
AWS::ApiGateway::DomainName DomainName
  Ref {name}
  RegionalDomainName d-{id:.10}.execute-api.{region}.amazonaws.com
AWS::ApiGateway::Resource -
  Ref {id:.6}
  ResourceId {id:.6}
AWS::ApiGateway::RestApi Name
  Ref {id:.10}
  RestApiId {id:.10}
  RootResourceId {hex:.10}
AWS::ApiGateway::Stage StageName
  Ref {name}
AWS::ApiGateway::UsagePlan UsagePlanName
  Ref {id:.6}
  Id {id:.6}
AWS::ApiGatewayV2::Api Name
  Ref {id:.10}
  ApiId {id:.10}
AWS::ApiGatewayV2::DomainName DomainName
  Ref {name}
  RegionalDomainName d-{id:.10}.execute-api.{region}.amazonaws.com
AWS::ApiGatewayV2::Stage StageName
  Ref {name}
AWS::AppConfig::Application Name
  Ref {id:.7}
  ApplicationId {id:.7}
AWS::AppConfig::ConfigurationProfile Name
  Ref {id:.7}
  ConfigurationProfileId {id:.7}
AWS::AppConfig::DeploymentStrategy Name
  Ref {id:.7}
  Id {id:.7}
AWS::AppConfig::Environment Name
  Ref {id:.7}
  EnvironmentId {id:.7}
AWS::AppSync::Api Name
  Ref arn:aws:appsync:{region}:{account}:apis/{id:.26}
  ApiArn arn:aws:appsync:{region}:{account}:apis/{id:.26}
  ApiId {id:.26}
  Dns.Http {id:.26}.appsync-api.{region}.amazonaws.com
  Dns.Realtime {id:.26}.appsync-realtime-api.{region}.amazonaws.com
AWS::AppSync::ApiKey -
  ApiKey da2-{id:.26}
  ApiKeyId da2-{id:.26}
AWS::AppSync::GraphQLApi Name
  Ref arn:aws:appsync:{region}:{account}:apis/{id:.26}
  Arn arn:aws:appsync:{region}:{account}:apis/{id:.26}
  ApiId {id:.26}
  GraphQLDns {id:.26}.appsync-api.{region}.amazonaws.com
  GraphQLUrl https://{id:.26}.appsync-api.{region}.amazonaws.com/graphql
  RealtimeUrl wss://{id:.26}.appsync-realtime-api.{region}.amazonaws.com/graphql
AWS::Athena::WorkGroup Name
  Ref {name}
AWS::Batch::ComputeEnvironment ComputeEnvironmentName
  Ref arn:aws:batch:{region}:{account}:compute-environment/{name}
  ComputeEnvironmentArn arn:aws:batch:{region}:{account}:compute-environment/{name}
AWS::Batch::JobDefinition JobDefinitionName
  Ref arn:aws:batch:{region}:{account}:job-definition/{name}:1
AWS::Batch::JobQueue JobQueueName
  Ref arn:aws:batch:{region}:{account}:job-queue/{name}
  JobQueueArn arn:aws:batch:{region}:{account}:job-queue/{name}
AWS::Bedrock::Agent AgentName
  Ref {ID:.10}
  AgentId {ID:.10}
  AgentArn arn:aws:bedrock:{region}:{account}:agent/{ID:.10}
AWS::Bedrock::Guardrail Name
  Ref arn:aws:bedrock:{region}:{account}:guardrail/{id:.12}
  GuardrailArn arn:aws:bedrock:{region}:{account}:guardrail/{id:.12}
  GuardrailId {id:.12}
AWS::Bedrock::KnowledgeBase Name
  Ref {ID:.10}
  KnowledgeBaseId {ID:.10}
  KnowledgeBaseArn arn:aws:bedrock:{region}:{account}:knowledge-base/{ID:.10}
AWS::CertificateManager::Certificate -
  Ref arn:aws:acm:{region}:{account}:certificate/{uuid}
AWS::CloudFormation::Stack -
  Ref arn:aws:cloudformation:{region}:{account}:stack/local-{name}/{uuid}
AWS::CloudFront::Distribution -
  Ref E{ID:.13}
  Id E{ID:.13}
  DomainName d{id:.13}.cloudfront.net
AWS::CloudTrail::Trail TrailName
  Ref {name}
  Arn arn:aws:cloudtrail:{region}:{account}:trail/{name}
AWS::CloudWatch::Alarm AlarmName
  Ref {name}
  Arn arn:aws:cloudwatch:{region}:{account}:alarm:{name}
AWS::CloudWatch::Dashboard DashboardName
  Ref {name}
AWS::CodeBuild::Project Name
  Ref {name}
  Arn arn:aws:codebuild:{region}:{account}:project/{name}
AWS::CodePipeline::Pipeline Name
  Ref {name}
AWS::Cognito::IdentityPool IdentityPoolName
  Ref {region}:{uuid}
  Id {region}:{uuid}
  Name {name}
AWS::Cognito::UserPool UserPoolName
  Ref {region}_{id:.9}
  UserPoolId {region}_{id:.9}
  Arn arn:aws:cognito-idp:{region}:{account}:userpool/{region}_{id:.9}
  ProviderName cognito-idp.{region}.amazonaws.com/{region}_{id:.9}
  ProviderURL https://cognito-idp.{region}.amazonaws.com/{region}_{id:.9}
AWS::Cognito::UserPoolClient ClientName
  Ref {id:.26}
  ClientId {id:.26}
  ClientSecret {id:.51}
  Name {name}
AWS::Cognito::UserPoolDomain Domain
  Ref {name}
AWS::Cognito::UserPoolGroup GroupName
  Ref {name}
AWS::DSQL::Cluster -
  Ref {id:.26}
  Identifier {id:.26}
  ResourceArn arn:aws:dsql:{region}:{account}:cluster/{id:.26}
AWS::DocDB::DBCluster DBClusterIdentifier
  Ref {name}
  Endpoint {name}.cluster-{id:.12}.{region}.docdb.amazonaws.com
  ReadEndpoint {name}.cluster-ro-{id:.12}.{region}.docdb.amazonaws.com
AWS::DynamoDB::GlobalTable TableName
  Ref {name}
  Arn arn:aws:dynamodb:{region}:{account}:table/{name}
  StreamArn arn:aws:dynamodb:{region}:{account}:table/{name}/stream/2025-01-01T00:00:00.000
  TableId {uuid}
AWS::DynamoDB::Table TableName
  Ref {name}
  Arn arn:aws:dynamodb:{region}:{account}:table/{name}
  StreamArn arn:aws:dynamodb:{region}:{account}:table/{name}/stream/2025-01-01T00:00:00.000
AWS::EC2::EIP -
  AllocationId eipalloc-{hex:.17}
AWS::EC2::Instance -
  Ref i-{hex:.17}
  InstanceId i-{hex:.17}
AWS::EC2::InternetGateway -
  Ref igw-{hex:.17}
  InternetGatewayId igw-{hex:.17}
AWS::EC2::LaunchTemplate LaunchTemplateName
  Ref lt-{hex:.17}
  LaunchTemplateId lt-{hex:.17}
AWS::EC2::NatGateway -
  Ref nat-{hex:.17}
  NatGatewayId nat-{hex:.17}
AWS::EC2::NetworkInterface -
  Ref eni-{hex:.17}
  Id eni-{hex:.17}
AWS::EC2::RouteTable -
  Ref rtb-{hex:.17}
  RouteTableId rtb-{hex:.17}
AWS::EC2::SecurityGroup GroupName
  Ref sg-{hex:.17}
  Id sg-{hex:.17}
  GroupId sg-{hex:.17}
  VpcId {VpcId}
AWS::EC2::Subnet -
  Ref subnet-{hex:.17}
  SubnetId subnet-{hex:.17}
  AvailabilityZone {AvailabilityZone}
  CidrBlock {CidrBlock}
  VpcId {VpcId}
AWS::EC2::VPC -
  Ref vpc-{hex:.17}
  VpcId vpc-{hex:.17}
  CidrBlock {CidrBlock}
AWS::EC2::VPCEndpoint -
  Ref vpce-{hex:.17}
  Id vpce-{hex:.17}
AWS::EC2::Volume -
  Ref vol-{hex:.17}
  VolumeId vol-{hex:.17}
AWS::ECR::Repository RepositoryName
  Ref {name}
  Arn arn:aws:ecr:{region}:{account}:repository/{name}
  RepositoryUri {account}.dkr.ecr.{region}.amazonaws.com/{name}
AWS::ECS::Cluster ClusterName
  Ref {name}
  Arn arn:aws:ecs:{region}:{account}:cluster/{name}
AWS::ECS::Service ServiceName
  Name {name}
AWS::ECS::TaskDefinition Family
  Ref arn:aws:ecs:{region}:{account}:task-definition/{name}:1
  TaskDefinitionArn arn:aws:ecs:{region}:{account}:task-definition/{name}:1
AWS::EFS::AccessPoint -
  Ref fsap-{hex:.17}
  AccessPointId fsap-{hex:.17}
  Arn arn:aws:elasticfilesystem:{region}:{account}:access-point/fsap-{hex:.17}
AWS::EFS::FileSystem -
  Ref fs-{hex:.17}
  FileSystemId fs-{hex:.17}
  Arn arn:aws:elasticfilesystem:{region}:{account}:file-system/fs-{hex:.17}
AWS::EFS::MountTarget -
  Ref fsmt-{hex:.17}
  Id fsmt-{hex:.17}
AWS::ElastiCache::CacheCluster ClusterName
  Ref {name}
AWS::ElastiCache::ReplicationGroup ReplicationGroupId
  Ref {name}
AWS::ElastiCache::ServerlessCache ServerlessCacheName
  Ref {name}
  ARN arn:aws:elasticache:{region}:{account}:serverlesscache:{name}
AWS::ElasticLoadBalancingV2::TargetGroup Name
  Ref arn:aws:elasticloadbalancing:{region}:{account}:targetgroup/{name}/{hex:.16}
  TargetGroupArn arn:aws:elasticloadbalancing:{region}:{account}:targetgroup/{name}/{hex:.16}
  TargetGroupFullName targetgroup/{name}/{hex:.16}
  TargetGroupName {name}
AWS::Events::ApiDestination Name
  Ref {name}
  Arn arn:aws:events:{region}:{account}:api-destination/{name}/{uuid}
AWS::Events::Archive ArchiveName
  Ref {name}
  Arn arn:aws:events:{region}:{account}:archive/{name}
AWS::Events::Connection Name
  Ref {name}
  Arn arn:aws:events:{region}:{account}:connection/{name}/{uuid}
AWS::Events::EventBus Name
  Ref {name}
  Arn arn:aws:events:{region}:{account}:event-bus/{name}
  Name {name}
AWS::Glue::Crawler Name
  Ref {name}
AWS::Glue::Job Name
  Ref {name}
AWS::IAM::AccessKey -
  Ref AKIA{ID:.16}
  SecretAccessKey {id:.40}
AWS::IAM::Group GroupName
  Ref {name}
  Arn arn:aws:iam::{account}:group{Path}{name}
AWS::IAM::InstanceProfile InstanceProfileName
  Ref {name}
  Arn arn:aws:iam::{account}:instance-profile{Path}{name}
AWS::IAM::ManagedPolicy ManagedPolicyName
  Ref arn:aws:iam::{account}:policy{Path}{name}
  PolicyArn arn:aws:iam::{account}:policy{Path}{name}
AWS::IAM::Role RoleName
  Ref {name}
  Arn arn:aws:iam::{account}:role{Path}{name}
  RoleId AROA{ID:.17}
AWS::IAM::User UserName
  Ref {name}
  Arn arn:aws:iam::{account}:user{Path}{name}
AWS::IoT::Thing ThingName
  Ref {name}
  Arn arn:aws:iot:{region}:{account}:thing/{name}
  Id {uuid}
AWS::IoT::TopicRule RuleName
  Ref {name}
  Arn arn:aws:iot:{region}:{account}:rule/{name}
AWS::KMS::Alias AliasName
  Ref {name}
AWS::KMS::Key -
  Ref {uuid}
  KeyId {uuid}
  Arn arn:aws:kms:{region}:{account}:key/{uuid}
AWS::Kendra::Index Name
  Ref {uuid}
  Id {uuid}
  Arn arn:aws:kendra:{region}:{account}:index/{uuid}
AWS::Kinesis::Stream Name
  Ref {name}
  Arn arn:aws:kinesis:{region}:{account}:stream/{name}
AWS::KinesisFirehose::DeliveryStream DeliveryStreamName
  Ref {name}
  Arn arn:aws:firehose:{region}:{account}:deliverystream/{name}
AWS::Lambda::CodeSigningConfig -
  Ref arn:aws:lambda:{region}:{account}:code-signing-config:csc-{hex:.17}
  CodeSigningConfigArn arn:aws:lambda:{region}:{account}:code-signing-config:csc-{hex:.17}
AWS::Lambda::EventSourceMapping -
  Ref {uuid}
  Id {uuid}
  EventSourceMappingArn arn:aws:lambda:{region}:{account}:event-source-mapping:{uuid}
AWS::Lambda::Function FunctionName
  Ref {name}
  Arn arn:aws:lambda:{region}:{account}:function:{name}
AWS::Lambda::LayerVersion LayerName
  Ref arn:aws:lambda:{region}:{account}:layer:{name}:1
  LayerVersionArn arn:aws:lambda:{region}:{account}:layer:{name}:1
AWS::Lambda::Url -
  FunctionUrl https://{id:.32}.lambda-url.{region}.on.aws/
AWS::Location::GeofenceCollection CollectionName
  Ref {name}
AWS::Location::Map MapName
  Ref {name}
AWS::Location::PlaceIndex IndexName
  Ref {name}
AWS::Location::RouteCalculator CalculatorName
  Ref {name}
AWS::Location::Tracker TrackerName
  Ref {name}
AWS::Logs::LogGroup LogGroupName
  Ref {name}
  Arn arn:aws:logs:{region}:{account}:log-group:{name}:*
AWS::Logs::LogStream LogStreamName
  Ref {name}
AWS::MSK::Cluster ClusterName
  Ref arn:aws:kafka:{region}:{account}:cluster/{name}/{uuid}-1
  Arn arn:aws:kafka:{region}:{account}:cluster/{name}/{uuid}-1
AWS::MemoryDB::Cluster ClusterName
  Ref {name}
AWS::Neptune::DBCluster DBClusterIdentifier
  Ref {name}
  Endpoint {name}.cluster-{id:.12}.{region}.neptune.amazonaws.com
  ReadEndpoint {name}.cluster-ro-{id:.12}.{region}.neptune.amazonaws.com
AWS::OpenSearchServerless::Collection Name
  Ref {id:.20}
  Id {id:.20}
  Arn arn:aws:aoss:{region}:{account}:collection/{id:.20}
  CollectionEndpoint https://{id:.20}.{region}.aoss.amazonaws.com
  DashboardEndpoint https://{id:.20}.{region}.aoss.amazonaws.com/_dashboards
AWS::OpenSearchService::Domain DomainName
  Ref {name}
  Arn arn:aws:es:{region}:{account}:domain/{name}
  DomainArn arn:aws:es:{region}:{account}:domain/{name}
  DomainEndpoint search-{name}-{id:.26}.{region}.es.amazonaws.com
  Id {account}/{name}
AWS::Pinpoint::App Name
  Ref {hex:.32}
  Arn arn:aws:mobiletargeting:{region}:{account}:apps/{hex:.32}
AWS::Pipes::Pipe Name
  Ref {name}
  Arn arn:aws:pipes:{region}:{account}:pipe/{name}
AWS::RDS::DBCluster DBClusterIdentifier
  Ref {name}
  DBClusterArn arn:aws:rds:{region}:{account}:cluster:{name}
  DBClusterResourceId cluster-{ID:.26}
  Endpoint.Address {name}.cluster-{id:.12}.{region}.rds.amazonaws.com
  Endpoint.Port {Port}
  ReadEndpoint.Address {name}.cluster-ro-{id:.12}.{region}.rds.amazonaws.com
AWS::RDS::DBInstance DBInstanceIdentifier
  Ref {name}
  DBInstanceArn arn:aws:rds:{region}:{account}:db:{name}
  DbiResourceId db-{ID:.26}
  Endpoint.Address {name}.{id:.12}.{region}.rds.amazonaws.com
  Endpoint.Port {Port}
AWS::RDS::DBProxy DBProxyName
  Ref {name}
  DBProxyArn arn:aws:rds:{region}:{account}:db-proxy:prx-{hex:.17}
  Endpoint {name}.proxy-{id:.12}.{region}.rds.amazonaws.com
AWS::Redshift::Cluster ClusterIdentifier
  Ref {name}
AWS::RedshiftServerless::Namespace NamespaceName
  Ref {name}
AWS::RedshiftServerless::Workgroup WorkgroupName
  Ref {name}
AWS::Route53::HostedZone -
  Ref Z{ID:.20}
  Id Z{ID:.20}
AWS::S3::AccessPoint Name
  Ref {name}
  Arn arn:aws:s3:{region}:{account}:accesspoint/{name}
AWS::S3::Bucket BucketName
  Ref {name}
  Arn arn:aws:s3:::{name}
  DomainName {name}.s3.amazonaws.com
  DualStackDomainName {name}.s3.dualstack.{region}.amazonaws.com
  RegionalDomainName {name}.s3.{region}.amazonaws.com
  WebsiteURL http://{name}.s3-website-{region}.amazonaws.com
AWS::SES::ConfigurationSet Name
  Ref {name}
AWS::SES::EmailIdentity EmailIdentity
  Ref {name}
AWS::SNS::Subscription -
  Ref {TopicArn}:{uuid}
  Arn {TopicArn}:{uuid}
AWS::SNS::Topic TopicName
  Ref arn:aws:sns:{region}:{account}:{name}
  TopicArn arn:aws:sns:{region}:{account}:{name}
  TopicName {name}
AWS::SQS::Queue QueueName
  Ref https://sqs.{region}.amazonaws.com/{account}/{name}
  Arn arn:aws:sqs:{region}:{account}:{name}
  QueueName {name}
  QueueUrl https://sqs.{region}.amazonaws.com/{account}/{name}
AWS::SSM::Document Name
  Ref {name}
AWS::SSM::Parameter Name
  Ref {name}
  Type {Type}
  Value {Value}
AWS::Scheduler::Schedule Name
  Ref {name}
  Arn arn:aws:scheduler:{region}:{account}:schedule/{GroupName}/{name}
AWS::Scheduler::ScheduleGroup Name
  Ref {name}
  Arn arn:aws:scheduler:{region}:{account}:schedule-group/{name}
AWS::SecretsManager::Secret Name
  Ref arn:aws:secretsmanager:{region}:{account}:secret:{name}-{id:.6}
  Id arn:aws:secretsmanager:{region}:{account}:secret:{name}-{id:.6}
AWS::SecretsManager::SecretTargetAttachment -
  Ref {SecretId}
AWS::ServiceDiscovery::PrivateDnsNamespace Name
  Ref ns-{id:.16}
  Id ns-{id:.16}
  Arn arn:aws:servicediscovery:{region}:{account}:namespace/ns-{id:.16}
AWS::ServiceDiscovery::Service Name
  Ref srv-{id:.16}
  Id srv-{id:.16}
  Arn arn:aws:servicediscovery:{region}:{account}:service/srv-{id:.16}
AWS::StepFunctions::Activity Name
  Ref arn:aws:states:{region}:{account}:activity:{name}
  Arn arn:aws:states:{region}:{account}:activity:{name}
  Name {name}
AWS::StepFunctions::StateMachine StateMachineName
  Ref arn:aws:states:{region}:{account}:stateMachine:{name}
  Arn arn:aws:states:{region}:{account}:stateMachine:{name}
  Name {name}
AWS::Timestream::Database DatabaseName
  Ref {name}
  Arn arn:aws:timestream:{region}:{account}:database/{name}
AWS::Timestream::Table TableName
  Ref {DatabaseName}|{name}
  Arn arn:aws:timestream:{region}:{account}:database/{DatabaseName}/table/{name}
  Name {name}
AWS::Transfer::Server -
  Ref arn:aws:transfer:{region}:{account}:server/s-{hex:.17}
  Arn arn:aws:transfer:{region}:{account}:server/s-{hex:.17}
  ServerId s-{hex:.17}
AWS::WAFv2::WebACL Name
  Ref {name}|{uuid}|{Scope}
  Id {uuid}
"""


@dataclass(frozen=True, slots=True)
class ReturnValues:
    """The values that resources of one type return, as patterns."""

    name_property: str | None
    """The property that holds a resource's name; None for a type without one."""
    patterns: dict[str, str] = field(default_factory=dict)
    """The patterns of the attributes, and that of ``Ref`` under its own name."""


@functools.cache
def return_values() -> Mapping[str, ReturnValues]:
    """Return the known resource types with what they return."""
    types: dict[str, ReturnValues] = {}
    values = ReturnValues(None)
    for line in _TABLE.splitlines():
        first, _, rest = line.strip().partition(" ")
        if line.startswith(" "):
            values.patterns[first] = rest
        elif first:
            values = types[first] = ReturnValues(None if rest == _NO_NAME else rest)
    return types


def fill_in(
    pattern: str,
    logical_id: str,
    region: str,
    name: Callable[[], str],
    value: Callable[[str], str | None],
) -> str | None:
    """Return the value that a pattern gives; None if it needs a property that is not given.

    ``name`` returns the resource's name, and ``value`` that of one of its properties.
    """
    values = _Values(value)
    values.update(_identifiers(logical_id), region=region, account=ACCOUNT_ID)
    if "{name}" in pattern:
        values["name"] = name()
    try:
        return pattern.format_map(values)
    except KeyError:
        return None


@functools.lru_cache(maxsize=10_000)
def _identifiers(logical_id: str) -> Mapping[str, str]:
    """Return what AWS would make up for a resource, by the words of patterns."""
    digest = hashlib.sha256(logical_id.encode("utf-8", "surrogatepass")).digest()
    text = base64.b32encode(digest).decode().rstrip("=")
    return {
        "id": text.lower(),
        "ID": text,
        "hex": digest.hex(),
        "uuid": str(uuid.UUID(bytes=digest[:16], version=4)),
    }


class _Values(dict[str, str]):
    """The words of a pattern; a word that is not known is the name of a property."""

    def __init__(self, value: Callable[[str], str | None]) -> None:
        super().__init__()
        self._value = value

    def __missing__(self, name: str) -> str:
        """Return the value of a property; raise ``KeyError`` for one that is not given."""
        value = self._value(name) or _DEFAULTS.get(name)
        if value is None:
            raise KeyError(name)
        return value
