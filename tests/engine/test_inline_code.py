"""Code inside a template has the module by which it answers CloudFormation."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.project.load import load_project
from support.node_process import NODE
from support.workbench import Open

SOURCES = {
    "python3.13": """\
import cfnresponse
def handler(event, context):
    cfnresponse.send(event, context, cfnresponse.SUCCESS, {"Size": 3}, "bucket")
""",
    "nodejs22.x": """\
const response = require('cfn-response');
exports.handler = (event, context) => {
  response.send(event, context, response.SUCCESS, { Size: 3 }, 'bucket');
};
""",
}
IDS = {"StackId": "stack", "RequestId": "request", "LogicalResourceId": "Bucket"}


@pytest.fixture
def told() -> Iterator[tuple[str, list[Any]]]:
    """Serve the address that CloudFormation gives; return it with what is sent there."""
    sent: list[Any] = []

    class Answers(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", sent
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("level", ["processes"], indirect=True)
@pytest.mark.parametrize("runtime", SOURCES)
async def test_a_custom_resource_answers_by_the_module_of_cloudformation(
    open_project: Open,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    told: tuple[str, list[Any]],
    runtime: str,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    properties = {"Runtime": runtime, "Handler": "index.handler", "Timeout": 30, "Role": "r"}
    properties |= {"Code": {"ZipFile": SOURCES[runtime]}}
    resource = {"Type": "AWS::Lambda::Function", "Properties": properties}
    (tmp_path / "template.json").write_text(json.dumps({"Resources": {"F": resource}}))
    workbench = await open_project(load_project(tmp_path), node=NODE)
    address, sent = told

    await workbench.answer({**IDS, "ResponseURL": address})

    (answer,) = sent
    assert answer["Reason"].startswith("See the details in CloudWatch Log Stream: ")
    del answer["Reason"]
    assert answer == IDS | {
        "Status": "SUCCESS",
        "PhysicalResourceId": "bucket",
        "NoEcho": False,
        "Data": {"Size": 3},
    }
