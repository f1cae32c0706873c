"""The files that Lambda and CloudFormation make of code inside a template."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lambda_tui.project.runtimes import Language

_PYTHON = """\
import json
import urllib.request

SUCCESS, FAILED = "SUCCESS", "FAILED"


def send(event, context, responseStatus, responseData, physicalResourceId=None, noEcho=False,
         reason=None):
    log = f"See the details in CloudWatch Log Stream: {context.log_stream_name}"
    answer = {
        "Status": responseStatus,
        "Reason": reason or log,
        "PhysicalResourceId": physicalResourceId or context.log_stream_name,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": noEcho,
        "Data": responseData,
    }
    body = json.dumps(answer).encode()
    headers = {"Content-Type": "", "Content-Length": str(len(body))}
    request = urllib.request.Request(event["ResponseURL"], body, headers, method="PUT")
    try:
        with urllib.request.urlopen(request) as response:
            print("Status code:", response.status)
    except Exception as error:
        print("cfnresponse.send failed:", error)
"""
_NODE = """\
exports.SUCCESS = 'SUCCESS';
exports.FAILED = 'FAILED';

exports.send = (event, context, responseStatus, responseData, physicalResourceId, noEcho) => {
  const url = new URL(event.ResponseURL);
  const body = JSON.stringify({
    Status: responseStatus,
    Reason: `See the details in CloudWatch Log Stream: ${context.logStreamName}`,
    PhysicalResourceId: physicalResourceId || context.logStreamName,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    NoEcho: noEcho || false,
    Data: responseData,
  });
  const headers = { 'content-type': '', 'content-length': Buffer.byteLength(body) };
  const { request } = require(url.protocol === 'http:' ? 'http' : 'https');
  const sent = request(url, { method: 'PUT', headers }, (response) => {
    console.log(`Status code: ${response.statusCode}`);
    context.done?.();
  });
  sent.on('error', (error) => {
    console.log(`cfn-response.send failed: ${error}`);
    context.done?.();
  });
  sent.end(body);
};
"""
_RESPONSE_MODULES: Mapping[Language, tuple[re.Pattern[str], str, str]] = {
    "python": (re.compile(r"^[ \t]*import cfnresponse\b", re.MULTILINE), "cfnresponse.py", _PYTHON),
    "node": (
        re.compile(r"require\(\s*[\"']cfn-response[\"']\s*\)"),
        "node_modules/cfn-response/index.js",
        _NODE,
    ),
}
"""By languages: the statement for which CloudFormation adds its module, its file, and its source.

With it a custom resource's function tells CloudFormation that it has ended.
"""
_FILES: Mapping[Language, str] = {"python": "index.py", "node": "index.js"}


def inline_files(code: str, language: Language | None) -> Mapping[str, str] | None:
    """Return the texts of the files that are made of code, by their paths; None for no files.

    Lambda takes code in a template for Python and Node.js only.
    """
    if language is None or language not in _FILES:
        return None
    files = {_FILES[language]: code}
    statement, path, source = _RESPONSE_MODULES[language]
    if statement.search(code) is not None:
        files[path] = source
    return files
