"""The recordings, part by part: the handler that proves each here, or why none can yet."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from lambda_tui.project.function import AsyncConfig

Given = Literal[
    "payload",
    "function error",
    "log events",
    "log lines",
    "destination",
    "dead letter",
    "answer",
    "configuration",
]
"""The kinds of recordings: the results of an invocation, the two of an asynchronous one, boto3's
answer without those, and the function's configuration."""

RUN_VERSIONS = tuple(f"3.{minor}" for minor in range(8, 15))
"""The versions of Python that are recorded and run here."""
NODE_VERSIONS = ("16", "18", "20", "22", "24")
"""The versions of Node.js."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A part of an entry, and the invocation that gives it."""

    part: str
    """``file/entry/key/...`` down to the part."""
    source: str
    event: object
    gives: Given = "payload"
    is_bootstrap: bool = False
    """Whether the source is a runtime of its own, and not a handler."""
    module: str = "handler"
    suffix: str = ".py"
    """The suffix of the module's file."""
    name: str = "<function-name>"
    """The word that stands for the function's name in the recording."""
    without: tuple[str, ...] = ()
    """Keys of the part that are listed as not covered."""
    configuration: Mapping[str, Any] = field(default_factory=dict)
    """The configuration of the function."""
    qualifier: str | None = None
    retry_delays: tuple[float, float] = (0.0, 0.0)
    """Seconds; on AWS one minute and two."""


INTROSPECTS = """
import os
def handler(event, context):
    ctx = {
        name: getattr(context, name)
        for name in (
            "aws_request_id", "function_name", "function_version", "invoked_function_arn",
            "log_group_name", "log_stream_name", "memory_limit_in_mb",
        )
    }
    ctx["remaining_time_in_millis"] = context.get_remaining_time_in_millis()
    return {"ctx": ctx, "environment": dict(os.environ)}
"""

CUSTOM_RUNTIME = (
    f"#!{sys.executable}"
    + """
import http.client, json, os, sys
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

def call(method, path, body=None):
    api.request(method, f"/2018-06-01/runtime/invocation/{path}", body)
    answer = api.getresponse()
    return answer.headers, json.loads(answer.read())

def variables():
    # As they were given: Python adds one of its own in the locale of C.
    pairs = open("/proc/self/environ").read().rstrip("\\0").split("\\0")
    return dict(pair.split("=", 1) for pair in pairs)

while True:
    headers, event = call("GET", "next")
    id = headers["Lambda-Runtime-Aws-Request-Id"]
    if "error_msg" in event:
        error = {
            "errorMessage": "Error: " + json.dumps(event["error_msg"]),
            "errorType": "&alloc::boxed::Box<dyn core::error::Error"
            " + core::marker::Send + core::marker::Sync>",
        }
        call("POST", f"{id}/error", json.dumps(error))
        continue
    given = variables()
    ctx = {
        "aws_request_id": id,
        "deadline": int(headers["Lambda-Runtime-Deadline-Ms"]),
        "function_name": given["AWS_LAMBDA_FUNCTION_NAME"],
        "function_version": given["AWS_LAMBDA_FUNCTION_VERSION"],
        "invoked_function_arn": headers["Lambda-Runtime-Invoked-Function-Arn"],
        "log_group_name": given["AWS_LAMBDA_LOG_GROUP_NAME"],
        "log_stream_name": given["AWS_LAMBDA_LOG_STREAM_NAME"],
        "memory_limit_in_mb": int(given["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]),
    }
    # As every client does.
    given["_X_AMZN_TRACE_ID"] = headers["Lambda-Runtime-Trace-Id"]
    call("POST", f"{id}/response", json.dumps({"ctx": ctx, "environment": given}))
"""
)

INTROSPECTS_IN_NODE = """
exports.handler = async (event, context) => ({
  ctx: {
    aws_request_id: context.awsRequestId,
    function_name: context.functionName,
    function_version: context.functionVersion,
    invoked_function_arn: context.invokedFunctionArn,
    log_group_name: context.logGroupName,
    log_stream_name: context.logStreamName,
    remaining_time_in_millis: context.getRemainingTimeInMillis(),
  },
  environment: process.env,
});
"""

FAILS_IN_NODE = """
exports.handler = async (event) => { throw new Error("Error: " + event.error_msg); };
"""

