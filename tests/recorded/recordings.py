"""The recordings as they lie here, their parts, and values masked as theirs are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lambda_tui.engine import events
from lambda_tui.engine.events import log_text
from lambda_tui.engine.invocation import Invocation
from support.workbench import Workbench

FILES = ("common", "custom_runtimes", "destinations", "runtimes")


def load(name: str) -> dict[str, Any]:
    """Return the recordings of one file by the name of their test."""
    recordings: dict[str, Any] = json.loads(
        Path(__file__).with_name(f"{name}.json").read_text(encoding="utf-8")
    )
    return recordings


def leaves(path: str, value: Any) -> Iterator[str]:
    """Yield the paths of the leaves below a path; a list of log events is one leaf."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(f"{path}/{key}", inner)
    elif isinstance(value, list) and value and path.endswith("Messages"):
        for number, inner in enumerate(value):
            yield from leaves(f"{path}/{number}", inner)
    else:
        yield path


def parts_of_entries() -> dict[str, list[str]]:
    """Return every part of every recording as ``file/entry/key/...``, by ``file/entry``."""
    return {
        f"{file}/{entry}": list(leaves(f"{file}/{entry}", recording["recorded-content"]))
        for file in FILES
        for entry, recording in load(file).items()
    }


def part(path: str) -> Any:
    """Return what was recorded; ``<uuid:2>`` becomes ``<uuid>``, as it is numbered by entry."""
    file, entry, *keys = path.split("/")
    value = load(file)[entry]["recorded-content"]
    for key in keys:
        value = value[int(key)] if isinstance(value, list) else value[key]
    return json.loads(re.sub(r"<([a-z0-9-]+):\d+>", r"<\1>", json.dumps(value)))


def mask(text: str, workbench: Workbench, invocation: Invocation, name: str) -> str:
    """Mask the ids, names and places in a text as in the recordings."""
    function = workbench.pool.function
    environment = workbench.serving(invocation)
    for ours, theirs in {
        environment.log_stream: "<log-stream-name>",
        invocation.request_id: "<uuid>",
        "arn:aws:": "arn:<partition>:",
        function.region: "<region>",
        function.name: name,
    }.items():
        text = text.replace(ours, theirs)
    return text


_MASKED_VARIABLES = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "_X_AMZN_TRACE_ID",
}


def mask_payload(payload: Any, recorded: Any) -> Any:
    """Mask the values of a payload that differ from run to run, where the recording masks them."""
    if not isinstance(recorded, dict) or not isinstance(payload, dict):
        return payload
    for name in ("stackTrace", "trace"):
        if recorded.get(name) == "<stack-trace>":
            assert payload[name]
            payload[name] = "<stack-trace>"
    for variable in _MASKED_VARIABLES & payload.get("environment", {}).keys():
        assert payload["environment"][variable]
        word = variable.strip("_").lower().replace("_", "-")
        payload["environment"][variable] = f"<{word}>"
    variables = payload.get("environment", {})
    if "AWS_LAMBDA_RUNTIME_API" in variables:
        # AWS has one address for all, each in a network of its own.
        assert re.fullmatch(r"127\.0\.0\.1:\d+", variables["AWS_LAMBDA_RUNTIME_API"])
        variables["AWS_LAMBDA_RUNTIME_API"] = recorded["environment"]["AWS_LAMBDA_RUNTIME_API"]
    for variable in ("AWS_XRAY_DAEMON_ADDRESS", "_AWS_XRAY_DAEMON_ADDRESS"):
        if variable in variables:
            # It differs between the machines that the entries were recorded on.
            assert variables[variable].startswith("169.254.")
            variables[variable] = recorded["environment"][variable]
    for name in ("remaining_time_in_millis", "deadline"):
        if name in payload.get("ctx", {}):
            assert isinstance(payload["ctx"][name], int)
            payload["ctx"][name] = f"<{name.replace('_', '-')}>"
    return payload


def cloudwatch_messages(workbench: Workbench) -> list[str]:
    """Return the log as CloudWatch has it: one message an event, each with its line end."""
    messages: list[str] = []
    for event in workbench.events:
        text = log_text(event)
        if text is not None:
            is_report = isinstance(event.record, events.Report)
            messages += text.split("\n") if is_report else [text]
    return [message + "\n" for message in messages]


def mask_message(message: str, request_id: str) -> str:
    """Mask the numbers in a log message as in the recordings."""
    message = message.replace(request_id, "<request-id>")
    message = re.sub(r"(python:3\.\d+\.v)\d+", r"\1<version>", message)
    message = re.sub(r"arn:aws:lambda:[a-z0-9-]+::", "arn:<partition>:lambda:<region>::", message)
    message = re.sub(r"runtime:[0-9a-f]{64}", "runtime:<runtime-id>", message)
    message = re.sub(r"(Duration: )[\d.]+ ms", r"\1<duration> ms", message)
    return re.sub(r"(Used: )\d+ MB", r"\1<memory> MB", message)


def recorded_metadata(answer: Any) -> Any:
    """Return the part of boto3's ``ResponseMetadata`` that the recordings keep."""
    return {"HTTPHeaders": {}, "HTTPStatusCode": answer["ResponseMetadata"]["HTTPStatusCode"]}


_MASKED_FIELDS = {
    "CodeSha256": ("<code-sha256>", r"[A-Za-z0-9+/]{43}="),
    "CodeSize": ("<code-size>", r"[1-9]\d*"),
    "LastModified": ("date", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000"),
    "RevisionId": ("<uuid>", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
}


def mask_configuration(configuration: Any, name: str) -> Any:
    """Mask the fields of a configuration that differ between functions as in the recordings."""
    for field, (word, pattern) in _MASKED_FIELDS.items():
        assert re.fullmatch(pattern, str(configuration[field])), field
        configuration[field] = word
    # The recordings were made on AWS's older processors.
    assert configuration["Architectures"] in (["x86_64"], ["arm64"])
    configuration["Architectures"] = ["x86_64"]
    text = json.dumps(configuration)
    for pattern, word in {
        "the-recorded-function": name,
        "arn:aws:": "arn:<partition>:",
        "us-east-1": "<region>",
        "role/lambda-tui": "role/<resource>",
        "runtime:[0-9a-f]{64}": "runtime:<resource>",
    }.items():
        text = re.sub(pattern, word, text)
    return json.loads(text)
