"""Functions with external extensions in a layer, and the sources of such extensions."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lambda_tui.engine.events import ExtensionLog
from lambda_tui.project.function import Function, Project
from support.files import write_program
from support.workbench import TIMEOUT, Workbench

PYTHON = f"""\
#!{sys.executable}
import json
import os
import sys
import time
import urllib.error
import urllib.request

NAME = os.path.basename(sys.argv[0])
API = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"]
own = {{}}


def say(what):
    print(json.dumps([NAME, what]), flush=True)


def call(method, path, body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    headers = {{name.replace("_", "-"): value for name, value in headers.items()}}
    request = urllib.request.Request(API + path, data, {{**own, **headers}}, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.headers, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, error.headers, json.load(error)


def register(*events, name=NAME, **headers):
    status, headers, body = call(
        "POST",
        "/2020-01-01/extension/register",
        {{"events": events}},
        Lambda_Extension_Name=name,
        **headers,
    )
    if status == 200:
        own["Lambda-Extension-Identifier"] = headers["Lambda-Extension-Identifier"]
    return status, body


def next_event():
    return call("GET", "/2020-01-01/extension/event/next")[2]


def report_error(phase, error_type):
    path = f"/2020-01-01/extension/{{phase}}/error"
    return call("POST", path, {{}}, Lambda_Extension_Function_Error_Type=error_type)


def subscribe(destination, api="/2022-07-01/telemetry", **fields):
    body = {{
        "schemaVersion": "2022-12-13",
        "types": ["platform", "function"],
        "buffering": {{"maxItems": 1000, "maxBytes": 262144, "timeoutMs": 25}},
        "destination": destination,
        **fields,
    }}
    return call("PUT", api, body)[::2]
"""
"""The beginning of an extension in Python: calls of the Extensions API, and ``say`` for its log."""

RECORDER = f"""{PYTHON}
register("INVOKE", "SHUTDOWN")
event = {{"eventType": ""}}
while event["eventType"] != "SHUTDOWN":
    event = next_event()
    say(event)
"""
"""Registers for all events and says each one that it is given."""

HELLO = """\
def lambda_handler(event, context):
    print("hello")
    return context.aws_request_id
"""


def project(
    folder: Path, extensions: Mapping[str, str], source: str = HELLO, **configuration: Any
) -> Project:
    """Write a Python function, and programs by name into its ``/opt/extensions``, as a project."""
    code, layers = folder / "code", folder / "layers"
    (layers / "extensions").mkdir(parents=True)
    code.mkdir()
    (code / "lambda_function.py").write_text(source)
    for name, text in extensions.items():
        write_program(layers / "extensions" / name, text)
    settings = {
        "name": "function",
        "handler": "lambda_function.lambda_handler",
        "timeout": TIMEOUT,
        **configuration,
    }
    function = Function(code_directory=code, layers_directory=layers, **settings)
    return Project(code, (function,))


def said(workbench: Workbench, name: str) -> list[Any]:
    """Return everything that an extension has said so far."""
    lines = [record.message for record in workbench.records(ExtensionLog)]
    spoken = [json.loads(line) for line in lines if line.startswith("[")]
    return [what for speaker, what in spoken if speaker == name]