ANSWERS_AS_AN_ES_MODULE = """
export const handler = async (event) => {
  const text = `response from localstack lambda: ${JSON.stringify(event)}`;
  return { statusCode: 200, body: JSON.stringify(text) };
};
"""

FAILS = """
def handler(event, context):
    raise Exception("Failed: " + event["error_msg"])
"""

PRINTS_LINES = """
def handler(event, context):
    print("multi\\nline\\nstring")
    print("another\\rline")
"""

ANSWERS_OR_FAILS = """
import logging
logger = logging.getLogger("integration")
logger.setLevel("INFO")
FIELDS = (
    "aws_request_id", "client_context", "function_name", "function_version",
    "invoked_function_arn", "log_group_name", "log_stream_name", "memory_limit_in_mb",
)
def handler(event, context):
    print("Lambda log message - print function")
    logger.info("Lambda log message - logging module")
    if "raise_error" in event:
{gap}
        raise Exception("Test exception (this is intentional)")
    return {{"context": {{name: getattr(context, name) for name in FIELDS}}, "event": event}}
"""
# The recorded trace says line 55.
ANSWERS_OR_FAILS = ANSWERS_OR_FAILS.format(gap="\n" * 41)

FAILS_ON_LINE_7 = """




def handler(event, context):
    raise Exception("intentional failure")
"""

SUCCEEDS_OR_FAILS = """
def handler(event, context):
    if event["mode"] == "failure":
        raise Exception("intentional failure!")
    return {"hello": "world", "test": "abc", "val": 5, "success": True}
"""

_CREATED = ("State", "StateReason", "StateReasonCode", "ResponseMetadata")
"""The fields of a function that is just being created."""

_COMMON = "common/TestLambdaRuntimesCommon::"
_SQS = "destinations/TestLambdaDestinationSqs::"
_MESSAGE = "receive_message_result/Messages/0/Body"
_BUS = "destinations/TestLambdaDestinationEventbridge::test_invoke_lambda_eventbridge/"
_DLQ = "destinations/TestLambdaDLQ::test_dead_letter_queue/"
_RAISE = {"raise_error": 1}
_TEST_MESSAGE = {"message": "<test-msg-id>"}


def _introspection(version: str, part: str, qualifier: str | None = None) -> Proof:
    return Proof(
        f"{_COMMON}test_introspection_invoke[python{version}]/{part}",
        INTROSPECTS,
        {},
        without=("packages",),
        configuration={
            "runtime": f"python{version}",
            "memory_size": 1024,
            "environment": {"TEST_KEY": "TEST_VAL"},
        },
        qualifier=qualifier,
    )


def _destination(
    part: str,
    source: str,
    event: object,
    *,
    name: str = "<resource>",
    module: str = "handler",
    retry_delays: tuple[float, float] = (0.0, 0.0),
    **asynchronous: Any,
) -> Proof:
    target = "arn:aws:sqs:us-east-1:111111111111:queue"
    config = AsyncConfig(on_success=target, on_failure=target, **asynchronous)
    return Proof(
        part,
        source,
        event,
        "destination",
        module=module,
        name=name,
        configuration={"asynchronous": config},
        retry_delays=retry_delays,
    )


def _configuration(test: str, proof: Proof, **configuration: Any) -> Proof:
    """Return the proof of the configuration of the function in a proof's entry."""
    return replace(
        proof,
        part=f"{test}/create_function_result",
        gives="configuration",
        without=_CREATED,
        configuration={"memory_size": 1024, **configuration},
    )


def _answers(entry: str, proof: Proof) -> list[Proof]:
    """Return the proofs of boto3's answer besides the payload and the function error."""
    return [
        replace(proof, part=f"{entry}/{key}", gives="answer")
        for key in ("ExecutedVersion", "StatusCode", "ResponseMetadata")
    ]


def _uncaught_exceptions(version: str) -> list[Proof]:
    test = f"{_COMMON}test_uncaught_exception_invoke[python{version}]"
    entry = f"{test}/error_result"
    runtime = {"runtime": f"python{version}"}
    event = {"error_msg": "some_error_msg"}
    failed = Proof(f"{entry}/Payload", FAILS, event, configuration=runtime)
    return [
        failed,
        replace(failed, part=f"{entry}/FunctionError", gives="function error"),
        *_answers(entry, failed),
        _configuration(test, failed, **runtime),
    ]


def _configurations(runtime: str, any_function: Proof) -> list[Proof]:
    """Return the proofs of the configurations of functions with variables."""
    variables = {
        "test_introspection_invoke": {"TEST_KEY": "TEST_VAL"},
        "test_runtime_wrapper_invoke": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/environment_wrapper"},
    }
    return [
        _configuration(
            f"{_COMMON}{test}[{runtime}]",
            any_function,
            runtime=runtime,
            environment=environment,
        )
        for test, environment in variables.items()
    ]


def _custom_runtime(runtime: str) -> list[Proof]:
    entry = "custom_runtimes/TestLambdaRuntimesCommon::"
    introspection = f"{entry}test_introspection_invoke[{runtime}]"
    payload = f"{introspection}/invocation_result_payload"
    exception = f"{entry}test_uncaught_exception_invoke[{runtime}]"
    failure = f"{exception}/error_result"
    shown = Proof(
        payload,
        CUSTOM_RUNTIME,
        {},
        is_bootstrap=True,
        module="function",
        without=("packages",),
        configuration={
            "runtime": runtime,
            "memory_size": 1024,
            "environment": {"TEST_KEY": "TEST_VAL"},
        },
    )
    failed = replace(
        shown,
        part=f"{failure}/Payload",
        event={"error_msg": "some_error_msg"},
        without=(),
    )
    return [
        shown,
        replace(shown, part=f"{payload}_qualified", qualifier="$LATEST"),
        failed,
        replace(failed, part=f"{failure}/FunctionError", gives="function error"),
        *_answers(failure, failed),
        _configuration(introspection, shown, **shown.configuration),
        _configuration(exception, failed, runtime=runtime),
    ]


def _in_node(version: str) -> list[Proof]:
    runtime = f"nodejs{version}.x"
    introspection = f"{_COMMON}test_introspection_invoke[{runtime}]/invocation_result_payload"
    failure = f"{_COMMON}test_uncaught_exception_invoke[{runtime}]/error_result"
    es_module = f"runtimes/TestNodeJSRuntimes::test_invoke_nodejs_es6_lambda[{runtime}]"
    own = {"TEST_KEY": "TEST_VAL"}
    large: Mapping[str, Any] = {"runtime": runtime, "memory_size": 1024}

    def proof(part: str, source: str, event: object, **more: Any) -> Proof:
        given = {"module": "index", "suffix": ".js", "configuration": large, **more}
        return Proof(part, source, event, **given)

    failed = proof(f"{failure}/Payload", FAILS_IN_NODE, {"error_msg": "some_error_msg"})
    answered = proof(
        f"{es_module}/invocation-result/Payload",
        ANSWERS_AS_AN_ES_MODULE,
        {"event_type": "test_lambda"},
        suffix=".mjs",
    )
    proofs = [
        failed,
        proof(f"{failure}/FunctionError", FAILS_IN_NODE, {}, gives="function error"),
        *_answers(failure, failed),
        answered,
        *_answers(f"{es_module}/invocation-result", answered),
        _configuration(failure.rpartition("/")[0], failed, runtime=runtime),
        *_configurations(runtime, failed),
    ]
    if version not in ("16", "18"):
        proofs += [
            proof(
                f"{introspection}{qualified}",
                INTROSPECTS_IN_NODE,
                {},
                without=("packages",),
                configuration={**large, "environment": own},
                qualifier="$LATEST" if qualified else None,
            )
            for qualified in ("", "_qualified")
        ]
    return proofs


PROOFS = [
    *_custom_runtime("provided.al2"),
    *_custom_runtime("provided.al2023"),
    *(proof for version in NODE_VERSIONS for proof in _in_node(version)),
    *(_introspection(version, "invocation_result_payload") for version in RUN_VERSIONS),
    *(
        _introspection(version, "invocation_result_payload_qualified", "$LATEST")
        for version in RUN_VERSIONS
    ),
    *(proof for version in RUN_VERSIONS for proof in _uncaught_exceptions(version)),
    *(
        proof
        for version in RUN_VERSIONS
        for proof in _configurations(f"python{version}", Proof("", FAILS, {}))
    ),
    Proof(
        "runtimes/TestCloudwatchLogs::test_multi_line_prints/log-events",
        PRINTS_LINES,
        {},
        "log events",
    ),
    Proof(f"{_DLQ}invoke_result/Payload", ANSWERS_OR_FAILS, _RAISE),
    Proof(f"{_DLQ}invoke_result/FunctionError", ANSWERS_OR_FAILS, _RAISE, "function error"),
    *_answers(f"{_DLQ}invoke_result", Proof("", ANSWERS_OR_FAILS, _RAISE)),
    Proof(f"{_DLQ}log_result/result", ANSWERS_OR_FAILS, _RAISE, "log lines"),
    Proof(
        f"{_DLQ}receive_result/Messages/0/Body",
        ANSWERS_OR_FAILS,
        _RAISE,
        "dead letter",
        configuration={"asynchronous": AsyncConfig(dead_letter="arn:aws:sqs:queue")},
    ),
    *(
        _destination(
            f"{_BUS}lambda_destination_event_bus_{mode}/detail",
            SUCCEEDS_OR_FAILS,
            {"mode": mode},
            name="<input-fn-name>",
            module="index",
            maximum_retry_attempts=0,
        )
        for mode in ("success", "failure")
    ),
    *(
        _destination(
            f"{_SQS}test_assess_lambda_destination_invocation[{case}]/{_MESSAGE}",
            ANSWERS_OR_FAILS,
            event,
            maximum_retry_attempts=0,
        )
        for case, event in (("Success-payload0", {}), ("payload0", {}), ("payload1", _RAISE))
    ),
    _destination(
        f"{_SQS}test_lambda_destination_default_retries/{_MESSAGE}", ANSWERS_OR_FAILS, _RAISE
    ),
    _destination(
        f"{_SQS}test_retries/queue_destination_payload/Messages/0/Body",
        FAILS_ON_LINE_7,
        _TEST_MESSAGE,
    ),
    # As on AWS, where the greatest age was one minute, but nothing waits for it.
    _destination(
        f"{_SQS}test_maxeventage/no_retry_failure_message/Body",
        FAILS_ON_LINE_7,
        _TEST_MESSAGE,
        maximum_event_age=60,
        retry_delays=(60.1, 0.0),
    ),
    _destination(
        f"{_SQS}test_maxeventage/single_retry_failure_message/Body",
        FAILS_ON_LINE_7,
        _TEST_MESSAGE,
        maximum_event_age=60,
        retry_delays=(0.0, 60.1),
    ),
]

_NAME_ONLY = "nothing was recorded but that the test passed: there is nothing to compare"
_CREATING = "it is of a function that is just being created; here they are there"
_LOG_RESULT = "only that there is one was recorded here; its text is under log_result"
_CONFIGURATION = "it changes a function's configuration, which is not done by an API here"
_QUEUE = "it is of the queue or bus that carries the record, and there is none here"

NOT_COVERED = {
    r"common/.*introspection_invoke\[nodejs1[68]\.x\]/invocation_result_payload.*": (
        "among the variables is NODE_EXTRA_CA_CERTS, which names certificates of AWS's own image"
    ),
    r"runtimes/TestNodeJSRuntimes.*/creation-result/.*": _CONFIGURATION,
    r"common/TestLambdaCallingLocalstack::test_manual_endpoint_injection\[.*\]": _NAME_ONLY,
    r"(common|custom_runtimes)/.*::test_echo_invoke\[.*\]": _NAME_ONLY,
    r"runtimes/TestPythonRuntimes::test_(handler_in_submodule|python_runtime_.*)\[.*\]": _NAME_ONLY,
    r"(common|custom_runtimes)/.*/create_function_result/(State.*|ResponseMetadata/.*)": _CREATING,
    r"destinations/.*/(create_lambda_with_dlq|delete_dlq)/.*": _CONFIGURATION,
    r"destinations/.*/put_function_event_invoke_config/.*": _CONFIGURATION,
    r".*/invoke_result/LogResult": _LOG_RESULT,
    r"(common|custom_runtimes)/.*/invocation_result_payload(_qualified)?/packages": (
        "what the recorded handler took for a package is not recorded"
    ),
    r"destinations/.*/(receive_result|receive_message_result|queue_destination_payload)/"
    r"(?!Messages/0/Body/).*": _QUEUE,
    r"destinations/.*/\w+_failure_message/(?!Body/).*": _QUEUE,
    r"destinations/.*/lambda_destination_event_bus_\w+/(?!detail/).*": _QUEUE,
}
"""Regular expressions for parts, with the reason why they are not compared."""
